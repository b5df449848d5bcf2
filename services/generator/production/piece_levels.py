"""Single drums of a stem louder or softer: what they sound by themselves is added once more, or taken away, at its gain.

Where a drum is not moved nothing is added, so that every other sample stays as it is.
"""

from collections.abc import Iterator

import numpy as np

from contracts.music import Note, Part
from services.generator.production.curves import Clock, Floats, curve, decibels_to_gain
from services.music.pieces import LEVELS, moved_levels


def piece_gains(part: Part, clock: Clock) -> dict[int, Floats]:
    """Linear gain over time [frames] of every key of the part whose drum is moved; keys that move alike share one array."""
    curves = {name: curve(part, name, clock, default=0.0) for name in moved_levels(part)}
    alike: dict[tuple[str, ...], Floats] = {}
    found: dict[int, Floats] = {}
    for pitch in sorted({note.pitch for note in part.notes}):
        names = tuple(name for name in curves if pitch in LEVELS[name])
        if names and names not in alike:
            alike[names] = decibels_to_gain(np.asarray(sum(curves[name] for name in names), dtype=np.float32))
        if names:
            found[pitch] = alike[names]
    return found


def moved_together(gains: dict[int, Floats]) -> Iterator[tuple[frozenset[int], Floats]]:
    """Keys that share one gain, with it."""
    for gain in {id(one): one for one in gains.values()}.values():
        yield frozenset(pitch for pitch, one in gains.items() if one is gain), gain


def by_force(part: Part) -> Part:
    """The part with its strokes harder or softer in place of a gain, for players whose drums cannot be told apart.

    A stroke's level goes with the square of its velocity (SoundFont 2.04, section 8.4.1: 40 dB for a tenth), up to the hardest one.
    """
    moved = moved_levels(part)
    if not moved:
        return part

    def played(note: Note) -> Note:
        ticks = [(points, note.start) for name, points in moved.items() if note.pitch in LEVELS[name]]
        db = sum(float(np.interp(tick, [t for t, _ in points], [value for _, value in points])) for points, tick in ticks)
        return note._replace(velocity=int(np.clip(round(note.velocity * 10 ** (db / 40)), 1, 127))) if db else note

    return part.model_copy(update={"notes": tuple(played(note) for note in part.notes)})
