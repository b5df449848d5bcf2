"""A cover drawn from the song itself: its spectrum once round, clockwise from the top, the lows inside, the loud moments reaching out.

The key gives the colour (its place on the circle of fifths; minor is darker), each kind of section a shade of its own.
"""

import colorsys
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from contracts.music.key import Key
from contracts.music.score import Score
from services.mixer.delivery.bars import unnumbered
from services.mixer.delivery.png import png
from services.music.pictures import Picture

Audio = NDArray[np.float32]
Plane = NDArray[np.floating[Any]]
Colour = tuple[float, float, float]

SIDE = 1000
SLOTS, BANDS = 720, 44
LOW_HZ, HIGH_HZ = 45.0, 15_000.0
INNER, REACH, LEAST_REACH = 0.115, 0.36, 0.55
HOLE = 0.018
_FRAME = 4096
_FRAMES_PER_SLOT = 3
_AT_ONCE = 48
_RANGE_DB = 42.0
_TILT_DB = 3.0  # per octave: what makes music's spectrum look level
_SHADES = (0.0, 0.085, -0.07, 0.16, -0.14, 0.235, -0.21)


@dataclass(frozen=True)
class Stretch:
    """A section on the cover: from and to as shares of the song, its label without number."""

    start: float
    end: float
    label: str


def stretches_of(score: Score) -> list[Stretch]:
    """The sections of a score as shares of its length."""
    whole = score.duration_s or 1.0
    edges = [(one, score.bar_tick(one.start_bar), score.bar_tick(one.end_bar)) for one in score.sections.values()]
    return [Stretch(score.seconds_at(first) / whole, score.seconds_at(last) / whole, unnumbered(one.label)) for one, first, last in edges]


def draw(audio: Audio, rate: int, key: str, stretches: list[Stretch]) -> Picture:
    """The cover of audio [2, samples] as a PNG of 1000 x 1000 pixels."""
    pixels = _painted(_levels(audio, rate), _reach(audio), key, stretches)
    data = png(pixels)
    return Picture(data, "image/png", SIDE, SIDE, 24)


