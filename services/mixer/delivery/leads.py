"""Who leads a song, and how much of the shared effects is the lead's."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from contracts.music.score import Part, Role, Score

Audio = NDArray[np.float32]
Load = Callable[[str], Audio]

LEADING = (Role.VOCAL, Role.MELODY)
DOUBLING = (Role.COUNTER, Role.PAD, Role.HARMONY)
DOUBLES_SHARE = 0.75  # of a part's notes that begin with the lead's, at its pitch class
FEWEST = 8  # notes: fewer say nothing about doubling
_TOGETHER_TICKS = 90


def lead_parts(score: Score) -> list[str]:
    """Parts that carry the tune: those that sing or play it, and those that double it note for note, in part order."""
    leading = [name for name, part in score.parts.items() if part.role in LEADING and part.notes]
    tune = sorted((note.start, note.pitch % 12) for name in leading for note in score.parts[name].notes)
    doubles = [name for name, part in score.parts.items() if part.role in DOUBLING and _doubled(part, tune) >= DOUBLES_SHARE]
    return [name for name in score.parts if name in {*leading, *doubles}]


def _doubled(part: Part, tune: list[tuple[int, int]]) -> float:
    """Share of a part's notes that begin together with a note of the tune of the same pitch class."""
    if len(part.notes) < FEWEST or not tune:
        return 0.0
    starts = np.array([start for start, _ in tune])
    same = 0
    for note in part.notes:
        low, high = np.searchsorted(starts, (note.start - _TOGETHER_TICKS, note.start + _TOGETHER_TICKS + 1))
        same += any(tune[index][1] == note.pitch % 12 for index in range(low, high))
    return same / len(part.notes)
