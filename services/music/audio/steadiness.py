"""The pulse as a phase over time: a comb on the spectrum of the onsets finds it, heterodyning follows it.

For music in a steady tempo the spectrum of the whole piece resolves a hundredth of a BPM, and a break leaves the phase where
it was. Where the tempo moves, the phase of overlapping windows against the steady pulse is the tempo's deviation from it, as
in predominant local pulse estimation (Grosche & Müller, "Extracting Predominant Local Pulse Information from Music
Recordings", IEEE TASLP 2011).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from services.music.audio.bands import Struck

Floats = npt.NDArray[np.float64]
LOWEST_HZ, HIGHEST_HZ = 1.15, 2.9
"""Of the reference pulse (69–174 per minute); the felt beat may lie elsewhere, in a simple ratio to it."""
_COMB = ((1, 1.0), (2, 1.0), (3, 0.35), (4, 0.8), (6, 0.25), (8, 0.3))
_WINDOW_S = 9.0
_STEP_S = 0.75
_STEADY_TURNS = 0.12
_LOCAL_S, _LOCAL_STEP_S = 6.0, 0.5
_REACH, _STATES = 0.3, 121
_LEAP = 0.012
"""Natural logarithm of a rate's change in half a second that costs as much as a mean comb is worth."""


@dataclass(frozen=True)
class Steady:
    """A pulse as a map from pulses to seconds. `knots` [n, 2]: pulse number and time; linear between and beyond them.

    `coherence` 0–1: how much of the strength at this rate keeps its phase; `steady` where one line is the whole map.
    """

    hz: float
    knots: Floats
    coherence: float
    steady: bool

    def seconds(self, pulses: Floats) -> Floats:
        """Times of pulse numbers (fractions allowed), extrapolated beyond the knots."""
        x, t = self.knots[:, 0], self.knots[:, 1]
        out = np.interp(pulses, x, t)
        first, last = (t[1] - t[0]) / (x[1] - x[0]), (t[-1] - t[-2]) / (x[-1] - x[-2])
        out = np.where(pulses < x[0], t[0] + (pulses - x[0]) * first, out)
        return np.asarray(np.where(pulses > x[-1], t[-1] + (pulses - x[-1]) * last, out))

    def pulses(self, seconds: Floats) -> Floats:
        """Pulse numbers of times."""
        x, t = self.knots[:, 0], self.knots[:, 1]
        out = np.interp(seconds, t, x)
        first, last = (x[1] - x[0]) / (t[1] - t[0]), (x[-1] - x[-2]) / (t[-1] - t[-2])
        out = np.where(seconds < t[0], x[0] + (seconds - t[0]) * first, out)
        return np.asarray(np.where(seconds > t[-1], x[-1] + (seconds - t[-1]) * last, out))


def _strength(struck: Struck) -> Floats:
    """All registers alike, limited and without mean, [frames]."""
    values = np.minimum(struck.bands[:4], 6.0).astype(np.float64)
    values = gaussian_filter1d(values, 1.0, axis=1).mean(axis=0)
    return np.asarray(values - values.mean())


def _comb(magnitude: Floats, grid_hz: npt.NDArray[np.floating[Any]], hz: Floats) -> Floats:
    """Sum of the magnitudes at multiples of each frequency."""
    total = np.zeros(len(hz))
    for multiple, weight in _COMB:
        total += weight * np.interp(hz * multiple, grid_hz, magnitude)
    return total


