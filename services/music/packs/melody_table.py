"""The table [melody] of a genre pack: who leads, in which rhythms, scales and habits."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class MelodyTable(BaseModel):
    """Melody of a style. Rhythms are 16 slots of a 4/4 bar, x = onset; other meters are built from cells of a beat."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leads: tuple[str, ...] = Field(default=(), description="instruments that can lead, best first")
    schemes: dict[str, float] = Field(
        default_factory=lambda: {"song": 4.0, "period": 1.0},
        description="phrase models -> weight: song (as in real songs), period, sentence, srdc, riff, call, aab, drift, through",
    )
    hook_schemes: dict[str, float] = Field(default_factory=lambda: {"song": 4.0, "riff": 1.0})
    rhythms: dict[str, float] = Field(default_factory=dict, description="4/4 bars of 16 slots -> weight")
    cells: dict[str, float] = Field(default_factory=dict, description="beats of 4 slots (or 6 in compound meters) -> weight")
    notes_per_beat: tuple[float, float, float] = Field(default=(0.65, 1.08, 1.76), description="low, typical, high, rests included")
    empty_beats: tuple[float, float, float] = Field(default=(0.13, 0.24, 0.38), description="low, typical, high share")
    centre: int = Field(default=67, description="MIDI pitch that verses circle around, moved by octaves to suit the instrument")
    lift: int = Field(default=3, description="semitones that chorus or drop lie above the verse")
    span: tuple[int, int] = Field(default=(10, 20), description="narrowest and widest range, semitones")
    scale: Literal["mode", "pentatonic", "blues", "bebop"] = "mode"
    chromatic: float = Field(default=0.0, ge=0, le=0.5, description="share of weak notes that approach from outside the scale")
    leaps: float = Field(default=0.12, ge=0, le=0.5, description="share of intervals of 5 semitones and more")
    repeats: float = Field(default=0.2, ge=0, le=0.6, description="share of repeated notes")
    syncopation: float = Field(default=0.15, ge=0, le=1)
    preludes: float = Field(default=0.15, ge=0, le=1, description="share of songs whose lead quotes the hook in intro or outro")
    anacrusis: float = Field(default=0.21, ge=0, le=1)
    legato: float = Field(default=0.9, gt=0, le=1.1, description="sounding share of the time to the next note")
    accent: float = Field(default=2.0, ge=0, le=24, description="MIDI velocity of strong beats above the others")
    ornaments: float = Field(default=0.0, ge=0, le=1, description="share of long notes that get a grace, turn or trill")
    roles: dict[str, str] = Field(
        default_factory=dict, description="section function -> sing, hook, echo, improvise, fill or rest, where it differs from common use"
    )
    counter: tuple[str, ...] = Field(default=(), description="instruments that can answer the lead, best first")
    velocity: tuple[int, int] = Field(default=(88, 100), description="level at energy 0 and 1")


@cache
def common_rhythms() -> dict[str, dict[str, float]]:
    """Rhythms of common use: whole `bars` of 4/4, and cells of `four`, `six` and `three` steps."""
    tables: dict[str, dict[str, float]] = tomllib.loads((files(__package__) / "rhythms.toml").read_text("utf-8"))
    return tables
