"""The likeliest chords over the grid: Viterbi over what is heard, what the key has, and where chords change."""

import numpy as np
import numpy.typing as npt

from services.analyzer.chord_grid import Grid
from services.analyzer.chord_model import QUALITIES, STATES
from services.analyzer.key_chords import quality_shares, shares_after, shares_in_keys
from services.music.audio.keygram import CLASSES

Array = npt.NDArray[np.float64]

NONE = STATES
"""The state of no chord."""
CHANGE = (0.8, 0.08, 0.025)
"""Chance of a change at a bar line, at a beat, inside a beat."""
HEARD = 0.55
PRIOR = 0.09
"""How much of the shares among which the ear was taught is taken off again."""
KEY = 2.0
AFTER = 0.28
BARE = {"5": 1.5, "sus4": 3.0}
"""What a chord without a third must be the likelier for: a lead sheet names the third that the key has."""
# All chosen on rendered songs, each heard by ears that were taught without it.
_SILENT = 12.0


def chord_path(
    heard: npt.NDArray[np.float32], grid: Grid, keys: npt.NDArray[np.int64] | None, silent: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """The state of each stretch.

    Args:
        heard: log probability [stretches, STATES].
        grid: where stretches begin.
        keys: the key in force in each stretch [stretches]; None: not known yet.
        silent: where no pitch is heard [stretches].
    """
    count = len(heard)
    base = quality_shares()
    in_keys = KEY * np.log(shares_in_keys()) + (1 - KEY) * np.log(base)
    sound = np.full((count, STATES + 1), -_SILENT)
    bare = np.tile([BARE.get(quality, 0.0) for quality in QUALITIES], CLASSES)
    sound[:, :STATES] = HEARD * (heard - bare) - PRIOR * np.log(base)
    sound[:, NONE] = np.where(silent, sound[:, :STATES].max(axis=1) + _SILENT, -3 * _SILENT)
    arriving = np.zeros((STATES + 1, STATES + 1))
    arriving[:STATES, :STATES] = AFTER * (np.log(shares_after()) - np.log(base))
    score = sound[0].copy()
    back = np.zeros((count, STATES + 1), np.int64)
    stay = np.arange(STATES + 1)
    for t in range(1, count):
        change = CHANGE[int(grid.place[t])]
        wanted = np.append(np.log(base) if keys is None else in_keys[keys[t]], -3.0)
        moved = score[:, None] + arriving
        best = moved.argmax(axis=0)
        gain = moved[best, stay] + wanted + np.log(change)
        held = score + np.log(1 - change)
        back[t] = np.where(gain > held, best, stay)
        score = np.maximum(gain, held) + sound[t]
    path = np.empty(count, np.int64)
    path[-1] = int(score.argmax())
    for t in range(count - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path
