"""Pitch and time by Rubber Band's offline engine (through pedalboard): it knows the whole sound, and keeps its start."""

import math
from typing import Any

import numpy as np

from services.mixer.effects.effect import LEAST_SAMPLES, Audio, Effect
from services.mixer.effects.parameters import choice, number, switch


def stretched(audio: Audio, rate: int, *, factor: float, semitones: float, formants: bool, transients: str) -> Audio:
    """[channels, samples] made `factor` times as long and `semitones` higher; round(samples * factor) samples."""
    count = max(1, round(audio.shape[1] * factor)) if audio.shape[1] else 0
    if audio.shape[1] < LEAST_SAMPLES:
        return np.asarray(audio[:, :count] if count <= audio.shape[1] else np.pad(audio, ((0, 0), (0, count - audio.shape[1]))))
    import pedalboard

    library: Any = pedalboard
    out = library.time_stretch(
        np.ascontiguousarray(audio),
        float(rate),
        stretch_factor=1 / factor,
        pitch_shift_in_semitones=semitones,
        transient_mode=transients,
        preserve_formants=formants,
    )
    out = np.asarray(out, dtype=np.float32)[:, :count]
    return np.pad(out, ((0, 0), (0, count - out.shape[1]))) if out.shape[1] < count else out


def pitch_shift(audio: Audio, rate: int, *, semitones: float, cents: float, formants: bool, transients: str) -> Audio:
    """Higher or lower, as long as before."""
    total = semitones + cents / 100
    return (
        audio if math.isclose(total, 0) else stretched(audio, rate, factor=1.0, semitones=total, formants=formants, transients=transients)
    )


FORMANTS = switch("formants", default=False, what="keep the character of a voice")
TRANSIENTS = choice("transients", "crisp", ("crisp", "mixed", "smooth"), "crisp for drums, smooth for pads")

EFFECTS = (
    Effect(
        "pitch_shift",
        "pitch",
        "higher or lower, as long as before",
        (
            number("semitones", 0, -24, 24, "semitones", "up or down"),
            number("cents", 0, -100, 100, "cents", "added to it"),
            FORMANTS,
            TRANSIENTS,
        ),
        pitch_shift,
        ahead_ms=None,
    ),
)
