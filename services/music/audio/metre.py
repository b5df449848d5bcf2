"""Which pulse is the beat and which beat the first of the bar: every possibility is folded, and a small learned model compares.

The model is a linear score plus one hidden layer over a row of `folding.rows_of`, softmax over the possibilities of a piece.
It was learned from our own songs and from human drumming; services/analyzer/training/bars.py makes it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.music.audio.bands import Struck
from services.music.audio.folding import CELLS, Hypothesis, cells_of, hypotheses, rows_of
from services.music.audio.onsets import pick_onsets
from services.music.audio.steadiness import Steady, follow, reference_rates

Floats = npt.NDArray[np.float64]
_LEAST_SALIENCE = 0.8
_LEAST_CELLS = 48
_SAME_TEMPO = 50
"""Steps per octave within which two tempos are one."""
_FAR = 2.5
"""Deviations beyond which a feature says no more: plain sounds lie far from all that was learned from."""
_BEGINS_LATE, _BEGINS_AT_ONCE, _CUT_S = 3.0, 1.0, 0.06
_REACH_S = 0.07
_SOUNDING = 0.03
_ENOUGH = 4
"""Onsets from which on the last one tells where the beat ends; where fewer are heard, it goes on as long as anything sounds."""


@dataclass(frozen=True)
class BarModel:
    """Weights: `mean` and `scale` [features], `linear` [features], `hidden` [units, features + 1], `out` [units]."""

    mean: Floats
    scale: Floats
    linear: Floats
    hidden: Floats
    out: Floats

    def score(self, rows: Floats) -> Floats:
        """Log odds of each row, up to a constant."""
        z = np.clip((rows - self.mean) / self.scale, -_FAR, _FAR)
        return np.asarray(np.tanh(z @ self.hidden[:, :-1].T + self.hidden[:, -1]) @ self.out + z @ self.linear)


@dataclass(frozen=True)
class Felt:
    """The decision: hypothesis, how likely its octave and its first beat are, and the other tempos (BPM, share)."""

    pulse: Steady
    cells: Floats
    first_cell: int
    chosen: Hypothesis
    octave_share: float
    downbeat_share: float
    others: tuple[tuple[float, float], ...]

    @property
    def bar_cells(self) -> tuple[float, float]:
        """First cell of a bar of four, and length of a beat in cells."""
        beat = self.chosen.ratio * CELLS
        return ((self.chosen.downbeat - self.first_cell) * CELLS) % (4 * beat), beat

    def beat_times(self, numbers: Floats) -> Floats:
        """Seconds of beats, counted from the chosen first beat of a bar."""
        return self.pulse.seconds(self.chosen.downbeat + self.chosen.ratio * numbers)


@dataclass(frozen=True)
class Folded:
    """A piece over one reference pulse: the cells, and a row per hypothesis."""

    pulse: Steady
    cells: Floats
    first_cell: int
    candidates: tuple[Hypothesis, ...]
    rows: Floats


def fold(struck: Struck) -> list[Folded]:
    """Every hypothesis over each of the reference pulses that nearly explain the onsets as well as the best one."""
    found = []
    for hz, salience in reference_rates(struck):
        if salience < _LEAST_SALIENCE:
            continue
        pulse = follow(struck, hz)
        cells, first = cells_of(struck, pulse)
        candidates = hypotheses(pulse, cells, first) if len(cells) >= _LEAST_CELLS else []
        if candidates:
            rows = rows_of(cells, first, candidates)
            about = np.tile([salience, pulse.coherence, float(pulse.steady)], (len(rows), 1))
            found.append(Folded(pulse, cells, first, tuple(candidates), np.hstack([rows, about])))
    return found


def feel(struck: Struck, model: BarModel) -> Felt | None:
    """The beat and the bar of four that fit best. None where nothing repeats."""
    folded = fold(struck)
    if not folded:
        return None
    score = model.score(np.concatenate([one.rows for one in folded])) + _beginning(struck, folded)
    share = np.exp(score - score.max())
    share /= share.sum()
    owner = np.concatenate([np.full(len(one.candidates), index) for index, one in enumerate(folded)])
    bpms = np.concatenate([[h.bpm for h in one.candidates] for one in folded])
    tempo = np.rint(np.log2(bpms) * _SAME_TEMPO).astype(int)
    shares = {int(t): float(share[np.abs(tempo - t) <= 1].sum()) for t in np.unique(tempo)}
    best = max(shares, key=lambda t: shares[t])
    index = int(np.argmax(np.where(np.abs(tempo - best) <= 1, share, -1.0)))
    one = folded[owner[index]]
    chosen = one.candidates[index - int(np.argmax(owner == owner[index]))]
    return Felt(
        pulse=one.pulse,
        cells=one.cells,
        first_cell=one.first_cell,
        chosen=chosen,
        octave_share=min(1.0, shares[best]),
        downbeat_share=min(1.0, float(share[index]) / max(shares[best], 1e-12)),
        others=_others(bpms, share, chosen.bpm),
    )


def _beginning(struck: Struck, folded: list[Folded]) -> Floats:
    """Log odds for each hypothesis that the first stroke begins a bar: most music does, but for pick-ups and excerpts."""
    onsets = pick_onsets(struck.envelope)
    if not len(onsets):
        return np.zeros(sum(len(one.candidates) for one in folded))
    gain = _BEGINS_LATE if onsets[0] > _CUT_S else _BEGINS_AT_ONCE
    found = []
    for one in folded:
        pulse = float(one.pulse.pulses(onsets[:1])[0])
        for h in one.candidates:
            away = abs((pulse - h.downbeat + 2 * h.ratio) % (4 * h.ratio) - 2 * h.ratio) / h.ratio
            found.append(gain * np.exp(-0.5 * (away / 0.08) ** 2))
    return np.asarray(found)


def _others(bpms: Floats, share: Floats, chosen_bpm: float) -> tuple[tuple[float, float], ...]:
    """Other tempos with their shares, likeliest first, each once."""
    found: list[tuple[float, float]] = []
    for bpm in bpms[np.argsort(-share)]:
        near = np.abs(np.log2(bpms / bpm)) < 0.03
        if abs(np.log2(bpm / chosen_bpm)) >= 0.03 and all(abs(np.log2(bpm / other)) >= 0.03 for other, _ in found):
            found.append((float(bpm), float(share[near].sum())))
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def sharpen(struck: Struck, beats_s: Floats) -> float:
    """Seconds by which the onsets lie after the beats: the peak of the onset strength around them. 0 without beats."""
    if not len(beats_s):
        return 0.0
    reach = min(_REACH_S, 0.14 * float(np.median(np.diff(beats_s)))) if len(beats_s) > 1 else _REACH_S
    lags = np.arange(-reach, reach + 1e-9, 0.0025)
    values = np.minimum(struck.bands[:4], 8.0).mean(axis=0)
    grid = np.arange(len(values)) * struck.hop_s
    curve = np.interp(beats_s[:, None] + lags, grid, values).mean(axis=0)
    rise = curve - 0.5 * (curve[0] + curve[-1])
    weight = np.maximum(rise - 0.6 * rise.max(), 0.0)
    return float((weight * lags).sum() / weight.sum()) if weight.sum() > 0 and rise.max() > 0.05 * values.mean() else 0.0


def sounding(mono: npt.NDArray[np.float32], rate_hz: int, struck: Struck) -> tuple[float, float, float]:
    """Seconds of the first onset, the last onset, and of the last sound within 36 dB of the loud passages."""
    block = rate_hz // 20
    power = np.sqrt((mono[: len(mono) // block * block].reshape(-1, block) ** 2).mean(axis=1))
    loud = np.flatnonzero(power > 10 ** (-36 / 20) * np.quantile(power, 0.95)) if len(power) else np.zeros(0, int)
    onsets = pick_onsets(struck.envelope, _SOUNDING)
    end = float((loud[-1] + 1) / 20) if len(loud) else 0.0
    start = float(loud[0] / 20) if len(loud) else 0.0
    first = min(float(onsets[0]), start) if len(onsets) and onsets[0] > start - 0.5 else start
    last = float(onsets[-1]) if len(onsets) >= _ENOUGH else end
    return first, min(last, end), end
