"""How bars of odd and compound meters are grouped, and the beats that drummers play in them: data of meters.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import Field, model_validator

from contracts.errors import BadInput
from contracts.music import PPQ, Meter
from services.music.packs.rhythm import Table


@dataclass(frozen=True)
class GroupedMeter(Meter):
    """A meter whose bar is felt in groups of eighths, or of sixteenths over 16 (`lengths`: ticks)."""

    lengths: tuple[int, ...] = ()


class MeterBeat(Table):
    """A drummer's beat in one grouping. Patterns have one cell per group; a cell's characters share its group evenly.

    `time` goes to whichever of hat, ride or shaker keeps time in the style, `back` to its snare, clap or cross-stick.
    """

    grouping: tuple[int, ...]
    feels: tuple[str, ...] = Field(default=(), description="genres or feels it suits; empty: all")
    levels: tuple[Literal["low", "mid", "high", "half"], ...] = ("low", "mid", "high", "half")
    kick: tuple[str, ...]
    back: tuple[str, ...]
    time: tuple[str, ...]
    pedal: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _cells_fit(self) -> "MeterBeat":
        for pattern in (*self.kick, *self.back, *self.time, *self.pedal, *self.open):
            if len(pattern.split()) % len(self.grouping):
                raise ValueError(f"{pattern!r}: one cell for each of {self.grouping}")
        return self


class MeterRow(Table):
    """A meter: its groupings in units of its denominator, the likeliest first, and its beats."""

    groupings: tuple[tuple[int, ...], ...]
    aksak: tuple[str, ...] = Field(default=(), description="genres that take the last grouping: Balkan rows of twos and a three")
    beat: tuple[MeterBeat, ...] = ()


@cache
def meter_rows() -> dict[str, MeterRow]:
    """Rows by meter such as "7/8". Raises BadInput for a grouping that does not fill its bar."""
    text = files(__package__).joinpath("meters.toml").read_text("utf-8")
    rows = {name: MeterRow.model_validate(row) for name, row in tomllib.loads(text).items()}
    for name, row in rows.items():
        for grouping in (*row.groupings, *(beat.grouping for beat in row.beat)):
            if sum(grouping) != Meter.parse(name).numerator:
                raise BadInput("grouping", f"{name}: {grouping}", f"numbers that add up to {name.split('/')[0]}")
    return rows


def grouped(meter: Meter, genre: str) -> Meter:
    """The meter with its grouping in a genre: the first of its row, or the last where the genre counts aksak. Plain meters stay."""
    row = meter_rows().get(str(meter))
    if row is None:
        return meter
    choice = row.groupings[-1 if genre in row.aksak else 0]
    unit = PPQ * 4 // meter.denominator
    return GroupedMeter(meter.numerator, meter.denominator, tuple(unit * n for n in choice))


def beats_for(meter: Meter, styles: tuple[str, ...], level: str) -> list[MeterBeat]:
    """Beats of a grouped meter for a genre and feel and a level of playing: those made for them, else those for all."""
    row = meter_rows().get(str(meter))
    lengths = getattr(meter, "lengths", ())
    if row is None or not lengths:
        return []
    unit = PPQ * 4 // meter.denominator
    here = [b for b in row.beat if tuple(n * unit for n in b.grouping) == lengths and level in b.levels]
    own = [b for b in here if set(styles) & set(b.feels)]
    return own or [b for b in here if not b.feels]
