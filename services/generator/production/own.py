"""Instruments of the user's own: which file plays which part, by Options.sounds and by the packs of the operator's folders."""

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from contracts.context import Options
from contracts.errors import BadInput
from contracts.music import Part, Role, Score
from services.generator.production.sound_packs import SoundPack, pack_of, packs_around, read_packs
from services.music.packs.instruments import instruments
from services.runtime.sound_folders import Places, allowed_sound, read_named

ENGINES = {"soundfont": "own_soundfont", "sfz": "own_sfz", "vst3": "own_vst3"}
PATCH = "own"
"""Stands where the name of a patch of ours would, in the source of a plan."""


@dataclasses.dataclass(frozen=True)
class Own:
    """One file as an instrument. `field` is what errors name; `said` what the user wrote."""

    kind: str
    path: Path
    detail: str
    field: str
    said: str
    pack: SoundPack | None = dataclasses.field(default=None, hash=False)

    @property
    def label(self) -> str:
        """Name of the file, with bank and program or preset."""
        return f"{self.path.name}:{self.detail}" if self.detail else self.path.name

    @property
    def packed(self) -> bool:
        """Whether a pack binds it, to whatever song there is, and nobody asked for it by name."""
        return self.pack is not None and self.field.startswith(self.pack.file.name)

    @property
    def licence(self) -> str:
        """As the stem's plan states it."""
        stated = ", by ".join(one for one in (self.pack.licence, self.pack.author) if one) if self.pack else ""
        return f"the user's own: {self.path.name}" + (f" ({stated})" if stated else "")

    @property
    def uri(self) -> str:
        """Path and detail in one word, for the source of a plan."""
        return quote(str(self.path)) + (f"#{quote(self.detail)}" if self.detail else "")

    def bad(self, allowed: str, hint: str = "") -> BadInput:
        """An error about this file, told to the user."""
        return BadInput(self.field, self.said, allowed, hint=hint)


def own_of(engine: str, uri: str, part_id: str, folders: Sequence[Path]) -> Own:
    """The instrument that a plan's source names, from a folder that is allowed here. Raises BadInput."""
    path, _, detail = uri.partition("#")
    kind = next(kind for kind, name in ENGINES.items() if name == engine)
    field = f"sounds.{part_id}"
    said = unquote(path) + (f":{unquote(detail)}" if detail else "")
    return Own(kind, allowed_sound(unquote(path), field, folders), unquote(detail), field, said)


def bindings(score: Score, options: Options, places: Places) -> dict[str, Own]:
    """By part: what was asked for its id, else for its instrument, else for its role; else what the packs bind.

    Raises BadInput for a name that is nowhere in the score, a file that may not be used or is not there, and, where only
    commercial licences are wanted, for a file whose pack does not state one.
    """
    packs = read_packs(places.packs)
    around = [*packs, *packs_around(places.further)]
    asked = {name: _asked(name, text, places.all, around) for name, text in options.sounds.items()}
    for name, own in asked.items():
        if not any(name in _names(part_id, part) for part_id, part in score.parts.items()):
            known = dict.fromkeys(name for part_id, part in score.parts.items() for name in _names(part_id, part))
            raise BadInput(own.field, own.said, f"a part, instrument or role of this song: {', '.join(known)}", hint=f"{name} is none.")
    packed = _of_packs(packs, places.packs)
    found = {}
    for part_id, part in score.parts.items():
        chosen = next((table[name] for table in (asked, packed) for name in _names(part_id, part) if name in table), None)
        if chosen:
            found[part_id] = chosen
    if options.licence == "commercial":
        for own in found.values():
            _check_licence(own)
    return found


def _names(part_id: str, part: Part) -> tuple[str, str, str]:
    """The names that bind a part, the closest first."""
    return part_id, part.instrument, str(part.role)


def _asked(name: str, text: str, folders: Sequence[Path], packs: Sequence[SoundPack]) -> Own:
    field = f"sounds.{name}"
    named = read_named(text, field)
    path = allowed_sound(named.file, field, folders)
    return Own(named.kind, path, named.detail, field, text, pack_of(path, packs))


def _of_packs(packs: Sequence[SoundPack], folders: Sequence[Path]) -> dict[str, Own]:
    """What the packs bind, the first pack first."""
    found: dict[str, Own] = {}
    for pack in packs:
        for name, text in pack.sounds.items():
            field = f"{pack.file.name}: sounds.{name}"
            if name not in instruments() and name not in set(Role):
                allowed = f"{', '.join(Role)}, or an instrument: {', '.join(instruments())}"
                raise BadInput(field, name, allowed, hint=f"The file is {pack.file}.")
            named = read_named(text, field)
            path = allowed_sound(str(pack.file.parent / named.file), field, folders)
            found.setdefault(name, Own(named.kind, path, named.detail, field, text, pack))
    return found


def bound_by_packs(folders: Sequence[Path]) -> dict[str, Own]:
    """What the packs in the folders bind for every song. Raises BadInput for the first thing that is wrong in them."""
    return _of_packs(read_packs(folders), folders)


def _check_licence(own: Own) -> None:
    licence = own.pack.licence if own.pack else ""
    told = "commercial: only sounds whose licence is stated and lets music made with them be sold"
    if not licence:
        raise own.bad(f"a file whose pack states its licence (license={told})", "A pack is a TOML file beside it; see docs/sounds.md.")
    if not own.pack or not own.pack.commercial:
        raise own.bad(f"a licence that allows it, unlike {licence} (license={told})")


def digest_of(texts: Sequence[str]) -> str:
    """One digest of several."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
