"""Stretches of one score in another: notes, words and curves taken over with their seams closed."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from contracts.music import Note, Part

Curve = tuple[tuple[int, float], ...]

EARLY = 110
"""Ticks by which a note may be struck before the bar line that it belongs to: players are human, pick-ups are longer."""


class Stretch(NamedTuple):
    """Ticks [start, end) of the new song that come from `origin` on of the old one."""

    start: int
    end: int
    origin: int

    @property
    def shift(self) -> int:
        """Ticks by which it moved."""
        return self.start - self.origin

    @property
    def until(self) -> int:
        """First tick of the old song after it."""
        return self.origin + self.end - self.start


def inside(tick: int, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether a note that starts at a tick belongs to one of some spans [start, end)."""
    return any(start - EARLY <= tick < end - EARLY for start, end in spans)


def taken(part: Part, stretches: Sequence[Stretch], end: int) -> Part:
    """A part laid out over a new form of `end` ticks: its stretches where they are now.

    A note that rings out of its stretch is let go at the border, unless what followed it follows still.
    """
    notes: list[Note] = []
    words: list[tuple[int, str]] = []
    for index, one in enumerate(stretches):
        following = stretches[index + 1] if index + 1 < len(stretches) else None
        goes_on = following is not None and following.start == one.end and following.origin == one.until
        last = one.end == end
        for note in part.notes:
            if one.origin - EARLY <= note.start < one.until - EARLY or (last and one.until - EARLY <= note.start < one.until):
                start = max(note.start + one.shift, 0)
                length = note.duration if goes_on or last else min(note.duration, max(one.end - start, 30))
                notes.append(Note(start, length, note.pitch, note.velocity))
        words += [(max(t + one.shift, 0), text) for t, text in part.lyrics if one.origin - EARLY <= t < one.until - EARLY]
    controls = {name: _moved(curve, stretches, held=name.startswith("cc")) for name, curve in part.controls.items()}
    return part.model_copy(
        update={"notes": tuple(sorted(notes)), "lyrics": tuple(sorted(words)), "controls": {k: v for k, v in controls.items() if v}}
    )


def spliced(part: Part, other: Part | None, spans: Sequence[tuple[int, int]]) -> Part:
    """A part with another one's notes, words and curves inside some spans of ticks; with silence there where it is None.

    What rings into a span from before is let go at its border.
    """
    notes = [_let_go(note, spans) for note in part.notes if not inside(note.start, spans)]
    words = [line for line in part.lyrics if not inside(line[0], spans)]
    if other is None:
        return part.model_copy(update={"notes": tuple(sorted(notes)), "lyrics": tuple(words)})
    starts = sorted(note.start for note in notes)
    fresh = [note for note in other.notes if inside(note.start, spans)]
    notes += [_until_next(note, starts, spans) for note in fresh]
    words += [line for line in other.lyrics if inside(line[0], spans)]
    names = {*part.controls, *other.controls}
    controls = {
        name: with_spans(part.controls.get(name, ()), other.controls.get(name, ()), spans, held=name.startswith("cc"))
        for name in sorted(names)
    }
    return part.model_copy(
        update={"notes": tuple(sorted(notes)), "lyrics": tuple(sorted(words)), "controls": {k: v for k, v in controls.items() if v}}
    )


def _let_go(note: Note, spans: Sequence[tuple[int, int]]) -> Note:
    """A note cut where a span begins that it rings into."""
    for start, _ in spans:
        if note.start < start - EARLY < note.end - EARLY and note.end > start + EARLY:
            return note._replace(duration=max(start - note.start, 30))
    return note


def _until_next(note: Note, starts: list[int], spans: Sequence[tuple[int, int]]) -> Note:
    """A fresh note cut at the end of its span where the part goes on playing there."""
    for start, end in spans:
        if start - EARLY <= note.start < end - EARLY and note.end > end:
            at = bisect_right(starts, end - EARLY)
            if at < len(starts) and starts[at] < note.end:
                return note._replace(duration=max(end - note.start, 30))
    return note


def with_spans(curve: Curve, other: Curve, spans: Sequence[tuple[int, int]], *, held: bool) -> Curve:
    """A curve that follows another one inside some spans. The seams are steps of one tick."""
    if curve == other:
        return curve
    points = {tick: value for tick, value in curve if not any(a <= tick < b for a, b in spans)}
    for start, end in spans:
        points |= {tick: value for tick, value in other if start <= tick < end}
        for tick, source, rest in (
            (start - 1, curve, 0.0),
            (start, other, _neutral(curve)),
            (end - 1, other, _neutral(curve)),
            (end, curve, 0.0),
        ):
            if tick >= 0 and (source or curve):
                points.setdefault(tick, round(_at(source, tick, held=held), 4) if source else rest)
    return tuple(sorted(points.items()))


def _neutral(curve: Curve) -> float:
    """What a curve that the other part does not have stands at: where this one begins."""
    return curve[0][1] if curve else 0.0


def _moved(curve: Curve, stretches: Sequence[Stretch], *, held: bool) -> Curve:
    points: dict[int, float] = {}
    for one in stretches if curve else ():
        points |= {tick + one.shift: value for tick, value in curve if one.origin <= tick < one.until}
        points.setdefault(one.start, round(_at(curve, one.origin, held=held), 4))
        points.setdefault(one.end - 1, round(_at(curve, one.until - 1, held=held), 4))
    if stretches and curve and curve[-1][0] >= stretches[-1].until:
        points[stretches[-1].end] = round(_at(curve, stretches[-1].until, held=held), 4)
    return tuple(sorted(points.items()))


def _at(curve: Curve, tick: int, *, held: bool) -> float:
    """A curve's value: held between points for controllers, else linear."""
    if tick <= curve[0][0]:
        return curve[0][1]
    for (start, low), (end, high) in pairwise(curve):
        if tick < end:
            return low if held else low + (high - low) * (tick - start) / (end - start)
    return curve[-1][1]
