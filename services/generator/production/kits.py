"""Drum machines as data: which voice, with which settings, each General MIDI drum pitch plays."""

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from services.generator.production.drum_settings import Stroke

HATS = frozenset({42, 44, 46})


class DrumKit(BaseModel):
    """One drum machine. `drums` holds the kit's own settings by drum name; what it lacks comes from `drums_common.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    drive: float = 1.0
    high_hz: float = 24000.0
    bits: int = 24
    room_db: float | None = Field(default=None, ge=-60, le=0, description="level of the kit's own room against its snare; none: dry")
    room_s: float = Field(default=0.25, gt=0, le=1.5, description="time in which the room decays by 60 dB; with `gated` its length")
    room_high_hz: float = Field(default=8000.0, ge=500, le=20000)
    gated: bool = Field(default=False, description="the room stands still and is cut off, as behind a noise gate")
    tuned: bool = Field(default=False, description="the kick moves to the nearest tonic or fifth of the song's key")
    drums: dict[str, Stroke]
    pitches: dict[int, tuple[str, float]]

    def stroke(self, pitch: int) -> Stroke:
        """Settings for a pitch: the named drum, tuned by the given factor. Unknown pitches play the nearest known one."""
        nearest = min(self.pitches, key=lambda known: (abs(known - pitch), known))
        name, tune = self.pitches[nearest]
        drum = self.drums[name]
        return drum.model_copy(update={"tune_hz": drum.tune_hz * tune})


@cache
def kit(name: str) -> DrumKit:
    """One kit with what all kits share filled in."""
    own, common = tomllib.loads(_text(name)), tomllib.loads((files(__package__) / "drums_common.toml").read_text("utf-8"))
    drums = {**common["drums"], **own.pop("drums")}
    pitches = {int(p): row for p, row in {**common["pitches"], **own.pop("pitches", {})}.items()}
    return DrumKit.model_validate({**own, "drums": drums, "pitches": pitches})


def kit_text(name: str) -> str:
    """Everything that determines a kit, for digests."""
    return kit(name).model_dump_json()


def _text(name: str) -> str:
    return (files(__package__) / "kits" / f"{name}.toml").read_text("utf-8")
