"""How likely each chord is in each stretch of sound: a small network that is the same for all twelve roots.

Seen from each root, the pitch classes of treble and bass, of the moment and of its surroundings, go through one hidden layer;
a softmax over all roots and qualities says which chord it is. Weights: `learned/chord_ears.json`, made by
`services.analyzer.training.chord_ears`.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from services.music.audio.keygram import CLASSES, Grams, classes_of, notes_in

Array = npt.NDArray[np.float32]

QUALITIES = ("", "m", "7", "maj7", "m7", "m7b5", "sus4", "5")
"""What is told apart: a state is root * len(QUALITIES) + quality."""
STATES = CLASSES * len(QUALITIES)
HALF_WIDTH = 4
"""Stretches on either side that count as surroundings."""


@dataclass(frozen=True)
class ChordEars:
    """Weights of the network: hidden [features, hidden], its bias, output [hidden, qualities], its bias."""

    hidden: Array
    hidden_bias: Array
    output: Array
    output_bias: Array

    def log_likely(self, seen: Array) -> Array:
        """Log probability [stretches, STATES] of features [stretches, 12, features]."""
        inner = np.maximum(seen @ self.hidden + self.hidden_bias, 0)
        score = (inner @ self.output + self.output_bias).reshape(len(seen), -1)
        score -= score.max(axis=1, keepdims=True)
        return np.asarray(score - np.log(np.exp(score).sum(axis=1, keepdims=True)), np.float32)


@cache
def learned() -> ChordEars:
    """The committed weights."""
    table = json.loads((files("services.analyzer") / "learned" / "chord_ears.json").read_text("utf-8"))
    return ChordEars(*(np.asarray(table[name], np.float32) for name in ("hidden", "hidden_bias", "output", "output_bias")))


def _evened(classes: Array) -> Array:
    return np.asarray(classes / (classes.max(axis=1, keepdims=True) + 1e-3), np.float32)


@dataclass(frozen=True)
class Stretches:
    """What sounds in each stretch: keys and notes of the whole range, keys and notes of the bass; [stretches, KEYS] each."""

    keys: Array
    notes: Array
    low_keys: Array
    low_notes: Array

    @property
    def classes(self) -> Array:
        """Pitch classes above the bass [stretches, 12]."""
        return classes_of(self.notes, 45, 92, 4)

    @property
    def bass(self) -> Array:
        """Pitch classes of the bass [stretches, 12]."""
        return classes_of(self.low_notes, 26, 53, 4)


def stretches_of(grams: Grams, edges_s: npt.NDArray[np.float64]) -> Stretches:
    """What sounds between each two times in seconds."""
    keys, low = grams.whole.between(edges_s), grams.low.between(edges_s)
    return Stretches(keys, notes_in(keys), low, notes_in(low))


def seen_from_roots(stretches: Stretches) -> Array:
    """Features [stretches, 12 roots, features]: pitch classes counted from each root."""
    views = [
        np.sqrt(classes_of(stretches.notes, 50, 92, 4)),
        np.sqrt(stretches.bass),
        classes_of(stretches.keys, 45, 90, 4),
        classes_of(stretches.low_keys, 26, 50, 6),
    ]
    now = np.stack([_evened(view) for view in views], axis=1)
    count, width = len(now), HALF_WIDTH
    padded = np.pad(now[:, :2], ((width, width), (0, 0), (0, 0)), mode="edge")
    near = (padded[width - 1 : width - 1 + count] + padded[width + 1 : width + 1 + count]) / 2
    wide = np.mean([padded[i : i + count] for i in range(2 * width + 1)], axis=0)
    views_of = np.concatenate([now, near, wide], axis=1)
    turn = (np.arange(CLASSES)[:, None] + np.arange(CLASSES)) % CLASSES
    return np.asarray(views_of[:, :, turn].transpose(0, 2, 1, 3).reshape(count, CLASSES, -1), np.float32)
