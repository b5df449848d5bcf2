"""Blind tempo and beats: what a listener taps who does not know the score.

Beats by dynamic programming (Ellis, "Beat Tracking by Dynamic Programming", JNMR 2007); the tempo is the slope of a line
through the beats, not the lag of an autocorrelation, which is quantised. The octave is decided by a prior around 125 BPM
and by how strongly the beats and what lies between them sound.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from services.music.audio.onsets import Envelope

Tracker = Callable[[Envelope, float], npt.NDArray[np.float64]]

LOWEST_BPM = 40.0
HIGHEST_BPM = 240.0
# Chosen on 20 of our own rendered songs (60–200 BPM) and four open recordings: 14 at the written tempo, 19 but for the octave.
_PRIOR_BPM = 125.0
_PRIOR_OCTAVES = 0.9
_TIGHTNESS = 100.0
_DOWNSAMPLE = 2


@dataclass(frozen=True)
class Pulse:
    """A felt pulse: beats in seconds, tempo by regression over them, confidence 0–1."""

    bpm: float
    beats_s: npt.NDArray[np.float64]
    confidence: float


def _strength(envelope: Envelope) -> tuple[npt.NDArray[np.float64], float]:
    """Envelope at about 50 frames per second, local mean removed, unit deviation."""
    values = gaussian_filter1d(envelope.values.astype(np.float64), 1.5)[::_DOWNSAMPLE]
    hop_s = envelope.hop_s * _DOWNSAMPLE
    values = np.maximum(values - uniform_filter1d(values, max(3, round(1.0 / hop_s))), 0)
    deviation = values.std()
    return (values / deviation if deviation > 0 else values), hop_s


def _autocorrelation(values: npt.NDArray[np.float64], lags: int) -> npt.NDArray[np.float64]:
    size = 1 << int(np.ceil(np.log2(2 * len(values))))
    spectrum = np.fft.rfft(values - values.mean(), size)
    raw = np.fft.irfft(np.abs(spectrum) ** 2, size)[:lags]
    counts = np.maximum(len(values) - np.arange(lags), 1)
    return np.asarray(raw / counts * len(values) / max(raw[0], 1e-12))


def pulse_candidates(envelope: Envelope) -> list[tuple[float, float]]:
    """(bpm, salience) of the likely pulses, best first. A pulse counts by its own lag and by two and four times that."""
    values, hop_s = _strength(envelope)
    lags = min(len(values) - 1, int(4.2 * 60 / LOWEST_BPM / hop_s) + 2)
    if lags < 60 / HIGHEST_BPM / hop_s * 2 or not values.any():
        return []
    correlation = _autocorrelation(values, lags + 1)
    bpms = np.exp(np.linspace(np.log(LOWEST_BPM), np.log(HIGHEST_BPM), 500))
    at = 60.0 / bpms / hop_s
    positions = np.arange(len(correlation))
    salience = np.zeros(len(bpms))
    for multiple, weight in ((1, 1.0), (2, 0.6), (3, 0.2), (4, 0.5)):
        salience += weight * np.interp(at * multiple, positions, correlation, right=0.0)
    salience *= np.exp(-0.5 * (np.log2(bpms / _PRIOR_BPM) / _PRIOR_OCTAVES) ** 2)
    peaks = np.flatnonzero((salience[1:-1] > salience[:-2]) & (salience[1:-1] >= salience[2:])) + 1
    order = peaks[np.argsort(-salience[peaks])]
    return [(float(bpms[i]), float(salience[i])) for i in order[:8]]


def track_beats(envelope: Envelope, bpm: float) -> npt.NDArray[np.float64]:
    """Beat times in seconds around a tempo: the path of most onset strength at even spacing (Ellis 2007)."""
    values, hop_s = _strength(envelope)
    period = 60.0 / bpm / hop_s
    local = gaussian_filter1d(values, max(0.5, period / 32))
    reach = np.arange(-round(2 * period), -round(period / 2) + 1)
    penalty = -_TIGHTNESS * np.log(-reach / period) ** 2
    score = local.copy()
    back = np.full(len(local), -1)
    for i in range(-int(reach[-1]), len(local)):
        first = max(0, -(i + int(reach[0])))
        options = score[i + int(reach[0]) + first : i + int(reach[-1]) + 1] + penalty[first:]
        best = int(np.argmax(options))
        if options[best] > 0:
            score[i] += options[best]
            back[i] = i + int(reach[0]) + first + best
    if not len(score) or score.max() <= 0:
        return np.empty(0)
    tail = max(0, len(score) - int(2 * period))
    index = tail + int(np.argmax(score[tail:]))
    path = []
    while index >= 0:
        path.append(index)
        index = int(back[index])
    return np.asarray(path[::-1]) * hop_s


def regress_tempo(beats_s: npt.NDArray[np.float64]) -> float | None:
    """BPM as the slope of time against beat number, outliers dropped once. None for fewer than four beats."""
    if len(beats_s) < 4:
        return None
    spacing = float(np.median(np.diff(beats_s)))
    numbers = np.concatenate([[0.0], np.cumsum(np.maximum(np.round(np.diff(beats_s) / spacing), 1))])
    for _ in range(2):
        slope, start = np.polyfit(numbers, beats_s, 1)
        residual = np.abs(beats_s - (start + slope * numbers))
        keep = residual <= max(0.04, 2 * float(np.median(residual)))
        if keep.sum() < 4:
            break
        numbers, beats_s = numbers[keep], beats_s[keep]
    return float(60.0 / slope)


def _contrast(envelope: Envelope, beats_s: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Mean strength on the beats and midway between them, in deviations over the mean."""
    values, hop_s = _strength(envelope)
    values = gaussian_filter1d(values, 1.0)
    scale = float(values.std()) or 1.0
    on = np.interp(beats_s, np.arange(len(values)) * hop_s, values)
    off = np.interp((beats_s[1:] + beats_s[:-1]) / 2, np.arange(len(values)) * hop_s, values)
    return float((on.mean() - values.mean()) / scale), float((off.mean() - values.mean()) / scale)


