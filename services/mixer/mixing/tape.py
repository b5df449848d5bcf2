"""Wow: the slow waver of a tape machine, the same for all stems, as one tape would have it."""

import math

import numba
import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]


@numba.njit(cache=True, nogil=True)
def _waver(audio, depth, step, out):  # type: ignore[no-untyped-def]
    """Read at n + depth sin(step n) by cubic (Catmull-Rom) interpolation."""
    channels, count = audio.shape
    for n in range(count):
        at = n + depth * (math.sin(step * n) + 0.3 * math.sin(2.7 * step * n + 1.0) - 0.3 * math.sin(1.0))
        whole = math.floor(at)
        t = at - whole
        i = int(whole)
        for channel in range(channels):
            a = audio[channel, min(max(i - 1, 0), count - 1)]
            b = audio[channel, min(max(i, 0), count - 1)]
            c = audio[channel, min(max(i + 1, 0), count - 1)]
            d = audio[channel, min(max(i + 2, 0), count - 1)]
            out[channel, n] = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def wow(audio: Audio, rate: int, percent: float, hz: float) -> Audio:
    """Waver of [channels, samples]: speed deviates by `percent` at `hz`; on average nothing moves (at most a few ms)."""
    if percent <= 0:
        return audio
    step = 2 * math.pi * hz / rate
    out = np.empty_like(audio)
    _waver(audio, percent / 100 / (step * 1.8), step, out)
    return out
