"""What each section of a song does: the likeliest reading of its energies, lengths and repetitions as a plan of some style.

Every style's forms (`services.music.packs.genres`) say which sections follow each other, how long and how lively they are; they
are mixed by how much the sound speaks for each style. What repeats is taken to do the same again.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from services.music.packs.genres import genres

Styles = Sequence[tuple[str, float]]
EDGE = ""
"""Before the first section and after the last."""
SAME_AGAIN, SAME_OTHERWISE, OTHER_ALIKE = 0.6, -1.6, -0.7
"""Log odds: a letter that comes back does what it did; it does something else; another letter does the same."""
_BEAM = 150
_RARE = 0.004
_SPREAD = 0.75
"""Deviation of a section's energy from its kind's, in deviations of the song's sections."""
_LENGTH, _ODD_LENGTH = 0.5, 0.02
_MOST_CYCLES = 3
_CANDOUR = 0.5
"""Odds between readings are drawn together by this power, so that what is said to be sure is right as often (349 sections)."""
_GENERAL = 0.15
"""Share of belief that always goes to all styles alike."""


@dataclass(frozen=True)
class Segment:
    """One section as the namer sees it: bars, energy 0–1, and the letter it shares with its repeats."""

    bars: int
    energy: float
    letter: str


@dataclass(frozen=True)
class Named:
    """A label and how sure it is, 0–1."""

    value: str
    confidence: float


@dataclass(frozen=True)
class Habits:
    """A style's forms: how often each label follows another (EDGE at both ends), its energy, and how often it has which length."""

    follows: dict[str, dict[str, float]]
    energy: dict[str, float]
    lengths: dict[str, dict[int, float]]


@cache
def habits_of(style: str) -> Habits:
    """What a style's plans come to."""
    form = genres()[style].form
    counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    plans = []
    for plan in form.plans:
        times = range(plan.cycles[0], min(plan.cycles[1], max(plan.cycles[0], _MOST_CYCLES)) + 1)
        plans += [(plan.weight / len(times), (*plan.open, *plan.cycle * n, *plan.middle, *plan.close)) for n in times]
    plans += [(0.5, short) for short in form.short]
    for weight, order in plans:
        for before, after in zip((EDGE, *order), (*order, EDGE), strict=True):
            counts[before][after] += weight
    follows = {a: {b: count / sum(row.values()) for b, count in row.items()} for a, row in counts.items()}
    mean = float(np.mean([form.energy.get(label, 0.5) for _, order in plans for label in order]))
    spread = float(np.std([form.energy.get(label, 0.5) for _, order in plans for label in order])) or 0.2
    energy = {label: (level - mean) / spread for label, level in form.energy.items()}
    lengths = {label: {n: w / sum(row.values()) for n, w in row.items()} for label, row in form.lengths.items()}
    return Habits(follows, energy, lengths)


def name_sections(segments: list[Segment], styles: Styles) -> list[Named]:
    """A label for each section, in order, and how much of all likely readings agree on it."""
    mixed = _mixed(styles)
    energies = np.array([segment.energy for segment in segments])
    heights = (energies - energies.mean()) / max(float(energies.std()), 0.04)
    beam: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
    for index, segment in enumerate(segments):
        grown = []
        for score, labels in beam:
            before, last = labels[-1] if labels else EDGE, index == len(segments) - 1
            for label in _labels(mixed):
                gain = _likely(mixed, before, label, segment.bars, float(heights[index]), edge=index == 0 or last)
                gain += _again(segments[:index], labels, segment.letter, label)
                if last:
                    gain += math.log(_follow(mixed, label, EDGE))
                grown.append((score + gain, (*labels, label)))
        beam = sorted(grown, reverse=True)[:_BEAM]
    weights = np.exp(_CANDOUR * (np.array([score for score, _ in beam]) - beam[0][0]))
    best = beam[0][1]
    shares = [
        float(sum(weight for weight, (_, labels) in zip(weights, beam, strict=True) if labels[index] == best[index]) / weights.sum())
        for index in range(len(best))
    ]
    return [Named(label, round(0.9 * share, 3)) for label, share in zip(best, shares, strict=True)]


def _mixed(styles: Styles) -> list[tuple[float, Habits]]:
    known = [(share, name) for name, share in styles if name in genres() and share >= 0.03]
    every = sorted(genres())
    return [((1 - _GENERAL) * share, habits_of(name)) for share, name in known] + [(_GENERAL / len(every), habits_of(n)) for n in every]


def _labels(mixed: list[tuple[float, Habits]]) -> list[str]:
    weight: dict[str, float] = defaultdict(float)
    for share, habits in mixed:
        for label in habits.energy:
            weight[label] += share
    return sorted(label for label, share in weight.items() if share >= 0.03)


def _follow(mixed: list[tuple[float, Habits]], before: str, label: str) -> float:
    return sum(share * habits.follows.get(before, {}).get(label, 0.0) for share, habits in mixed) + _RARE


def _likely(mixed: list[tuple[float, Habits]], before: str, label: str, bars: int, height: float, *, edge: bool) -> float:
    """Log likelihood of a section's place, energy and length as a label."""
    place = energy = length = 0.0
    for share, habits in mixed:
        if label not in habits.energy:
            continue
        here = share * (habits.follows.get(before, {}).get(label, 0.0) + _RARE)
        place += here
        energy += here * math.exp(-0.5 * ((height - habits.energy[label]) / _SPREAD) ** 2)
        length += here * (habits.lengths.get(label, {}).get(bars, 0.0) + _ODD_LENGTH)
    weight = _LENGTH * (0.5 if edge else 1.0)
    return math.log(place + 1e-6) + math.log(energy / (place + 1e-9) + 1e-4) + weight * math.log(length / (place + 1e-9) + 1e-3)


def _again(before: list[Segment], labels: tuple[str, ...], letter: str, label: str) -> float:
    """Whether repeats do the same again."""
    total = 0.0
    for segment, known in zip(before, labels, strict=True):
        if segment.letter == letter:
            total += SAME_AGAIN if known == label else SAME_OTHERWISE
        elif known == label:
            total += OTHER_ALIKE
    return total
