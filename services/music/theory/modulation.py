"""Keys over time: the best path of keys through evidence that comes piece by piece, chords of a score or stretches of sound."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

MAJOR_KEYS = 12
"""A key is a number: 0–11 major on C to B, 12–23 minor."""


def closeness() -> Array:
    """How far keys lie apart in fifths of signature [24, 24], 0 (same notes) to 6."""
    signature = np.array([(7 * (tonic + (3 if minor else 0))) % 12 for minor in (False, True) for tonic in range(12)])
    apart = np.abs(signature[:, None] - signature)
    return np.asarray(np.minimum(apart, 12 - apart), np.float64)


def key_path(fits: Array, switch: float, same_notes: float = 1.0) -> list[tuple[int, int]]:
    """The keys in force: (index of the first piece, key), first at 0.

    Args:
        fits: what each piece says for each key [pieces, 24], log likelihood.
        switch: what a change of key must gain.
        same_notes: how many times that, where both keys have the same notes: relative keys take turns in one phrase.
    """
    if not len(fits):
        return []
    cost = np.where(closeness() == 0, same_notes * switch, switch)
    np.fill_diagonal(cost, 0.0)
    score = fits[0].copy()
    back = np.zeros(fits.shape, np.int64)
    for piece in range(1, len(fits)):
        moved = score[:, None] - cost
        back[piece] = moved.argmax(axis=0)
        score = moved.max(axis=0) + fits[piece]
    state = int(score.argmax())
    path = [state]
    for piece in range(len(fits) - 1, 0, -1):
        state = int(back[piece, state])
        path.append(state)
    return spans_of(path[::-1])


def spans_of(path: Sequence[int]) -> list[tuple[int, int]]:
    """(index, value) where a sequence begins or changes."""
    return [(i, value) for i, value in enumerate(path) if i == 0 or path[i - 1] != value]
