"""Bars put together: equal-power crossfades at bar lines that leave the incoming downbeat whole.

What is dry crosses over in the milliseconds before the line; the shared spaces a little longer, so that their tails are not cut.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.mixer.delivery.bars import Bars, Piece

Audio = NDArray[np.float32]

DRY_BEFORE_S, DRY_AFTER_S = 0.012, 0.0
WET_BEFORE_S, WET_AFTER_S = 0.040, 0.120
LEAD_IN_S = 0.010  # a player may be this early: the first downbeat is not cut


def span(bars: Bars, piece: Piece, rate: int) -> tuple[int, int]:
    """First sample of a piece, and the first after it."""
    return round(bars.at(piece.first) * rate), round(bars.at(piece.end) * rate)


def lead_in(bars: Bars, piece: Piece, rate: int) -> int:
    """Samples before the first bar line that an edit begins with; none at the song's beginning."""
    return min(round(LEAD_IN_S * rate), span(bars, piece, rate)[0])


def spliced(dry: Audio, wet: Audio, spans: list[tuple[int, int]], rate: int) -> Audio:
    """The spans (first sample, sample after the last) of dry + wet one after the other, [2, sum of the spans]."""
    out = _joined(dry, spans, round(DRY_BEFORE_S * rate), round(DRY_AFTER_S * rate))
    out += _joined(wet, spans, round(WET_BEFORE_S * rate), round(WET_AFTER_S * rate))
    return out


def _joined(audio: Audio, spans: list[tuple[int, int]], before: int, after: int) -> Audio:
    """Spans with crossfades from `before` samples before each join to `after` samples behind it; spans that adjoin run on."""
    out = np.concatenate([audio[:, first:end] for first, end in spans], axis=1)
    at = 0
    for (first, end), (following, following_end) in pairwise(spans):
        at += end - first
        if following == end:
            continue
        early = min(before, end - first, following)
        # Before the song's beginning there is nothing to come in with: the crossfade lies behind the line then.
        late = min(after if early == before else max(after, before), following_end - following, audio.shape[1] - end)
        angle = (np.arange(early + late, dtype=np.float32) + np.float32(0.5)) / np.float32(max(1, early + late)) * np.float32(np.pi / 2)
        going, coming = audio[:, end - early : end + late], audio[:, following - early : following + late]
        out[:, at - early : at + late] = going * np.cos(angle) + coming * np.sin(angle)
    return out


def faded_in(audio: Audio, frames: int) -> Audio:
    """With its first samples rising from silence, in place."""
    if frames:
        audio[:, :frames] *= (0.5 - 0.5 * np.cos(np.pi * (np.arange(frames) + 0.5) / frames)).astype(np.float32)
    return audio


def faded_out(audio: Audio, frames: int) -> Audio:
    """With its last samples falling to silence, in place."""
    if frames:
        audio[:, -frames:] *= (0.5 + 0.5 * np.cos(np.pi * (np.arange(frames) + 0.5) / frames)).astype(np.float32)
    return audio


def turned(dry: Audio, wet: Audio, piece: tuple[int, int], rate: int) -> Audio:
    """One turn of a span that goes round, [2, its length]: its end runs into its beginning as three turns in a row would play it."""
    length = piece[1] - piece[0]
    return np.ascontiguousarray(spliced(dry, wet, [piece] * 3, rate)[:, length : 2 * length])
