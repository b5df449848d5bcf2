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
_REACH_S = 0.07
_SOUNDING = 0.03


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
        z = (rows - self.mean) / self.scale
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


def feel(struck: Struck, model: BarModel) -> Felt | None:
    """The beat and the bar of four that fit best. None where nothing repeats."""
    rates = reference_rates(struck)
    if not rates:
        return None
    pulse = follow(struck, rates[0][0])
    cells, first = cells_of(struck, pulse)
    candidates = hypotheses(pulse, cells, first)
    if not candidates or len(cells) < 48:
        return None
    score = model.score(rows_of(cells, first, candidates))
    share = np.exp(score - score.max())
    share /= share.sum()
    ratios = np.asarray([h.ratio for h in candidates])
    octaves = {float(r): float(share[ratios == r].sum()) for r in np.unique(ratios)}
    ratio = max(octaves, key=lambda r: octaves[r])
    index = int(np.argmax(np.where(ratios == ratio, share, -1.0)))
    others = sorted(((60 * pulse.hz / r, s) for r, s in octaves.items() if r != ratio), key=lambda pair: -pair[1])
    downbeat = float(share[index]) / max(octaves[ratio], 1e-12)
    return Felt(pulse, cells, first, candidates[index], octaves[ratio], downbeat, tuple(others))


def sharpen(struck: Struck, beats_s: Floats) -> float:
    """Seconds by which the onsets lie after the beats: the peak of the onset strength around them."""
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
    last = float(onsets[-1]) if len(onsets) else end
    return first, min(last, end), end
