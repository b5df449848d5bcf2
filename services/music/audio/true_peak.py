"""True peak by polyphase oversampling (ITU-R BS.1770-4 annex 2).

The interpolator is a Kaiser-windowed sinc with the original samples as phase 0, longer than the standard's 12 taps per phase:
flat to 22 kHz at 48 kHz, so that material rich in highs is not under-read.
"""

import math
from functools import cache

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

Audio = NDArray[np.float32]

TAPS = 48  # per phase
KAISER_BETA = 6.0
_BLOCK = 64
SILENCE_DBTP = -math.inf
_STEEP_BLOCK = 8192
_STEEP_OVERLAP = 1024
_STEEP_MOST_BLOCKS = 96
_STEEP_EDGE = (0.913, 1.0)  # of half the sample rate: pass band and stop band of common resamplers


@cache
def phase_taps(oversample: int) -> NDArray[np.float32]:
    """Taps of the phases 1 to oversample-1, [oversample-1, TAPS]; phase p lies p/oversample after sample TAPS/2-1 of its window."""
    positions = np.arange(TAPS)[None, :] - (TAPS // 2 - 1) - np.arange(1, oversample)[:, None] / oversample
    window = np.i0(KAISER_BETA * np.sqrt(np.maximum(0, 1 - (positions / (TAPS / 2)) ** 2))) / np.i0(KAISER_BETA)
    taps = np.sinc(positions) * window
    return np.asarray(taps / taps.sum(axis=1, keepdims=True), dtype=np.float32)


@cache
def bends_reach(oversample: int) -> tuple[float, float]:
    """How far an interpolated value can pass the samples around it: (share of their largest second difference, share of themselves).

    Each phase is the line between its two samples plus a weighted sum of second differences (plus a trace of first ones, since the
    windowed sinc is no exact interpolator of lines); the sums of magnitudes of those weights bound what lies between the samples.
    """
    bent = slack = 0.0
    middle = TAPS // 2 - 1
    for phase, taps in enumerate(phase_taps(oversample).astype(np.float64), start=1):
        rest = taps.copy()
        rest[middle] -= 1 - phase / oversample
        rest[middle + 1] -= phase / oversample
        level, slope = rest.sum(), (rest * (np.arange(TAPS) - middle)).sum()
        rest[middle] += slope - level
        rest[middle + 1] -= slope
        bent = max(bent, float(np.abs(np.cumsum(np.cumsum(rest))).sum()))
        slack = max(slack, abs(float(level)) + 2 * abs(float(slope)))
    return bent, slack + 1e-5


@numba.njit(cache=True, nogil=True)
def _raise_peaks(padded, taps, bent, slack, floor, peaks):  # type: ignore[no-untyped-def]
    """Raise `peaks[n]` to the highest magnitude in [n, n+1) of one channel, `padded` by TAPS/2-1 zeros before and TAPS/2 behind.

    Blocks that cannot pass `floor` (see `bends_reach`) keep their sample peaks.
    The inner loops run over samples, so that they vectorise without reordering a sum: the result does not depend on the CPU.
    """
    count, before, width = peaks.size, taps.shape[1] // 2 - 1, taps.shape[1]
    total = np.empty(_BLOCK, dtype=np.float32)
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        highest = abs(padded[start + before + size])
        for n in range(size):
            level = abs(padded[start + before + n])
            highest = max(highest, level)
            peaks[start + n] = max(peaks[start + n], level)
        bend = around = np.float32(0)
        for n in range(start, start + size + width - 3):
            bend = max(bend, abs(padded[n] - 2 * padded[n + 1] + padded[n + 2]))
            around = max(around, abs(padded[n]))
        if highest + bent * bend + slack * max(around, highest) <= floor:
            continue
        for phase in range(taps.shape[0]):
            total[:size] = 0
            for k in range(0, width, 8):
                t = taps[phase, k : k + 8]
                t0, t1, t2, t3, t4, t5, t6, t7 = t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7]
                x = padded[start + k : start + k + size + 7]
                for n in range(size):
                    first = t0 * x[n] + t1 * x[n + 1] + t2 * x[n + 2] + t3 * x[n + 3]
                    total[n] += first + (t4 * x[n + 4] + t5 * x[n + 5] + t6 * x[n + 6] + t7 * x[n + 7])
            part = peaks[start : start + size]
            for n in range(size):
                part[n] = max(part[n], abs(total[n]))


