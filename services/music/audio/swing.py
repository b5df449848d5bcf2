"""How the beat is divided: where the stroke between the beats lies, in eighths or in sixteenths."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from services.music.audio.bands import Struck

Floats = npt.NDArray[np.float64]
BINS = 96
_EARLIEST, _LATEST = 0.44, 0.78
STRAIGHT = 1.0


@dataclass(frozen=True)
class Swung:
    """`ratio`: the first part of the division over the second; `division` 8 or 16; `confidence` 0–1."""

    ratio: float
    division: int
    confidence: float


def beat_profile(struck: Struck, beats_s: Floats) -> Floats:
    """Mean onset strength over the beat, [BINS] from beat to beat, all registers."""
    values = np.minimum(struck.bands[:4], 8.0).mean(axis=0)
    places = beats_s[:-1, None] + np.diff(beats_s)[:, None] * np.arange(BINS) / BINS
    return np.asarray(np.interp(places, np.arange(len(values)) * struck.hop_s, values).mean(axis=0))


def _between(profile: Floats, period: int) -> tuple[float, float]:
    """Place (0–1 of the period) of the strongest stroke near its middle, and how it stands out of the rest."""
    folded = gaussian_filter1d(profile.reshape(-1, period).mean(axis=0), 1.0 * period / BINS, mode="wrap")
    low, high = round(_EARLIEST * period), round(_LATEST * period)
    index = low + int(np.argmax(folded[low : high + 1]))
    if index in (low, high):
        return 0.5, 0.0
    left, middle, right = folded[index - 1 : index + 2]
    curve = left - 2 * middle + right
    place = (index + (0.5 * (left - right) / curve if abs(curve) > 1e-12 else 0.0)) / period
    floor = float(np.quantile(folded, 0.25))
    return float(place), float((middle - floor) / max(float(folded.max()) - floor, 1e-9))


def hear_swing(struck: Struck, beats_s: Floats) -> Swung | None:
    """The division of the beat. None where nothing lies between the beats."""
    if len(beats_s) < 8:
        return None
    profile = beat_profile(struck, beats_s)
    eighth, sure8 = _between(profile, BINS)
    sixteenth, sure16 = _between(profile, BINS // 2)
    if sure8 < 0.12 and sure16 < 0.12:
        return None
    use16 = abs(eighth - 0.5) < 0.04 and sure16 >= 0.15 and sixteenth > 0.53
    place, sure = (sixteenth, sure16) if use16 else (eighth, sure8)
    return Swung(place / (1 - place), 16 if use16 else 8, float(np.clip(sure, 0, 1)))
