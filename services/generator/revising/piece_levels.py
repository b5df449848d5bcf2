"""Single drums of a kit or of the percussion louder or softer, in some sections or bars; the strokes stay as they are written."""

from contracts.context import Decision
from contracts.edits import LevelEdit
from contracts.errors import BadInput
from contracts.music import Part
from services.generator.arrangement.rides import value_at
from services.generator.revising.places import spans_of
from services.generator.revising.song import Song, decided, drummers, listed
from services.generator.revising.splicing import EARLY, inside
from services.music.pieces import PIECES, level_control, struck

MOST_DB, LEAST_DB = 12.0, -48.0
"""How far one drum may stand from the others."""
_RAMP = 40
"""Ticks over which the level moves: a cymbal that rings across does not click."""
_TAIL_BARS = 8
Curve = tuple[tuple[int, float], ...]


def change_piece_level(song: Song, edit: LevelEdit) -> tuple[Song, Decision]:
    """The song with some drums at another level. Raises BadInput where nobody strikes them there."""
    spans, where = spans_of(song.score, edit.sections, edit.bars, "level")
    keys = frozenset(pitch for piece in edit.pieces for pitch in PIECES[piece])
    drums = drummers(song.score, edit.parts, "level.parts")
    names = [n for n in drums if any(note.pitch in keys and inside(note.start, spans) for note in song.score.parts[n].notes)]
    if not names:
        there = ", ".join(dict.fromkeys(piece for name in drums for piece in struck(song.score.parts[name].notes)))
        raise BadInput(
            "level.pieces", ", ".join(edit.pieces), there or "drums; nobody plays any here", hint=f"Nobody strikes that in {where}"
        )
    end, tail = song.score.end_tick, _TAIL_BARS * song.score.meter_value.ticks_per_bar
    spans = [(first, last + tail if last == end else last) for first, last in spans]
    parts = {name: _moved(part, spans, edit) if name in names else part for name, part in song.score.parts.items()}
    told = decided(
        "level",
        f"{listed(edit.pieces)} of {listed(names)} {edit.db:+.3g} dB in {where}",
        "the strokes stay; the other drums stay as loud as they were",
        parts=names,
        pieces=list(edit.pieces),
        db=edit.db,
    )
    return song.moved(song.score.model_copy(update={"parts": parts})), told


def _moved(part: Part, spans: list[tuple[int, int]], edit: LevelEdit) -> Part:
    """A part with the curves of these drums moved; a drum that several pieces hold (a crash is a cymbal) is moved once."""
    controls, taken = dict(part.controls), frozenset[int]()
    for piece in edit.pieces:
        if PIECES[piece] <= taken:
            continue
        taken |= PIECES[piece]
        name = level_control(piece)
        controls[name] = _stepped(controls.get(name, ()), spans, edit.db)
    return part.model_copy(update={"controls": controls})


def _stepped(curve: Curve, spans: list[tuple[int, int]], db: float) -> Curve:
    """A curve moved by `db` inside some spans, from right before the first stroke that a span may hold."""
    edges = [max(tick - EARLY, 0) for span in spans for tick in span]
    ticks = sorted({tick for tick, _ in curve} | {tick - before for tick in edges for before in (_RAMP, 0) if tick >= before})

    def level(tick: int) -> float:
        moved = value_at(curve, tick) + (db if any(max(a - EARLY, 0) <= tick < b - EARLY for a, b in spans) else 0.0)
        return round(min(max(moved, LEAST_DB), MOST_DB), 3)

    return tuple((tick, level(tick)) for tick in ticks)
