"""Key by librosa: tuning, then one constant-Q transform that gives the chroma of everything and that of the bass."""

from dataclasses import dataclass

import librosa
import numpy as np
import numpy.typing as npt

from contracts.music.key import Key
from services.music.audio.chroma import estimate_key
from services.music.audio.onsets import EAR_RATE_HZ

Array = npt.NDArray[np.float32]

HOP = 2048
"""Samples between frames at EAR_RATE_HZ: 93 ms. Some five times faster than librosa's 512 for the same mean chroma."""
LOWEST_HZ = 32.7032  # C1
BINS = 36
"""Per octave: three to a semitone, so that a note does not spill into its neighbours."""
OCTAVES = 7
BASS_OCTAVES = 2
BASS_SHARE = 0.15
QUIET = 0.05
"""Frames count alike, whatever their level, down to this share of the loudest."""
TUNING_S = 30.0
"""Tuning is heard in so much from the middle: on three minutes it costs as much as all the rest."""
SHORTEST_S = 4.0
"""Shorter signals are followed by silence, to hold the longest filter of the transform."""


@dataclass(frozen=True)
class Tonality:
    """The key with its confidence (0–1), and how far the music stands from A = 440 Hz in semitones."""

    key: Key
    confidence: float
    tuning: float


def tuning_of(mono: Array) -> float:
    """As librosa.estimate_tuning, which warns where there is no pitch; 0 there."""
    size = int(TUNING_S * EAR_RATE_HZ)
    start = max(0, (len(mono) - size) // 2)
    pitch, magnitude = librosa.piptrack(y=mono[start : start + size], sr=EAR_RATE_HZ)
    heard = pitch > 0
    if not heard.any():
        return 0.0
    return float(librosa.pitch_tuning(pitch[heard & (magnitude >= np.median(magnitude[heard]))]))


def _mean_chroma(root: Array, octaves: int) -> npt.NDArray[np.float64]:
    """Mean chroma [12], summing to 1, of a transform's root magnitudes [bins, frames]; zeros for silence."""
    chroma = librosa.feature.chroma_cqt(C=root[: BINS * octaves], bins_per_octave=BINS, n_octaves=octaves, norm=None)
    level = np.linalg.norm(chroma, axis=0)
    mean = (chroma / np.maximum(level, max(QUIET * float(level.max()), 1e-12))).mean(axis=1)
    return np.asarray(mean / max(float(mean.sum()), 1e-12), np.float64)


def hear_key(mono: Array) -> Tonality | None:
    """The key of a mono signal [samples] at EAR_RATE_HZ; None where no pitch is heard."""
    short = int(SHORTEST_S * EAR_RATE_HZ) - len(mono)
    padded = np.pad(mono, (0, short)) if short > 0 else mono
    tuning = tuning_of(padded)
    transform = librosa.cqt(
        y=padded, sr=EAR_RATE_HZ, hop_length=HOP, fmin=LOWEST_HZ, n_bins=BINS * OCTAVES, bins_per_octave=BINS, tuning=tuning
    )
    root = np.sqrt(np.abs(transform))
    estimate = estimate_key(_mean_chroma(root, OCTAVES) + BASS_SHARE * _mean_chroma(root, BASS_OCTAVES))
    return Tonality(*estimate, tuning) if estimate else None
