"""A compressor whose channels move together, so that loud hits on one side do not pull the image over."""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from contracts.sound import Compression

Audio = NDArray[np.float32]


@numba.njit(cache=True, nogil=True)
def _compress(audio, threshold, slope, rising, falling, out):  # type: ignore[no-untyped-def]
    """Peak follower on the larger channel, then (level / threshold) ** slope above the threshold."""
    level = 0.0
    for n in range(audio.shape[1]):
        peak = max(abs(np.float64(audio[0, n])), abs(np.float64(audio[1, n])))
        level = peak + (rising if peak > level else falling) * (level - peak)
        if level < 1e-20:
            level = 0.0
        gain = math.exp(slope * math.log(level / threshold)) if level > threshold else 1.0
        out[0, n] = audio[0, n] * gain
        out[1, n] = audio[1, n] * gain


def compress(audio: Audio, rate: int, settings: Compression) -> Audio:
    """Compress [2, samples]: the threshold in dBFS, times until a step is followed within 0.2 % (2 pi time constants)."""
    if settings.ratio <= 1:
        return audio
    rising, falling = (math.exp(-2000 * math.pi / (ms * rate)) for ms in (settings.attack_ms, settings.release_ms))
    out = np.empty_like(audio)
    _compress(audio, 10 ** (settings.threshold_db / 20), 1 / settings.ratio - 1, rising, falling, out)
    return out