def reference_rates(struck: Struck, count: int = 3) -> list[tuple[float, float]]:
    """(Hz, salience relative to the best) of the pulses that explain the onsets best, no two of them in an octave relation."""
    values = _strength(struck)
    if len(values) < 200 or not values.any():
        return []
    size = 1 << int(np.ceil(np.log2(4 * len(values))))
    window = np.hanning(len(values))
    magnitude = np.abs(np.fft.rfft(values * window, size))
    grid_hz = np.fft.rfftfreq(size, struck.hop_s)
    # A moving tempo smears a long window: the spectra of windows of ten seconds stand in for what it loses.
    short = min(len(values), round(10.0 / struck.hop_s))
    starts = np.arange(0, len(values) - short + 1, max(1, short // 3))
    pieces = np.stack([values[s : s + short] * np.hanning(short) for s in starts])
    coarse = np.abs(np.fft.rfft(pieces, size // max(1, len(values) // short), axis=1))
    coarse_hz = np.fft.rfftfreq(size // max(1, len(values) // short), struck.hop_s)
    hz = np.exp(np.arange(np.log(LOWEST_HZ), np.log(HIGHEST_HZ), 0.2 * struck.hop_s / (len(values) * struck.hop_s * struck.hop_s) / 8))
    long_score = _comb(magnitude / window.sum(), grid_hz, hz)
    short_score = _comb(coarse.mean(axis=0) / np.hanning(short).sum(), coarse_hz, hz)
    score = long_score / max(float(long_score.max()), 1e-12) + 0.7 * short_score / max(float(short_score.max()), 1e-12)
    found: list[tuple[float, float]] = []
    peaks = np.flatnonzero((score[1:-1] >= score[:-2]) & (score[1:-1] > score[2:])) + 1
    for index in peaks[np.argsort(-score[peaks])]:
        rate = float(hz[index])
        if all(abs(np.log2(rate / other) - round(np.log2(rate / other))) > 0.03 for other, _ in found):
            found.append((rate, float(score[index])))
        if len(found) == count:
            break
    best = max((s for _, s in found), default=1.0)
    return [(rate, s / best) for rate, s in found]


def _windows(values: Floats, hop_s: float, turns: Floats) -> tuple[Floats, npt.NDArray[np.complex128], Floats]:
    """Middle times of windows, the complex strength against a carrier (`turns` per frame), and each window's mean magnitude."""
    size = min(len(values), round(_WINDOW_S / hop_s))
    starts = np.unique(np.linspace(0, len(values) - size, max(2, round(len(values) * hop_s / _STEP_S))).astype(int))
    carrier = values * np.exp(-2j * np.pi * turns)
    taper = np.hanning(size)
    sums = np.asarray([(carrier[s : s + size] * taper).sum() for s in starts])
    power = np.asarray([np.abs(values[s : s + size]).mean() * taper.sum() for s in starts])
    return (starts + size / 2) * hop_s, sums, power


def _strongest(values: Floats, hop_s: float, turns: Floats) -> int:
    """The multiple of the pulse whose phase is followed: the strongest of those that mark a grid."""
    best, chosen = -1.0, 1
    for multiple, favour in ((1, 1.0), (2, 1.0), (4, 0.8), (3, 0.5)):
        _, sums, _ = _windows(values, hop_s, turns * multiple)
        mean = float(np.abs(sums).mean()) * favour
        if mean > best:
            best, chosen = mean, multiple
    return chosen


def _moving_rate(values: Floats, hop_s: float, hz: float) -> Floats:
    """Rate in Hz of every frame: the path of least leaps through the combs of windows of six seconds (Viterbi)."""
    size = min(len(values), round(_LOCAL_S / hop_s))
    starts = np.unique(np.linspace(0, len(values) - size, max(2, round(len(values) * hop_s / _LOCAL_STEP_S))).astype(int))
    padded = 1 << int(np.ceil(np.log2(8 * size)))
    grid_hz = np.fft.rfftfreq(padded, hop_s)
    rates = hz * np.exp(np.linspace(-_REACH, _REACH, _STATES))
    scores = np.stack([_comb(np.abs(np.fft.rfft(values[s : s + size] * np.hanning(size), padded)), grid_hz, rates) for s in starts])
    scores /= scores.mean() + 1e-12
    leap = np.log(rates[None] / rates[:, None]) / _LEAP
    total, back = scores[0], []
    for row in scores[1:]:
        options = total[None] - leap**2
        back.append(options.argmax(axis=1))
        total = options.max(axis=1) + row
    path = [int(total.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    smooth = gaussian_filter1d(rates[path[::-1]], 1.0, mode="nearest")
    return np.asarray(np.interp(np.arange(len(values)) * hop_s, (starts + size / 2) * hop_s, smooth))


def follow(struck: Struck, hz: float) -> Steady:
    """The pulse around a rate, by the phase of the strongest of its multiples: a line, or where that does not hold, a curve."""
    values, hop_s = _strength(struck), struck.hop_s
    turns = np.asarray(np.arange(len(values)) * hop_s * hz, np.float64)
    multiple = _strongest(values, hop_s, turns)
    middles, sums, power = _windows(values, hop_s, turns * multiple)
    weight = np.abs(sums)
    phase = np.unwrap(np.angle(sums)) / (2 * np.pi)
    sure = weight >= 0.25 * np.quantile(weight, 0.8)
    line = np.polyfit(middles[sure], phase[sure], 1, w=np.sqrt(weight[sure])) if sure.sum() >= 3 else np.asarray([0.0, phase[0]])
    away = phase - np.polyval(line, middles)
    spread = float(np.sqrt(np.average(away[sure] ** 2, weights=weight[sure]))) if sure.any() else 1.0
    if spread >= _STEADY_TURNS:
        return _follow_moving(values, hop_s, hz)
    coherence = float(np.clip(weight.sum() / max(power.sum(), 1e-12) * 2.0, 0, 1))
    times = np.asarray([0.0, len(values) * hop_s])
    pulses = times * hz + np.polyval(line, times) / multiple
    return Steady(float((pulses[1] - pulses[0]) / times[1]), np.stack([pulses, times], axis=1), coherence, True)


def _follow_moving(values: Floats, hop_s: float, hz: float) -> Steady:
    """The pulse as a curve: its local rate, then what is left of its phase."""
    turns = np.asarray(np.cumsum(_moving_rate(values, hop_s, hz)) * hop_s, np.float64)
    multiple = _strongest(values, hop_s, turns)
    middles, sums, power = _windows(values, hop_s, turns * multiple)
    coherence = float(np.clip(np.abs(sums).sum() / max(power.sum(), 1e-12) * 2.0, 0, 1))
    phase = np.unwrap(np.angle(gaussian_filter1d(sums.real, 1.0) + 1j * gaussian_filter1d(sums.imag, 1.0))) / (2 * np.pi)
    times = np.arange(0.0, len(values) * hop_s, 0.25)
    pulses = np.interp(times, np.arange(len(values)) * hop_s, turns) + np.interp(times, middles, phase) / multiple
    rising = np.concatenate([[True], np.diff(np.maximum.accumulate(pulses)) > 0.02 * hz])
    knots = np.stack([pulses[rising], times[rising]], axis=1)
    rate = (knots[-1, 0] - knots[0, 0]) / (knots[-1, 1] - knots[0, 1])
    return Steady(float(rate), knots, coherence, False)
