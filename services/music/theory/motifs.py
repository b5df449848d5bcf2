"""Motifs: figures of a line that come back, as they were, moved, turned round, stretched or varied."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.music import Key, Note
from contracts.music.pitch import Pitch
from contracts.theory import Motif, MotifUse, Relation
from services.music.theory.keys_in_force import key_at
from services.music.theory.piece import Line, Piece, top_line

_GRID = 80
"""Ticks; holds sixteenths and triplets."""
_LENGTHS = (8, 7, 6, 5, 4)
_MOST = 4
_MOST_NOTES = 4000
_LEAST_USES = 2
_VARIED = 2
Areas = Sequence[tuple[int, Key, float]]


@dataclass(frozen=True)
class Tune:
    """A line on a grid: start (in grid steps), MIDI pitch and degree counted over the octaves of each note."""

    starts: tuple[int, ...]
    pitches: tuple[int, ...]
    degrees: tuple[int, ...]

    def steps(self, at: int, length: int) -> tuple[int, ...]:
        """Scale steps from note to note."""
        return tuple(self.degrees[i + 1] - self.degrees[i] for i in range(at, at + length - 1))

    def semitones(self, at: int, length: int) -> tuple[int, ...]:
        """Semitones from note to note."""
        return tuple(self.pitches[i + 1] - self.pitches[i] for i in range(at, at + length - 1))

    def rhythm(self, at: int, length: int) -> tuple[int, ...]:
        """Grid steps from stroke to stroke."""
        return tuple(self.starts[i + 1] - self.starts[i] for i in range(at, at + length - 1))


def tune_of(notes: Sequence[Note], areas: Areas, bar_ticks: int) -> Tune:
    """A line's upper notes, degrees counted in the key in force."""
    line = top_line(notes)
    degrees = [degree(n.pitch, key_at(areas, n.start // bar_ticks)) for n in line]
    return Tune(tuple(round(n.start / _GRID) for n in line), tuple(n.pitch for n in line), tuple(degrees))


def degree(pitch: int, key: Key) -> int:
    """Number of a pitch in the key's scale, seven to the octave; a foreign note counts as the one below it, a raised seventh as its own."""
    octave, above = divmod(pitch - key.tonic_class, 12)
    if above == 11 and 11 not in key.intervals:
        return octave * 7 + 6
    return octave * 7 + sum(step <= above for step in key.intervals) - 1


def motifs(piece: Piece, areas: Areas) -> tuple[Motif, ...]:
    """Up to four motifs of the leading line, or of the busiest single line where none leads."""
    line = piece.leading or max(piece.of("bass", "other", "chords"), key=lambda part: len(part.notes), default=None)
    if line is None or len(line.notes) < 8:
        return ()
    tune = tune_of(line.notes[:_MOST_NOTES], areas, piece.bar_ticks)
    free = [True] * len(tune.starts)
    found: list[Motif] = []
    while len(found) < _MOST and (best := _best(tune, free, piece)):
        at, length = best
        uses = _uses(tune, at, length, free)
        for start, _ in uses:
            free[start : start + length] = [False] * length
        found.append(_told(piece, line, tune, at, length, uses, "abcd"[len(found)]))
    return tuple(found)


def _best(tune: Tune, free: Sequence[bool], piece: Piece) -> tuple[int, int] | None:
    """(first note, notes) of the figure whose literal returns hold most notes, shorter than two bars, best from a bar line."""
    bar = piece.bar_ticks // _GRID
    best: tuple[float, int, int] | None = None
    for length in _LENGTHS:
        groups: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = defaultdict(list)
        for at in range(len(tune.starts) - length + 1):
            rhythm, steps = tune.rhythm(at, length), tune.steps(at, length)
            if not all(free[at : at + length]) or sum(rhythm) > 2 * bar or max(rhythm) > bar or min(rhythm) <= 0:
                continue
            if len(set(steps)) + len(set(rhythm)) < 3 or not any(steps):
                continue
            group = groups[steps, rhythm]
            if not group or at >= group[-1] + length:
                group.append(at)
        for group in groups.values():
            if len(group) < _LEAST_USES:
                continue
            first = group[0]
            opens = tune.starts[first] % bar == 0 or (first > 0 and tune.starts[first] - tune.starts[first - 1] >= bar // 2)
            score = (len(group) - 1) * length * (1.35 if opens or first == 0 else 1.0) * (1 + 0.04 * length)
            if best is None or score > best[0]:
                best = (score, first, length)
    return (best[1], best[2]) if best else None


def _uses(tune: Tune, at: int, length: int, free: Sequence[bool]) -> list[tuple[int, Relation]]:
    """(first note, relation) of every return that overlaps no other: literal ones first, then what is changed least."""
    taken: list[tuple[int, Relation]] = [(at, "exact")]
    ranked: list[tuple[int, int, Relation]] = []
    for start in range(len(tune.starts) - length + 1):
        if start != at and all(free[start : start + length]):
            relation = relation_of(tune, at, start, length)
            if relation:
                ranked.append((_ORDER.index(relation), start, relation))
    for _, start, relation in sorted(ranked):
        if all(abs(start - other) >= length for other, _ in taken):
            taken.append((start, relation))
    return sorted(taken)


_ORDER: tuple[Relation, ...] = ("exact", "transposed", "sequence", "augmented", "diminished", "inverted", "retrograde", "varied")


def relation_of(tune: Tune, at: int, start: int, length: int) -> Relation | None:
    """How one figure of a tune comes out of another of as many notes; None where it does not."""
    rhythm, other = tune.rhythm(at, length), tune.rhythm(start, length)
    steps, moved = tune.steps(at, length), tune.steps(start, length)
    if other == rhythm:
        if tune.pitches[at : at + length] == tune.pitches[start : start + length]:
            return "exact"
        if tune.semitones(at, length) == tune.semitones(start, length):
            return "transposed"
        if moved == steps:
            return "sequence"
        if moved == tuple(-step for step in steps):
            return "inverted"
    if moved == steps and other == tuple(2 * step for step in rhythm):
        return "augmented"
    if moved == steps and tuple(2 * step for step in other) == rhythm:
        return "diminished"
    if moved == tuple(-step for step in reversed(steps)) and other == tuple(reversed(rhythm)):
        return "retrograde"
    close = sum(abs(a - b) for a, b in zip(steps, moved, strict=True)) <= _VARIED
    contour = all(a * b >= 0 for a, b in zip(steps, moved, strict=True))
    return "varied" if other == rhythm and close and contour else None


def _told(piece: Piece, line: Line, tune: Tune, at: int, length: int, uses: Sequence[tuple[int, Relation]], name: str) -> Motif:
    bar, beat = piece.place(tune.starts[at] * _GRID)
    told = []
    for start, relation in uses:
        where = piece.place(tune.starts[start] * _GRID)
        told.append(MotifUse(bar=where[0], beat=where[1], relation=relation, semitones=tune.pitches[start] - tune.pitches[at]))
    return Motif(
        name=name, part=line.name, bar=bar, beat=beat, pitches=tuple(Pitch(p).name() for p in tune.pitches[at : at + length]),
        intervals=tune.semitones(at, length), rhythm=tuple(piece.beats(step * _GRID) for step in tune.rhythm(at, length)),
        uses=tuple(told), coverage=round(min(1.0, len(uses) * length / len(tune.starts)), 3),
    )  # fmt: skip
