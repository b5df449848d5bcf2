"""Names made out over one song: "second verse" is verse_2, "the drums" are the parts of role drums."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.edits import Outline
from services.enhancer.instructing.items import Item
from services.enhancer.instructing.lexicon import MARK, PIECE, ROLE, SECTION, SOUND, change_words
from services.enhancer.instructing.placing import NTH, Found, counted
from services.enhancer.reading.tables import table
from services.enhancer.reading.vocabulary import FAMILY, INSTRUMENT, STAND_IN

_ROLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "melody": (("melody",), ("vocal",)), "counter": (("counter",),), "harmony": (("harmony",),), "pad": (("pad",),),
    "vocal": (("vocal",),), "fx": (("fx",),), "drums": (("drums",), ("percussion",)), "bass": (("bass",),), "percussion": (("percussion",),),  # noqa: E501  a table of words or one pattern
    "rhythm": (("drums", "percussion", "bass"),), "chords": (("harmony", "pad"), ("harmony",)),
}  # fmt: skip
"""Roles that a word names, and those that stand for them where nobody has the first."""
_SINGERS = ("vocals", "choir")
_OF_KIT = ("kick", "snare", "clap", "hihat", "ride", "crash", "cymbals", "toms", "rim")
"""Drums that are looked for in the kit first where nobody knows who strikes what; all others in the percussion."""


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


def players(items: Sequence[Item], outline: Outline, earlier: Iterable[str] = ()) -> Players:
    """The parts that items name. `earlier`: those that were named before, for "everything else"."""
    found, everybody, excepting = Found(), False, False
    pieces: list[str] = []
    for at, item in enumerate(items):
        if item.means(MARK, "except", "all_but"):
            excepting, everybody = True, everybody or item.means(MARK, "all_but")
            found.read.append(item)
        elif item.means(MARK, "else"):
            found.kept += [name for name in outline.parts if name not in set(earlier)]
            found.read.append(item)
        elif item.means(MARK, "all") and not item.means(SECTION):
            everybody = True
            found.read.append(item)
        elif item.means(PIECE) and (drums := drummers_of(item.id(PIECE), outline)) is not None:
            pieces += item.ids(PIECE)[:1] if drums else []
            (found.left_out if excepting else found.kept).extend(drums)
            found.missing += [] if drums else [item]
            found.read.append(item)
        elif _is_of_somebody(item, items):
            found.read.append(item)
        elif item.is_player and not item.means(SECTION):
            named, ordinal = _nth_of(parts_named(item, outline), items[at - 1] if at else None, item)
            found.read += [*ordinal, item]
            (found.left_out if excepting else found.kept).extend(named)
            found.missing += [] if named else [item]
    everybody = everybody or (excepting and bool(found.left_out) and not found.kept)
    kept = list(outline.parts) if everybody else found.kept
    ids = tuple(name for name in outline.parts if name in kept and name not in found.left_out)
    return Players(ids, tuple(dict.fromkeys(pieces)), tuple(found.missing), tuple(found.read), everybody and not found.left_out)


def _is_of_somebody(item: Item, items: Sequence[Item]) -> bool:
    """Whether chords are what somebody plays who is named beside them: "the piano plays sparser chords"."""
    others = (one for one in items if one is not item and one.is_player and not one.means(SECTION))
    return item.means(ROLE, "chords") and any(not one.means(ROLE, "chords") for one in others)


def _nth_of(named: list[str], before: Item | None, item: Item) -> tuple[list[str], list[Item]]:
    """Which of several players an ordinal right before their name means: "the second guitar" is nobody where one plays."""
    if before is None or item.before.strip() or not (before.means(MARK, *NTH) or counted(before) is not None):
        return named, []
    number = counted(before)
    at = number - 1 if number is not None else NTH[next(name for name in before.ids(MARK) if name in NTH)]
    return named[at:][:1] if at < len(named) else [], [before]


def drummers_of(piece: str, outline: Outline) -> list[str] | None:
    """The parts that strike a drum; [] where it is known that nobody does, None where nobody plays drums at all."""
    kits = {name: part for name, part in outline.parts.items() if part.role in ("drums", "percussion")}
    if any(part.pieces for part in kits.values()):
        return [name for name, part in kits.items() if piece in part.pieces]
    own = [name for name, part in kits.items() if part.role == ("drums" if piece in _OF_KIT else "percussion")]
    return own or list(kits) or None


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
