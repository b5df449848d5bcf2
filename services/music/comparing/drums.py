"""Single drums of a stem that are louder or softer than they were."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from contracts.music import Part, Score
from services.music.comparing.players import pairs_of
from services.music.comparing.songs import Difference, places, said, ticks_of
from services.music.pieces import LEVELS, PIECES, level_control

_LEAST_DB = 0.5


def of_drums(before: Score, after: Score) -> Iterator[Difference]:
    """Drums whose level moved in sections that both songs have, over most of the section or in some of its bars."""
    for old, new in pairs_of(before, after).items():
        one, other = before.parts[old], after.parts[new]
        for piece in PIECES:
            control = level_control(piece)
            if one.controls.get(control) == other.controls.get(control):
                continue
            told: dict[float, list[str]] = defaultdict(list)
            for name in after.sections:
                moved = _moved(before, one, after, other, control, name)
                if moved is not None and abs(moved) >= _LEAST_DB:
                    told[round(moved, 1)].append(name)
            for db, names in told.items():
                text = f"{places(after, names)}: {piece} of {said(new)} {abs(db):g} dB {'louder' if db > 0 else 'softer'}"
                yield Difference("level", text, {"part": new, "piece": piece, "sections": names, "db": db})


def _moved(before: Score, one: Part, after: Score, other: Part, control: str, section: str) -> float | None:
    """The largest move of a drum's strokes in a section, dB; None where it has none, or the section is new."""
    if section not in before.sections:
        return None
    start, end = ticks_of(after, after.sections[section])
    shift = ticks_of(before, before.sections[section])[0] - start
    strokes = [note.start for note in other.notes if start <= note.start < end and note.pitch in LEVELS[control]]
    moves = [_at(other, control, tick) - _at(one, control, tick + shift) for tick in strokes]
    return max(moves, key=abs) if moves else None


def _at(part: Part, control: str, tick: int) -> float:
    points = part.controls.get(control)
    return float(np.interp(tick, [at for at, _ in points], [db for _, db in points])) if points else 0.0
