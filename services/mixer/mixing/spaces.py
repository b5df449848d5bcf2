"""Two shared rooms and an echo, synthesised here: deterministic, and at a level that we set."""

import math
from functools import cache

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft, rfftfreq

from services.mixer.convolution import convolve
from services.mixer.profiles import Echo, Space
from services.music.rng import rng

Audio = NDArray[np.float32]

BANDS_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0)
EARLY_REFLECTIONS = 9
GATE_RELEASE_MS = 25.0


@cache
def impulse_response(name: str, space: Space, rate: int) -> Audio:
    """A stereo impulse response [2, taps] of unit energy per channel.

    Noise per octave with its own decay, swelling in over the first milliseconds, behind a few early reflections. The two sides are
    independent noises: wide, and at the width asked. A gated space is whole until its gate falls shut.
    """
    seconds_long = space.decay_s * 1.05 if space.gate_ms is None else (space.gate_ms + GATE_RELEASE_MS) / 1000
    taps = round((seconds_long + space.predelay_ms / 1000) * rate)
    noise = rng(0, "mixer", "space", name).standard_normal((2, taps))
    seconds = np.maximum(np.arange(taps) / rate - space.predelay_ms / 1000, 0)
    spectrum, frequency = rfft(noise, axis=-1), rfftfreq(taps, 1 / rate)
    octave = np.log2(np.maximum(frequency, 1) / 1000)
    late = np.zeros((2, taps))
    for band in BANDS_HZ:
        centre = math.log2(band / 1000)
        mask = np.clip(1 - np.abs(octave - centre), 0, 1)
        if band == BANDS_HZ[0]:
            mask = np.where(octave < centre, 1, mask)
        decay_s = space.decay_s * (1 - space.damping * min(max(centre / 3, 0), 1.1))
        late += irfft(spectrum * np.sqrt(mask), taps, axis=-1) * 10 ** (-3 * seconds / max(decay_s, 0.05))
    swell = np.clip(seconds / (0.012 + 0.01 * space.decay_s), 0, 1)
    response = late * swell + _early(name, space, taps, rate)
    if space.gate_ms is not None:
        response *= np.cos(0.5 * np.pi * np.clip((1000 * seconds - space.gate_ms) / GATE_RELEASE_MS, 0, 1)) ** 2
    response = _band_limited(response, space, rate)
    middle, side = response.mean(axis=0), 0.5 * (response[0] - response[1]) * space.width
    response = np.stack([middle + side, middle - side])
    return np.asarray(response / np.sqrt((response**2).sum(axis=1, keepdims=True)), dtype=np.float32)


def _early(name: str, space: Space, taps: int, rate: int) -> NDArray[np.float64]:
    draw = rng(0, "mixer", "early", name)
    out = np.zeros((2, taps))
    reach_s = 0.02 + 0.03 * min(space.decay_s, 2.0)
    for channel in range(2):
        delays = space.predelay_ms / 2000 + np.sort(draw.uniform(0.002, reach_s, EARLY_REFLECTIONS))
        gains = draw.choice([-1.0, 1.0], EARLY_REFLECTIONS) * 10 ** (-3 * delays / space.decay_s) * 2.5
        for delay, gain in zip(delays, gains, strict=True):
            if round(delay * rate) < taps:
                out[channel, round(delay * rate)] += gain
    return out


def _band_limited(response: NDArray[np.float64], space: Space, rate: int) -> NDArray[np.float64]:
    from scipy.signal import butter, sosfilt

    edges = (space.low_cut_hz, min(space.high_cut_hz, rate * 0.45))
    return np.asarray(sosfilt(butter(2, edges, "bandpass", fs=rate, output="sos"), response, axis=-1))


def reverb(send: Audio, name: str, space: Space, rate: int) -> Audio:
    """The return of a reverb [2, samples] for what was sent to it."""
    return convolve(send, impulse_response(name, space, rate))


@numba.njit(cache=True, nogil=True)
def _ping_pong(send, delay, feedback, smooth, cut, out):  # type: ignore[no-untyped-def]
    """Two crossed delay lines; each echo passes a one-pole low pass (`smooth`) and high pass (`cut`)."""
    low = np.zeros(2)
    base = np.zeros(2)
    for n in range(send.shape[1]):
        for side in range(2):
            x = 0.0
            if n >= delay:
                x = feedback * np.float64(out[1 - side, n - delay])
                if side == 0:
                    x += 0.5 * (np.float64(send[0, n - delay]) + np.float64(send[1, n - delay]))
            low[side] += smooth * (x - low[side])
            base[side] += cut * (low[side] - base[side])
            if abs(low[side]) < 1e-20:
                low[side] = 0.0
                base[side] = 0.0
            out[side, n] = low[side] - base[side]


def echo(send: Audio, settings: Echo, beat_s: float, rate: int) -> Audio:
    """The return of the echo [2, samples]: first left, then right, in time with the song."""
    delay = max(1, round(settings.beats * beat_s * rate))
    smooth = 1 - math.exp(-2 * math.pi * settings.high_cut_hz / rate)
    cut = 1 - math.exp(-2 * math.pi * settings.low_cut_hz / rate)
    out = np.zeros_like(send)
    _ping_pong(send, delay, settings.feedback, smooth, cut, out)
    return out
