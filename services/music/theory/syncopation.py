"""How far a rhythm goes against its meter.

- Longuet-Higgins & Lee, "The Rhythmic Interpretation of Monophonic Music", Music Perception 1 (1984): a note is syncopated where a
  rest or tie after it and before the next note stands in a stronger place; the strength is the difference of the two weights.
- Toussaint, "A Mathematical Analysis of African, Brazilian and Cuban Clave Rhythms" (2002): the weight that a rhythm's strokes could
  have had at best, less what they have.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from contracts.music import Meter
from contracts.theory import Syncopation
from services.music.theory.piece import Line, Piece, strokes

_LEAST_FIT = 0.6


def divisions(meter: Meter) -> list[int]:
    """How a bar divides, from the bar down to sixteenths: 4/4 is [2, 2, 2, 2], 6/8 [2, 3, 2], 3/4 [3, 2, 2]."""
    if meter.is_compound:
        beats = meter.numerator // 3
        return [*_prime(beats), 3, 2] if meter.denominator == 8 else [*_prime(beats), 3]
    finer = {2: [2, 2, 2], 4: [2, 2], 8: [2], 16: []}[meter.denominator]
    return [*_prime(meter.numerator), *finer]


def _prime(number: int) -> list[int]:
    """Prime factors, twos first: 4 beats are two times two."""
    found = []
    for factor in (2, 3, 5, 7, 11, 13):
        while number % factor == 0:
            found.append(factor)
            number //= factor
    return found


@lru_cache(maxsize=64)
def weights(divided: tuple[int, ...]) -> tuple[int, ...]:
    """Weight of each step of a bar: 0 on its first, one less for each level down (Longuet-Higgins & Lee)."""
    total = 1
    for part in divided:
        total *= part
    out, step = [-len(divided)] * total, total
    for level, part in enumerate((1, *divided)):
        step //= part
        for at in range(0, total, step):
            out[at] = max(out[at], -level)
    return tuple(out)


def lhl(onsets: Sequence[int], weight: Sequence[int], steps: int) -> list[int]:
    """Strength of each syncopation, 0 for notes that are none; one entry per onset but the last.

    Args:
        onsets: steps from the first bar line, ascending.
        weight: of each step of a bar.
        steps: length in steps; what sounds last is heard until there.
    """
    found = []
    for at, until in zip(onsets, [*onsets[1:], steps], strict=True):
        silent = max((weight[s % len(weight)] for s in range(at + 1, until)), default=-99)
        found.append(max(0, silent - weight[at % len(weight)]))
    return found


def complexity(onsets: Sequence[int], weight: Sequence[int]) -> int:
    """Metrical complexity of one bar (Toussaint): the heaviest places for so many strokes less the places they take."""
    return sum(sorted(weight, reverse=True)[: len(onsets)]) - sum(weight[o % len(weight)] for o in onsets)


def syncopations(piece: Piece) -> tuple[Syncopation, ...]:
    """Each line that plays in two bars at least, by how many of its strokes fit the grid."""
    return tuple(found for line in piece.lines if line.role != "drums" and (found := _of_line(piece, line)) is not None)


def _of_line(piece: Piece, line: Line) -> Syncopation | None:
    weight = weights(tuple(divisions(piece.meter)))
    step = piece.bar_ticks / len(weight)
    starts = [stroke[0].start for stroke in strokes(line.notes)]
    if len(starts) < 4:
        return None
    onsets = sorted({round(start / step) for start in starts})
    sounding = {o // len(weight) for o in onsets}
    if len(sounding) < 2:
        return None
    fit = sum(abs(start / step - round(start / step)) <= 0.25 for start in starts) / len(starts)
    strengths = _within(lhl(onsets, weight, piece.bars * len(weight)), onsets, len(weight))
    by_bar = [complexity(list(bar), weight) for _, bar in groupby(onsets, key=lambda o: o // len(weight))]
    return Syncopation(
        part=line.name, lhl_per_bar=round(sum(strengths) / len(sounding), 2),
        complexity_per_bar=round(sum(by_bar) / len(sounding), 2), share=round(sum(s > 0 for s in strengths) / len(onsets), 3),
        confidence=round(max(0.0, (fit - _LEAST_FIT) / (1 - _LEAST_FIT)), 3),
    )  # fmt: skip


def _within(strengths: Sequence[int], onsets: Sequence[int], bar: int) -> list[int]:
    """Strengths without notes that are followed by two bars of silence: they end a phrase and hold against nothing."""
    nexts = [*onsets[1:], onsets[-1] + 4 * bar]
    return [0 if until - at > 2 * bar else s for s, at, until in zip(strengths, onsets, nexts, strict=True)]
