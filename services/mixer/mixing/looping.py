"""A loop without a seam: what rings after its end sounds over its beginning."""

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]


def folded(audio: Audio, frames: int) -> Audio:
    """The first `frames` samples with everything after them added from the beginning on. Shapes [2, n] and [2, frames].

    Linear: what is folded stem by stem sums to the folded sum.
    """
    loop = audio[:, :frames].copy()
    for start in range(frames, audio.shape[1], frames):
        rest = audio[:, start : start + frames]
        loop[:, : rest.shape[1]] += rest
    return loop
