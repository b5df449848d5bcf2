"""Genre packs: what a style is made of. Ours lie beside this file; a user's own folders are handed in when a process starts."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.errors import BadInput
from services.music.packs.arrangement_table import ArrangementTable
from services.music.packs.form_table import FormTable
from services.music.packs.harmony_table import HarmonyTable
from services.music.packs.melody_table import MelodyTable
from services.music.packs.own import pack_files, read_pack
from services.music.packs.rhythm import BassTable, CompingTable, DrumTable


class Identity(BaseModel):
    """What a style is in a sentence: read by the enhancer and by everybody else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tempo_bpm: tuple[float, float, float] = Field(description="lowest, typical, highest")
    meters: tuple[str, ...]
    energy: float = Field(ge=0, le=1)
    valence: float = Field(ge=0, le=1)
    minor_share: float = Field(ge=0, le=1)
    band: tuple[str, ...]
    felt_half: bool = Field(default=False, description="written at twice the tempo that is felt: asked for at half, all play twice as fast")


class GenrePack(BaseModel):
    """One style. Tables beside `identity` are added with the code that interprets them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    synonyms: tuple[str, ...]
    identity: Identity
    form: FormTable = Field(default_factory=FormTable)
    harmony: HarmonyTable = Field(default_factory=HarmonyTable)
    melody: MelodyTable = Field(default_factory=MelodyTable)
    drums: DrumTable = Field(default_factory=DrumTable)
    bass: BassTable = Field(default_factory=BassTable)
    comping: CompingTable = Field(default_factory=CompingTable)
    arrangement: ArrangementTable = Field(default_factory=ArrangementTable)
    patches: dict[str, str] = Field(default_factory=dict, description="part, instrument or kit -> patch")
    mix: str = Field(default="", description="genre whose mix this style takes where it has no profile of its own")
    lends: tuple[Literal["bass", "drums", "comping", "harmony", "melody", "lines"], ...] = Field(
        default=("comping",), description="what the style gives to a mixture that another style leads"
    )


class OwnPack(BaseModel):
    """Where a pack of the user lies, and whether it stands in place of one of ours."""

    model_config = ConfigDict(frozen=True)

    id: str
    path: Path
    overrides: bool


_in_use: tuple[Path, ...] = ()


def use_packs(folders: Sequence[Path]) -> tuple[OwnPack, ...]:
    """Hand in the user's folders of packs, in order of precedence: once, when a process starts, before anything is read.

    Who remembers what packs say keys it by `packs_in_use`. Raises BadInput naming file, field, value and what is allowed, and
    leaves everything as it was.
    """
    global _in_use  # noqa: PLW0603 - the one place where a process learns of its user's packs
    wanted = tuple(Path(folder) for folder in folders)
    packs = _own(wanted)
    _in_use = wanted
    return tuple(own for own, _ in packs)


def packs_in_use() -> tuple[Path, ...]:
    """The user's folders that were handed in: the key of whatever is derived from packs and kept."""
    return _in_use


def own_packs() -> tuple[OwnPack, ...]:
    """The user's packs in use, by id."""
    return tuple(own for own, _ in _own(_in_use))


def genres() -> dict[str, GenrePack]:
    """All packs by id, in id order: ours, and the user's own in place of ours with the same id."""
    return _all(_in_use)


@cache
def _all(folders: tuple[Path, ...]) -> dict[str, GenrePack]:
    packs = {**_shipped(), **{own.id: pack for own, pack in _own(folders)}}
    return dict(sorted(packs.items()))


@cache
def _shipped() -> dict[str, GenrePack]:
    folder = files(__package__) / "genres"
    entries = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    packs = [GenrePack.model_validate(tomllib.loads(f.read_text("utf-8"))) for f in entries]
    return {pack.id: pack for pack in packs}


@cache
def _own(folders: tuple[Path, ...]) -> tuple[tuple[OwnPack, GenrePack], ...]:
    """The user's packs; of two with one id the folder named first wins."""
    found: dict[str, tuple[OwnPack, GenrePack]] = {}
    for path in pack_files(folders):
        pack = read_pack(path, GenrePack)
        found.setdefault(pack.id, (OwnPack(id=pack.id, path=path, overrides=pack.id in _shipped()), pack))
    return tuple(found[name] for name in sorted(found))


def genre(genre_id: str) -> GenrePack:
    """One pack. Raises BadInput naming the ids there are."""
    try:
        return genres()[genre_id]
    except KeyError:
        raise BadInput("genre", genre_id, ", ".join(genres())) from None
