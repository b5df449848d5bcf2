"""What each section of a song does, by its place, its energy and how often it comes back.

The rules are those a listener goes by: the edges are intro and outro where they are softer or shorter than the song; what comes
back loudest is the chorus (after a rise: the drop), what comes back softer the verse; what stands alone late is a bridge, or a
breakdown where the strokes stop between loud sections.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

_SHORT_BARS = 5
_LOUD, _SOFT = 0.12, 0.2
_RISE_BARS = 4


@dataclass(frozen=True)
class Segment:
    """One section as the namer sees it: bars, energy 0–1, the letter it shares with its repeats, strokes 0–1 of the busiest section."""

    bars: int
    energy: float
    letter: str
    strokes: float


@dataclass(frozen=True)
class Named:
    """A label and how sure it is, 0–1."""

    value: str
    confidence: float


def name_sections(segments: list[Segment]) -> list[Named]:
    """A label for each section, in order."""
    if len(segments) == 1:
        return [Named("theme", 0.3)]
    first = 1 if _opens(segments) else 0
    last = len(segments) - 1 if _closes(segments) else len(segments)
    inner = segments[first:last]
    return [Named("intro", 0.8)] * first + _inner(inner) + [Named("outro", 0.8)] * (len(segments) - last)


def _typical(segments: list[Segment]) -> int:
    return int(np.median([segment.bars for segment in segments]))


def _opens(segments: list[Segment]) -> bool:
    """Whether the first section only leads in: it does not come back as loud, and is shorter or softer than what follows."""
    head, rest = segments[0], segments[1:]
    again = any(segment.letter == head.letter and segment.bars >= head.bars for segment in rest[:-1])
    shorter = head.bars < _typical(segments) or head.bars <= _SHORT_BARS
    softer = head.energy < float(np.median([segment.energy for segment in rest])) - 0.03
    return (shorter or softer) and not (again and not softer)


def _closes(segments: list[Segment]) -> bool:
    """Whether the last section only leads out: shorter than a section, or softer than the one before."""
    tail, before = segments[-1], segments[-2]
    return len(segments) > 2 and (tail.bars < _typical(segments) or tail.energy < before.energy - _LOUD)


def _inner(segments: list[Segment]) -> list[Named]:
    if not segments:
        return []
    energy = {letter: float(np.mean([s.energy for s in segments if s.letter == letter])) for letter in {s.letter for s in segments}}
    counts = Counter(segment.letter for segment in segments)
    spread = max(energy.values()) - min(energy.values())
    loudest = max(energy, key=lambda letter: (energy[letter] + 0.08 * (min(counts[letter], 3) - 1), letter))
    named = [_name(index, segments, loudest, counts, spread) for index in range(len(segments))]
    rises = [named[i].value == "build" and named[i + 1].value == "chorus" for i in range(len(named) - 1)]
    if any(rises):
        return [Named("drop", name.confidence) if name.value == "chorus" else name for name in named]
    return named


def _name(index: int, segments: list[Segment], loudest: str, counts: Counter[str], spread: float) -> Named:
    segment = segments[index]
    before = segments[index - 1] if index else None
    after = segments[index + 1] if index + 1 < len(segments) else None
    if segment.letter == loudest and (spread >= 0.05 or counts[loudest] > 1):
        return Named("chorus", 0.5 + min(0.4, spread))
    if after and after.letter == loudest and segment.bars <= _RISE_BARS and counts[segment.letter] <= 2 and index:
        return Named("build", 0.5)
    if before and after and min(before.energy, after.energy) - segment.energy > _SOFT and segment.strokes < 0.5:
        return Named("breakdown", 0.55)
    late = index >= max(2, len(segments) // 2)
    if counts[segment.letter] == 1 and late and any(count > 1 for count in counts.values()):
        return Named("bridge", 0.45)
    return Named("verse", 0.45 + 0.15 * min(counts[segment.letter] - 1, 2))
