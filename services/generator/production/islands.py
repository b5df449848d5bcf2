"""A part as islands of sound between silences: what is silent is not rendered, and what repeats to the sample is rendered once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from contracts.music import Note
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats

MARGIN_S = 0.6
"""Beyond the patch's own release: what its filters and its speaker still give."""
SILENCE_S = 4.0
"""Shorter rests are rendered: an engine costs time to start, and its oscillators go on turning, so that no two stabs are alike."""
QUIET = 1e-5
"""-100 dBFS: where an island may end."""
LISTEN_S = 0.02


@dataclass(frozen=True)
class Island:
    """Notes that sound together, and the stretch [start, stop) of frames that holds them and their release."""

    start: int
    stop: int
    notes: tuple[Note, ...]


def islands(notes: tuple[Note, ...], clock: Clock, release_s: float) -> list[Island]:
    """Notes in time order, parted at the long silences after everything before has rung out."""
    tail, silence = round((release_s + MARGIN_S) * SAMPLE_RATE_HZ), round(SILENCE_S * SAMPLE_RATE_HZ)
    found: list[Island] = []
    group: list[Note] = []
    start = stop = 0
    for note in notes:
        at = clock.sample(note.start)
        if group and at >= stop + silence:
            found.append(Island(start, stop, tuple(group)))
            group = []
        if not group:
            start, stop = at, at
        group.append(note)
        stop = max(stop, min(clock.sample(note.end) + tail, clock.frames))
    if group:
        found.append(Island(start, stop, tuple(group)))
    return found


def assembled(found: list[Island], frames: int, key: Callable[[Island], object], render: Callable[[Island], Floats]) -> Floats | None:
    """All islands in their places, [2, frames], islands of one key rendered once. None where one does not end in silence.

    `render` gives [2, stop - start].
    """
    audio = np.zeros((2, frames), dtype=np.float32)
    known: dict[object, Floats] = {}
    listen = round(LISTEN_S * SAMPLE_RATE_HZ)
    for island in found:
        content = key(island)
        if content not in known:
            known[content] = render(island)
        sound = known[content]
        if island.stop < frames and float(np.abs(sound[:, -listen:]).max(initial=0.0)) > QUIET:
            return None
        audio[:, island.start : island.stop] += sound
    return audio
