"""Whose tune is it: twelve notes in a row as intervals and durations, the same in every key and at every tempo.

Onsets are counted on the beat grid, once in sixteenths and once in eighths (where swung and straight notes meet). A tempo heard
an octave off changes nothing: a reference's figures are kept at its tempo, at half and at twice of it. Notes that only repeat
one or two pitches belong to nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from contracts.features import Features, HeardLine
from contracts.music import PPQ, Meter
from contracts.music.score import Note

FIGURE = 12
LEAST_PITCHES = 3
_GRIDS = (4, 2)
_OCTAVES = (1.0, 0.5, 2.0)
_LONGEST = 64
Line = Sequence[tuple[float, int]]
"""(onset in quarter notes, MIDI pitch), in order."""
Figure = tuple[int, ...]


@dataclass(frozen=True)
class Tune:
    """The figures of a reference by grid (steps per quarter note)."""

    figures: dict[int, frozenset[Figure]]

    def shared(self, line: Line) -> list[int]:
        """Places in a line (index of a figure's first note) at which a figure of the reference begins."""
        found: set[int] = set()
        for grid, known in self.figures.items():
            found |= {index for index, figure in _figures(line, grid) if figure in known}
        return sorted(found)

    def __bool__(self) -> bool:
        return any(self.figures.values())


def tune_of(features: Features) -> Tune:
    """What must not be written again: the figures of the melody and the bass line that were heard."""
    lines = [line_heard(heard, features) for heard in (features.melody, features.bass) if heard is not None]
    return tune_from(lines)


def tune_from(lines: Iterable[Line]) -> Tune:
    """The figures of lines, at their own tempo and an octave of it to either side."""
    known: dict[int, set[Figure]] = {grid: set() for grid in _GRIDS}
    for line in lines:
        for octave in _OCTAVES:
            moved = [(onset * octave, pitch) for onset, pitch in line]
            for grid in _GRIDS:
                known[grid] |= {figure for _, figure in _figures(moved, grid)}
    return Tune({grid: frozenset(figures) for grid, figures in known.items()})


def line_heard(heard: HeardLine, features: Features) -> list[tuple[float, int]]:
    """A heard line on the beats that were heard, in quarter notes; empty where no beat is known."""
    beat = _felt_beat(features.meter)
    times = np.asarray(features.beats_s)
    onsets = np.array([note[0] for note in heard.notes])
    if times.size >= 2:
        step = float(np.median(np.diff(times)))
        beats = np.interp(onsets, times, np.arange(times.size))
        beats = np.where(onsets < times[0], (onsets - times[0]) / step, beats)
        beats = np.where(onsets > times[-1], times.size - 1 + (onsets - times[-1]) / step, beats)
    elif features.tempo_bpm is not None:
        beats = onsets * features.tempo_bpm.value / 60.0
    else:
        return []
    return topmost(zip((beat * beats).tolist(), (note[2] for note in heard.notes), strict=True))


def line_written(notes: Sequence[Note]) -> list[tuple[float, int]]:
    """A part's notes as a line."""
    return topmost((note.start / PPQ, note.pitch) for note in notes)


def topmost(notes: Iterable[tuple[float, int]], within: float = 0.1) -> list[tuple[float, int]]:
    """The upper line: of notes that begin together (within a tenth of a quarter) the highest."""
    line: list[tuple[float, int]] = []
    for onset, pitch in sorted(notes, key=lambda note: (note[0], -note[1])):
        if line and onset - line[-1][0] < within:
            line[-1] = (line[-1][0], max(line[-1][1], pitch))
        else:
            line.append((onset, pitch))
    return line


def _figures(line: Line, grid: int) -> Iterable[tuple[int, Figure]]:
    """(index of the first note, eleven intervals and eleven distances of onsets) of every twelve notes that are a tune."""
    steps = [round(onset * grid) for onset, _ in line]
    moves = [value for (a, (_, p)), (b, (_, q)) in pairwise(zip(steps, line, strict=True)) for value in (q - p, min(b - a, _LONGEST))]
    length = 2 * (FIGURE - 1)
    for index in range(len(line) - FIGURE + 1):
        if len({pitch for _, pitch in line[index : index + FIGURE]}) >= LEAST_PITCHES:
            yield index, tuple(moves[2 * index : 2 * index + length])


def _felt_beat(meter: str | None) -> float:
    """Quarter notes in the felt beat of a meter."""
    return Meter.parse(meter).ticks_per_beat / PPQ if meter else 1.0
