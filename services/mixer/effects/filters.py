"""Equalisers and filters. Corners at or over half the sample rate are held just under it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from services.mixer.effects.effect import Audio, Effect, board, pedal
from services.mixer.effects.parameters import choice, number

Sections = NDArray[np.float64]

SLOPES = {"6": 1, "12": 2, "24": 4, "48": 8}
HIGHEST = 0.48  # of the sample rate


def held_hz(hz: float, rate: int) -> float:
    """A corner that this sample rate has."""
    return min(hz, HIGHEST * rate)


def _pass(audio: Audio, rate: int, hz: float, slope: str, kind: str) -> Audio:
    sections = butter(SLOPES[slope], held_hz(hz, rate), kind, fs=rate, output="sos")
    return np.asarray(sosfilt(sections, audio, axis=-1), dtype=np.float32)


def high_pass(audio: Audio, rate: int, *, hz: float, slope: str) -> Audio:
    """Butterworth high pass."""
    return _pass(audio, rate, hz, slope, "high")


def low_pass(audio: Audio, rate: int, *, hz: float, slope: str) -> Audio:
    """Butterworth low pass; above half the sample rate there is nothing to remove."""
    return audio if hz >= HIGHEST * rate else _pass(audio, rate, hz, slope, "low")


def band_pass(audio: Audio, rate: int, *, hz: float, octaves: float) -> Audio:
    """Second-order Butterworth band around a centre."""
    middle = held_hz(hz, rate)
    low, high = middle * 2 ** (-octaves / 2), held_hz(middle * 2 ** (octaves / 2), rate)
    sections = butter(2, (min(low, 0.9 * high), high), "band", fs=rate, output="sos")
    return np.asarray(sosfilt(sections, audio, axis=-1), dtype=np.float32)


def biquad(shape: str, hz: float, db: float, q: float, rate: int) -> Sections:
    """One band as second-order section [1, 6] (R. Bristow-Johnson, Cookbook formulae for audio EQ)."""
    w = 2 * np.pi * held_hz(hz, rate) / rate
    a, cos, alpha = 10 ** (db / 40), np.cos(w), np.sin(w) / (2 * q)
    if shape == "peak":
        b0, b1, b2, a0, a1, a2 = 1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a
    elif shape == "notch":
        b0, b1, b2, a0, a1, a2 = 1.0, -2 * cos, 1.0, 1 + alpha, -2 * cos, 1 - alpha
    else:
        s = 1.0 if shape == "low_shelf" else -1.0
        root = 2 * np.sqrt(a) * alpha
        b0, b2 = (a * ((a + 1) - s * (a - 1) * cos + sign * root) for sign in (1, -1))
        a0, a2 = ((a + 1) + s * (a - 1) * cos + sign * root for sign in (1, -1))
        b1, a1 = s * 2 * a * ((a - 1) - s * (a + 1) * cos), -s * 2 * ((a - 1) + s * (a + 1) * cos)
    return np.asarray(np.array([[b0, b1, b2, a0, a1, a2]]) / a0)


def eq(audio: Audio, rate: int, *, hz: float, db: float, q: float, shape: str) -> Audio:
    """One band of an equaliser."""
    # A shelf with a higher Q rings at its corner.
    sections = biquad(shape, hz, db, q if shape in ("peak", "notch") else min(q, 0.9), rate)
    return np.asarray(sosfilt(sections, audio, axis=-1), dtype=np.float32)


def tilt(audio: Audio, rate: int, *, db: float, hz: float) -> Audio:
    """Lows down and highs up by as much, or the other way."""
    sections = np.concatenate([biquad("low_shelf", hz, -db, 0.5, rate), biquad("high_shelf", hz, db, 0.5, rate)])
    return np.asarray(sosfilt(sections, audio, axis=-1), dtype=np.float32)


def ladder(audio: Audio, rate: int, *, hz: float, resonance: float, drive: float, mode: str) -> Audio:
    """Pedalboard's model of a transistor ladder."""
    import pedalboard

    library: Any = pedalboard
    kind = getattr(library.LadderFilter, mode)
    return board(audio, rate, pedal("LadderFilter", kind, held_hz(hz, rate), resonance, drive))


_SLOPE = choice("slope", "12", tuple(SLOPES), "how steep, Butterworth", "dB per octave")

EFFECTS = (
    Effect("high_pass", "filter", "removes what lies below", (number("hz", 80, 5, 20_000, "Hz", "corner, -3 dB"), _SLOPE), high_pass),
    Effect("low_pass", "filter", "removes what lies above", (number("hz", 12_000, 20, 90_000, "Hz", "corner, -3 dB"), _SLOPE), low_pass),
    Effect(
        "band_pass",
        "filter",
        "keeps a band: telephone, radio",
        (number("hz", 1000, 20, 20_000, "Hz", "centre"), number("octaves", 2, 0.1, 8, "octaves", "width of the band")),
        band_pass,
    ),
    Effect(
        "eq",
        "filter",
        "one band of an equaliser",
        (
            number("hz", 1000, 10, 90_000, "Hz", "centre, or corner of a shelf"),
            number("db", 0, -36, 36, "dB", "raised or lowered; a notch takes all"),
            number("q", 0.8, 0.05, 60, "", "narrow is high; shelves take at most 0.9"),
            choice("shape", "peak", ("peak", "low_shelf", "high_shelf", "notch"), "kind of band"),
        ),
        eq,
    ),
    Effect(
        "tilt",
        "filter",
        "darker or brighter around a pivot",
        (number("db", 1, -12, 12, "dB", "highs up and lows down by as much"), number("hz", 700, 100, 5000, "Hz", "pivot")),
        tilt,
    ),
    Effect(
        "ladder",
        "filter",
        "resonant ladder filter with drive",
        (
            number("hz", 1000, 20, 20_000, "Hz", "corner"),
            number("resonance", 0.2, 0, 1, "", "0 none, 1 nearly whistling"),
            number("drive", 1, 1, 20, "", "1 clean"),
            choice("mode", "LPF24", ("LPF12", "LPF24", "HPF12", "HPF24", "BPF12", "BPF24"), "low, high or band pass and dB per octave"),
        ),
        ladder,
    ),
)
