"""Names made out over one song: "second verse" is verse_2, "the drums" are the parts of role drums."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from contracts.edits import Outline
from services.enhancer.instructing.amounts import COUNTED, RANGE, Amount
from services.enhancer.instructing.items import Item
from services.enhancer.instructing.lexicon import FILLER, MARK, PIECE, ROLE, SECTION, SOUND, change_words
from services.enhancer.reading.tables import table
from services.enhancer.reading.vocabulary import FAMILY, INSTRUMENT, STAND_IN

_NTH = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "seventh": 6, "eighth": 7, "last": -1}
_ROLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "melody": (("melody",), ("vocal",)), "counter": (("counter",),), "harmony": (("harmony",),), "pad": (("pad",),),
    "vocal": (("vocal",),), "fx": (("fx",),), "drums": (("drums",), ("percussion",)), "bass": (("bass",),), "percussion": (("percussion",),),  # noqa: E501  a table of words or one pattern
    "rhythm": (("drums", "percussion", "bass"),), "chords": (("harmony", "pad"), ("harmony",)),
}  # fmt: skip
"""Roles that a word names, and those that stand for them where nobody has the first."""
_SPOKEN = {"one": 1, "two": 2, "three": 3, "four": 4, "eins": 1, "zwei": 2, "drei": 3, "uno": 1, "dos": 2, "tres": 3, "deux": 2, "trois": 3}
_SINGERS = ("vocals", "choir")


@dataclass(frozen=True)
class Places:
    """Where: sections by id in playing order, or bars of the song. `missing` are names that the song does not have."""

    sections: tuple[str, ...] = ()
    bars: tuple[int, int] | None = None
    missing: tuple[Item, ...] = ()
    read: tuple[Item, ...] = ()
    edge: str = ""
    """"start" or "end" where no section was named but an end of the song."""
    anchor: str = ""
    """The section before or after which."""
    side: str = ""
    """"before" or "after" the anchor."""

    @property
    def named(self) -> bool:
        """Whether the words name a place."""
        return bool(self.sections or self.bars or self.missing)


@dataclass(frozen=True)
class Players:
    """Who: parts by id in the song's order; `pieces` of the drum kit; `missing` are names of nobody here."""

    parts: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()
    missing: tuple[Item, ...] = ()
    read: tuple[Item, ...] = ()
    all: bool = False

    @property
    def named(self) -> bool:
        """Whether the words name somebody."""
        return bool(self.parts or self.missing)


@dataclass
class _Found:
    kept: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    missing: list[Item] = field(default_factory=list)
    read: list[Item] = field(default_factory=list)


def places(items: Sequence[Item], outline: Outline) -> Places:
    """The sections and bars that items name; beside an anchor ("before the last chorus") the one that lies there."""
    at = next((i for i, item in enumerate(items[:-1]) if item.means(MARK, "before", "after")), None)
    if at is None:
        return _places(items, outline)
    end = next((i for i in range(at + 1, len(items)) if items[i].means(SECTION)), None)
    if end is None or any(not (i.means(FILLER) or i.means(MARK)) for i in items[at + 1 : end]):
        return _places(items, outline)
    anchors, said = _sections(items, end, outline, ())
    side = items[at].id(MARK)
    read = (items[at], *said)
    main = _places([item for item in items if item not in read], outline)
    if not anchors:
        return replace(main, missing=(*main.missing, items[end]), read=(*main.read, *read))
    anchor = anchors[0] if side == "before" else anchors[-1]
    return replace(main, sections=_beside(main.sections, anchors, side, outline), read=(*main.read, *read), anchor=anchor, side=side)


def _beside(named: tuple[str, ...], anchors: Sequence[str], side: str, outline: Outline) -> tuple[str, ...]:
    """Of the sections that were named the nearest on that side of the anchor; of none the neighbour itself."""
    order = list(outline.sections)
    at = order.index(anchors[0] if side == "before" else anchors[-1])
    there = order[:at][::-1] if side == "before" else order[at + 1 :]
    if not named:
        return tuple(there[:1])
    near = [name for name in there if name in named]
    return tuple(near[:1]) if len(named) > 1 and near else named


