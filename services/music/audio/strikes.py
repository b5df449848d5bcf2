"""Where something is struck, and how each register behaves there: the evidence by which drums are told apart.

Two Fourier transforms at steps of 5 ms: 23 ms windows above 170 Hz, 46 ms windows of the bass, where a kick and a bass
guitar differ in a few hertz. Everything is relative to the piece's own level per register.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import gcd

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d
from scipy.signal import resample_poly

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
RATE_HZ = 22_050
HOP = 110
HOP_S = HOP / RATE_HZ
_FFT = 512
_DECIMATE, _LOW_FFT = 8, 128
LOW_EDGES_HZ = (28.0, 50.0, 72.0, 100.0, 140.0, 190.0)
EDGES_HZ = (170.0, 250.0, 350.0, 500.0, 720.0, 1050.0, 1500.0, 2200.0, 3100.0, 4300.0, 5600.0, 7000.0, 8600.0, 11000.0)
REGISTERS = len(LOW_EDGES_HZ) + len(EDGES_HZ) - 2
_LATER = (0, 2, 5, 12, 24)
"""Steps after the stroke at which the level is looked at: 0, 10, 25, 60 and 120 ms."""
_BEFORE = 4
_FLOOR = 0.03


@dataclass(frozen=True)
class Strikes:
    """Candidates. `at` [n] steps of HOP_S (fractions), `rows` [n, features], `rise` and `level` [registers, steps]."""

    at: Floats
    rows: Floats
    rise: Array
    level: Array


def _frames(mono: Array, size: int, hop: float, count: int) -> Array:
    """Windows of `size` around `count` points, `hop` samples apart, [count, size]."""
    padded = np.pad(mono, (size // 2, size))
    starts = np.minimum(np.rint(np.arange(count) * hop).astype(int), len(padded) - size)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, size)[starts])


def _levels(mono: Array, rate_hz: float, size: int, hop: float, count: int, edges_hz: tuple[float, ...]) -> Array:
    """Magnitude per register, [registers, count]."""
    hz = np.fft.rfftfreq(size, 1 / rate_hz)
    bank = np.stack([((hz >= a) & (hz < b)) / max(1, ((hz >= a) & (hz < b)).sum()) for a, b in pairwise(edges_hz)])
    bank = bank.astype(np.float32)
    window = np.hanning(size).astype(np.float32)
    out = np.empty((len(bank), count), np.float32)
    for start in range(0, count, 2048):
        n = min(2048, count - start)
        padded_start = round(start * hop)
        piece = mono[max(0, padded_start - size) : padded_start + round(n * hop) + 2 * size]
        lead = padded_start - max(0, padded_start - size)
        frames = _frames(piece, size, hop, n + round(lead / hop))[-n:] if lead else _frames(piece, size, hop, n)
        out[:, start : start + n] = bank @ np.abs(np.fft.rfft(frames * window, axis=1)).astype(np.float32).T
    return out


def registers(mono: Array, rate_hz: int) -> Array:
    """Log level per register [REGISTERS, steps] of a mono signal, 0 at the piece's own mean level of the register."""
    if rate_hz != RATE_HZ:
        divisor = gcd(rate_hz, RATE_HZ)
        mono = np.asarray(resample_poly(mono, RATE_HZ // divisor, rate_hz // divisor), np.float32)
    count = len(mono) // HOP + 1
    low = np.asarray(resample_poly(mono, 1, _DECIMATE), np.float32)
    bass = _levels(low, RATE_HZ / _DECIMATE, _LOW_FFT, HOP / _DECIMATE, count, LOW_EDGES_HZ)
    rest = _levels(mono, RATE_HZ, _FFT, HOP, count, EDGES_HZ)
    levels = np.concatenate([bass, rest])
    mean = levels.mean(axis=1, keepdims=True)
    return np.asarray(np.log(levels / (mean + 1e-9) + _FLOOR), np.float32)


def find_strikes(mono: Array, rate_hz: int) -> Strikes:
    """Every place of a mono signal [samples] at which any part of the spectrum rises."""
    level = registers(mono, rate_hz)
    steps = level.shape[1]
    smooth = gaussian_filter1d(level, 0.8, axis=1)
    rise = np.zeros_like(level)
    rise[:, 2:-2] = np.maximum(smooth[:, 4:] - smooth[:, :-4], 0)
    lows = len(LOW_EDGES_HZ) - 1
    groups = (slice(0, 3), slice(lows, lows + 4), slice(lows + 5, lows + 10), slice(REGISTERS - 3, REGISTERS))
    chosen: list[int] = []
    strength = np.zeros(steps)
    for group in groups:
        curve = gaussian_filter1d(rise[group].mean(axis=0), 1.0)
        floor = uniform_filter1d(curve, 80) + 0.12
        peaks = np.flatnonzero((curve == maximum_filter1d(curve, 9)) & (curve > floor))
        strength[peaks] = np.maximum(strength[peaks], curve[peaks] / (float(np.quantile(curve[peaks], 0.9)) if len(peaks) else 1.0))
    for index in np.argsort(-strength):
        if strength[index] <= 0:
            break
        chosen.append(int(index))
    taken = np.zeros(steps + 10, bool)
    kept = []
    for index in chosen:
        if not taken[max(0, index - 5) : index + 6].any():
            kept.append(index)
            taken[index] = True
    at = np.asarray(sorted(kept), int)
    return Strikes(at.astype(np.float64), _rows(level, rise, at), rise, level)


def _rows(level: Array, rise: Array, at: npt.NDArray[np.int_]) -> Floats:
    """What each register does around each place: greatest rise within 15 ms, level before and after."""
    steps = level.shape[1]
    peak = maximum_filter1d(rise, 7, axis=1)
    parts = [peak[:, at].T, level[:, np.maximum(at - _BEFORE, 0)].T]
    parts += [level[:, np.minimum(at + later, steps - 1)].T for later in _LATER]
    return np.asarray(np.concatenate(parts, axis=1), np.float64) if len(at) else np.zeros((0, REGISTERS * (2 + len(_LATER))))


def magnitude(strikes: Strikes, group: slice) -> Floats:
    """Linear level of some registers together, [steps]."""
    return np.asarray((np.exp(strikes.level[group].astype(np.float64)) - _FLOOR).mean(axis=0))
