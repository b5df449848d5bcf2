"""Sections of an orchestra or a choir as real desks: four voices, each inside its own range, led by strict part-writing.

A shortest path over all voicings of each chord, as `services.music.theory.voicing` finds for keys, but voice by voice: the
lowest desk has the bass, no voice leaves its range or crosses its neighbour, no two voices move in parallel fifths or octaves
where another way exists (Fux; Kostka & Payne, *Tonal Harmony*), sevenths fall and leading tones rise.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np

from contracts.music import Chord

_PER_TOP = 10  # voicings kept for each pitch of the top voice
_PARALLEL, _INNER_PARALLEL, _HIDDEN, _OVERLAP, _UNRESOLVED = 60.0, 24.0, 5.0, 8.0, 3.0
_ABOVE = 4  # semitones by which a section may rise over the tune before it costs
_WIDEST = (24, 12, 12)  # between neighbours, from below


class Desk(NamedTuple):
    """Players of one voice: MIDI range in which they are written here."""

    name: str
    low: int
    high: int


DESKS: dict[str, tuple[Desk, Desk, Desk, Desk]] = {
    "string_ensemble": (Desk("cellos", 40, 62), Desk("violas", 50, 72), Desk("second violins", 56, 79), Desk("first violins", 60, 88)),
    "brass_section": (Desk("trombone", 43, 60), Desk("horn", 50, 67), Desk("second trumpet", 56, 74), Desk("first trumpet", 60, 79)),
    "choir": (Desk("basses", 41, 60), Desk("tenors", 48, 67), Desk("altos", 55, 74), Desk("sopranos", 60, 79)),
}


def divided(
    chords: Sequence[Chord], section: str, tops: Sequence[int | None] = (), before: tuple[int, ...] | None = None
) -> list[tuple[int, ...]]:
    """One voicing per chord: four MIDI notes, the lowest desk first.

    Args:
        chords: the progression.
        section: a key of DESKS.
        tops: per chord, a pitch that the top voice should stay at or below (a melody), or None.
        before: the voicing that was heard before, to go on from.
    """
    if not chords:
        return []
    layers = [_candidates(chord, section) for chord in chords]
    ceilings = list(tops) or [None] * len(chords)
    cost = _local(chords[0], section, ceilings[0])
    if before and len(before) == 4:
        cost = cost + _moves(np.array([before]), layers[0])[0]
    origins: list[np.ndarray] = []
    for index in range(1, len(chords)):
        step = cost[:, None] + _between(chords[index - 1], chords[index], section)
        origins.append(np.argmin(step, axis=0))
        cost = step.min(axis=0) + _local(chords[index], section, ceilings[index])
    place = int(np.argmin(cost))
    path = [place]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return [tuple(int(p) for p in layer[i]) for layer, i in zip(layers, reversed(path), strict=True)]


def _local(chord: Chord, section: str, ceiling: int | None) -> np.ndarray:
    base = _own_costs(chord, section)
    return base if ceiling is None else base + 0.3 * np.maximum(_candidates(chord, section)[:, 3] - ceiling - _ABOVE, 0)


@lru_cache(maxsize=2048)
def _found(chord: Chord, section: str) -> tuple[np.ndarray, np.ndarray]:
    """Voicings [count, 4] and their costs, the best for every top note."""
    desks = DESKS[section]
    classes = {(chord.root_class + s) % 12 for s in chord.intervals} | {chord.bass_class}
    options = [[p for p in range(desk.low, desk.high + 1) if p % 12 in classes] for desk in desks]
    options[0] = [p for p in options[0] if p % 12 == chord.bass_class]
    rows: dict[int, list[tuple[float, tuple[int, ...]]]] = {}
    for voicing in product(*options):
        gaps = [b - a for a, b in pairwise(voicing)]
        if min(gaps) < 1 or any(gap > widest for gap, widest in zip(gaps, _WIDEST, strict=True)):
            continue
        rows.setdefault(voicing[3], []).append((_cost(voicing, chord, desks), voicing))
    kept = [row for top in rows.values() for row in sorted(top)[:_PER_TOP]]
    if not kept:  # a chord of one or two classes: spacing gives way
        kept = [(0.0, _stacked(classes, chord, desks))]
    return np.array([v for _, v in kept]), np.array([c for c, _ in kept])


def _candidates(chord: Chord, section: str) -> np.ndarray:
    return _found(chord, section)[0]


def _own_costs(chord: Chord, section: str) -> np.ndarray:
    return _found(chord, section)[1]


def _stacked(classes: set[int], chord: Chord, desks: Sequence[Desk]) -> tuple[int, ...]:
    out: list[int] = []
    for index, desk in enumerate(desks):
        wanted = {chord.bass_class} if index == 0 else classes
        floor = out[-1] + 1 if out else desk.low
        out.append(next((p for p in range(max(desk.low, floor), desk.high + 1) if p % 12 in wanted), desk.high))
    return tuple(out)


def _cost(voicing: tuple[int, ...], chord: Chord, desks: Sequence[Desk]) -> float:
    """How well a voicing sounds by itself: complete, its doublings well chosen, every desk in the middle of its range."""
    steps = [(p - chord.root_class) % 12 for p in voicing]
    needed = {s % 12 for s in chord.intervals}
    third = next((s for s in (3, 4) if s in needed), None)
    cost = 0.0
    for step in needed - set(steps):
        cost += 9.0 if step == third or step in (10, 11) else 0.8 if step == 7 else 3.0 if step else 2.0
    if third is not None:
        cost += (3.0 if third == 4 else 1.5) * max(steps.count(third) - 1, 0)
    cost += 6.0 * sum(max(steps.count(s) - 1, 0) for s in (1, 2, 6, 8, 9, 10, 11) if s in needed and len(needed) > 3)
    for pitch, desk in zip(voicing, desks, strict=True):
        cost += 0.12 * abs(pitch - (desk.low + desk.high) / 2)
    cost += sum(1.2 for a, b in pairwise(voicing) if b - a <= 2 and a < 55)
    return cost


@lru_cache(maxsize=8192)
def _between(first: Chord, second: Chord, section: str) -> np.ndarray:
    """Cost of every move [voicings of first, voicings of second]."""
    a, b = _candidates(first, section), _candidates(second, section)
    return np.asarray(_moves(a, b) + _tendencies(a, b, first))


def _moves(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Size of each move, parallels, hidden perfects into the outer voices, voices that pass their neighbours."""
    step = b[None, :, :] - a[:, None, :]
    cost = (
        np.abs(step).sum(axis=2)
        + 1.5 * np.maximum(np.abs(step[:, :, 1:]) - 7, 0).sum(axis=2)
        + 0.6 * np.maximum(np.abs(step[:, :, 3]) - 4, 0)
    )
    for low in range(4):
        for high in range(low + 1, 4):
            old, new = (a[:, high] - a[:, low]) % 12, (b[:, high] - b[:, low]) % 12
            same = (step[:, :, low] * step[:, :, high] > 0) & np.isin(new, (0, 7))[None, :]
            parallel = same & (old[:, None] == new[None, :])
            outer = low == 0 and high == 3
            cost = cost + np.where(parallel, _PARALLEL if outer else _INNER_PARALLEL, 0.0)
            if outer:
                cost = cost + np.where(same & ~parallel & (np.abs(step[:, :, 3]) > 2), _HIDDEN, 0.0)
    for low in range(3):
        passes = (b[None, :, low] > a[:, None, low + 1]) | (b[None, :, low + 1] < a[:, None, low])
        cost = cost + np.where(passes, _OVERLAP, 0.0)
    return np.asarray(cost)


def _tendencies(a: np.ndarray, b: np.ndarray, first: Chord) -> np.ndarray:
    """Sevenths that do not fall or stay, and a dominant's third that does not rise or stay."""
    step = b[None, :, :] - a[:, None, :]
    steps = (a - first.root_class) % 12
    cost = np.zeros(step.shape[:2])
    members = {s % 12 for s in first.intervals}
    if 10 in members:
        falls = (step <= 0) & (step >= -2)
        cost = cost + _UNRESOLVED * ((steps == 10)[:, None, :] & ~falls).sum(axis=2)
    if 4 in members and 10 in members:
        rises = (step >= 0) & (step <= 1)
        cost = cost + _UNRESOLVED * ((steps == 4)[:, None, 3:] & ~rises[:, :, 3:]).sum(axis=2)
    return np.asarray(cost)
