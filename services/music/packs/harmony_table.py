"""The table [harmony] of a genre pack: progressions in Roman numerals, colours, cadences.

Numerals count against the major scale of the tonic ("bVI", "ii7", "V/3"): upper case has a major third, lower case a minor
one; what follows is a chord quality as in `contracts.music.chord`; "/3" "/5" "/7" put that member of the chord in the bass.
Bars are divided by "|", chords inside a bar by spaces.
"""

import tomllib
from functools import cache
from importlib.resources import files

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
