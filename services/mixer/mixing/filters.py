"""The strip's filters as one cascade: each sample passes all of them at once, in double precision, both channels side by side.

Filter after filter over the whole song, as a chain of plug-ins has it, reads and writes the song once per filter: five times the time.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from contracts.sound import Bell

Audio = NDArray[np.float32]
Section = tuple[float, float, float, float, float]
"""A biquad as b0 b1 b2 a1 a2 (a0 = 1)."""

SHELF_MOST_Q = 0.9
"""A shelf with a higher Q rings at its corner."""
_BLOCK = 256


def bell_section(bell: Bell, rate: int) -> Section:
    """An equaliser band as a biquad (Bristow-Johnson, Cookbook formulae for audio EQ biquad filter coefficients)."""
    gain = 10 ** (bell.db / 40)
    omega = 2 * math.pi * bell.hz / rate
    cosine, alpha = math.cos(omega), math.sin(omega) / (2 * (bell.q if bell.shape == "peak" else min(bell.q, SHELF_MOST_Q)))
    if bell.shape == "peak":
        b = [1 + alpha * gain, -2 * cosine, 1 - alpha * gain]
        a = [1 + alpha / gain, -2 * cosine, 1 - alpha / gain]
        return _normal(b, a)
    side = 1.0 if bell.shape == "low_shelf" else -1.0
    root, up, down = 2 * math.sqrt(gain) * alpha, gain + 1, gain - 1
    b = [
        gain * (up - side * down * cosine + root),
        side * 2 * gain * (down - side * up * cosine),
        gain * (up - side * down * cosine - root),
    ]
    a = [up + side * down * cosine + root, -side * 2 * (down + side * up * cosine), up + side * down * cosine - root]
    return _normal(b, a)


def highpass_section(hz: float, rate: int) -> Section:
    """Two high passes of first order after each other, 12 dB per octave, as a biquad."""
    n = math.tan(math.pi * min(hz, 0.49 * rate) / rate)
    pole = (n - 1) / (n + 1)
    return _normal([1.0, -2.0, 1.0], [(n + 1) ** 2, 2 * pole * (n + 1) ** 2, (pole * (n + 1)) ** 2])


def lowpass_section(hz: float, rate: int) -> Section:
    """Two low passes of first order after each other, 12 dB per octave, as a biquad."""
    n = math.tan(math.pi * min(hz, 0.49 * rate) / rate)
    pole = (n - 1) / (n + 1)
    return _normal([n * n, 2 * n * n, n * n], [(n + 1) ** 2, 2 * pole * (n + 1) ** 2, (pole * (n + 1)) ** 2])


def _normal(b: list[float], a: list[float]) -> Section:
    return b[0] / a[0], b[1] / a[0], b[2] / a[0], a[1] / a[0], a[2] / a[0]


def cascade(audio: Audio, sections: list[Section], gain_db: float = 0.0, drive_db: float = 0.0) -> Audio:
    """[2, samples] with a gain and through biquads in order; `drive_db` drives it into a tanh first, at unity for what is soft."""
    table = np.array(sections, dtype=np.float64).reshape(len(sections), 5)
    out = np.empty_like(audio)
    _cascade(audio[0], audio[1], table, 10 ** (gain_db / 20), 10 ** (drive_db / 20) if drive_db > 0 else 0.0, out[0], out[1])
    return out


@numba.njit(cache=True, nogil=True)
def _cascade(left, right, table, gain, drive, out_left, out_right):  # type: ignore[no-untyped-def]
    """Transposed direct form II. Silence with all filters at rest costs next to nothing; what has died away is set to rest."""
    count, sections = left.size, table.shape[0]
    state = np.zeros((sections, 4))
    resting = True
    for start in range(0, count, _BLOCK):
        end = min(start + _BLOCK, count)
        if resting:
            silent = True
            for n in range(start, end):
                silent = silent and left[n] == 0 and right[n] == 0
            if silent:
                out_left[start:end] = 0
                out_right[start:end] = 0
                continue
        for n in range(start, end):
            x, z = gain * np.float64(left[n]), gain * np.float64(right[n])
            if drive > 0:
                x, z = math.tanh(drive * x) / drive, math.tanh(drive * z) / drive
            for k in range(sections):
                b0, b1, b2, a1, a2 = table[k, 0], table[k, 1], table[k, 2], table[k, 3], table[k, 4]
                y, w = b0 * x + state[k, 0], b0 * z + state[k, 2]
                state[k, 0] = b1 * x - a1 * y + state[k, 1]
                state[k, 1] = b2 * x - a2 * y
                state[k, 2] = b1 * z - a1 * w + state[k, 3]
                state[k, 3] = b2 * z - a2 * w
                x, z = y, w
            out_left[n], out_right[n] = x, z
        resting = True
        for k in range(sections):
            for one in range(4):
                if abs(state[k, one]) < 1e-15:
                    state[k, one] = 0.0
                else:
                    resting = False
