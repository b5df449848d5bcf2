"""What a player sees in the notes before playing: which are slurred to the one before, and the phrases that they form."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from contracts.music import Note
from services.generator.production.curves import Clock
from services.music.packs.sound_table import Legato

NONE = -1
WIDEST = 12
"""Semitones over which a slur is played as one."""
HAMMERED = 2
"""Semitones over which a fretting hand hammers on or pulls off."""
TOGETHER_S = 0.04
"""Notes that begin within this are one chord."""
OVERLAP_S = 0.15
ACCENT = 12
"""A note this much stronger than the one before takes a new bow or tongue."""
BOW_S = 4.0
"""One bow, one breath's slur, is no longer."""
REST_S = 0.4
"""A rest that divides phrases."""
LOOK_BACK = 12


class Times(NamedTuple):
    """Start and end of each note in seconds, as written."""

    start: np.ndarray
    end: np.ndarray

    @classmethod
    def of(cls, notes: Sequence[Note], clock: Clock) -> "Times":
        """Times of notes by the song's clock."""
        return cls(np.array([clock.seconds(n.start) for n in notes]), np.array([clock.seconds(n.end) for n in notes]))


def slurs(notes: Sequence[Note], times: Times, rule: Legato | None, *, struck: bool) -> list[int]:
    """For each note the index of the note that it is slurred from, or NONE. Notes are in order of their starts."""
    origin = [NONE] * len(notes)
    if rule is None:
        return origin
    taken: set[int] = set()
    begun = times.start.copy()  # when the bow of each note began
    for i, note in enumerate(notes):
        options = [
            j
            for j in range(max(i - LOOK_BACK, 0), i)
            if j not in taken and _touching(times, j, i, rule.within_ms / 1000) and _may_slur(notes[j], note, struck=struck)
        ]
        if struck and (len(options) != 1 or not _alone(times, options[0], i)):
            continue
        if options:
            j = min(options, key=lambda j: (abs(notes[j].pitch - note.pitch), j))
            if times.end[i] - begun[j] <= BOW_S or struck:
                origin[i], begun[i] = j, begun[j]
                taken.add(j)
    return origin


def _touching(times: Times, before: int, after: int, within_s: float) -> bool:
    gap = times.start[after] - times.end[before]
    return bool(-OVERLAP_S <= gap <= within_s and times.start[after] - times.start[before] > TOGETHER_S)


def _may_slur(before: Note, after: Note, *, struck: bool) -> bool:
    step = abs(after.pitch - before.pitch)
    if struck:  # fingers alone make the second note: a step, and softer
        return 0 < step <= HAMMERED and after.velocity < before.velocity
    return 0 < step <= WIDEST and after.velocity < before.velocity + ACCENT


def _alone(times: Times, before: int, after: int) -> bool:
    """Whether neither note is part of a chord."""
    for index in (before, after):
        near = slice(max(index - 6, 0), index + 7)
        if np.count_nonzero(np.abs(times.start[near] - times.start[index]) <= TOGETHER_S) > 1:
            return False
    return True


def arches(times: Times) -> np.ndarray:
    """Share of its force at which each note of a phrase stands, 0.84 to 1: phrases rise to a little after their middle.

    For parts without a written curve of dynamics. Phrases are divided by rests.
    """
    force = np.ones(times.start.size)
    first, reached = 0, -np.inf
    for index in range(times.start.size + 1):
        ended = index == times.start.size or (index > first and times.start[index] - reached > REST_S)
        if ended and index > first:
            inside = slice(first, index)
            span = max(reached - times.start[first], 0.1)
            place = (times.start[inside] - times.start[first]) / span
            force[inside] = 0.84 + 0.16 * np.clip(1.0 - (1.9 * place - 1.05) ** 2, 0.0, 1.0) if index - first > 2 else 0.96
            first, reached = index, -np.inf
        if index < times.start.size:
            reached = max(reached, float(times.end[index]))
    return force


def leaving(origin: list[int]) -> list[bool]:
    """Whether each note is slurred to another one."""
    on = set(origin) - {NONE}
    return [index in on for index in range(len(origin))]
