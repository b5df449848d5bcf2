"""From tones on a grid to notes: ticks, sounding lengths and levels."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from contracts.music import Note
from services.generator.composition.form import Slot
from services.generator.composition.grid import STEP, Grid
from services.generator.composition.phrase import Tone
from services.music.packs.melody_table import MelodyTable

_SHORTEST = 60
_SOFTER = 8
_ARC = 4.0
_BY_HEIGHT = 0.5


def uttered(tones: Sequence[Tone], slot: Slot, table: MelodyTable, grid: Grid, centre: int, *, softly: bool) -> list[Note]:
    """Notes of a section: level by energy, an arc over the phrase, a little by height and metre; `softly` for quotes and fills."""
    low, high = table.velocity
    base = low + (high - low) * slot.energy - (_SOFTER if softly else 0)
    origin, span = slot.start * grid.steps, 8 * grid.steps
    notes: list[Note] = []
    for i, tone in enumerate(tones):
        arc = _ARC * float(np.sin(np.pi * ((tone.step % span) / span)))
        accent = table.accent if grid.weight(tone.step) >= 3 else 0.0
        velocity = base + arc + accent + _BY_HEIGHT * (tone.pitch - centre)
        start = (origin + tone.step) * STEP
        room = (tones[i + 1].step - tone.step if i + 1 < len(tones) else tone.length) * STEP
        duration = min(tone.length * STEP, room)
        if duration == room and tone.length <= 8:
            duration = round(duration * min(1.0, table.legato))
        if start >= 0:
            notes.append(Note(start, max(_SHORTEST, duration), tone.pitch, int(min(124, max(30, round(velocity))))))
    return notes


def cut(tones: Sequence[Tone], end: int) -> list[Tone]:
    """The tones, none sounding beyond a step."""
    return [replace(t, length=min(t.length, end - t.step)) for t in tones if t.step < end]


def joined(before: list[Note], after: list[Note]) -> list[Note]:
    """Two stretches in one line: a pick-up cuts what it overlaps."""
    if not before or not after:
        return before + after
    start = after[0].start
    kept = [n if n.end <= start else n._replace(duration=start - n.start) for n in before if n.start < start]
    return [n for n in kept if n.duration >= _SHORTEST] + after