def _places(items: Sequence[Item], outline: Outline) -> Places:
    found, bars, edge = _Found(), None, ""
    excepting = False
    for at, item in enumerate(items):
        if item.means(MARK, "except"):
            excepting = True
            continue
        if item.kind == RANGE:
            bars, read = _bars(items, at, outline)
            found.read += read
            if bars is None:
                found.missing.append(item)
            continue
        if not item.means(SECTION) and not item.means(MARK, "start", "end"):
            continue
        if any(item is one for one in found.read):
            continue
        named, read = _sections(items, at, outline, found.kept)
        if len(named) == 1 and item.means(SECTION):
            named, read = _from_there(items, named, read, outline)
        edge = edge or (item.id(MARK) if not item.means(SECTION) else "")
        found.read += read
        (found.left_out if excepting else found.kept).extend(named)
        found.missing += [] if named else [item]
    if excepting and found.left_out:
        found.read += [item for item in items if item.means(MARK, "except")]
    kept = found.kept or (list(outline.sections) if found.left_out else [])
    ids = tuple(name for name in outline.sections if name in kept and name not in found.left_out)
    if bars and (whole := _whole(bars, outline)):
        ids, bars = whole, None
    return Places(ids if not bars else (), bars, tuple(found.missing), tuple(found.read), edge)


def _from_there(items: Sequence[Item], named: list[str], read: list[Item], outline: Outline) -> tuple[list[str], list[Item]]:
    """All from a section on ("from the second chorus on"), or all before it ("until the drop", "only from the bridge")."""
    spans = [item.start for item in read]
    before = [item for item in items if item.start < min(spans) and not item.is_idle][-2:]
    after = [item for item in items if item.start > max(spans)][:1]
    order = list(outline.sections)
    at = order.index(named[0])
    since = next((item for item in before if item.means(MARK, "since")), None)
    if since is not None and any(item.means(MARK, "only") for item in before):
        return order[:at], [*read, since]
    if since is not None and any(item.means(MARK, "onward") for item in after):
        return order[at:], [*read, since]
    until = next((item for item in before if item.means(MARK, "until")), None)
    return (order[:at], [*read, until]) if until is not None else (named, read)


def _sections(items: Sequence[Item], at: int, outline: Outline, earlier: Sequence[str]) -> tuple[list[str], list[Item]]:
    """The ids that a section's name with its ordinals means, and the items that say so."""
    item = items[at]
    order = list(outline.sections)
    if not item.means(SECTION):
        return (order[:1] if item.means(MARK, "start") else order[-1:]), [item]
    labels = item.ids(SECTION)
    ids = [name for name in order if outline.sections[name].label in labels]
    before = _ordinals(items[:at][::-1])
    after = _numbers(items[at + 1 :])
    picked: list[str] = []
    for one in before:
        for name in one.ids(MARK):
            if ids and name in _NTH and _NTH[name] < len(ids):
                picked.append(ids[_NTH[name]])
            elif name == "other":
                picked += [section for section in ids if section not in earlier]
            elif name == "every":
                picked += ids
        if one.text.isdigit() and 1 <= int(one.text) <= len(ids):
            picked.append(ids[int(one.text) - 1])
    for number in (n for one in after for n in _digits(one)):
        picked += [ids[number - 1]] if 1 <= number <= len(ids) else []
    if after and after[-1].means(MARK, "last") and ids:
        picked.append(ids[-1])
    chosen = picked if before or after else ids
    return [name for name in order if name in chosen], [*before, item, *after]


def _ordinals(backwards: Sequence[Item]) -> list[Item]:
    """The ordinals right before a name, over articles and over "and" between them."""
    found: list[Item] = []
    for item in backwards:
        if (item.means(MARK, *_NTH, "every", "other") and not item.means(SECTION, "outro", "intro")) or item.text.isdigit():
            found.append(item)
        elif not (item.means(FILLER) or item.means(MARK, "join")):
            break
    return found


def _numbers(forwards: Sequence[Item]) -> list[Item]:
    """Numbers right after a name: "verse 2", "verses 1 and 2", "estribillo final"."""
    first = forwards[0] if forwards else None
    if first is None or not (_digits(first) or first.kind == COUNTED or first.means(MARK, "last")):
        return []
    if first.means(MARK, "last") and len(forwards) > 1 and forwards[1].means(SECTION):
        return []
    return [first]


def _digits(item: Item) -> list[int]:
    if item.kind == COUNTED:
        amount: Amount = item.value
        return [int(amount.value), int(amount.other)]
    return [int(item.text)] if item.text.isdigit() else [_SPOKEN[item.text.lower()]] if item.text.lower() in _SPOKEN else []