def peak_curve(audio: Audio, oversample: int = 8, floor: float = 0.0) -> NDArray[np.float32]:
    """Highest magnitude between each sample and the next over all channels, linear, [samples].

    Stretches whose inter-sample peaks cannot reach `floor` hold sample peaks only, which saves their interpolation.
    """
    taps, (bent, slack) = phase_taps(oversample), bends_reach(oversample)
    peaks = np.zeros(audio.shape[-1], dtype=np.float32)
    for channel in np.atleast_2d(audio):
        padded = np.pad(channel.astype(np.float32, copy=False), (TAPS // 2 - 1, TAPS // 2))
        _raise_peaks(padded, taps, np.float32(bent), np.float32(slack), np.float32(floor), peaks)
    return peaks


def true_peak(audio: Audio, oversample: int = 4) -> float:
    """Highest inter-sample magnitude, linear; 0 for silence or no samples."""
    if audio.size == 0:
        return 0.0
    sample_peak = float(np.max(np.abs(audio)))
    return float(np.max(peak_curve(audio, oversample, floor=sample_peak)))


@numba.njit(cache=True, nogil=True)
def _tops_and_bends(signal, width, tops, bends):  # type: ignore[no-untyped-def]
    """Raise per block of `width` samples the highest magnitude and the highest second difference of one channel."""
    for block in range(tops.size):
        top = bend = np.float32(0)
        for n in range(block * width, min((block + 1) * width, signal.size)):
            top = max(top, abs(signal[n]))
            if n + 2 < signal.size:
                bend = max(bend, abs(signal[n] - 2 * signal[n + 1] + signal[n + 2]))
        tops[block], bends[block] = max(tops[block], top), max(bends[block], bend)


def steep_peak(audio: Audio) -> float:
    """Highest magnitude after four-fold resampling with a steep low pass just under half the rate, linear.

    What lies in the last octave's end (22 to 24 kHz at 48 kHz) is cut off there, which can raise peaks by tenths of a decibel.
    Listens to the blocks with the strongest highs among those that come within 1 dB of the highest sample.
    """
    width, blocks = _STEEP_BLOCK, max(1, -(-audio.shape[1] // _STEEP_BLOCK))
    tops, bends = np.zeros((2, blocks), dtype=np.float32)
    for channel in audio:
        _tops_and_bends(channel, width, tops, bends)
    near = np.flatnonzero(tops >= 0.89 * tops.max())
    chosen = near[np.argsort(-bends[near], kind="stable")[:_STEEP_MOST_BLOCKS]]
    size = width + 2 * _STEEP_OVERLAP
    low, high = _STEEP_EDGE
    share = np.clip((np.arange(size // 2 + 1) / (size // 2) - low) / (high - low), 0, 1)
    response = (0.5 + 0.5 * np.cos(np.pi * share)).astype(np.float32)
    padded = np.pad(audio, ((0, 0), (_STEEP_OVERLAP, blocks * width - audio.shape[1] + _STEEP_OVERLAP)))
    peak = 0.0
    for start in range(0, len(chosen), 8):
        parts = np.stack([padded[:, block * width : block * width + size] for block in chosen[start : start + 8]])
        up = irfft(rfft(parts, axis=-1) * response, 4 * size, axis=-1)[..., 4 * _STEEP_OVERLAP : -4 * _STEEP_OVERLAP]
        peak = max(peak, 4 * float(np.abs(up).max()))
    return peak


def true_peak_dbtp(audio: Audio, rate: int, oversample: int = 4) -> float:
    """True peak in dBTP of audio [channels, samples]; -inf for silence.

    BS.1770-4 asks for at least 192 kHz: below 48 kHz the factor is doubled until it gets there.
    """
    while rate * oversample < 4 * 44_100:
        oversample *= 2
    peak = true_peak(audio, oversample)
    return 20 * math.log10(peak) if peak > 0 else SILENCE_DBTP
