"""How far voices move from chord to chord: the least that two chords need, and what is played.

Size of a voice leading: semitones summed over the voices (taxicab), Tymoczko, *A Geometry of Music* (2011), with doublings allowed.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, pairwise

from contracts.music import Note
from contracts.theory import VoiceLeading
from services.music.theory.piece import Line, Piece, strokes

_PERFECT = (0, 7)
_MOST_VOICES = 6
_MOST_LINES = 8
_LONGEST_HELD = 8 * 3840


def voice_leading(piece: Piece) -> VoiceLeading | None:
    """The voices of a piece over its chord changes; None where the chord never changes."""
    chords = piece.chords
    pairs = [(a, b) for a, b in pairwise(chords) if set(a.chord.pitch_classes) != set(b.chord.pitch_classes)]
    if not pairs:
        return None
    least = [least_motion(_classes(a.chord.pitch_classes), _classes(b.chord.pitch_classes)) for a, b in pairs]
    common = [len(set(a.chord.pitch_classes) & set(b.chord.pitch_classes)) for a, b in pairs]
    lines = _voices(piece)
    voiced = [(v, w) for a, b in pairs if (v := _sounding(lines, a.start, a.end)) and (w := _sounding(lines, b.start, b.end))]
    played = [_played(v, w) for v, w in voiced]
    return VoiceLeading(
        changes=len(pairs), least_semitones=round(sum(least) / len(least), 2),
        played_semitones=round(sum(played) / len(played), 2) if played else None,
        common_tones=round(sum(common) / len(common), 2), parallels=parallels(_single_lines(piece)),
        confidence=round(sum(t.sure for t in chords) / len(chords) * (1.0 if played else 0.7), 3),
    )  # fmt: skip


def _classes(classes: Sequence[int]) -> tuple[int, ...]:
    """At most four pitch classes: ninths and above are colours."""
    return tuple(sorted(set(classes[:4])))


@lru_cache(maxsize=8192)
def least_motion(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """The smallest voice leading between two chords, in semitones; every note of both has a partner.

    By dynamic programming over the circle, once per rotation: the best pairing of sorted pitch classes never crosses.
    """
    return min(_aligned(one, other[r:] + tuple(p + 12 for p in other[:r])) for r in range(len(other)))


def _aligned(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    def apart(a: int, b: int) -> int:
        return min((a - b) % 12, (b - a) % 12)

    # A closed path over both circles: it comes back to the first pair, which is counted once.
    first = (*one, one[0])
    second = (*other, other[0])
    table = [[0] * len(second) for _ in first]
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            ways = [table[i - 1][j]] if i else []
            ways += [table[i][j - 1]] if j else []
            ways += [table[i - 1][j - 1]] if i and j else []
            table[i][j] = min(ways, default=0) + (apart(a, b) if i or j else 0)
    return table[-1][-1]


def _voices(piece: Piece) -> list[Line]:
    """The lines that carry the harmony: chords where there are any, else all but melody and bass, else everything."""
    return (piece.of("chords") or piece.of("counter", "other"))[:_MOST_LINES]


def _sounding(lines: Sequence[Line], start: int, end: int) -> tuple[int, ...]:
    """What the first line that plays in a stretch plays there first: its fullest early stroke, ascending."""
    near = [(line, _near(line.notes, start, min(end, start + 1920))) for line in lines]
    for _, notes in near:
        inside = [n for n in notes if n.end > start + 60]
        if not inside:
            continue
        full = max(strokes(inside), key=len)
        held = {n.pitch for n in inside if n.start <= full[0].start + 80 and n.end > full[0].start + 60}
        if len(held) >= 2:
            return tuple(sorted(held))[-_MOST_VOICES:]
    singles = {n.pitch for _, notes in near for n in notes if n.start <= start + 80 and n.end > start + 60}
    return tuple(sorted(singles))[-_MOST_VOICES:] if len(singles) >= 2 else ()


def _near(notes: Sequence[Note], start: int, end: int) -> Sequence[Note]:
    """Notes that begin before `end`, and not so long before `start` that they cannot sound there any more."""
    return notes[bisect_left(notes, (start - _LONGEST_HELD,)) : bisect_left(notes, (end,))]


def _played(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """Semitones between two voicings, voices in order; a voice that enters or leaves is doubled where that costs least."""
    short, long = sorted((one, other), key=len)
    if len(short) == len(long):
        return sum(abs(a - b) for a, b in zip(short, long, strict=True))
    return min(
        sum(abs(short[sum(i >= cut for cut in cuts)] - p) for i, p in enumerate(long))
        for cuts in combinations(range(1, len(long)), len(short) - 1)
    )


def _single_lines(piece: Piece) -> list[Line]:
    return [line for line in piece.pitched if len(strokes(line.notes)) >= 0.97 * len(line.notes)][:_MOST_LINES]


def parallels(lines: Sequence[Line]) -> int:
    """Perfect fifths and octaves that two single lines move in, one after another, in the same direction; doublings aside."""
    found = 0
    for one, other in combinations(lines, 2):
        pairs = _pairs(one.notes, other.notes)
        moved = [(a, b) for a, b in pairwise(pairs) if a != b]
        same = [(a, b) for a, b in moved if (a[0] - a[1]) % 12 in _PERFECT and (a[0] - a[1]) % 12 == (b[0] - b[1]) % 12]
        faulty = [(a, b) for a, b in same if (b[0] - a[0]) * (b[1] - a[1]) > 0]
        if len(faulty) < 0.5 * max(len(moved), 1):  # lines in octaves throughout are one line
            found += len(faulty)
    return found


def _pairs(one: Sequence[Note], other: Sequence[Note]) -> list[tuple[int, int]]:
    """Pitches that sound together wherever both lines begin a note at once."""
    starts = {round(n.start / 120): n.pitch for n in other}
    return [(n.pitch, starts[round(n.start / 120)]) for n in one if round(n.start / 120) in starts]
