"""Cadences in a list of timed chords: how each phrase ends, in the key in force there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from contracts.music import Chord, Key
from services.music.theory.analysis import cadence

Kind = Literal["authentic", "plagal", "half", "deceptive"]
KINDS: tuple[Kind, ...] = ("authentic", "plagal", "half", "deceptive")


@dataclass(frozen=True)
class Timed:
    """A chord from one time to another; any unit, the same for all."""

    start: float
    end: float
    chord: Chord


@dataclass(frozen=True)
class PhraseEnd:
    """How a phrase ends: number of the chord it ends on, and how the chord before leads there."""

    index: int
    time: float
    kind: Kind
    before: Chord
    last: Chord


def joined(chords: Sequence[Timed]) -> list[Timed]:
    """Neighbours on one root with one third as one chord, the first one's name: colours do not make a cadence."""
    found: list[Timed] = []
    for timed in chords:
        if found and _same(found[-1].chord, timed.chord) and abs(found[-1].end - timed.start) < 1e-6:
            found[-1] = Timed(found[-1].start, timed.end, found[-1].chord)
        else:
            found.append(timed)
    return found


def _same(one: Chord, other: Chord) -> bool:
    return one.root_class == other.root_class and one.is_minor == other.is_minor


def phrase_cadences(chords: Sequence[Timed], ends: Sequence[float], key_at: Callable[[float], Key], near: float) -> list[PhraseEnd]:
    """The cadence of each phrase that has one.

    Args:
        chords: in order, gaps where nothing sounds.
        ends: times at which phrases end.
        key_at: the key in force at a time.
        near: a chord that begins less than this before an end belongs to the next phrase.
    """
    runs = joined(chords)
    found: list[PhraseEnd] = []
    for end in ends:
        index = max((i for i, timed in enumerate(runs) if timed.start < end - near), default=-1)
        if index < 1 or runs[index].end < end - near or (found and found[-1].index == index):
            continue
        before, last = runs[index - 1], runs[index]
        kind = named(cadence(before.chord, last.chord, key_at(last.start)))
        if kind is not None and last.start - before.end < near:
            found.append(PhraseEnd(index, last.start, kind, before.chord, last.chord))
    return found


def named(kind: str) -> Kind | None:
    """One of the four cadences, or None for what leaves a phrase open or is modal."""
    return next((known for known in KINDS if known == kind), None)


def changes(chords: Sequence[Timed]) -> int:
    """How often the chord changes, colours aside."""
    return sum(1 for _ in pairwise(joined(chords)))
