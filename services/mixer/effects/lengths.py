"""Times in a sound: as samples, inside it, as ramps, and as much as can be worked on."""

import numpy as np

from contracts.errors import BadInput
from services.mixer.effects.sounds import MOST_SAMPLES, Audio, Sound

FADES = ("linear", "smooth", "equal_power", "exponential")


def samples(sound: Sound, seconds: float) -> int:
    """A time as a number of samples."""
    return round(seconds * sound.rate)


def inside(sound: Sound, at: str, name: str, seconds: float) -> float:
    """A time that lies in the sound, to the sample."""
    if samples(sound, seconds) > sound.audio.shape[1]:
        raise BadInput(f"{at}.{name}", seconds, f"0 to {sound.seconds:.3f} s, the length at this point")
    return seconds


def ramp(count: int, shape: str) -> Audio:
    """From 0 to 1, [count]."""
    t = (np.arange(count) + 0.5) / max(count, 1)
    curves = {
        "linear": t,
        "smooth": 0.5 - 0.5 * np.cos(np.pi * t),
        "equal_power": np.sin(np.pi / 2 * t),
        "exponential": (10 ** (3 * (t - 1)) - 1e-3) / (1 - 1e-3),
    }
    return np.asarray(curves[shape], dtype=np.float32)


def room(sound: Sound, at: str, value: float, count: float) -> None:
    """Raises BadInput where so many samples per channel are more than can be worked on."""
    channels = sound.audio.shape[0]
    if channels * count > MOST_SAMPLES:
        minutes = MOST_SAMPLES / channels / sound.rate / 60
        raise BadInput(at, value, f"a result of at most {minutes:.0f} minutes ({channels} channels at {sound.rate} Hz)")
