"""Where a stem stands: gain, ducking, pan, width, a made side for mono sources, and one middle for the lows."""

import math

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter

Audio = NDArray[np.float32]
Curve = NDArray[np.float32]

SPREAD_DELAY_S = 0.0137
SPREAD_LOW_CUT_HZ = 260.0


def pan_gains(pan: float) -> tuple[float, float]:
    """Left and right factors of a constant-power pan, 1 in the centre; -1 is left."""
    angle = (pan + 1) * math.pi / 4
    return math.sqrt(2) * math.cos(angle), math.sqrt(2) * math.sin(angle)


@numba.njit(cache=True, nogil=True)
def _place(audio, curve, envelope, duck, gain, pan, width, spread, delay, spread_filter, side_filter, middle_filter, out):  # type: ignore[no-untyped-def]
    """Write the placed stem. `duck` is the depth in nepers; filters are biquads [sections, 6]."""
    left_gain, right_gain = pan
    state = np.zeros((side_filter.shape[0], 2))
    turned = np.zeros((middle_filter.shape[0], 2))
    made = np.zeros(2)
    f = spread_filter[0]
    for n in range(audio.shape[1]):
        g = gain * curve[n]
        if duck > 0 and envelope[n] > 0:
            g *= math.exp(-duck * envelope[n])
        left, right = np.float64(audio[0, n]), np.float64(audio[1, n])
        middle, side = 0.5 * (left + right), 0.5 * (left - right) * width
        if spread > 0 and n >= delay:
            x = 0.5 * (np.float64(audio[0, n - delay]) + np.float64(audio[1, n - delay]))
            y = f[0] * x + made[0]
            made[0] = f[1] * x - f[4] * y + made[1]
            made[1] = f[2] * x - f[5] * y
            side += spread * y
        left, right = (middle + side) * left_gain * g, (middle - side) * right_gain * g
        middle, side = 0.5 * (left + right), 0.5 * (left - right)
        for k in range(side_filter.shape[0]):
            c = side_filter[k]
            y = c[0] * side + state[k, 0]
            state[k, 0] = c[1] * side - c[4] * y + state[k, 1]
            state[k, 1] = c[2] * side - c[5] * y
            side = y
        for k in range(middle_filter.shape[0]):
            c = middle_filter[k]
            y = c[0] * middle + turned[k, 0]
            turned[k, 0] = c[1] * middle - c[4] * y + turned[k, 1]
            turned[k, 1] = c[2] * middle - c[5] * y
            middle = y
        if abs(side) < 1e-18 and abs(middle) < 1e-18:
            state[:] = 0.0
            turned[:] = 0.0
            made[:] = 0.0
        out[0, n] = middle + side
        out[1, n] = middle - side


def place(
    audio: Audio,
    rate: int,
    *,
    curve: Curve,
    envelope: Curve,
    duck_db: float = 0.0,
    gain_db: float = 0.0,
    pan: float = 0.0,
    width: float = 1.0,
    spread: float = 0.0,
    mono_below_hz: float = 120.0,
) -> Audio:
    """Place a stem [2, samples]. The made side cancels in mono; below `mono_below_hz` left and right are one (24 dB per octave).

    The corner is a Linkwitz-Riley high pass on the side and the all-pass of the same phase on the middle, so that
    above it a stem stands where it was put.
    """
    sides, turn = _mono_lows(mono_below_hz, rate)
    made = butter(2, SPREAD_LOW_CUT_HZ, "high", fs=rate, output="sos")
    out = np.empty_like(audio)
    delay, duck = round(SPREAD_DELAY_S * rate), duck_db * math.log(10) / 20
    _place(audio, curve, envelope, duck, 10 ** (gain_db / 20), pan_gains(pan), width, spread, delay, made, sides, turn, out)
    return out


def _mono_lows(below_hz: float, rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Biquads for the side (two Butterworth high passes) and for the middle (their phase alone), [sections, 6]."""
    if below_hz <= 0:
        return np.zeros((0, 6)), np.zeros((0, 6))
    high = butter(2, below_hz, "high", fs=rate, output="sos")
    turn = np.concatenate([high[:, :2:-1], high[:, 3:]], axis=1)
    return np.concatenate([high, high]), turn


def side_to_middle(audio: Audio) -> float:
    """RMS of the side over that of the middle; 0 for mono and silence."""
    middle, side = audio[0] + audio[1], audio[0] - audio[1]
    energy = float(np.dot(middle, middle))
    return math.sqrt(float(np.dot(side, side)) / energy) if energy > 0 else 0.0
