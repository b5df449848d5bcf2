"""A genre pack: what a style is made of."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

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
