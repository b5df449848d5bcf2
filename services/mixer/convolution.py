"""Linear filtering by overlap-add in blocks: little memory, float32, the same result on every run."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

Audio = NDArray[np.float32]


def convolve(audio: Audio, response: Audio, delay: int = 0) -> Audio:
    """Filter [channels, samples] by an impulse response [taps] or [channels, taps]; as long as the input.

    `delay` samples are cut from the front: half the taps of a linear-phase filter, so that nothing moves.
    """
    channels, count = audio.shape
    taps = response.shape[-1]
    size = next_fast_len(max(8192, 4 * taps), real=True)
    step = size - taps + 1
    kernel = rfft(np.atleast_2d(response).astype(np.float32), size, axis=-1)
    out = np.zeros((channels, count), dtype=np.float32)
    for start in range(0, count, step):
        block = rfft(audio[:, start : start + step], size, axis=-1)
        block *= kernel
        wet = irfft(block, size, axis=-1)
        first, last = max(0, start - delay), min(count, start - delay + size)
        if last > first:
            out[:, first:last] += wet[:, first - start + delay : last - start + delay]
    return out
