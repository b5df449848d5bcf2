"""One stroke of a drum machine as a stereo wave, at its level and in its place."""

from functools import lru_cache

import numpy as np

from services.generator.production.drum_settings import Stroke
from services.generator.production.drum_voices import VOICES, Wave
from services.music.rng import rng as rng_for


@lru_cache(maxsize=256)
def reference_peak(settings: Stroke) -> float:
    """Peak of a full stroke with a fixed noise: what `level_db` is counted from, so that strokes keep their own energy."""
    return float(np.abs(VOICES[settings.voice](settings, 1.0, rng_for(0, "production", "drum"))).max())


def strike(settings: Stroke, velocity: float, rng: np.random.Generator, peak: float) -> Wave:
    """One stroke as [2, frames]: about `level_db` at full velocity (`peak` is its reference), positioned, faded out at its end."""
    wave = VOICES[settings.voice](settings, velocity, rng)
    stereo = np.stack([wave, wave]) if wave.ndim == 1 else wave
    angle = (settings.pan + 1.0) * np.pi / 4
    gains = np.array([[np.cos(angle)], [np.sin(angle)]]) * np.sqrt(2.0)
    loudness = 10 ** (settings.level_db / 20) * (0.08 + 0.92 * velocity**1.7)
    out = stereo / peak * gains * loudness
    tail = min(240, out.shape[1])
    out[:, -tail:] *= np.linspace(1.0, 0.0, tail)
    return np.asarray(out)
