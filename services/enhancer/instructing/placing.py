"""Places made out over one song: "second verse" is verse_2, "the last four bars of the bridge" are bars of the song."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from contracts.edits import Outline, SectionOutline
from services.enhancer.instructing.amounts import COUNTED, RANGE, Amount
from services.enhancer.instructing.items import WORD, Item
from services.enhancer.instructing.lexicon import FILLER, MARK, SECTION

NTH = {
    "first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "seventh": 6, "eighth": 7, "ninth": 8, "tenth": 9,
    "eleventh": 10, "twelfth": 11, "last": -1,
}  # fmt: skip
_NUMBERED = re.compile(r"^(\d{1,3})(?:st|nd|rd|th|te[nrs]?|e|eme|ème|ère|er|re|º|ª|o|a)$")
"""An ordinal in digits: "10th", "2e", "3º"."""
_OF = frozenset(["of", "von", "der", "des", "de", "del", "du", "do", "da", "di", "della", "dello", "の", "的"])
_ONWARD = frozenset(["ab", "ab dem", "ab der", "a partir de", "a partir del", "à partir de", "à partir du", "dès", "starting from"])
"""Of these all that follows is meant without an "on" behind."""
_SPOKEN = {"one": 1, "two": 2, "three": 3, "four": 4, "eins": 1, "zwei": 2, "drei": 3, "uno": 1, "dos": 2, "tres": 3, "deux": 2, "trois": 3}


@dataclass(frozen=True)
class Places:
    """Where: sections by id in playing order, or bars of the song. `missing` are names that the song does not have."""

    sections: tuple[str, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    """First and last bars of the song, where the words name bars that are no whole sections."""
    missing: tuple[Item, ...] = ()
    read: tuple[Item, ...] = ()
    edge: str = ""
    """"start" or "end" where no section was named but an end of the song."""
    anchor: str = ""
    """The section before or after which."""
    side: str = ""
    """"before" or "after" the anchor."""

    @property
    def bars(self) -> tuple[int, int] | None:
        """The first of the ranges of bars."""
        return self.ranges[0] if self.ranges else None

    @property
    def spots(self) -> tuple[tuple[tuple[str, ...], tuple[int, int] | None], ...]:
        """Where an edit is to be made, one for each: sections, or a range of bars."""
        return tuple(((), one) for one in self.ranges) or ((self.sections, None),)

    @property
    def named(self) -> bool:
        """Whether the words name a place."""
        return bool(self.sections or self.ranges or self.missing)


@dataclass
class Found:
    """Names while they are made out."""

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
    rest = [item for item in items if item not in read]
    main = _places(rest, outline)
    edges = [item for item in rest if item.kind == RANGE and item.value.edge]
    if anchors and edges and not main.sections:
        beside = [_next_to(item.value, outline.sections[name], side, outline) for item in edges for name in anchors]
        found = tuple(bars for bars in beside if bars)
        return Places((), found, () if len(found) == len(beside) else tuple(edges), (*main.read, *read), "", anchors[0], side)
    if not anchors:
        return replace(main, missing=(*main.missing, items[end]), read=(*main.read, *read))
    anchor = anchors[0] if side == "before" else anchors[-1]
    return replace(
        main,
        sections=_beside(main.sections, anchors, side, outline, far=_is_far(items, side)),
        read=(*main.read, *read),
        anchor=anchor,
        side=side,
    )


def _next_to(amount: Amount, anchor: SectionOutline, side: str, outline: Outline) -> tuple[int, int] | None:
    """The last bars before a section, or the first ones after it; None where they are not there."""
    count, total = int(amount.value), sum(section.bars for section in outline.sections.values())
    before = (anchor.start_bar - count, anchor.start_bar - 1)
    bars = before if side == "before" else (anchor.start_bar + anchor.bars, anchor.start_bar + anchor.bars + count - 1)
    fits = count and 1 <= bars[0] <= bars[1] <= total and amount.edge == ("last" if side == "before" else "first")
    return bars if fits else None


def _is_far(items: Sequence[Item], side: str) -> bool:
    """Whether all that lies on a side is meant, and not the neighbour: "after the bridge", "no strings before the drop"."""
    if any(item.means(MARK, "close") for item in items):
        return False
    return side == "after" or any(item.means(MARK, "not", "only") for item in items)


def _beside(named: tuple[str, ...], anchors: Sequence[str], side: str, outline: Outline, *, far: bool) -> tuple[str, ...]:
    """Of the sections that were named the nearest on that side of the anchor; of none the neighbour itself, or (`far`) all there."""
    order = list(outline.sections)
    at = order.index(anchors[0] if side == "before" else anchors[-1])
    there = order[:at][::-1] if side == "before" else order[at + 1 :]
    if not named:
        return tuple(name for name in order if name in there) if far else tuple(there[:1])
    near = [name for name in there if name in named]
    return tuple(near[:1]) if len(named) > 1 and near else named


def _places(items: Sequence[Item], outline: Outline) -> Places:
    found, ranges, edge = Found(), list[tuple[int, int]](), ""
    excepting = False
    for at, item in enumerate(items):
        if item.means(MARK, "except") or (item.means(MARK, "all_but") and _is_before_section(items, at)):
            excepting = all(one.is_idle or one.means(FILLER) or one.means(MARK) for one in _until_place(items[at + 1 :]))
            continue
        if any(item is one for one in found.read):
            continue
        if item.kind == RANGE:
            bars, read = _bars(items, at, outline, found.read)
            found.read += read
            ranges += bars
            found.missing += [] if bars else [item]
            continue
        if not item.means(SECTION) and not item.means(MARK, "start", "end"):
            continue
        if not item.means(SECTION) and _is_of_section(items, at):
            found.read.append(item)
            continue
        if item.means(SECTION) and _counts_back(items, at):
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
    wholes = [_whole(bars, outline) for bars in ranges]
    if ranges and all(wholes):
        kept, ranges = [*kept, *(name for names in wholes for name in names)], []
    ids = tuple(name for name in outline.sections if name in kept and name not in found.left_out)
    return Places(ids if not ranges else (), tuple(ranges), tuple(found.missing), tuple(found.read), edge)


def _until_place(items: Sequence[Item]) -> Sequence[Item]:
    """The items before the first place: in "all but the drums out in the bridge" it is the drums that are left out, not the bridge."""
    end = next((at for at, item in enumerate(items) if item.means(SECTION) or item.kind == RANGE), 0)
    return items[:end]


def _is_before_section(items: Sequence[Item], at: int) -> bool:
    """Whether what follows is a section: "everything but the chorus"."""
    following = next((item for item in items[at + 1 :] if not (item.is_idle or item.means(MARK, *NTH))), None)
    return following is not None and following.means(SECTION)


def _is_of_section(items: Sequence[Item], at: int) -> bool:
    """Whether an end is that of a section: "at the end of the last chorus"."""
    following = items[at + 1] if at + 1 < len(items) else None
    of = following is not None and following.text.lower().split()[0] in _OF
    return of and any(item.means(SECTION) for item in items[at + 1 : at + 5])


def _counts_back(items: Sequence[Item], at: int) -> bool:
    """Whether a section says whose bars the range behind it counts: "the bridge's last four bars"."""
    following = next((i for i in range(at + 1, min(at + 4, len(items))) if not items[i].is_idle), None)
    if following is None or items[following].kind != RANGE or not items[following].value.edge or "," in items[following].before:
        return False
    return not any(item.means(SECTION) for item in items[following + 1 : following + 5])


def _from_there(items: Sequence[Item], named: list[str], read: list[Item], outline: Outline) -> tuple[list[str], list[Item]]:
    """All from a section on ("from the second chorus on"), or all before it ("until the drop", "only from the bridge")."""
    spans = [item.start for item in read]
    before = [item for item in items if item.start < min(spans) and not item.is_idle][-2:]
    after = [item for item in items if item.start > max(spans)][:1]
    order = list(outline.sections)
    at = order.index(named[0])
    since = next((item for item in before if item.means(MARK, "since")), None)
    ahead = [item for item in items if item.start < min(spans)] + [item for item in items if item.start > max(spans)][:2]
    if since is not None and any(item.means(MARK, "only") for item in ahead):
        return order[:at], [*read, since]
    if since is not None and (since.text.lower() in _ONWARD or any(item.means(MARK, "onward") for item in after)):
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
    if strange := _strange(items, at - len(before) if before and items[at - 1] in before else at):
        return [], [*before, strange, item]
    after = _numbers(items[at + 1 :])
    picked: list[str] = []
    for one in before:
        for name in one.ids(MARK):
            if ids and name in NTH and NTH[name] < len(ids):
                picked.append(ids[NTH[name]])
            elif name == "other":
                picked += [section for section in ids if section not in earlier]
            elif name == "every":
                picked += ids
        number = int(one.text) if one.text.isdigit() else counted(one)
        if number is not None and 1 <= number <= len(ids):
            picked.append(ids[number - 1])
    for number in (n for one in after for n in _digits(one)):
        picked += [ids[number - 1]] if 1 <= number <= len(ids) else []
    if after and after[-1].means(MARK, "last") and ids:
        picked.append(ids[-1])
    chosen = picked if before or after else ids
    return [name for name in order if name in chosen], [*before, item, *after]


def _strange(items: Sequence[Item], at: int) -> Item | None:
    """A word right before a name that says which one, and is in no table: "the umpteenth chorus" is none that is known."""
    before = items[at - 1] if at else None
    own = before is not None and before.kind == WORD and not before.senses and counted(before) is None and not before.text.isdigit()
    return before if own and not items[at].before.strip() else None


def counted(item: Item) -> int | None:
    """The number of an ordinal in digits: "10th"."""
    found = _NUMBERED.match(item.text.lower()) if item.kind == WORD else None
    return int(found[1]) if found else None


def _ordinals(backwards: Sequence[Item]) -> list[Item]:
    """The ordinals right before a name, over articles and over "and" between them."""
    found: list[Item] = []
    for item in backwards:
        nth = item.text.isdigit() or counted(item) is not None
        if nth or (item.means(MARK, *NTH, "every", "other") and not item.means(SECTION, "outro", "intro")):
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


def _bars(items: Sequence[Item], at: int, outline: Outline, taken: Sequence[Item]) -> tuple[list[tuple[int, int]], list[Item]]:
    """Bars of the song; counted from the ends of sections where some are named: "the first 4 bars of the bridge", "of each chorus"."""
    amount: Amount = items[at].value
    total = sum(section.bars for section in outline.sections.values())
    if not amount.edge:
        since = any(item.means(MARK, "since") for item in items[max(at - 1, 0) : at])
        bars = (int(amount.value), total if since and amount.value == amount.other else int(amount.other))
        return [bars] if 1 <= bars[0] <= bars[1] <= total else [], [items[at]]
    named = next((i for i in range(at + 1, min(at + 6, len(items))) if items[i].means(SECTION)), None)
    if named is None:
        named = next((i for i in range(at - 1, max(at - 4, -1), -1) if _counts_back(items, i) and items[i].means(SECTION)), None)
    if named is None:
        return _of_edge(amount, 1, total), [items[at]]
    ids, said = _sections(items, named, outline, ())
    own = [outline.sections[name] for name in ids]
    found = [bars for one in own for bars in _of_edge(amount, one.start_bar, one.start_bar + one.bars - 1)]
    return found if len(found) == len(own) else [], [items[at], *(item for item in said if not any(item is one for one in taken))]


def _of_edge(amount: Amount, first: int, last: int) -> list[tuple[int, int]]:
    """The bars that are counted from an end of a stretch; [] where it has not so many."""
    count = round((last - first + 1) * amount.share) if amount.share else int(amount.value)
    if not 1 <= count <= last - first + 1:
        return []
    return [(first, first + count - 1) if amount.edge == "first" else (last - count + 1, last)]


def _whole(bars: tuple[int, int], outline: Outline) -> tuple[str, ...]:
    """The sections that these bars are, exactly; () where they end inside one."""
    inside = [(name, s) for name, s in outline.sections.items() if bars[0] <= s.start_bar and s.start_bar + s.bars - 1 <= bars[1]]
    return tuple(name for name, _ in inside) if sum(s.bars for _, s in inside) == bars[1] - bars[0] + 1 else ()
