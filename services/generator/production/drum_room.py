"""The room that belongs to a kit: early reflections and a short decay, or a gated burst."""

from functools import lru_cache

import numpy as np
from scipy.signal import butter, oaconvolve, sosfilt

from services.generator.production.curves import SAMPLE_RATE_HZ
from services.generator.production.drum_voices import Wave
from services.generator.production.kits import DrumKit
from services.music.rng import rng

_LOW_HZ = 170.0
"""Below this a kick stays dry: rooms blur what must be felt."""
_REFLECTIONS_MS = (3.1, 5.3, 7.9, 11.3, 14.9, 19.7, 24.1)


def in_room(sent: Wave, settings: DrumKit) -> Wave:
    """What the room answers to [2, frames], at the kit's level; zeros where the kit is dry."""
    if settings.room_db is None or not np.any(sent):
        return np.zeros_like(sent)
    echo = _echo(settings.room_s, settings.room_high_hz, settings.gated)
    fed = sosfilt(butter(1, _LOW_HZ, "highpass", fs=SAMPLE_RATE_HZ, output="sos"), sent.mean(axis=0))
    wet = np.stack([oaconvolve(fed, side)[: fed.size] for side in echo])
    return np.asarray(wet * 10 ** (settings.room_db / 20))


@lru_cache(maxsize=16)
def _echo(decay_s: float, high_hz: float, gated: bool) -> Wave:
    """Impulse response [2, frames] of unit energy: mirrored taps, then noise that falls by 60 dB, or stands and stops."""
    time = np.arange(round(decay_s * 1.1 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    sides = []
    for side in range(2):
        draw = rng(0, "production", "room", side)
        shape = (
            np.where(time < decay_s * 0.9, 1.0, np.clip((decay_s - time) / (decay_s * 0.1), 0, 1))
            if gated
            else np.exp(-6.9078 * time / decay_s)
        )
        tail = draw.standard_normal(time.size) * shape * np.clip(time / 0.008, 0, 1)
        for number, at_ms in enumerate(_REFLECTIONS_MS):
            at = round(at_ms * (1.0 + 0.13 * side) / 1000 * SAMPLE_RATE_HZ)
            if at < time.size:
                tail[at] += 6.0 * 0.8**number * (-1.0) ** (number * (side + 1))
        tail = sosfilt(butter(1, high_hz, "lowpass", fs=SAMPLE_RATE_HZ, output="sos"), tail)
        sides.append(tail / np.sqrt(np.sum(tail**2)))
    return np.stack(sides)
