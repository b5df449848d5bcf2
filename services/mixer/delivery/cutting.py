"""Which bars a short edit, or a loop, is made of.

An edit begins at a section's start, has the hook in it, joins its pieces at phrase ends, and stops with the song's own ending or fades
on a bar line. Every way of cutting is weighed by the same few terms; the best one wins, the earlier one among equals.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from services.mixer.delivery.bars import PHRASE_BARS, Bars, Piece

MOST_PIECES = 3
LOOP_BARS = (8, 4, 16, 2)
LOOP_S = (3.0, 45.0)
ENDING_BARS = (2, 4, 8)
HOOK_WEIGHT, START_WEIGHT, JOIN_COST, REPEAT_COST = 3.0, 1.0, 0.8, 3.0
_ENOUGH_HOOK = 0.6
RISING = ("build", "build_up", "buildup", "prechorus", "pre_chorus", "riser", "lift")


@dataclass(frozen=True)
class Cut:
    """Pieces in order; `rings`: the last one is the song's end with what rings after it, else it fades out. `length_s` in seconds."""

    pieces: tuple[Piece, ...]
    rings: bool
    length_s: float
    worth: float = 0.0


def edit(bars: Bars, target_s: float) -> Cut | None:
    """The best edit of `target_s` seconds, within a bar of it; None where the song is no longer than that."""
    if not bars.count or bars.score.duration_s <= target_s + max(bars.tempi):
        return None
    best: Cut | None = None
    for pieces, rings in _ways(bars, target_s):
        length_s = sum(bars.seconds(piece) for piece in pieces) + (bars.tail_s if rings else 0.0)
        if abs(length_s - target_s) > max(bars.tempi) or (not rings and len(pieces) == MOST_PIECES):
            continue
        worth = _worth(bars, pieces, rings) - 0.3 * abs(length_s - target_s) / max(bars.tempi)
        if best is None or worth > best.worth + 1e-9:
            best = Cut(pieces, rings, length_s, worth)
    return best


def _ways(bars: Bars, target_s: float) -> Iterator[tuple[tuple[Piece, ...], bool]]:
    """Everything worth weighing: one piece, two, or three of which the last is the song's ending."""
    endings = _endings(bars)
    for start in bars.starts:
        for end in _near(bars, start, target_s):
            yield (Piece(start, end),), False
        if start < bars.count + 1:
            yield (Piece(start, bars.count + 1),), True
    for first in _openings(bars, target_s):
        left_s = target_s - bars.seconds(first)
        for ending in endings:
            if first.end <= ending.first:
                yield (first, ending), True
        for start in bars.starts:
            if start <= first.end and start > first.first:
                continue
            for end in _near(bars, start, left_s):
                yield (first, Piece(start, end)), False
            yield from _with_ending(bars, first, start, endings, left_s)


def _with_ending(bars: Bars, first: Piece, start: int, endings: list[Piece], left_s: float) -> Iterator[tuple[tuple[Piece, ...], bool]]:
    """Two pieces, the second beginning with a hook, and the song's ending."""
    if not bars.hooks[start - 1] or start <= first.end:
        return
    for ending in endings:
        for end in _near(bars, start, left_s - bars.seconds(ending) - bars.tail_s):
            if end < ending.first and (end in bars.ends or (end - start) % PHRASE_BARS == 0):
                yield (first, Piece(start, end), ending), True


def _endings(bars: Bars) -> list[Piece]:
    """Ways to end as the song does: its last bars. None where the song does not end by itself."""
    if bars.score.ending not in ("natural", "fade"):
        return []
    last = bars.starts[-1] if bars.starts else 1
    lengths = sorted({*ENDING_BARS, bars.count + 1 - last})
    return [Piece(bars.count + 1 - length, bars.count + 1) for length in lengths if length <= bars.count]


def _openings(bars: Bars, target_s: float) -> Iterator[Piece]:
    """First pieces: from a section's start to a phrase's or a section's end."""
    for start in bars.starts:
        for end in range(start + 2, bars.count + 1):
            if bars.at(end) - bars.at(start) > target_s:
                break
            if end in bars.ends or (end - start) % PHRASE_BARS == 0:
                yield Piece(start, end)


def _near(bars: Bars, start: int, wanted_s: float) -> list[int]:
    """Bar lines about `wanted_s` after the start of a bar: the nearest one and its neighbours."""
    if wanted_s <= 0:
        return []
    length = bars.tempi[min(start, bars.count) - 1]
    middle = start + round(wanted_s / length)
    return [end for end in (middle - 1, middle, middle + 1) if start < end <= bars.count + 1]


