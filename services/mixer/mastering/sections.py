"""Sections keep their distance: what glue and limiter take from a loud section in the long run is given back as contrast.

A limiter takes more from a chorus than from a verse, so a record driven hard grows flat. The gain here moves over seconds: where
less was taken than in the loudest sections, the level is lowered by most of the difference, and the drive makes up for it.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from services.mixer.mastering.glue import drawn_out
from services.music.audio.loudness import BLOCK_S, SHORT_TERM_S, gated_lufs, loudness_of, window_means

Curve = NDArray[np.float32]
Series = NDArray[np.float64]

SHARE = 0.8
"""How much of the lost contrast is given back."""
MOST_DB = 3.0
LEAST_DB = 0.1
ACTIVE_LU = 20.0
HOP_S = 0.1
SMOOTH_HOPS = 10


def contrast_db(before: Series, after: Series) -> Series:
    """Gain in dB, at most 0, one value per 0.1 s, from the 10 ms block energies of a sum before and after its peaks were held.

    Empty where there is nothing to give back, or less than a window of 3 s.
    """
    loud, held = (window_means(energies, SHORT_TERM_S, HOP_S) for energies in (before, after))
    whole = gated_lufs(before)
    if loud.size < 2 or not np.isfinite(whole):
        return np.zeros(0)
    levels = loudness_of(loud)
    active = np.flatnonzero((levels > whole - ACTIVE_LU) & (held > 0))
    if active.size < 2:
        return np.zeros(0)
    taken = levels[active] - loudness_of(held[active])
    wanted = np.clip(SHARE * (taken - np.percentile(taken, 90)), -MOST_DB, 0.0)
    curve = np.interp(np.arange(loud.size), active, wanted)
    smooth = np.asarray(uniform_filter1d(curve, SMOOTH_HOPS, mode="nearest"))
    return smooth if smooth.min() < -LEAST_DB else np.zeros(0)


def contrast_curve(gains_db: Series, rate: int, frames: int) -> Curve:
    """The gain per sample, linear, [frames]; each value stands at the middle of its window of 3 s."""
    hop = round(HOP_S / BLOCK_S) * max(1, round(rate * BLOCK_S))
    return drawn_out(10 ** (gains_db / 20), float(hop), SHORT_TERM_S / 2 * rate, frames)
