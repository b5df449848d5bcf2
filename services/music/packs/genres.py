"""Genre packs: what a style is made of."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.errors import BadInput
from services.music.packs.arrangement_table import ArrangementTable
from services.music.packs.form_table import FormTable
from services.music.packs.harmony_table import HarmonyTable
from services.music.packs.melody_table import MelodyTable
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
    lends: tuple[Literal["bass", "drums", "comping", "harmony", "melody", "lines"], ...] = Field(
        default=("comping",), description="what the style gives to a mixture that another style leads"
    )


@cache
def genres() -> dict[str, GenrePack]:
    """All packs by id, in id order."""
    folder = files(__package__) / "genres"
    entries = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    packs = [GenrePack.model_validate(tomllib.loads(f.read_text("utf-8"))) for f in entries]
    return {pack.id: pack for pack in packs}


def genre(genre_id: str) -> GenrePack:
    """One pack. Raises BadInput naming the ids there are."""
    try:
        return genres()[genre_id]
    except KeyError:
        raise BadInput("genre", genre_id, ", ".join(genres())) from None