def _worth(bars: Bars, pieces: tuple[Piece, ...], rings: bool) -> float:
    """What a way of cutting is worth to a listener; the terms are in the order in which one would notice them."""
    used = [bar for piece in pieces for bar in range(piece.first - 1, piece.end - 1)]
    flags = [bars.hooks[bar] for bar in used]
    share = sum(flags) / len(flags)
    worth = HOOK_WEIGHT * min(share, _ENOUGH_HOOK) / _ENOUGH_HOOK if share else -5.0
    if share:
        worth += START_WEIGHT * (1 - flags.index(True) / len(flags))
    worth += _ending_worth(bars, pieces[-1], rings)
    worth += sum(_join_worth(bars, one, other) for one, other in pairwise(pieces))
    worth -= REPEAT_COST * (1 - len(set(used)) / len(used))
    return worth - sum(1.0 for piece in pieces[:-1] if piece.bars < PHRASE_BARS)


def _ending_worth(bars: Bars, last: Piece, rings: bool) -> float:
    """The song's own ending is best, a fade at a section's end good, one at a phrase's end better than any other."""
    if rings:
        return 1.5
    if last.end in bars.ends:
        return 0.7
    start = max((start for start in bars.starts if start < last.end), default=last.first)
    return 0.3 if (last.end - start) % PHRASE_BARS == 0 else 0.0


def _join_worth(bars: Bars, one: Piece, other: Piece) -> float:
    """A join costs; less where it turns from a section's end to a section's start over a change of chords that the song has."""
    if other.first == one.end:
        return 0.0
    worth = -JOIN_COST - (0.8 if other.first < one.end else 0.0)
    worth += 0.3 * (one.end in bars.ends) + 0.3 * (other.first in bars.starts)
    # What rises towards something must arrive.
    worth -= 1.2 * (one.end not in bars.ends and bars.labels[one.end - 2] in RISING)
    worth += 0.3 * ((bars.chords[one.end - 2][1], bars.chords[other.first - 1][0]) in bars.changes)
    worth += 0.3 * (bars.labels[other.first - 2] == bars.labels[one.end - 2] if other.first > 1 else 0)
    worth -= 0.1 * min(bars.held[one.end - 1] + bars.held[other.first - 1], 6)
    keys = {section.key for section in bars.score.sections.values() if section.start_bar in (one.first, other.first)}
    tempi = bars.tempi[one.end - 2], bars.tempi[other.first - 1]
    return worth - 0.6 * (len(keys) > 1) - 1.0 * (max(tempi) > 1.02 * min(tempi))


@dataclass(frozen=True)
class Turn:
    """Bars that go round, and why these: how alike what follows them is to their beginning, 0 to 1."""

    piece: Piece
    likeness: float
    worth: float


def loop(bars: Bars) -> Turn | None:
    """The bars that loop best: full and in the hook, followed in the song by what they begin with, with nothing held over the seam.

    None where no whole bars of one tempo are long enough.
    """
    best: Turn | None = None
    fullest = max((len(bar) for bar in bars.played), default=0) or 1
    for start in sorted({first for section in bars.starts for first in _phrases(bars, section)}):
        for length in LOOP_BARS:
            piece = Piece(start, start + length)
            if piece.end > bars.count + 1 or not bars.is_steady(piece) or not LOOP_S[0] <= bars.seconds(piece) <= LOOP_S[1]:
                continue
            after, before = bars.likeness(piece.end, start), bars.likeness(piece.end - 1, start - 1)
            inside = range(start - 1, piece.end - 1)
            worth = 2.0 * after + 1.0 * before + 1.5 * sum(bars.hooks[bar] for bar in inside) / length
            worth += 1.0 * sum(len(bars.played[bar]) for bar in inside) / (length * fullest)
            worth += 0.5 * ((bars.chords[piece.end - 2][1], bars.chords[start - 1][0]) in bars.changes)
            worth -= 0.25 * min(bars.held[piece.end - 1] + bars.held[start - 1], 8) + 0.2 * LOOP_BARS.index(length)
            worth -= 0.8 * len({bars.labels[bar] for bar in inside} - {bars.labels[start - 1]})
            if best is None or worth > best.worth + 1e-9:
                best = Turn(piece, max(after, before), worth)
    return best


def _phrases(bars: Bars, start: int) -> Iterator[int]:
    """Beginnings of the phrases of the section that starts at a bar."""
    end = min((end for end in bars.ends if end > start), default=bars.count + 1)
    yield from range(start, end, PHRASE_BARS)
