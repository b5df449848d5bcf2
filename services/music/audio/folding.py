"""A piece folded on a beat and a bar that it may have: what lies on each step, as one row of numbers per hypothesis."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from services.music.audio.bands import Struck
from services.music.audio.steadiness import Steady

Floats = npt.NDArray[np.float64]
CELLS = 24
"""Cells per reference pulse: thirds and quarters of it, of its double and of its half lie on cells."""
RATIOS = (1 / 3, 1 / 2, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 2.0, 3.0)
"""The felt beat over the reference pulse."""
SLOWEST_BPM, FASTEST_BPM = 45.0, 240.0
_LAGS = (1, 2, 3, 4, 6, 8)
_TEMPO_CENTRES = np.log2(np.asarray([48.0, 60, 72, 86, 103, 124, 148, 178, 213]))


@dataclass(frozen=True)
class Hypothesis:
    """The beat is `ratio` reference pulses long and the first beat of a bar of four lies at pulse `downbeat`."""

    ratio: float
    bpm: float
    downbeat: float


def cells_of(struck: Struck, pulse: Steady) -> tuple[Floats, int]:
    """Strength per cell [cells, 5], greatest within a cell's reach, and the pulse number at which the first cell lies."""
    end_s = struck.bands.shape[1] * struck.hop_s
    first, last = np.ceil(pulse.pulses(np.asarray([0.0, end_s])))
    places = np.arange(int(first) * CELLS, int(last) * CELLS) / CELLS
    frames = pulse.seconds(places) / struck.hop_s
    width = max(1, round(1.5 / pulse.hz / CELLS / struck.hop_s))
    strength = maximum_filter1d(gaussian_filter1d(struck.bands, 1.0, axis=1), width, axis=1)
    at = np.clip(np.rint(frames).astype(int), 0, strength.shape[1] - 1)
    return np.maximum(np.asarray(strength[:, at].T, np.float64), 0.0), int(first)


def phases(cells: Floats) -> list[int]:
    """Cells of the pulse, 0–23, on which a beat may lie: where most is struck, and what divides the pulse from there."""
    whole = len(cells) // CELLS * CELLS
    profile = cells[:whole, :4].sum(axis=1).reshape(-1, CELLS).mean(axis=0)
    smooth = gaussian_filter1d(profile, 0.8, mode="wrap")
    best = int(np.argmax(smooth))
    peaks = [i for i in range(CELLS) if smooth[i] >= smooth[i - 1] and smooth[i] > smooth[(i + 1) % CELLS]]
    found: list[int] = []
    for phase in [best, *sorted(peaks, key=lambda i: -float(smooth[i]))[:4], *((best + CELLS * j // 4) % CELLS for j in (2, 1, 3))]:
        if all(min((phase - other) % CELLS, (other - phase) % CELLS) > 1 for other in found):
            found.append(phase)
    return found


def hypotheses(pulse: Steady, cells: Floats, first: int, ratios: tuple[float, ...] = RATIOS, beats: int = 4) -> list[Hypothesis]:
    """Every beat length and first beat of a bar that is considered."""
    found = []
    for ratio in ratios:
        bpm = 60 * pulse.hz / ratio
        if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
            continue
        bar = ratio * beats
        starts = sorted({round((phase / CELLS + whole) % bar, 6) for phase in phases(cells) for whole in range(int(np.ceil(bar)))})
        if ratio < 1:
            starts = sorted({round((start + beat * ratio) % bar, 6) for start in starts for beat in range(beats)})
        found += [Hypothesis(ratio, bpm, first + start) for start in starts]
    return found


def _step_means(cells: Floats, start: float, bar: float, beats: int) -> Floats | None:
    """Mean strength at each of `12 * beats` places of the bar, [12 * beats, 5]. `start` and `bar` in cells."""
    count = int((len(cells) - 1 - start) // bar)
    if count < 2:
        return None
    edges = start + bar * np.arange(count)
    places = edges[:, None] + np.arange(12 * beats)[None] * bar / (12 * beats)
    at = np.clip(np.rint(places).astype(int), 0, len(cells) - 1)
    return np.asarray(cells[at].mean(axis=0))


def _lag_likeness(cells: Floats, beat: float) -> Floats:
    """How alike strokes (first row) and harmony (second) are some beats apart, [2, lags]; `beat` in cells."""
    parts = []
    for columns in (slice(0, 4), slice(4, 5)):
        values = cells[:, columns] - cells[:, columns].mean(axis=0)
        power = float((values**2).sum()) + 1e-9
        row = []
        for lag in _LAGS:
            shift = round(beat * lag)
            row.append(
                float((values[shift:] * values[:-shift]).sum()) / power * len(values) / max(len(values) - shift, 1)
                if shift < len(values) - 8
                else 0.0
            )
        parts.append(row)
    return np.asarray(np.clip(np.asarray(parts), -1.0, 1.5))


def rows_of(cells: Floats, first: int, candidates: list[Hypothesis], beats: int = 4) -> Floats:
    """One row per hypothesis, [hypotheses, features]."""
    scaled = cells / (cells.mean(axis=0) + 1e-9)
    likeness = {h.ratio: _lag_likeness(scaled, h.ratio * CELLS) for h in candidates}
    rows = []
    for hypothesis in candidates:
        bar = hypothesis.ratio * beats * CELLS
        start = ((hypothesis.downbeat - first) * CELLS) % bar
        means = _step_means(scaled, start, bar, beats)
        means = np.ones((12 * beats, 5)) if means is None else means
        steps = np.log(means[::3] + 0.1)
        thirds = np.log(means.reshape(beats, 12, 5)[:, [4, 8]].mean(axis=0) + 0.1)
        tempo = np.exp(-0.5 * ((np.log2(hypothesis.bpm) - _TEMPO_CENTRES) / 0.25) ** 2)
        rows.append(np.concatenate([steps.ravel(), thirds.ravel(), likeness[hypothesis.ratio].ravel(), tempo]))
    return np.asarray(rows)
