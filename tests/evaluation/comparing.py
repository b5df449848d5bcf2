"""Ours beside the real songs: shares inside bands, overlap of distributions, and a classifier that tries to tell them apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import gaussian_kde
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.evaluation.features import Features
from tests.evaluation.signs import SIGNS

Band = tuple[float, float, float]
_MEASURES = (
    "entropy", "entropy_1", "entropy_4", "groove", "groove_adjacent", "scale", "empty_beats", "notes_per_beat", "range"
)  # fmt: skip
_WHOLE: tuple[Band, ...] = (
    (2.57, 2.77, 3.29), (1.84, 2.17, 2.42), (2.42, 2.64, 2.80), (0.64, 0.76, 0.91), (0.71, 0.84, 0.94), (0.83, 0.99, 1.0),
    (0.0, 0.01, 0.04), (3.4, 5.2, 7.3), (43.0, 54.0, 65.0),
)  # fmt: skip
_POP909: tuple[Band, ...] = (
    (2.26, 2.54, 3.11), (1.02, 1.52, 1.86), (1.95, 2.21, 2.46), (0.56, 0.72, 0.81), (0.63, 0.77, 0.87), (0.86, 1.0, 1.0),
    (0.13, 0.24, 0.38), (0.65, 1.08, 1.76), (14.0, 18.0, 24.0),
)  # fmt: skip
_BILLBOARD: tuple[Band, ...] = (
    (1.96, 2.50, 3.15), (0.75, 1.27, 1.68), (1.48, 2.00, 2.35), (0.57, 0.75, 0.84), (0.61, 0.76, 0.87), (0.84, 1.0, 1.0),
    (0.09, 0.26, 0.56), (0.47, 0.96, 1.91), (10.0, 17.0, 28.0),
)  # fmt: skip
BANDS: dict[str, Band] = {
    **{f"melody.{name}": band for name, band in zip(_MEASURES, _POP909, strict=True)},
    **{f"band.{name}": band for name, band in zip(_MEASURES, _WHOLE, strict=True)},
}
"""5 %, median, 95 % of real songs: POP909, 880 songs; melody, and melody with its accompaniment.

The accompaniment of POP909 is a pianist who plays the bass as well (31 % of the notes lie below G3), so the like
of it is our melody, one accompanist and our bass player: "band."."""
NO_BASS: dict[str, Band] = {f"whole.{name}": band for name, band in zip(_MEASURES, _WHOLE, strict=True)}
"""The same bands for our melody and accompanist without the bass player: a reference with bass notes, beside a score without them."""
BILLBOARD: dict[str, Band] = {f"melody.{name}": band for name, band in zip(_MEASURES, _BILLBOARD, strict=True)}
"""The same of 374 melodies from the Billboard charts, 1950 to 2022."""
LEAST_COMPRESSION = 3.0
_PLAYED = frozenset({"same_as_before", "comping_patterns", "lift_comping", "lift_velocity", "top_move", "bass_root", "velocity_sd_melody",
                     "velocity_sd_comping", "velocity_memory_melody"})  # fmt: skip
COMPARED = tuple(dict.fromkeys([*BANDS, *(name for proxies in SIGNS.values() for name, _ in proxies), "lift_peak", "pushes_6_14"]))
"""Features that are compared: bands and signs. What only the recording of POP909 explains stays out (equal velocities of copied bars)."""


TUNE = tuple(name for name in COMPARED if not name.startswith("band.") and name not in _PLAYED)
"""The compared features of melody, form and harmony: what a lead sheet says."""

WITHOUT_BASS = tuple(name.replace("band.", "whole.") for name in COMPARED)
"""The compared features with our bass player left out."""


def inside(features: Features, name: str, bands: Mapping[str, Band] = BANDS) -> bool:
    """Whether a feature lies in its band, rounded as the band is."""
    low, _, high = bands[name]
    return low - 0.005 <= features[name] <= high + 0.005


def inside_shares(songs: Sequence[Features], bands: Mapping[str, Band] = BANDS) -> dict[str, float]:
    """Share of songs inside, for each measure."""
    return {name: float(np.mean([inside(f, name, bands) for f in songs if name in f])) for name in bands if any(name in f for f in songs)}


def overlap(ours: Sequence[Features], real: Sequence[Features], name: str) -> float:
    """Overlapped area of the densities of distances inside the real songs and between ours and the real (Yang & Lerch 2020)."""
    a = np.array([f[name] for f in real if name in f])
    b = np.array([f[name] for f in ours if name in f])
    if len(a) < 8 or len(b) < 8:
        return float("nan")
    within = np.abs(a[:, None] - a)[np.triu_indices(len(a), 1)]
    between = np.abs(b[:, None] - a).ravel()
    top = max(within.max(), between.max())
    if within.std() == 0 or between.std() == 0:
        return float(within.std() == between.std())
    grid = np.linspace(0, 1.1 * top, 512)
    one, other = gaussian_kde(_thinned(within))(grid), gaussian_kde(_thinned(between))(grid)
    return float(np.minimum(one, other).sum() / max(one.sum(), other.sum()))


def _thinned(values: np.ndarray, most: int = 3000) -> np.ndarray:
    return np.sort(values)[:: max(1, len(values) // most)]


def overlaps(ours: Sequence[Features], real: Sequence[Features]) -> dict[str, float]:
    """Overlap of every compared feature."""
    found = {name: overlap(ours, real, name) for name in COMPARED}
    return {name: value for name, value in found.items() if np.isfinite(value)}


@dataclass(frozen=True)
class Told:
    """How often a classifier tells two kinds of songs apart (balanced, cross-validated), and by what: weight per deviation."""

    accuracy: float
    weights: dict[str, float]


def tell_apart(ours: Sequence[Features], real: Sequence[Features], names: Sequence[str] = COMPARED) -> Told:
    """A logistic classifier on standardised features, five folds, both kinds weighing the same; a missing feature is the median."""
    table = np.array([[f.get(name, np.nan) for name in names] for f in (*ours, *real)])
    kinds = np.array([1] * len(ours) + [0] * len(real))
    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(max_iter=2000, class_weight="balanced", C=0.1),
    )
    guessed = cross_val_predict(model, table, kinds, cv=StratifiedKFold(5, shuffle=True, random_state=1))
    accuracy = float(np.mean([np.mean(guessed[kinds == kind] == kind) for kind in (0, 1)]))
    weights = model.fit(table, kinds)[-1].coef_[0]
    return Told(accuracy, dict(sorted(zip(names, map(float, weights), strict=True), key=lambda item: -abs(item[1]))))
