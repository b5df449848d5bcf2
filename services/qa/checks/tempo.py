"""The tempo check: the scale of the asked grid within ±20 % that best matches the onsets of the audio.

The grid is the score's own note onsets, laid out at the asked tempo. A song that was asked at 174 is therefore never heard
as 87, and swing, 7/8 or sparse writing do not matter; a song that plays 3 % faster matches best at a scale of 1 / 1.03.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.music.score import Role, Score
from contracts.report import Check, Relation
from services.music.audio.onsets import Envelope, evened, pick_onsets
from services.qa.asked import Asked

Array = npt.NDArray[np.float64]
TOLERANCE_BPM = 2.0
REACH = 0.2
"""Scales from 1 / 1.2 to 1 / 0.8 are tried: tempos 20 % slower to 20 % faster than asked."""
LEAST_ONSETS = 8
LEAST_CLARITY = 5.0
"""The best scale must stand this many deviations over the others to count as heard (synthetic songs: ≥ 9 where there are drums)."""
_COARSE_S = 0.025
_COARSE_SPAN_S = 150.0
_LATENCIES_S = np.arange(-0.06, 0.121, 0.02)
_ATTACK = {Role.DRUMS: 1.0, Role.PERCUSSION: 0.9, Role.BASS: 0.7, Role.PAD: 0.15, Role.FX: 0.0}


@dataclass(frozen=True)
class Fit:
    """How the grid lies on the audio: `scale` of its times, `latency_s`, and `clarity` in deviations over other scales."""

    scale: float
    latency_s: float
    clarity: float


def grid_of(score: Score, tempo_bpm: float) -> tuple[Array, Array]:
    """Onset times in seconds at `tempo_bpm` and their weights 0–1: notes within 20 ms are one onset."""
    stretch = score.tempo_bpm / tempo_bpm
    notes: list[tuple[float, float]] = []
    for part in score.parts.values():
        weight = _ATTACK.get(part.role, 0.5)
        notes += [(score.seconds_at(n.start) * stretch, weight * (n.velocity / 127.0) ** 0.5) for n in part.notes if weight]
    times: list[float] = []
    weights: list[float] = []
    for time, weight in sorted(notes):
        if times and time - times[-1] < 0.02:
            weights[-1] = max(weights[-1], weight)
        else:
            times.append(time)
            weights.append(weight)
    return np.asarray(times), np.asarray(weights)


def _match(values: npt.NDArray[np.float32], hop_s: float, times: Array, weights: Array, scales: Array, latency_s: float) -> Array:
    """Weighted mean of the envelope at the scaled grid, one value per scale."""
    out = np.empty(len(scales))
    share = weights / weights.sum()
    padded = np.append(values, np.float32(0.0))
    for start in range(0, len(scales), 256):
        at = np.rint((scales[start : start + 256, None] * times + latency_s) / hop_s).astype(np.int64)
        inside = (at >= 0) & (at < len(values))
        out[start : start + 256] = padded[np.where(inside, at, len(values))] @ share
    return out


def fit_grid(envelope: Envelope, times: Array, weights: Array) -> Fit | None:
    """Where the grid fits the onsets best. None where the grid has no length."""
    if len(times) < 4 or times[-1] - times[0] < 1.0:
        return None
    near = times <= _COARSE_SPAN_S
    span = float(times[near][-1])
    low, high = np.log(1 / (1 + REACH)), np.log(1 / (1 - REACH))
    scales = np.exp(np.arange(low, high, _COARSE_S / max(span, 2.0)))
    coarse = evened(envelope, _COARSE_S)
    curves = np.stack([_match(coarse, envelope.hop_s, times[near], weights[near], scales, lag) for lag in _LATENCIES_S])
    row, column = np.unravel_index(int(np.argmax(curves)), curves.shape)
    others = curves.max(axis=0)
    spread = 1.4826 * float(np.median(np.abs(others - np.median(others)))) + 1e-9
    clarity = float((others[column] - np.median(others)) / spread)
    scale, latency = _refined(envelope, times, weights, float(scales[column]), float(_LATENCIES_S[row]), span)
    return Fit(scale, latency, clarity)


def _refined(envelope: Envelope, times: Array, weights: Array, scale: float, latency_s: float, span_s: float) -> tuple[float, float]:
    """A finer search around a coarse fit, over ever more of the song, on a sharper envelope."""
    fine = evened(envelope, 0.012)
    reach = 2 * _COARSE_S / max(span_s, 2.0)
    while True:
        near = times <= span_s + 1e-6
        scales = scale * np.linspace(1 - reach, 1 + reach, 41)
        lags = latency_s + np.arange(-0.02, 0.021, 0.01)
        curves = np.stack([_match(fine, envelope.hop_s, times[near], weights[near], scales, lag) for lag in lags])
        row, column = np.unravel_index(int(np.argmax(curves)), curves.shape)
        flat = np.flatnonzero(curves[row] >= curves[row, column] - 1e-3 * abs(curves[row, column]))
        scale, latency_s = float(scales[flat].mean()), float(lags[row])
        if span_s >= times[-1]:
            return scale, latency_s
        span_s = min(2 * span_s, float(times[-1]))
        reach = 2 * _COARSE_S / span_s


def check_tempo(envelope: Envelope, score: Score, asked: Asked) -> tuple[Check | None, Fit | None]:
    """The tempo check and the fit of the grid; no check where there are no onsets to hear."""
    times, weights = grid_of(score, asked.tempo_bpm)
    heard = len(pick_onsets(envelope))
    if len(times) < LEAST_ONSETS or heard < LEAST_ONSETS:
        return None, None
    fit = fit_grid(envelope, times, weights)
    has_drums = sum(len(p.notes) for p in score.parts.values() if p.role in (Role.DRUMS, Role.PERCUSSION)) >= 16
    if fit is None or (fit.clarity < LEAST_CLARITY and not has_drums):
        return None, None
    clear = fit.clarity >= LEAST_CLARITY
    measured = round(asked.tempo_bpm / fit.scale, 2)
    near = abs(measured - asked.tempo_bpm) <= TOLERANCE_BPM
    check = Check(
        name="tempo",
        asked=asked.tempo_bpm,
        measured=measured if clear or near else None,
        unit="bpm",
        tolerance=TOLERANCE_BPM,
        relation=Relation.WITHIN,
        passed=near,
        how="the score's note onsets laid out at the asked tempo, stretched by up to ±20 % until they best match the onsets heard in "
        f"master.wav ({heard} heard, {len(times)} written, clarity {fit.clarity:.1f})",
        note=None if clear or near else "no stretch of the written rhythm stands out in the audio",
    )
    return check, fit if clear or near else None
