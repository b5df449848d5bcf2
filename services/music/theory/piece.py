"""A piece as the analysis reads it, whatever it was written in: lines with roles, bars, chords where they are known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from contracts.music import Chord, ChordEvent, Meter, Note

LineRole = Literal["melody", "counter", "chords", "bass", "drums", "other"]
SAME_STROKE = 80
"""Notes that begin within this many ticks are one stroke."""


EARLY = 60
"""A player's note may come this many ticks before its beat."""


@dataclass(frozen=True)
class Line:
    """One part: its notes in time order, ticks at 960 per quarter from the first bar line."""

    name: str
    role: LineRole
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class TimedChord:
    """A chord from one tick to another; `sure` 0–1."""

    start: int
    end: int
    chord: Chord
    sure: float = 1.0


@dataclass(frozen=True)
class Stretch:
    """A section: bars from 0."""

    label: str
    start: int
    bars: int


@dataclass(frozen=True)
class Piece:
    """Everything that is read. `stretches` are empty where nobody marked a form; `home`, `keys` where the file names them."""

    name: str
    source: Literal["score", "midi"]
    meter: Meter
    bars: int
    lines: tuple[Line, ...]
    chords: tuple[TimedChord, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    tempo_bpm: float | None = None
    home: str | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def bar_ticks(self) -> int:
        """Length of a bar in ticks."""
        return self.meter.ticks_per_bar

    @property
    def end(self) -> int:
        """Tick of the last bar line."""
        return self.bars * self.bar_ticks

    @property
    def pitched(self) -> tuple[Line, ...]:
        """Lines whose notes have a pitch."""
        return tuple(line for line in self.lines if line.role != "drums" and line.notes)

    def bar_of(self, tick: int) -> int:
        """Number (from 0) of the bar that a stroke belongs to; one that comes a hair early belongs to the next."""
        return (tick + EARLY) // self.bar_ticks

    def of(self, *roles: LineRole) -> list[Line]:
        """Lines of some roles that hold notes."""
        return [line for line in self.lines if line.role in roles and line.notes]

    def place(self, tick: float) -> tuple[int, float]:
        """(bar, felt beat) of a tick, both from 1."""
        bar, rest = divmod(max(0, round(tick)), self.bar_ticks)
        return int(bar) + 1, round(1 + rest / self.meter.ticks_per_beat, 3)

    def beats(self, ticks: float) -> float:
        """Ticks as felt beats."""
        return round(ticks / self.meter.ticks_per_beat, 3)

    @property
    def leading(self) -> Line | None:
        """The line that sings: the melody with most notes, else what lies highest among single lines."""
        tunes = self.of("melody")
        if tunes:
            return max(tunes, key=lambda line: len(line.notes))
        others = [line for line in self.of("counter", "other") if len(strokes(line.notes)) > 0.85 * len(line.notes)]
        return max(others, key=lambda line: sum(n.pitch for n in line.notes) / len(line.notes), default=None)


def timed(events: Sequence[ChordEvent], meter: Meter, end: int, *, sure: float = 1.0) -> tuple[TimedChord, ...]:
    """Chord events as stretches of ticks; a chord written again, in the next bar or after a rest of its name, goes on."""
    found: list[TimedChord] = []
    if not events:
        return ()
    starts = [(e.bar - 1) * meter.ticks_per_bar + round((e.beat - 1) * meter.ticks_per_beat) for e in events]
    for event, start, until in zip(events, starts, [*starts[1:], end], strict=True):
        if until <= start:
            continue
        if found and str(found[-1].chord) == event.symbol and found[-1].end == start:
            found[-1] = TimedChord(found[-1].start, until, found[-1].chord, sure)
        else:
            found.append(TimedChord(start, until, event.chord, sure))
    return tuple(found)


def strokes(notes: Sequence[Note]) -> list[list[Note]]:
    """Notes that begin together, in time order."""
    found: list[list[Note]] = []
    for note in sorted(notes):
        if found and note.start - found[-1][0].start < SAME_STROKE:
            found[-1].append(note)
        else:
            found.append([note])
    return found


def top_line(notes: Sequence[Note]) -> list[Note]:
    """The highest note of each stroke."""
    return [max(stroke, key=lambda note: note.pitch) for stroke in strokes(notes)]
