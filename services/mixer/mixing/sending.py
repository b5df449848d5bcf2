"""What a stem sends to a shared effect, added in one pass over memory."""

import numba
import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
Curve = NDArray[np.float32]


def add_sent(sent: Audio, audio: Audio, level: Curve | np.float32) -> None:
    """Add [2, samples] to `sent` at a level, linear: one number, or one per sample. Raises ValueError for other lengths."""
    if sent.shape != audio.shape or (isinstance(level, np.ndarray) and level.shape != audio.shape[1:]):
        raise ValueError(f"{audio.shape} cannot be added to {sent.shape} along {np.shape(level)}")
    for bus, channel in zip(sent, audio, strict=True):
        if isinstance(level, np.ndarray):
            _add_along(bus, channel, level)
        else:
            _add(bus, channel, level)


@numba.njit(cache=True, nogil=True)
def _add(sent, audio, level):  # type: ignore[no-untyped-def]
    for n in range(sent.size):
        sent[n] += audio[n] * level


@numba.njit(cache=True, nogil=True)
def _add_along(sent, audio, level):  # type: ignore[no-untyped-def]
    for n in range(sent.size):
        sent[n] += audio[n] * level[n]
