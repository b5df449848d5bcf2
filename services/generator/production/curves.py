"""Control curves of a part as arrays: the time axis of production is 48,000 samples per second."""

import math
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from contracts.music import Part, Score

SAMPLE_RATE_HZ = 48_000
CHUNK = 480_000
BLOCK = 512
"""Block size of the Faust engine: fixed, since smoothed parameters depend on it."""

Floats = NDArray[np.float32]


class Clock:
    """Ticks to seconds and samples, by the score's tempo map. `until_s`: sound ends there, before the song does."""

    def __init__(self, score: Score, until_s: float | None = None) -> None:
        beat = score.meter_value.ticks_per_beat
        changes = score.tempo_map or ((0, score.tempo_bpm),)
        self._ticks = [float(tick) for tick, _ in changes]
        self._rates = [60.0 / bpm / beat for _, bpm in changes]
        self._seconds = [score.seconds_at(tick) for tick, _ in changes]
        self._beat = beat
        self.close_s = score.music_s if score.ending == "natural" else math.inf
        """When the last bar ends, after which players let go of the last chord; never where the song does not end by itself."""
        self.frames = math.ceil(min(score.rendered_s, score.rendered_s if until_s is None else until_s) * SAMPLE_RATE_HZ)
        self.rings = score.ending not in ("loop", "cut")
        """Whether sound goes on after the last bar line."""

    def seconds(self, tick: float) -> float:
        """Time of a tick in seconds."""
        at = max(bisect_right(self._ticks, tick) - 1, 0)
        return self._seconds[at] + (tick - self._ticks[at]) * self._rates[at]

    def sample(self, tick: float) -> int:
        """Nearest sample of a tick."""
        return round(self.seconds(tick) * SAMPLE_RATE_HZ)

    def tick(self, sample: int) -> int:
        """Nearest tick of a sample."""
        return round(float(self.beats(np.array([sample], dtype=np.float64))[0]) * self._beat)

    def beats(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Felt beats that have passed at each sample."""
        marks = [*self._ticks, self._ticks[-1] + 1000.0 * self._beat]
        times = [self.seconds(tick) * SAMPLE_RATE_HZ for tick in marks]
        return np.interp(samples, times, np.asarray(marks) / self._beat)


def curve(part: Part, name: str, clock: Clock, *, default: float) -> Floats:
    """An automation curve at every sample, linear between breakpoints, flat outside. Shape [frames]."""
    points = part.controls.get(name)
    if not points:
        return np.full(clock.frames, default, dtype=np.float32)
    times = np.array([clock.seconds(tick) * SAMPLE_RATE_HZ for tick, _ in points])
    values = np.array([value for _, value in points], dtype=np.float64)
    samples = np.zeros(clock.frames, dtype=np.float32)
    for start in range(0, clock.frames, CHUNK):  # in pieces: np.interp works in float64
        stop = min(start + CHUNK, clock.frames)
        samples[start:stop] = np.interp(np.arange(start, stop), times, values)
    return samples


def decibels_to_gain(decibels: Floats) -> Floats:
    """Linear gain of levels in dB."""
    return np.asarray(np.float32(10.0) ** (decibels / np.float32(20.0)), dtype=np.float32)
