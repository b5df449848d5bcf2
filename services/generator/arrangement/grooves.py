"""How people drum, by style: the table learned from Groove MIDI (`services.generator.training.grooves`), read once."""

import json
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from services.music.packs.rhythm import playing

NEAREST = {"hip_hop": "hiphop", "house": "dance", "swing": "jazz", "blues": "shuffle", "machine": "dance", "trap": "hiphop"}
_KIN = {"bell": "ride", "clap": "snare", "tom": "tom_mid", "tom_floor": "tom_low", "pedal": "hat"}


class FillHabits(BaseModel):
    """What recorded fills of a style do. Cells are one beat of the hands: first, middle and last third of a fill."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    count: int
    span_beats: tuple[float, ...]
    triplet_share: float
    cells: tuple[dict[str, float], dict[str, float], dict[str, float]]
    feet: dict[str, float]
    drums: dict[str, tuple[float, float, float, float]]
    moves: dict[str, dict[str, float]]
    ramp: tuple[float, ...] = Field(description="velocity against the fill's mean, by eighth")


class GrooveRow(BaseModel):
    """A style's drummers. Slots are the 16 sixteenths (grid 4) or the 12 triplets (grid 3) of a 4/4 bar."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    grid: int
    takes: int
    bars: int
    mean_ms: dict[str, float]
    slot_ms: dict[str, tuple[float, ...]]
    phi: float = Field(description="carry-over of the drift from beat to beat")
    drift_ms: float = Field(description="SD of what all limbs share, at 125 BPM and above")
    own_ms: dict[str, float] = Field(description="SD of each voice by itself")
    swing: tuple[float, float, float]
    level: dict[str, tuple[float, float, float]] = Field(description="velocity: mean, SD between takes, SD at one place of the bar")
    slot_level: dict[str, tuple[float, ...]]
    velocity_acf: tuple[float, ...]
    chance: dict[str, tuple[float, ...]]
    ghost_share: float
    hat_cells: dict[str, float]
    fills: FillHabits

    def at(self, table: dict[str, tuple[float, ...]], voice: str, place: int) -> float:
        """A voice's value at a place of the bar; kin lend what a voice lacks."""
        row = table.get(voice) or table.get(_KIN.get(voice, ""))
        return row[place % len(row)] if row else 0.0

    def loudness(self, voice: str) -> tuple[float, float, float]:
        """Mean, SD between takes and SD at one place, with the lift that a sampled kit asks for."""
        return self.level.get(voice) or self.level.get(_KIN.get(voice, "")) or (84.0, 6.0, 8.0)


def tempo_scale(quarter_bpm: float) -> float:
    """Growth of the timing spread below 125 BPM: SD = 0.031 beat, against 16 ms above; at most what 50–80 BPM showed."""
    return float(min(max(1.0, 0.031 * 60_000.0 / quarter_bpm / 16.0), 1.5))


@cache
def learned() -> dict[str, GrooveRow]:
    """The rows by style; "all" for styles that were not measured."""
    text = files("services.generator.learned").joinpath("grooves.json").read_text("utf-8")
    return {name: GrooveRow.model_validate(row) for name, row in json.loads(text)["styles"].items()}


@cache
def groove_row(feel: str, machine: bool) -> GrooveRow:
    """The measured row of a feel as a kit should sound it: kicks lifted from the e-kit's, machines with their own even levels."""
    rows, kits = learned(), playing().feel
    row = rows.get(feel) or rows.get(NEAREST.get(feel, ""), rows["all"])
    kit = kits["all"].lift | (kits[feel].lift if feel in kits else {})
    level = {voice: (mean + kit.get(voice, 0.0), take, place) for voice, (mean, take, place) in row.level.items()}
    if not machine:
        return row.model_copy(update={"level": level})
    even = kits["machine"]
    return row.model_copy(
        update={"level": level | even.level, "slot_level": row.slot_level | even.slot_level, "mean_ms": {}, "slot_ms": {}}
    )
