"""Peaks: a soft clip as the sample-wise gain y/x of the sum, and a look-ahead true-peak limiter as a gain over time.

Both give one gain per sample for all channels, so that they may be multiplied into every stem and the stems still sum to the master.
"""

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
Curve = NDArray[np.float32]

KNEE_SHARE = 0.5  # the clip is linear up to this share of its roof; measured beside 0.7 and 0.9: less pumping behind it, no more distortion


@numba.njit(cache=True, nogil=True)
def gather(audio, total, peaks):  # type: ignore[no-untyped-def]
    """Add a stem [2, samples] to the sum `total` and raise `peaks` [samples] to its magnitudes, in one pass over memory."""
    for n in range(audio.shape[1]):
        left, right = audio[0, n], audio[1, n]
        total[0, n] += left
        total[1, n] += right
        peaks[n] = max(peaks[n], abs(left), abs(right))


@numba.njit(cache=True, nogil=True)
def _drive(audio, curve, drive, roof, knee, out, gain):  # type: ignore[no-untyped-def]
    """Fill out = audio * gain with gain = drive * curve * soft clip; linear up to the knee, then tanh towards the roof."""
    room = roof - knee
    for n in range(audio.shape[1]):
        g = drive * curve[n]
        level = max(abs(audio[0, n]), abs(audio[1, n])) * g
        if level > knee:
            g *= (knee + room * math.tanh((level - knee) / room)) / level
        gain[n] = g
        out[0, n] = audio[0, n] * g
        out[1, n] = audio[1, n] * g


def drive_and_clip(audio: Audio, curve: Curve, drive: float, roof: float, out: Audio, gain: Curve) -> None:
    """Drive a sum [2, samples] by `drive` and a gain curve into a soft clip that never passes `roof` (linear); fills out and gain."""
    _drive(audio, curve, np.float32(drive), np.float32(roof), np.float32(roof * KNEE_SHARE), out, gain)


@numba.njit(cache=True, nogil=True)
def _needed(peaks, stem_peaks, gain, ceiling, stem_ceiling, out):  # type: ignore[no-untyped-def]
    """Gain that each sample needs: the sum's inter-sample peak under the ceiling, each stem's sample peak under full scale."""
    for n in range(out.size):
        need = np.float32(1)
        if peaks[n] > ceiling:
            need = ceiling / peaks[n]
        stem = stem_peaks[n] * gain[n]
        if stem * need > stem_ceiling:
            need = stem_ceiling / stem
        out[n] = need


@numba.njit(cache=True, nogil=True)
def _least_ahead(values, width, out):  # type: ignore[no-untyped-def]
    """out[n] = min(values[n .. n + width]) by a monotonic queue, which never holds more than the window and goes round in a ring."""
    count = values.size
    ring = 1
    while ring < width + 2:
        ring *= 2
    places, held = np.empty(ring, dtype=np.int64), np.empty(ring, dtype=values.dtype)
    head = tail = 0
    for n in range(count + width):
        if n < count:
            value = values[n]
            while tail > head and held[(tail - 1) & (ring - 1)] >= value:
                tail -= 1
            places[tail & (ring - 1)], held[tail & (ring - 1)] = n, value
            tail += 1
        at = n - width
        if at >= 0:
            while places[head & (ring - 1)] < at:
                head += 1
            out[at] = held[head & (ring - 1)]


@numba.njit(cache=True, nogil=True)
def _release(values, fast, slow):  # type: ignore[no-untyped-def]
    """Let the gain recover gradually, in place: quickly after a short peak, slowly under sustained limiting. Never rises above `values`."""
    held = 1.0
    body = 1.0
    for n in range(values.size):
        target = np.float64(values[n])
        body += slow * (target - body)
        roof = min(1.0, body + 0.5 * (1.0 - body))
        held = min(target, held + fast * (max(roof, held) - held))
        values[n] = held


@numba.njit(cache=True, nogil=True)
def _box_behind(values, width, out):  # type: ignore[no-untyped-def]
    """Mean of the last `width` values; before the start the first one counts."""
    total = width * np.float64(values[0])
    for n in range(values.size):
        total += np.float64(values[n]) - np.float64(values[max(n - width, 0)])
        out[n] = total / width


@dataclass(frozen=True)
class Held:
    """What keeps each stem's samples under full scale: the largest magnitude of any stem, the gain before the limiter, a ceiling."""

    peaks: Curve
    gain: Curve
    ceiling: float


def limiter_curve(peaks: Curve, stems: Held, rate: int, *, ceiling: float, lookahead_ms: float, release_ms: float) -> Curve:
    """Gain over time, linear, [samples], that holds the ceiling.

    The least gain needed within the look-ahead, with release, smoothed by two boxes that together are as long as the look-ahead:
    when a peak comes, the whole average is at or below what it needs.

    Args:
        peaks: inter-sample peaks of the driven sum, linear.
        stems: what each stem needs besides.
        rate: sample rate in Hz.
        ceiling: for the sum's true peak, linear.
        lookahead_ms: time in which the gain comes down.
        release_ms: time in which it recovers.
    """
    need = np.empty_like(peaks)
    _needed(peaks, stems.peaks, stems.gain, np.float32(ceiling), np.float32(stems.ceiling), need)
    if need.size == 0 or float(need.min()) >= 1.0:
        return np.ones_like(peaks)
    first = max(1, round(lookahead_ms / 2000 * rate))
    # The curve tells a peak between n and n+1 at n: one sample more covers both neighbours.
    least = np.empty_like(need)
    _least_ahead(need, 2 * first + 1, least)
    _release(least, 1 - math.exp(-1 / (release_ms / 1000 * rate)), 1 - math.exp(-1 / (4 * release_ms / 1000 * rate)))
    _box_behind(least, first, need)
    _box_behind(need, first, least)
    return least