def find_pulse(envelope: Envelope, track: Tracker = track_beats) -> Pulse | None:
    """Tempo and beats of an onset envelope. None where there is no pulse to hear (silence, no onsets, under 2 s).

    `track` follows the beats around a tempo in BPM; the octave is decided here.
    """
    candidates = pulse_candidates(envelope)
    if not candidates or envelope.duration_s < 2.0:
        return None
    best: tuple[float, float, npt.NDArray[np.float64]] | None = None
    for bpm, salience in candidates[:3]:
        beats = track(envelope, bpm)
        slope = regress_tempo(beats)
        if slope is None or not LOWEST_BPM * 0.9 <= slope <= HIGHEST_BPM * 1.1:
            continue
        on, off = _contrast(envelope, beats)
        merit = salience * (1.0 + max(on + 0.5 * off, 0.0))
        if best is None or merit > best[0]:
            best = (merit, slope, beats)
    if best is None:
        return None
    total = sum(s for _, s in candidates)
    on, _ = _contrast(envelope, best[2])
    spacing = np.diff(best[2])
    steady = 1.0 - min(1.0, 4 * float(spacing.std()) / max(float(spacing.mean()), 1e-9))
    confidence = float(np.clip(0.5 * min(on, 1.5) / 1.5 + 0.3 * steady + 0.2 * candidates[0][1] / max(total, 1e-9), 0, 1))
    return Pulse(best[1], best[2], confidence)


def guess_meter(envelope: Envelope, pulse: Pulse) -> tuple[str, float]:
    """The meter, "3/4" or "4/4", by which grouping of beats repeats better, with a confidence 0–1; 4/4 where neither does."""
    values, hop_s = _strength(envelope)
    smooth = gaussian_filter1d(values, 1.5)
    strength = np.interp(pulse.beats_s, np.arange(len(smooth)) * hop_s, smooth)
    strength = strength - strength.mean()
    if len(strength) < 12 or not strength.any():
        return "4/4", 0.0
    power = float(strength @ strength)
    repeats = {n: float(strength[n:] @ strength[:-n]) / power * len(strength) / (len(strength) - n) for n in (2, 3, 4, 6)}
    three, four = max(repeats[3], 0.5 * (repeats[3] + repeats[6])), max(repeats[4], 0.5 * (repeats[2] + repeats[4]))
    margin = three - four
    return ("3/4" if margin > 0.1 else "4/4"), float(np.clip(abs(margin), 0, 1))
