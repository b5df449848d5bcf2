"""Where a sound stands between left and right."""

import math

import numpy as np
from scipy.signal import butter, sosfilt

from services.mixer.effects.effect import Audio, Effect
from services.mixer.effects.filters import biquad, held_hz
from services.mixer.effects.parameters import choice, number


def _apart(audio: Audio) -> tuple[np.ndarray, np.ndarray]:
    left, right = audio.astype(np.float64)
    return 0.5 * (left + right), 0.5 * (left - right)


def _together(middle: np.ndarray, side: np.ndarray) -> Audio:
    return np.stack([middle + side, middle - side]).astype(np.float32)


def width(audio: Audio, _rate: int, *, width: float) -> Audio:
    """Scales the side."""
    middle, side = _apart(audio)
    return _together(middle, side * width)


def pan(audio: Audio, _rate: int, *, position: float) -> Audio:
    """Constant power, 1 in the centre."""
    angle = (position + 1) * math.pi / 4
    gains = math.sqrt(2) * np.array([[math.cos(angle)], [math.sin(angle)]])
    return np.asarray(audio * gains, dtype=np.float32)


def mid_side_eq(audio: Audio, rate: int, *, on: str, hz: float, db: float, q: float, shape: str) -> Audio:
    """One band of an equaliser on the middle or on the side alone."""
    middle, side = _apart(audio)
    sections = biquad(shape, hz, db, q if shape == "peak" else min(q, 0.9), rate)
    return _together(sosfilt(sections, middle), side) if on == "mid" else _together(middle, sosfilt(sections, side))


def mono_below(audio: Audio, rate: int, *, hz: float) -> Audio:
    """One middle for the lows: the side high-passed at 24 dB per octave, the middle given the same phase."""
    middle, side = _apart(audio)
    high = butter(2, held_hz(hz, rate), "high", fs=rate, output="sos")
    turn = np.concatenate([high[:, :2:-1], high[:, 3:]], axis=1)
    return _together(sosfilt(turn, middle), sosfilt(np.concatenate([high, high]), side))


def spread(audio: Audio, rate: int, *, amount: float, time_ms: float, low_hz: float) -> Audio:
    """A side made from the middle, later, without its lows; in mono it cancels."""
    middle, side = _apart(audio)
    late = max(1, round(time_ms * rate / 1000))
    made = np.zeros_like(middle)
    made[late:] = middle[: max(0, middle.size - late)]
    return _together(middle, side + amount * sosfilt(butter(2, held_hz(low_hz, rate), "high", fs=rate, output="sos"), made))


def swap(audio: Audio, _rate: int) -> Audio:
    """Left and right exchanged."""
    return np.ascontiguousarray(audio[::-1])


EFFECTS = (
    Effect("width", "stereo", "narrower or wider", (number("width", 1.2, 0, 3, "", "0 mono, 1 as it is"),), width),
    Effect("pan", "stereo", "left or right, at constant power", (number("position", 0, -1, 1, "", "-1 left, 1 right"),), pan),
    Effect(
        "mid_side_eq",
        "stereo",
        "one band of an equaliser on the middle or the side",
        (
            choice("on", "side", ("mid", "side"), "which of them"),
            number("hz", 8000, 10, 90_000, "Hz", "centre, or corner of a shelf"),
            number("db", 0, -24, 24, "dB", "raised or lowered"),
            number("q", 0.8, 0.05, 60, "", "narrow is high; shelves take at most 0.9"),
            choice("shape", "peak", ("peak", "low_shelf", "high_shelf"), "kind of band"),
        ),
        mid_side_eq,
    ),
    Effect("mono_below", "stereo", "one middle for the lows, 24 dB per octave", (number("hz", 120, 20, 1000, "Hz", "corner"),), mono_below),
    Effect(
        "spread",
        "stereo",
        "gives a mono sound two sides; in mono they cancel",
        (
            number("amount", 0.3, 0, 1, "", "level of the made side"),
            number("time_ms", 13.7, 1, 40, "ms", "how much later"),
            number("low_hz", 260, 20, 2000, "Hz", "what lies below stays in the middle"),
        ),
        spread,
    ),
    Effect("swap", "stereo", "left and right exchanged", (), swap),
)
