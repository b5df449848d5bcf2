"""The loops that several effects share: followers, gates, and reading between samples. Float64 inside; never NaN for finite input."""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from services.mixer.effects.effect import Audio, Curve

FLOOR_DB = -120.0


def coefficient(time_ms: float, rate: int) -> float:
    """Step of a one-pole follower that gets 63 % of the way in `time_ms`; 1 (at once) for 0."""
    return 1 - math.exp(-1000 / (time_ms * rate)) if time_ms > 0 else 1.0


@numba.njit(cache=True, nogil=True)
def _follow(values, rising, falling, out):  # type: ignore[no-untyped-def]
    held = 0.0
    for n in range(values.size):
        x = values[n]
        held += (rising if x > held else falling) * (x - held)
        if abs(held) < 1e-30:
            held = 0.0
        out[n] = held


def follow(values: NDArray[np.float64], rising_ms: float, falling_ms: float, rate: int) -> Curve:
    """A curve that follows `values` [samples] from 0, with one time constant upwards and one downwards."""
    out = np.empty(values.size)
    _follow(np.asarray(values, dtype=np.float64), coefficient(rising_ms, rate), coefficient(falling_ms, rate), out)
    return out


def level(audio: Audio) -> Curve:
    """The larger magnitude of the channels at each sample."""
    return np.asarray(np.abs(audio).max(axis=0), dtype=np.float64)


def to_db(magnitude: NDArray[np.float64]) -> Curve:
    """Decibels of magnitudes, not below -120."""
    return np.asarray(20 * np.log10(np.maximum(magnitude, 10 ** (FLOOR_DB / 20))))


def to_linear(db: NDArray[np.float64]) -> Curve:
    """Amplitude factors of decibels."""
    return np.asarray(10 ** (db / 20))


def reduction_db(level_db: Curve, threshold_db: float, ratio: float, knee_db: float) -> Curve:
    """How far a compressor wants to turn down, dB >= 0: static curve with a soft knee (Giannoulis, Massberg, Reiss 2012, eq. 4)."""
    over = level_db - threshold_db
    knee = max(knee_db, 1e-6)
    bent = np.where(over > knee / 2, over, np.square(np.clip(over + knee / 2, 0, None)) / (2 * knee))
    return np.asarray((1 - 1 / ratio) * np.where(over < -knee / 2, 0.0, bent))


def squeezed(key: Audio, rate: int, *, threshold_db: float, ratio: float, attack_ms: float, release_ms: float, knee_db: float) -> Curve:
    """Gain over time, linear, with which `key` [channels, samples] compresses; both channels move together."""
    wanted = reduction_db(to_db(level(key)), threshold_db, ratio, knee_db)
    return to_linear(-follow(wanted, attack_ms, release_ms, rate))


@numba.njit(cache=True, nogil=True)
def _gate(values, opens, closes, hold, rising, falling, floor, out):  # type: ignore[no-untyped-def]
    """Gain of a gate with hysteresis: open over `opens`, held for `hold` samples after the last value over `closes`."""
    gain = floor
    left = 0
    is_open = False
    for n in range(values.size):
        x = values[n]
        if x >= opens or (is_open and x >= closes):
            is_open = True
            left = hold
        elif left > 0:
            left -= 1
        else:
            is_open = False
        target = 1.0 if is_open else floor
        gain += (rising if target > gain else falling) * (target - gain)
        out[n] = gain


def gate_curve(
    values: NDArray[np.float64],
    rate: int,
    *,
    threshold_db: float,
    hysteresis_db: float,
    hold_ms: float,
    attack_ms: float,
    release_ms: float,
    floor_db: float,
) -> Curve:
    """Gain over time, linear, of a gate on magnitudes [samples]."""
    opens = 10 ** (threshold_db / 20)
    out = np.empty(values.size)
    _gate(
        np.asarray(values, dtype=np.float64),
        opens,
        opens * 10 ** (-hysteresis_db / 20),
        round(hold_ms * rate / 1000),
        coefficient(attack_ms, rate),
        coefficient(release_ms, rate),
        10 ** (floor_db / 20) if floor_db > FLOOR_DB else 0.0,
        out,
    )
    return out


@numba.njit(cache=True, nogil=True)
def _read_at(signal, shift, out):  # type: ignore[no-untyped-def]
    """out[n] = signal at n + shift[n], by cubic (Catmull-Rom) interpolation; silence outside."""
    count = signal.size
    for n in range(count):
        at = n + shift[n]
        whole = math.floor(at)
        t = at - whole
        i = int(whole)
        a = np.float64(signal[i - 1]) if 0 <= i - 1 < count else 0.0
        b = np.float64(signal[i]) if 0 <= i < count else 0.0
        c = np.float64(signal[i + 1]) if 0 <= i + 1 < count else 0.0
        d = np.float64(signal[i + 2]) if 0 <= i + 2 < count else 0.0
        out[n] = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def read_at(signal: NDArray[np.float32], shift: NDArray[np.float64]) -> NDArray[np.float32]:
    """One channel [samples] read `shift` samples later (or, negative, earlier) at each sample."""
    out = np.empty(signal.size, dtype=np.float32)
    _read_at(np.ascontiguousarray(signal, dtype=np.float32), shift, out)
    return out


def phase(count: int, rate: int, hz: float) -> Curve:
    """Phase in radians of an oscillator that starts at 0, [samples]."""
    return np.asarray(2 * np.pi * ((np.arange(count) * (hz / rate)) % 1.0))
