"""Sixteen bits: noise of triangular density, two steps wide, before rounding.

It makes the rounding error white and of constant power, whatever the music does (Lipshitz, Wannamaker & Vanderkooy 1992:
"Quantization and dither"): what fades away fades into noise and not into distortion.
"""

import numpy as np
from numpy.typing import NDArray

from services.music.rng import rng

Audio = NDArray[np.float32]

FULL_SCALE_16 = 1 << 15
_BLOCK = 1 << 18


def to_16_bit(audio: Audio, purpose: str) -> NDArray[np.int16]:
    """Audio [channels, samples] rounded to 16 bits with triangular dither, [channels, samples].

    The noise depends on `purpose` alone, differs between the channels and is flat. Values beyond full scale are clipped.
    """
    draw = rng(0, "mixer", "dither", purpose)
    out = np.empty(audio.shape, dtype=np.int16)
    for start in range(0, audio.shape[1], _BLOCK):
        part = audio[:, start : start + _BLOCK]
        first, second = draw.random((2, audio.shape[0], _BLOCK))[:, :, : part.shape[1]]
        values = np.rint(part.astype(np.float64) * FULL_SCALE_16 + (first - second))
        out[:, start : start + _BLOCK] = np.clip(values, 1 - FULL_SCALE_16, FULL_SCALE_16 - 1)
    return out
