"""The tone of a reference section by section: filters that give way to each other where our sections meet.

Linear and the same for every stem, though not the same at every time: stems still sum to the master. Each of our sections that
answers to a key section of the reference is led to the tone of that one; the others keep the tone of the whole record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.mixer.mastering.matching import MOST_DB, Match, matching_db

Audio = NDArray[np.float32]
Bands = NDArray[np.float64]

APART_DB = 6.0
"""How far a section's equaliser may leave the whole record's: more would be another record."""
LEVEL_SHARE = 0.5
LEVEL_MOST_DB = 2.5
"""Sections come this far towards the reference's distances in loudness; the rest is the arrangement's."""
FADE_S = 0.25
"""Filters change in the quarter second before a section begins, so that its first beat has its own tone."""


@dataclass(frozen=True)
class SectionAim:
    """A key section of the reference and where ours lie that answer to it.

    `level_db` per third octave of the reference's centres; `above_lu`: its loudness over that of the whole reference, None where
    that is not known; `spans` in samples.
    """

    name: str
    level_db: Bands
    spans: tuple[tuple[int, int], ...]
    above_lu: float | None = None


class Filter(Protocol):
    """What filters one stem."""

    def apply(self, audio: Audio) -> Audio:
        """Filter [2, samples]; as long as the input, and nothing moves."""

    @property
    def reach(self) -> int:
        """Samples to either side on which a sample of the output depends."""


@dataclass(frozen=True)
class Turn:
    """A filter that is in force from one sample to another."""

    start: int
    end: int
    filter: Filter


@dataclass(frozen=True)
class Changing:
    """Filters one after the other, crossfaded: linear, and the sum of the weights is one at every sample."""

    turns: tuple[Turn, ...]
    fade: int

    @property
    def reach(self) -> int:
        """Samples to either side on which a sample of the output depends."""
        return max(turn.filter.reach for turn in self.turns)

    def apply(self, audio: Audio) -> Audio:
        """Filter one stem [2, samples]."""
        frames = audio.shape[1]
        out = np.zeros_like(audio)
        rise = (0.5 - 0.5 * np.cos(np.pi * (np.arange(self.fade) + 0.5) / self.fade)).astype(np.float32)
        for index, turn in enumerate(self.turns):
            first = max(turn.start - self.fade, 0) if index else 0
            last = turn.end if index + 1 < len(self.turns) else frames
            begin, end = max(first - turn.filter.reach, 0), min(last + turn.filter.reach, frames)
            wet = turn.filter.apply(np.ascontiguousarray(audio[:, begin:end]))[:, first - begin : last - begin]
            if index:
                ramp = rise[-(turn.start - first) :] if turn.start > first else rise[:0]
                wet[:, : ramp.size] *= ramp
            if index + 1 < len(self.turns):
                ramp = rise[-min(self.fade, last) :]
                wet[:, wet.shape[1] - ramp.size :] *= 1 - ramp
            out[:, first:last] += wet
        return out


def turns_of(aims: Sequence[SectionAim], filters: Sequence[Filter], whole: Filter, frames: int, fade: int) -> tuple[Turn, ...]:
    """Who is in force when: each aim's filter over its spans, the whole record's between them. Neighbours that are alike are one."""
    spans = sorted((start, end, index) for index, aim in enumerate(aims) for start, end in aim.spans)
    pieces: list[Turn] = []
    at = 0
    for start, end, index in spans:
        first = max(start, at)
        if first - at > 2 * fade:
            pieces.append(Turn(at, first, whole))
            at = first
        if end - at > 2 * fade:
            pieces.append(Turn(at, min(end, frames), filters[index]))
            at = min(end, frames)
    if not pieces:
        return (Turn(0, frames, whole),)
    if frames - at > 2 * fade:
        pieces.append(Turn(at, frames, whole))
    joined = [pieces[0]]
    for piece in pieces[1:]:
        if piece.filter is joined[-1].filter:
            joined[-1] = Turn(joined[-1].start, piece.end, piece.filter)
        else:
            joined.append(piece)
    joined[-1] = Turn(joined[-1].start, frames, joined[-1].filter)
    return tuple(joined)


def section_gains_db(centres_hz: Bands, level_db: Bands, target_db: Bands, whole_gains_db: Bands, match: Match) -> Bands:
    """Gains per band of a section that sounds like `level_db` towards its target, near those of the whole record.

    The section comes out as loud as the whole record's equaliser would have left it.
    """
    apart = APART_DB + max(match.most_db - MOST_DB, 0.0)
    gains = np.clip(matching_db(centres_hz, level_db, target_db, match), whole_gains_db - apart, whole_gains_db + apart)
    return np.asarray(gains + _power_db(level_db + whole_gains_db) - _power_db(level_db + gains))


def level_wish_db(aim: SectionAim, ours_above_lu: float) -> float:
    """How much louder or softer a section becomes, dB: half of the way to the reference's contrast, at most 2.5 dB."""
    if aim.above_lu is None or not np.isfinite(ours_above_lu):
        return 0.0
    return float(np.clip(LEVEL_SHARE * (aim.above_lu - ours_above_lu), -LEVEL_MOST_DB, LEVEL_MOST_DB))


def _power_db(level_db: Bands) -> float:
    return float(10 * np.log10(np.sum(10 ** (level_db / 10))))