def _bars(items: Sequence[Item], at: int, outline: Outline) -> tuple[tuple[int, int] | None, list[Item]]:
    """Bars of the song; counted from the ends of a section where one follows: "the first 4 bars of the bridge"."""
    amount: Amount = items[at].value
    total = sum(section.bars for section in outline.sections.values())
    first, last, read = 1, total, [items[at]]
    following = next((i for i in range(at + 1, min(at + 5, len(items))) if items[i].means(SECTION)), None)
    if amount.edge and following is not None:
        ids, said = _sections(items, following, outline, ())
        if len(ids) != 1:
            return None, read
        section = outline.sections[ids[0]]
        first, last, read = section.start_bar, section.start_bar + section.bars - 1, [*read, *said]
    count = int(amount.value)
    if amount.edge:
        bars = (first, first + count - 1) if amount.edge == "first" else (last - count + 1, last)
    else:
        bars = (int(amount.value), int(amount.other))
    return (bars if first <= bars[0] <= bars[1] <= last else None), read


def _whole(bars: tuple[int, int], outline: Outline) -> tuple[str, ...]:
    """The sections that these bars are, exactly; () where they end inside one."""
    inside = [(name, s) for name, s in outline.sections.items() if bars[0] <= s.start_bar and s.start_bar + s.bars - 1 <= bars[1]]
    return tuple(name for name, _ in inside) if sum(s.bars for _, s in inside) == bars[1] - bars[0] + 1 else ()


def players(items: Sequence[Item], outline: Outline, earlier: Iterable[str] = ()) -> Players:
    """The parts that items name. `earlier`: those that were named before, for "everything else"."""
    found, everybody, excepting = _Found(), False, False
    pieces: list[str] = []
    for item in items:
        if item.means(MARK, "except", "all_but"):
            excepting, everybody = True, everybody or item.means(MARK, "all_but")
            found.read.append(item)
        elif item.means(MARK, "else"):
            found.kept += [name for name in outline.parts if name not in set(earlier)]
            found.read.append(item)
        elif item.means(MARK, "all") and not item.means(SECTION):
            everybody = True
            found.read.append(item)
        elif item.means(PIECE) and (kit := parts_of_role("drums", outline)):
            pieces += item.ids(PIECE)[:1]
            (found.left_out if excepting else found.kept).extend(kit)
            found.read.append(item)
        elif item.is_player and not item.means(SECTION):
            named = parts_named(item, outline)
            found.read.append(item)
            (found.left_out if excepting else found.kept).extend(named)
            found.missing += [] if named else [item]
    everybody = everybody or (excepting and bool(found.left_out) and not found.kept)
    kept = list(outline.parts) if everybody else found.kept
    ids = tuple(name for name in outline.parts if name in kept and name not in found.left_out)
    return Players(ids, tuple(dict.fromkeys(pieces)), tuple(found.missing), tuple(found.read), everybody and not found.left_out)


def parts_named(item: Item, outline: Outline) -> list[str]:
    """The parts that a name means: by role, by sound, by instrument, by family, by their own id."""
    for role in item.ids(ROLE):
        if found := parts_of_role(role, outline):
            return found
    for sound in item.ids(SOUND):
        instrument, patch = change_words()["sounds"][sound]
        same = [name for name, part in outline.parts.items() if part.instrument == instrument]
        if exact := [name for name in same if outline.parts[name].patch == patch]:
            return exact
        if same and not item.means(INSTRUMENT):
            return same
    wanted = item.ids(INSTRUMENT)
    found = [name for name, part in outline.parts.items() if part.instrument in wanted]
    if found:
        return found
    for family in item.ids(FAMILY):
        members = table("instruments_extra")["families"][family]
        for group in (members["with"], members["without"]):
            if found := [name for name, part in outline.parts.items() if part.instrument in group]:
                return found
    own = item.text.lower().replace(" ", "_")
    return [own] if own in outline.parts else []


def parts_of_role(role: str, outline: Outline) -> list[str]:
    """The parts of a role; of those that stand for it where nobody has it."""
    for roles in _ROLES[role]:
        if found := [name for name, part in outline.parts.items() if part.role in roles]:
            return found
    if role == "vocal":
        return [name for name, part in outline.parts.items() if part.instrument in _SINGERS]
    return []


def instrument_named(item: Item, outline: Outline) -> tuple[str, str | None] | None:
    """The instrument of the catalogue that a name asks for, and its sound where the name asks for one."""
    for sound in item.ids(SOUND):
        instrument, patch = change_words()["sounds"][sound]
        return str(instrument), str(patch)
    if names := item.ids(INSTRUMENT):
        return names[0], None
    for family_id in item.ids(FAMILY):
        family = table("instruments_extra")["families"][family_id]
        for mark, wanted in (("acoustic_in", "acoustic"), ("electronic_in", "electronic")):
            if outline.genre in family.get(mark, ()):
                return str(family[wanted][0]), None
        return str(family["with"][0]), None
    if names := item.ids(STAND_IN):
        return names[0], None
    return ("vocals", None) if item.means(ROLE, "vocal") else ("pad_synth", None) if item.means(ROLE, "pad") else None
