"""Cross-rhythms: two even pulses at once of which none divides the other, 3 : 2, 4 : 3 and the like.

A pulse is a run of strokes at even distances of one part, or the felt beat itself. (Simple cross-rhythms in Arom, *African Polyphony
and Polyrhythm* (1991), and hemiola as its oldest case.)
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from contracts.music import Note
from contracts.theory import CrossRhythm
from services.music.theory.piece import Piece, strokes

_UNEVEN = 0.05
"""Most that a distance may differ from its run's mean, as a share."""
_LEAST_STROKES = 3
_LARGEST = 7
_MOST_LINES = 24
BEAT = "the beat"


@dataclass(frozen=True)
class Pulse:
    """A run of strokes at even distances: ticks of the first and last, and between two."""

    part: str
    start: int
    end: int
    period: float


@dataclass(frozen=True)
class Meeting:
    """Two pulses at once: ticks from and to, and how often they meet again."""

    ratio: str
    start: int
    end: int
    cycles: int


def pulses(name: str, starts: Sequence[int]) -> list[Pulse]:
    """The longest runs of even distances in a list of ticks."""
    found, first = [], 0
    for at in range(2, len(starts) + 1):
        even = at < len(starts) and abs((starts[at] - starts[at - 1]) - _mean(starts, first, at)) <= _UNEVEN * _mean(starts, first, at)
        if even:
            continue
        if at - first >= _LEAST_STROKES:
            found.append(Pulse(name, starts[first], starts[at - 1], _mean(starts, first, at)))
        first = at - 1
    return found


def _mean(starts: Sequence[int], first: int, until: int) -> float:
    return (starts[until - 1] - starts[first]) / (until - 1 - first)


def cross_rhythms(piece: Piece) -> tuple[CrossRhythm, ...]:
    """Pairs of parts that cross for a bar at least, and parts that cross the felt beat where no other part does; most cycles first."""
    runs = {name: _long(pulses(name, starts), piece) for name, starts in _voices(piece).items()}
    runs[BEAT] = [Pulse(BEAT, 0, piece.end, float(piece.meter.ticks_per_beat))]
    met: dict[tuple[str, str, str], list[Meeting]] = defaultdict(list)
    for one, other in combinations(runs, 2):
        for a, b in _at_once(runs[one], runs[other]):
            meeting = _meeting(a, b, piece.bar_ticks)
            if meeting:
                fast, slow = sorted((a, b), key=lambda p: p.period)
                met[meeting.ratio, fast.part, slow.part].append(meeting)
    found = [_told(piece, key, meetings) for key, meetings in met.items()]
    between = {(name, c.ratio) for c in found if BEAT not in c.parts for name in c.parts}
    kept = [c for c in found if BEAT not in c.parts or not any((name, c.ratio) in between for name in c.parts)]
    return tuple(sorted(kept, key=lambda c: (-c.cycles, c.ratio, c.parts))[:12])


def _long(runs: Sequence[Pulse], piece: Piece) -> list[Pulse]:
    return [run for run in runs if run.end + run.period - run.start >= 0.95 * piece.bar_ticks]


def _at_once(one: Sequence[Pulse], other: Sequence[Pulse]) -> Iterator[tuple[Pulse, Pulse]]:
    """Pairs of runs that sound together, both lists in time order."""
    i = j = 0
    while i < len(one) and j < len(other):
        if one[i].start < other[j].end and other[j].start < one[i].end:
            yield one[i], other[j]
        if one[i].end < other[j].end:
            i += 1
        else:
            j += 1


def _voices(piece: Piece) -> dict[str, list[int]]:
    """Ticks of the strokes of each part; drums by voice, since each is a pulse of its own."""
    found: dict[str, list[int]] = {}
    for line in piece.lines[:_MOST_LINES]:
        if line.role == "drums":
            for pitch in sorted({n.pitch for n in line.notes}):
                found[f"{line.name} {pitch}"] = _starts([n for n in line.notes if n.pitch == pitch])
        else:
            found[line.name] = _starts(line.notes)
    return found


def _starts(notes: Sequence[Note]) -> list[int]:
    return [stroke[0].start for stroke in strokes(notes)]


def _meeting(a: Pulse, b: Pulse, bar_ticks: int) -> Meeting | None:
    """Two pulses at once; None where they do not cross, or not for a bar and for two cycles where a bar holds more than one."""
    start, end = max(a.start, b.start), min(a.end + a.period, b.end + b.period)
    ratio = Fraction(max(a.period, b.period) / min(a.period, b.period)).limit_denominator(_LARGEST)
    fast, slow = ratio.numerator, ratio.denominator
    exact = max(a.period, b.period) / min(a.period, b.period)
    if slow == 1 or fast > _LARGEST or abs(exact - fast / slow) > 0.02 * exact:
        return None
    cycle = fast * min(a.period, b.period)
    cycles = int((end - start) / cycle + 0.02)
    together = abs((a.start - b.start + 0.1 * cycle / 2) % _step(a, b, fast)) <= 0.1 * cycle / 2 + 1
    enough = cycles >= (1 if cycle >= 0.95 * bar_ticks else 2)
    return Meeting(f"{fast}:{slow}", round(start), round(start + cycles * cycle), cycles) if enough and together else None


def _step(a: Pulse, b: Pulse, fast: int) -> float:
    """Distance of the phases that two pulses can have and still meet: the common grid of both."""
    slow_count = round(fast * min(a.period, b.period) / max(a.period, b.period))
    return min(a.period, b.period) / max(slow_count, 1)


def _told(piece: Piece, key: tuple[str, str, str], meetings: Sequence[Meeting]) -> CrossRhythm:
    ratio, fast, slow = key
    bars = {bar for m in meetings for bar in range(m.start // piece.bar_ticks, -(-m.end // piece.bar_ticks))}
    cycles = sum(m.cycles for m in meetings)
    return CrossRhythm(
        ratio=ratio,
        parts=(fast, slow),
        bar=min(bars) + 1,
        bars=len(bars),
        cycles=cycles,
        confidence=round(min(1.0, 0.55 + 0.15 * cycles), 3),
    )
