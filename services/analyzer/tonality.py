"""Tuning by librosa."""

import librosa
import numpy as np
import numpy.typing as npt

from services.music.audio.onsets import EAR_RATE_HZ

Array = npt.NDArray[np.float32]

TUNING_S = 30.0
"""Tuning is heard in so much from the middle: on three minutes it costs as much as all the rest."""


def tuning_of(mono: Array) -> float:
    """How far the music stands from A = 440 Hz in semitones, as librosa.estimate_tuning, which warns where there is no pitch; 0 there."""
    size = int(TUNING_S * EAR_RATE_HZ)
    start = max(0, (len(mono) - size) // 2)
    pitch, magnitude = librosa.piptrack(y=mono[start : start + size], sr=EAR_RATE_HZ)
    heard = pitch > 0
    if not heard.any():
        return 0.0
    return float(librosa.pitch_tuning(pitch[heard & (magnitude >= np.median(magnitude[heard]))]))
