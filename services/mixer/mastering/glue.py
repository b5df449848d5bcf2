"""Glue: slow bus compression, computed from the sum as a gain over time, so that it may be applied to every stem."""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from services.mixer.profiles import Glue

Audio = NDArray[np.float32]
Curve = NDArray[np.float32]
Series = NDArray[np.float64]

HOP = 32
DETECTOR_S = 0.02


@numba.njit(cache=True, nogil=True)
def _gain_db(power, threshold_db, knee_db, slope, attack, release, gains):  # type: ignore[no-untyped-def]
    """Gain in dB per hop from the power per hop: soft knee, then attack and release in the gain domain."""
    held = 0.0
    for i in range(power.size):
        over = 10 * math.log10(power[i] + 1e-12) - threshold_db
        if over <= -knee_db / 2:
            wanted = 0.0
        elif over < knee_db / 2:
            wanted = -slope * (over + knee_db / 2) ** 2 / (2 * knee_db)
        else:
            wanted = -slope * over
        rate = attack if wanted < held else release
        held += rate * (wanted - held)
        gains[i] = held


@numba.njit(cache=True, nogil=True)
def _lines(values, hop, first, out):  # type: ignore[no-untyped-def]
    """Fill out[n] with the line through values[i] at first + i * hop; the ends are held."""
    last = values.size - 1
    for n in range(out.size):
        place = (n - first) / hop
        if place <= 0:
            out[n] = values[0]
        elif place >= last:
            out[n] = values[last]
        else:
            index = int(place)
            out[n] = values[index] + (place - index) * (values[index + 1] - values[index])


def drawn_out(values: Series, hop: float, first: float, frames: int) -> Curve:
    """A curve per sample, [frames], through values that stand `hop` samples apart from sample `first` on."""
    out = np.empty(frames, dtype=np.float32)
    _lines(np.ascontiguousarray(values, dtype=np.float64), hop, first, out)
    return out


def glue_curve(audio: Audio, rate: int, settings: Glue, loudness_lufs: float) -> Curve:
    """Gain over time, linear, [samples], for a sum [2, samples] of this integrated loudness."""
    frames = audio.shape[1]
    hops = -(-frames // HOP)
    if settings.ratio <= 1 or not math.isfinite(loudness_lufs) or hops < 2:
        return np.ones(frames, dtype=np.float32)
    squares = np.zeros(hops * HOP, dtype=np.float32)
    np.add(audio[0] ** 2, audio[1] ** 2, out=squares[:frames])
    power = 0.5 * squares.reshape(hops, HOP).mean(axis=1, dtype=np.float64)
    width = max(1, round(DETECTOR_S * rate / HOP))
    sums = np.cumsum(np.concatenate([np.zeros(width), power]))
    power = np.maximum(sums[width:] - sums[:-width], 0) / width
    # Programme loudness of a stereo sum stands 2 to 3 dB over its mean RMS; the threshold is meant in LUFS.
    threshold = loudness_lufs - 2.5 + settings.threshold_lu
    speed = [1 - math.exp(-HOP / (ms / 1000 * rate)) for ms in (settings.attack_ms, settings.release_ms)]
    gains = np.empty(hops)
    _gain_db(power, threshold, settings.knee_db, 1 - 1 / settings.ratio, speed[0], speed[1], gains)
    return drawn_out(10 ** (gains / 20), float(HOP), 0.0, frames)
