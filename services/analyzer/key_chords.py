"""Which chords a key has and which follow which: shares learned from annotated songs, `learned/key_chords.json`."""

import json
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from services.analyzer.chord_model import QUALITIES, STATES
from services.music.audio.keygram import CLASSES

Array = npt.NDArray[np.float64]

MODES = ("major", "minor")
KEYS = len(MODES) * CLASSES
"""A key is mode * 12 + tonic."""
_FLOOR = 0.0008
"""Share that a chord has which was never seen in a key."""
_QUALITY_FLOOR = 0.002


@cache
def _table() -> dict[str, Array]:
    held = json.loads((files("services.analyzer") / "learned" / "key_chords.json").read_text("utf-8"))
    return {name: np.asarray(held[name], np.float64) for name in (*MODES, "changes")}


@cache
def shares_in_keys() -> Array:
    """Share of time of each chord in each key [KEYS, STATES], rows summing to 1."""
    rows = []
    for mode in MODES:
        own = _table()[mode] + _FLOOR
        rows += [np.roll(own / own.sum(), tonic * len(QUALITIES)) for tonic in range(CLASSES)]
    return np.stack(rows)


@cache
def shares_after() -> Array:
    """Share of each chord among those that follow a chord [STATES, STATES], rows summing to 1."""
    changes = _table()["changes"] + _QUALITY_FLOOR / CLASSES
    changes /= changes.sum(axis=1, keepdims=True)
    rows = [np.roll(changes[quality], root * len(QUALITIES)) for root in range(CLASSES) for quality in range(len(QUALITIES))]
    return np.stack(rows)


@cache
def quality_shares() -> Array:
    """Share of each state whatever the key [STATES]."""
    return np.asarray(shares_in_keys().mean(axis=0))


__all__ = ["KEYS", "MODES", "STATES", "quality_shares", "shares_after", "shares_in_keys"]
