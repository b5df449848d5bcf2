"""The table [harmony] of a genre pack: progressions in Roman numerals, colours, cadences.

Numerals count against the major scale of the tonic ("bVI", "ii7", "V/3"): upper case has a major third, lower case a minor
one; what follows is a chord quality as in `contracts.music.chord`; "/3" "/5" "/7" put that member of the chord in the bass.
Bars are divided by "|", chords inside a bar by spaces.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class HarmonyUnit(BaseModel):
    """A progression of a few bars that sections are made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: str = Field(default="major", description="mode it belongs to; minor-like modes fall back to minor, others to major")
    use: tuple[str, ...] = Field(default=(), description="section functions; none: any")
    weight: float = Field(default=1.0, gt=0)
    bars: str


class Substitution(BaseModel):
    """A borrowed chord or secondary dominant in place of plain neighbours, such as "ii V" -> "II7 V"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    find: str
    put: str
    share: float = Field(gt=0, le=1, description="share of songs that use it, once")


Device = Literal["secondary", "borrowed", "tritone", "diminished", "bass_line", "split", "deceptive", "suspended"]
_USUAL: dict[Device, float] = {"secondary": 0.3, "borrowed": 0.15, "bass_line": 0.35, "split": 0.3, "deceptive": 0.12}
_USUAL_OF_LOOPS: dict[Device, float] = {"split": 0.1}


class HarmonyTable(BaseModel):
    """Harmony of a style."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    units: tuple[HarmonyUnit, ...] = (HarmonyUnit(bars="I | V | vi | IV"), HarmonyUnit(mode="minor", bars="i | bVI | bIII | bVII"))
    colours: dict[str, dict[str, float]] = Field(default_factory=dict, description="plain numeral -> quality suffix -> share of songs")
    substitutions: tuple[Substitution, ...] = ()
    open_endings: dict[str, tuple[str, ...]] = Field(default={"major": ("V", "IV"), "minor": ("bVII", "V")}, description="last bar")
    closed_endings: dict[str, tuple[str, ...]] = Field(
        default={"major": ("V | I", "IV | I"), "minor": ("bVII | i", "V | i")}, description="last bars, section closed"
    )
    open_share: float = Field(default=0.67, ge=0, le=1)
    loops: bool = Field(default=False, description="sections keep their loop to the last bar instead of a cadence")
    tonic: dict[str, str] = Field(default_factory=lambda: {"major": "I", "minor": "i"}, description="the chord that the song ends on")
    bars_per_chord: int = Field(default=1, ge=1, description="how often a bar of a unit is held")
    mood_colours: float = Field(default=0.6, ge=0, le=1, description="share of plain chords that take a colour of the brief's moods")
    lift_share: float = Field(default=0.0, ge=0, le=0.15, description="songs whose last chorus moves up a semitone or a tone")
    family: Literal["", "billboard", "pop909"] = Field(
        default="", description="learned chord statistics that fit the style (docs/models.md): rock, soul, country; or Asian pop, ballads"
    )
    learned: float = Field(default=0.0, ge=0, le=1, description="share of progressions that the family's model writes itself")
    model_weight: float = Field(default=1.0, ge=0, le=3, description="how strongly the family's model judges progressions of the pack")
    devices: dict[Device, float] = Field(
        default_factory=dict,
        description="share of songs with a secondary dominant, a borrowed chord, a tritone substitute, a passing diminished chord, "
        "a stepwise bass line, two chords in the bar before a cadence, a deceptive cadence, a suspended dominant; what is not "
        "named keeps a usual share, smaller where the style loops",
    )
    modulation_share: float = Field(default=0.0, ge=0, le=0.6, description="songs whose bridge or contrast moves to a near key and back")
    modulations: dict[Literal["relative", "dominant", "subdominant", "parallel", "mediant"], float] = Field(
        default={"relative": 4, "subdominant": 2, "dominant": 2, "mediant": 1}, description="where to, by weight"
    )
    return_change: float | None = Field(
        default=None, ge=0, le=1, description="share of returning sections that change a chord near their end; none: by family"
    )

    def share(self, device: Device) -> float:
        """Share of songs in which the style uses a device."""
        usual = _USUAL_OF_LOOPS if self.loops else _USUAL
        return self.devices.get(device, usual.get(device, 0.0))


class ModalTable(BaseModel):
    """Vamps and cadences of one mode, for styles that have none of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    units: tuple[str, ...]
    open_endings: tuple[str, ...]
    closed_endings: tuple[str, ...]


@cache
def modal_tables() -> dict[str, ModalTable]:
    """The modes beside major and minor, by name."""
    text = (files(__package__) / "modal.toml").read_text("utf-8")
    return {mode: ModalTable.model_validate(table) for mode, table in tomllib.loads(text).items()}
