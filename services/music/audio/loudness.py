"""Loudness after ITU-R BS.1770-4 (K weighting, gating) and EBU Tech 3341/3342 (momentary, short-term, range).

Energies are summed in blocks of 10 ms: the tones of EBU 3341's cases 13 and 14 begin at multiples of 20 ms.
"""

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
Series = NDArray[np.float64]

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
OFFSET_LUFS = -0.691
BLOCK_S = 0.01
MOMENTARY_S = 0.4
SHORT_TERM_S = 3.0
SURROUND = 1.41
CHANNEL_WEIGHTS: dict[int, tuple[float, ...]] = {
    4: (1.0, 1.0, SURROUND, SURROUND),
    5: (1.0, 1.0, 1.0, SURROUND, SURROUND),
    6: (1.0, 1.0, 1.0, 0.0, SURROUND, SURROUND),
}
"""By number of channels (BS.1770-4 table 3): L R Ls Rs; L R C Ls Rs; L R C LFE Ls Rs, whose LFE does not count. Others weigh 1 each."""


@dataclass(frozen=True)
class Readings:
    """What a meter of EBU mode shows of a whole file: loudness in LUFS (-inf in silence), range in LU."""

    integrated_lufs: float
    range_lu: float
    most_momentary_lufs: float
    most_short_term_lufs: float


def k_weighting(rate: int) -> NDArray[np.float64]:
    """The two biquads of K weighting at any sample rate, [2, 5] as b0 b1 b2 a1 a2 (a0 = 1).

    Analogue prototypes of the tables in BS.1770-4 as in libebur128; at 48 kHz they give the standard's own coefficients.
    """
    k = math.tan(math.pi * 1681.974450955533 / rate)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [(high + band * k / q + k * k) / a0, 2 * (k * k - high) / a0, (high - band * k / q + k * k) / a0]
    shelf += [2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    k, q = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    a0 = 1 + k / q + k * k
    return np.array([shelf, [1.0, -2.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]])


@numba.njit(cache=True, nogil=True)
def _add_block_energies(signal, filters, weight, block, energies):  # type: ignore[no-untyped-def]
    """Add the K-weighted energy of one channel to `energies`, one sum per block of `block` samples."""
    b0, b1, b2, a1, a2 = filters[0]
    c0, c1, c2, d1, d2 = filters[1]
    s1 = s2 = t1 = t2 = 0.0
    for index in range(energies.size):
        total = 0.0
        for n in range(index * block, (index + 1) * block):
            x = np.float64(signal[n])
            y = b0 * x + s1
            s1 = b1 * x - a1 * y + s2
            s2 = b2 * x - a2 * y
            z = c0 * y + t1
            t1 = c1 * y - d1 * z + t2
            t2 = c2 * y - d2 * z
            total += z * z
        # Denormal numbers after the end of sound would slow the filter a hundredfold.
        if abs(s1) < 1e-30 and abs(t1) < 1e-30:
            s1 = s2 = t1 = t2 = 0.0
        energies[index] += weight * total


def block_energies(audio: Audio, rate: int) -> Series:
    """K-weighted mean square per 10 ms block, channels summed by their weight, [blocks]. A last partial block is left out.

    The energies of signals that do not correlate add, so the loudness of a sum can be estimated from its parts.
    """
    block = max(1, round(rate * BLOCK_S))
    energies = np.zeros(audio.shape[-1] // block)
    channels = np.atleast_2d(audio)
    weights = CHANNEL_WEIGHTS.get(channels.shape[0], (1.0,) * channels.shape[0])
    filters = k_weighting(rate)
    for channel, weight in zip(channels, weights, strict=True):
        _add_block_energies(channel, filters, weight, block, energies)
    return energies / block


def loudness_of(mean_square: Series | float) -> Series:
    """Loudness in LUFS of K-weighted mean squares; -inf for silence."""
    with np.errstate(divide="ignore"):
        return np.asarray(OFFSET_LUFS + 10 * np.log10(mean_square), dtype=np.float64)


def window_means(energies: Series, window_s: float, hop_s: float) -> Series:
    """Mean energies over sliding windows, [windows]; only whole windows. Both lengths are rounded to 10 ms blocks."""
    width, hop = round(window_s / BLOCK_S), max(1, round(hop_s / BLOCK_S))
    if energies.size < width:
        return np.zeros(0)
    sums = np.concatenate([[0.0], np.cumsum(energies)])
    return np.asarray(np.maximum(sums[width:] - sums[:-width], 0.0)[::hop] / width)


def gated_lufs(energies: Series) -> float:
    """Integrated loudness of 10 ms block energies, by the two gates of BS.1770-4; -inf where nothing passes -70 LUFS.

    Audio shorter than one window of 400 ms is measured as one window of its own length.
    """
    means = window_means(energies, MOMENTARY_S, 0.1)
    if means.size == 0:
        means = energies.mean(keepdims=True) if energies.size else np.zeros(0)
    loud = means[loudness_of(means) > ABSOLUTE_GATE_LUFS]
    if loud.size == 0:
        return -math.inf
    gated = loud[loudness_of(loud) > loudness_of(loud.mean()) + RELATIVE_GATE_LU]
    return float(loudness_of(gated.mean()))


def integrated_lufs(audio: Audio, rate: int) -> float:
    """Integrated loudness in LUFS (BS.1770-4) of audio [channels, samples]; -inf for silence."""
    return gated_lufs(block_energies(audio, rate))


def momentary_lufs(audio: Audio, rate: int, hop_s: float = 0.1) -> Series:
    """Momentary loudness in LUFS (400 ms windows), one value per hop; the first window begins at sample 0. -inf in silence."""
    return loudness_of(window_means(block_energies(audio, rate), MOMENTARY_S, hop_s))


def short_term_lufs(audio: Audio, rate: int, hop_s: float = 0.1) -> Series:
    """Short-term loudness in LUFS (3 s windows), one value per hop; the first window begins at sample 0. -inf in silence."""
    return loudness_of(window_means(block_energies(audio, rate), SHORT_TERM_S, hop_s))


def loudness_range(audio: Audio, rate: int) -> float:
    """Loudness range in LU (EBU Tech 3342): 10th to 95th percentile of the gated short-term loudness. 0 where nothing is left."""
    return range_of(block_energies(audio, rate))


def range_of(energies: Series) -> float:
    """Loudness range in LU of 10 ms block energies; windows of 3 s every 100 ms, as Tech 3342 has them overlap by 2.9 s."""
    means = window_means(energies, SHORT_TERM_S, 0.1)
    loud = means[loudness_of(means) > ABSOLUTE_GATE_LUFS]
    if loud.size == 0:
        return 0.0
    levels = loudness_of(loud)
    levels = levels[levels > loudness_of(loud.mean()) + RANGE_GATE_LU]
    low, high = np.percentile(levels, (10, 95))
    return float(high - low)


def read_meter(audio: Audio, rate: int) -> Readings:
    """All readings of audio [channels, samples] from one pass of the filter."""
    energies = block_energies(audio, rate)
    momentary, short = (loudness_of(window_means(energies, window_s, BLOCK_S)) for window_s in (MOMENTARY_S, SHORT_TERM_S))
    most = [float(series.max(initial=-math.inf)) for series in (momentary, short)]
    return Readings(gated_lufs(energies), range_of(energies), *most)
