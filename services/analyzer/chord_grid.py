"""The grid on which chords change: beats, halved where they are long, a plain grid where no pulse is heard."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.float64]

LONGEST_S = 0.7
"""Longer beats are halved: a tempo may be heard at half."""
SHORTEST_S = 0.2
PLAIN_S = 0.4
"""Stretches where no pulse is heard."""
BAR, BEAT, INSIDE = 0, 1, 2


@dataclass(frozen=True)
class Grid:
    """`edges_s` [stretches + 1] in seconds; `place` [stretches]: whether a stretch begins on a bar line, a beat or inside one.

    `beat_of` [stretches]: number of the beat that a stretch belongs to, counted from the first heard beat, −1 before it.
    """

    edges_s: Times
    place: npt.NDArray[np.int64]
    beat_of: npt.NDArray[np.int64]

    @property
    def lengths_s(self) -> Times:
        """Length of each stretch in seconds."""
        return np.diff(self.edges_s)


def grid_of(beats_s: Times, downbeats_s: Times, duration_s: float) -> Grid:
    """The grid over a recording. What sounds before the first and after the last beat is divided as its neighbours are."""
    beats = beats_s[(beats_s >= 0) & (beats_s < duration_s)]
    if len(beats) < 2:
        edges = np.append(np.arange(0.0, max(duration_s - PLAIN_S / 2, PLAIN_S / 4), PLAIN_S), duration_s)
        return Grid(edges, np.full(len(edges) - 1, INSIDE), np.full(len(edges) - 1, -1))
    beats = beats[np.append(True, np.diff(beats) >= SHORTEST_S)]
    period = float(np.median(np.diff(beats)))
    before = beats[0] - period * np.arange(int(beats[0] / period + 0.25), 0, -1)
    after = beats[-1] + period * np.arange(1, int((duration_s - beats[-1]) / period + 0.25) + 1)
    times = np.concatenate([before, beats, after])
    number = np.concatenate([np.full(len(before), -1), np.arange(len(beats)), np.full(len(after), len(beats) - 1)])
    near = np.abs(times[:, None] - downbeats_s).min(axis=1) < 0.3 * period if len(downbeats_s) else np.zeros(len(times), bool)
    return _halved(times, number, near, duration_s)


def _halved(times: Times, number: npt.NDArray[np.int64], bar: npt.NDArray[np.bool_], duration_s: float) -> Grid:
    edges: list[float] = []
    place: list[int] = []
    beat_of: list[int] = []
    for index, start in enumerate(times):
        end = times[index + 1] if index + 1 < len(times) else duration_s
        parts = max(1, int(np.ceil((end - start) / LONGEST_S)))
        for part in range(parts):
            edges.append(float(start + (end - start) * part / parts))
            place.append(INSIDE if part else BAR if bar[index] else BEAT)
            beat_of.append(int(number[index]))
    if edges[0] > 0:
        edges[0] = 0.0 if edges[0] < SHORTEST_S else edges[0]
    if edges[0] > 0:
        edges, place, beat_of = [0.0, *edges], [INSIDE, *place], [-1, *beat_of]
    return Grid(np.append(edges, duration_s), np.asarray(place), np.asarray(beat_of))
