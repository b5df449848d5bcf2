"""How notes lie on the grid: where their off-beats stand, and how far hands stray."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from contracts.music import PPQ, Note

_OFF = (0.42, 0.74)
_LEAST = 8
_STRAIGHT = 0.02
_SIXTEENTH = PPQ // 4


class Lie(NamedTuple):
    """`share`: where in a pair of notes the second one stands, 0.5 straight to 0.67 triplets. `spread`: standard deviation, ticks."""

    share: float
    spread: float


def lie_of(notes: Sequence[Note], period: int) -> Lie:
    """How notes lie in pairs of `period` ticks."""
    starts = np.array([note.start for note in notes], dtype=float)
    if not starts.size:
        return Lie(0.5, 0.0)
    phases = (starts % period) / period
    off = phases[(phases > _OFF[0]) & (phases < _OFF[1])]
    share = float(np.median(off)) if off.size >= _LEAST else 0.5
    share = 0.5 if abs(share - 0.5) < _STRAIGHT else share
    straight = (
        np.where(phases <= share, phases / share * 0.5, 0.5 + (phases - share) / (1 - share) * 0.5) * period + starts - starts % period
    )
    away = straight - np.round(straight / _SIXTEENTH) * _SIXTEENTH
    near = away[np.abs(away) < _SIXTEENTH * 0.4]
    return Lie(share, float(np.std(near)) if near.size else 0.0)


def periods() -> tuple[int, int]:
    """Pairs of eighths and of sixteenths."""
    return PPQ, PPQ // 2
