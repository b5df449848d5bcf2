"""A recording's sound as one row of numbers: what players and styles are guessed from.

Tone of what is held and of what is struck, how each register swells and dies away, and the stroke pattern of the mean bar.
Levels are taken against their own mean, so that loudness does not count.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter

from services.music.audio.bars import SLOTS, hear_bars
from services.music.audio.onsets import EAR_RATE_HZ, HOP, mel_frames

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
REGISTERS = ((0, 4), (4, 9), (9, 16), (16, 26), (26, 40))
"""Mel bands: to 190 Hz, 480, 1000, 2.6 kHz, 11 kHz, about."""
_LAGS_S = (0.06, 0.15, 0.3, 0.6)
_SWAYS_HZ = ((0.5, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, 16.0))
_STEADY, _STRUCK = 31, 7
_THIN = 2
_FLOOR = 1e-3


@dataclass(frozen=True)
class SoundProfile:
    """The rows: `tone` of sound, `pattern` of the mean bar, `tempo` in octaves around 120 BPM."""

    tone: Floats
    pattern: Floats
    tempo: float

    @cached_property
    def whole(self) -> Floats:
        """All rows in one; the tempo as ten overlapping bumps from 60 to 200 BPM."""
        centres = np.linspace(-1.0, 0.75, 10)
        bumps = np.exp(-0.5 * ((self.tempo - centres) / 0.15) ** 2)
        return np.concatenate([self.tone, self.pattern, bumps])


def profile_of(mono: Array, bpm: float | None, downbeats_s: Floats) -> SoundProfile:
    """The profile of a mono signal [samples] at EAR_RATE_HZ with its tempo and bar lines, as far as they are known."""
    mel = mel_frames(mono)[:, ::_THIN]
    tempo = float(np.log2(np.clip(bpm or 100.0, 40.0, 240.0) / 120.0))
    return SoundProfile(tone_row(mel), pattern_row(mono, downbeats_s), tempo)


def tone_row(mel: Array) -> Floats:
    """Numbers of sound from log mel frames [40, frames] every 20 ms."""
    power = np.expm1(mel.astype(np.float64)) / 10
    steady = median_filter(power, (1, _STEADY // _THIN | 1), mode="nearest")
    struck = median_filter(power, (_STRUCK, 1), mode="nearest")
    share = struck**2 / np.maximum(struck**2 + steady**2, 1e-12)
    held, hit = power * (1 - share), power * share
    rows = [_shape(held), _shape(hit)]
    level = 20 * np.log10(np.maximum(power, _FLOOR))
    for low, high in REGISTERS:
        curve = level[low:high].mean(axis=0)
        hits, holds = hit[low:high].sum(), held[low:high].sum()
        rows.append(np.array([np.log((hits + 1e-6) / (holds + 1e-6)), curve.std() / 10, *_memory(curve), *_sways(curve)]))
        tall = np.sort(held[low:high], axis=0)
        rows.append(np.array([np.log((tall[-1].mean() + 1e-6) / (tall[0].mean() + 1e-6))]))
    return np.concatenate(rows)


def _shape(power: Floats) -> Floats:
    """Mean level in bels of twenty pairs of bands against their mean, and the spread of each quarter, [24]."""
    pairs = power.reshape(20, 2, -1).mean(axis=1)
    level = np.log10(np.maximum(pairs.mean(axis=1), _FLOOR))
    spread = np.log10(np.maximum(np.quantile(pairs, 0.95, axis=1), _FLOOR)) - np.log10(np.maximum(np.quantile(pairs, 0.3, axis=1), _FLOOR))
    return np.concatenate([level - level.mean(), spread.reshape(4, 5).mean(axis=1)])


def _memory(curve: Floats) -> list[float]:
    """Correlation of a level curve with itself a little later: near 1 where tones are held."""
    centred = curve - curve.mean()
    power = float((centred**2).sum()) + 1e-9
    hop_s = _THIN * HOP / EAR_RATE_HZ
    found = []
    for lag_s in _LAGS_S:
        lag = round(lag_s / hop_s)
        found.append(float((centred[lag:] * centred[:-lag]).sum()) / power if len(curve) > lag else 0.0)
    return found


def _sways(curve: Floats) -> list[float]:
    """Share of a level curve's movement in each range of speeds, root."""
    if len(curve) < 64:
        return [0.0] * len(_SWAYS_HZ)
    power = np.abs(np.fft.rfft(curve - curve.mean())) ** 2
    hz = np.fft.rfftfreq(len(curve), _THIN * HOP / EAR_RATE_HZ)
    total = float(power.sum()) + 1e-9
    return [float(np.sqrt(power[(hz >= low) & (hz < high)].sum() / total)) for low, high in _SWAYS_HZ]


def pattern_row(mono: Array, downbeats_s: Floats) -> Floats:
    """Where low, middle and high strokes fall in the mean bar, [3 * SLOTS], each register of unit length; zero without bars."""
    if len(downbeats_s) < 3:
        return np.zeros(3 * SLOTS)
    strokes = hear_bars(mono, downbeats_s).strokes.mean(axis=0)
    strokes = strokes - strokes.min(axis=0)
    return np.asarray(strokes / np.maximum(np.linalg.norm(strokes, axis=0), 1e-9)).T.ravel()
