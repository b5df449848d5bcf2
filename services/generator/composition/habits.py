"""Habits of real singers, learned from open data: what a note, a half bar, a phrase and a whole song tend to be.

`services.generator.training.melodies` makes the table; the classes by which it counts are defined here, for both sides.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WIDEST = 13
"""Intervals are clipped to ± this many semitones."""
SPREAD = 6.0
"""Semitones that make a height of 1."""
LONG = 8
"""An onset distance of so many steps parts two sub-phrases."""
GAP = 3
"""A silence of so many steps parts two sub-phrases."""

HALF = 8
"""Steps of half a bar."""

# Tables of the pitch model: name -> shape. Each note takes one weight of each.
PITCH_SHAPES: dict[str, tuple[int, ...]] = {
    "interval": (2, 2 * WIDEST + 1),
    "speed": (5, 6),
    "turn": (8, 7),
    "return": (2, 2),
    "degree": (2, 12),
    "bigram": (2, 12, 12),
    "over": (3, 2, 12),
    "chord": (5, 4),
    "resolve": (5, 4),
    "first": (2, 12),
    "last": (2, 12),
    "final": (2, 12),
    "height": (4,),
}
_SIZE_EDGES = np.array([1, 3, 5, 8, 12])


def move_class(interval: Ints) -> Ints:
    """0 leap down, 1 skip down, 2 step down, 3 repeat, 4 step up, 5 skip up, 6 leap up."""
    value = np.asarray(interval)
    result = np.full(value.shape, 3)
    result[value < 0] = 2
    result[value <= -3] = 1
    result[value <= -5] = 0
    result[value > 0] = 4
    result[value >= 3] = 5
    result[value >= 5] = 6
    return result


def size_class(interval: Ints) -> Ints:
    """0 repeat, 1 step, 2 third, 3 to a fifth, 4 to an octave less one, 5 octave and more."""
    return np.searchsorted(_SIZE_EDGES, np.abs(interval), side="right")


def bar_position(index: int, bars: int) -> int:
    """Where a bar stands in its phrase: 0 first, 1 second of its two bars, 2 first of them, 3 last."""
    return 3 if index == bars - 1 and bars > 1 else 0 if index == 0 else 1 if index % 2 else 2


def half_features(code: int) -> Array:
    """What a half bar has: onsets, those on off-beat 8ths, those on off-beat 16ths, distances of one, two and four steps between onsets.

    The first step is the highest bit.
    """
    steps = [s for s in range(HALF) if code >> (HALF - 1 - s) & 1]
    gaps = [b - a for a, b in pairwise(steps)]
    found = (len(steps), sum(s % 4 == 2 for s in steps), sum(s % 2 for s in steps), gaps.count(1), gaps.count(2), gaps.count(4))
    return np.array(found, dtype=float)


def speed_class(steps: int) -> int:
    """Onset distance in 16ths: 0 one, 1 two, 2 to four, 3 to seven, 4 longer."""
    return 0 if steps <= 1 else 1 if steps == 2 else 2 if steps <= 4 else 3 if steps < LONG else 4


def length_class(steps: int) -> int:
    """Steps until the next note: 0 one, 1 two, 2 to four, 3 longer."""
    return 0 if steps <= 1 else 1 if steps == 2 else 2 if steps <= 4 else 3


def quality_class(root: int, tones: frozenset[int]) -> int:
    """0 with a major third, 1 with a minor third, 2 with neither."""
    above = {(tone - root) % 12 for tone in tones}
    return 0 if 4 in above else 1 if 3 in above else 2


@dataclass(frozen=True)
class Rhythms:
    """Half bars of real songs and how they follow each other."""

    codes: Ints
    """Onsets of each half bar as bits, the first step the highest."""
    features: Array
    """`half_features` of each."""
    share: Array
    """Share of each."""
    position: Array
    """Share by place (`bar_position` twice plus which half) over the common share, as log odds: [place, half]."""
    follows: Array
    """Log share after another half bar (the last row: after silence): [which half, before, half]."""
    mean: Array
    """Mean over songs of their mean features."""
    covariance: Array
    pickups: tuple[tuple[tuple[int, ...], float], ...]
    """Onset steps before a phrase's bar line, with shares; the empty one is none."""
    held: Array
    """Share of sounding lengths 1–17 by onset distance 1–17: [distance - 1, length - 1]."""


@dataclass(frozen=True)
class SongHabits:
    """What whole songs measure: features with their joint distribution over songs."""

    names: tuple[str, ...]
    mean: Array
    covariance: Array


@dataclass(frozen=True)
class Habits:
    """The learned table."""

    pitch: dict[str, Array]
    """Log odds by the tables of `PITCH_SHAPES`."""
    rhythms: Rhythms
    plans: dict[str, dict[str, dict[str, float]]]
    """Place in the phrase -> relation of the bar before -> relation of this bar -> count."""
    heights: dict[str, list[float]]
    """Semitones of two bars over their phrase, and of choruses over verses."""
    songs: SongHabits


@cache
def habits() -> Habits:
    """The learned table of this release."""
    raw = json.loads((files("services.generator.learned") / "melodies.json").read_text("utf-8"))
    songs = raw["songs"]
    return Habits(
        {name: np.array(raw["pitch"][name]).reshape(shape) for name, shape in PITCH_SHAPES.items()},
        _rhythms(raw["rhythms"]),
        raw["plans"],
        raw["heights"],
        SongHabits(tuple(songs["names"]), np.array(songs["mean"]), np.array(songs["covariance"])),
    )


def _rhythms(raw: dict[str, Any]) -> Rhythms:
    codes = np.array(raw["halves"])
    counts = np.array(raw["positions"], dtype=float) + 0.02
    total = counts.sum(axis=0)
    share = total / total.sum()
    place = np.log((counts + 20 * share) / (counts.sum(axis=1, keepdims=True) + 20) / share)
    follows = np.zeros((2, len(codes) + 1, len(codes)))
    for side, rows in enumerate(raw["follows"]):
        for before, half, count in rows:
            follows[side, before, half] += count
    usual = follows.sum(axis=1, keepdims=True)
    usual = (usual + 0.1) / (usual + 0.1).sum(axis=2, keepdims=True)
    follows = np.log((follows + 12 * usual) / (follows.sum(axis=2, keepdims=True) + 12))
    pickups = sum(n for _, n in raw["pickups"])
    held = np.array(raw["held"], dtype=float) + 1e-6
    return Rhythms(
        codes, np.array([half_features(int(c)) for c in codes]), share, place, follows, np.array(raw["mean"]),
        np.array(raw["covariance"]), tuple((tuple(steps), n / pickups) for steps, n in raw["pickups"]),
        held / held.sum(axis=1, keepdims=True),
    )  # fmt: skip