def _levels(audio: Audio, rate: int) -> Plane:
    """Levels 0 to 1 of BANDS bands in SLOTS slots of the song, [slots, bands]; zeros for silence."""
    mono = np.pad(audio.mean(axis=0), (_FRAME // 2, _FRAME))
    count = SLOTS * _FRAMES_PER_SLOT
    starts = (np.arange(count) * (audio.shape[1] / count)).astype(np.int64)
    edges = np.geomspace(LOW_HZ, min(HIGH_HZ, rate * 0.45), BANDS + 1) * _FRAME / rate
    window, shares = np.hanning(_FRAME).astype(np.float32), _shares(edges)
    frames, power = np.lib.stride_tricks.sliding_window_view(mono, _FRAME), np.empty((count, BANDS))
    for first in range(0, count, _AT_ONCE):
        spectra = rfft(frames[starts[first : first + _AT_ONCE]] * window, axis=1)
        power[first : first + _AT_ONCE] = (spectra.real**2 + spectra.imag**2) @ shares
    power = power.reshape(SLOTS, _FRAMES_PER_SLOT, BANDS).mean(axis=1)
    if not power.any():
        return np.zeros((SLOTS, BANDS), dtype=np.float32)
    levels = 10 * np.log10(power + 1e-12) + _TILT_DB * np.log2(edges[1:] / edges[0])
    top = np.percentile(levels, 99.0)
    return np.asarray(np.clip((levels - top + _RANGE_DB) / _RANGE_DB, 0, 1), dtype=np.float32)


def _shares(edges: NDArray[np.float64]) -> Plane:
    """What each bin gives to the mean of each band, [bins, bands]; a bin on an edge is divided."""
    bins = np.arange(_FRAME // 2 + 1)[:, None]
    covered = np.minimum(bins + 1, edges[1:]) - np.maximum(bins, edges[:-1])
    return np.asarray(np.clip(covered, 0, 1) / np.diff(edges), dtype=np.float32)


def _reach(audio: Audio) -> Plane:
    """How far out each slot reaches, LEAST_REACH to 1, by its loudness; smooth and closed, [slots]."""
    edges = np.linspace(0, audio.shape[1], SLOTS + 1).astype(np.int64)
    sums = np.array([np.square(audio[:, first:last], dtype=np.float64).sum() for first, last in pairwise(edges)])
    level = 10 * np.log10(sums / np.maximum(np.diff(edges), 1) + 1e-9)
    top = level.max()
    share = np.clip((level - top + 24) / 24, 0, 1)
    kernel = np.hanning(13) / np.hanning(13).sum()
    smooth = np.convolve(np.concatenate([share[-6:], share, share[:6]]), kernel, "valid")
    return np.asarray(LEAST_REACH + (1 - LEAST_REACH) * smooth, dtype=np.float32)


def _painted(levels: Plane, reach: Plane, key: str, stretches: list[Stretch]) -> NDArray[np.uint8]:
    """All pixels, [SIDE, SIDE, 3]."""
    axis = (np.arange(SIDE, dtype=np.float32) + np.float32(0.5)) / SIDE - np.float32(0.5)
    radius = np.hypot(axis[None, :], axis[:, None])
    turn = (np.arctan2(axis[None, :], -axis[:, None]) / np.float32(2 * np.pi)) % np.float32(1)
    outer = INNER + REACH * _looked_up(reach, turn)
    depth = (radius - INNER) / (outer - INNER)
    value = _bilinear(levels, turn, np.clip(depth, 0, 1))
    soft = np.clip((outer - radius) * 260, 0, 1) * np.clip((radius - INNER) * SIDE, 0, 1)
    glow = np.exp(-np.maximum(radius - outer, 0) * 26) * (radius > INNER) * 0.30
    light = np.maximum(value * soft, glow * _bilinear(levels, turn, np.full_like(depth, 0.55)))
    picture = _coloured(light, turn, radius, key, stretches)
    # The last bit of a colour is not seen, and costs a third of the file.
    return np.bitwise_and(np.asarray(np.clip(picture, 0, 1) * 254 + 0.5, dtype=np.uint8), np.uint8(0xFE))


def _coloured(light: Plane, turn: Plane, radius: Plane, key: str, stretches: list[Stretch]) -> Plane:
    """Light as colour: from the ground over the section's shade to near white, with the label in the middle."""
    hue, minor = _hue(key)
    ground, paper = _rgb(hue + 0.02, 0.55, 0.065 if minor else 0.10), _rgb(hue + 0.07, 0.25, 0.94)
    shades = _shades(turn, hue, stretches, minor=minor)
    light = light[:, :, None]
    body = _mixed(np.array(ground, dtype=np.float32), shades, np.clip(light / 0.72, 0, 1) ** 1.35)
    picture = _mixed(body, np.array(paper, dtype=np.float32), np.clip((light - 0.66) / 0.34, 0, 1) ** 1.6)
    label = np.clip((INNER - 0.012 - radius) * SIDE, 0, 1)[:, :, None]
    hole = np.clip((HOLE - radius) * SIDE, 0, 1)[:, :, None]
    disc = np.array(_rgb(hue, 0.62, 0.44 if minor else 0.54), dtype=np.float32) * (0.88 + 0.12 * np.cos(4 * np.pi * turn))[:, :, None]
    picture = _mixed(picture, disc, label)
    return _mixed(picture, np.array(ground, dtype=np.float32), hole)


def _shades(turn: Plane, hue: float, stretches: list[Stretch], *, minor: bool) -> Plane:
    """The colour of each pixel's section."""
    kinds = list(dict.fromkeys(stretch.label for stretch in stretches))
    wheel = np.empty((SLOTS, 3), dtype=np.float32)
    wheel[:] = _rgb(hue, 0.70, 0.50 if minor else 0.56)
    for stretch in stretches:
        shift = _SHADES[kinds.index(stretch.label) % len(_SHADES)]
        wheel[round(stretch.start * SLOTS) : round(stretch.end * SLOTS)] = _rgb(hue + shift, 0.72, 0.50 if minor else 0.56)
    return wheel[np.minimum((turn * SLOTS).astype(np.int64), SLOTS - 1)]


def _hue(key: str) -> tuple[float, bool]:
    """Hue 0 to 1 by the tonic's place on the circle of fifths, and whether the key is minor."""
    parsed = Key.parse(key) if key else Key("C")
    return ((parsed.tonic_class * 7) % 12) / 12 + 0.02, parsed.is_minor


def _rgb(hue: float, saturation: float, lightness: float) -> Colour:
    return colorsys.hls_to_rgb(hue % 1.0, lightness, saturation)


def _mixed(one: Plane, other: Plane, share: Plane) -> Plane:
    return np.asarray(one + (other - one) * share, dtype=np.float32)


def _looked_up(curve: Plane, turn: Plane) -> Plane:
    """A closed curve [slots] at turns 0 to 1, linear between its points."""
    at = turn * curve.size - np.float32(0.5)
    first = np.floor(at).astype(np.int64)
    share = (at - first).astype(np.float32)
    return np.asarray(curve[first % curve.size] * (1 - share) + curve[(first + 1) % curve.size] * share)


def _bilinear(levels: Plane, turn: Plane, depth: Plane) -> Plane:
    """Levels [slots, bands] at turns and depths 0 to 1; the song's end does not run into its beginning."""
    slots, bands = levels.shape
    x, y = np.clip(turn * slots - np.float32(0.5), 0, slots - 1), depth * (bands - 1)
    x0, y0 = x.astype(np.int64), y.astype(np.int64)
    fx, fy = (x - x0).astype(np.float32), (y - y0).astype(np.float32)
    x1, y1 = np.minimum(x0 + 1, slots - 1), np.minimum(y0 + 1, bands - 1)
    low = levels[x0, y0] * (1 - fx) + levels[x1, y0] * fx
    high = levels[x0, y1] * (1 - fx) + levels[x1, y1] * fx
    return np.asarray(low * (1 - fy) + high * fy, dtype=np.float32)
