"""What becomes of a brought theme outside the hooks: sequenced, inverted, broken into its head, stretched; fitted to other chords."""

from collections.abc import Callable, Sequence

import numpy as np

from contracts.music import Chord, Key, Note
from services.generator.composition.form import Slot
from services.generator.composition.grid import STEP, Grid
from services.music.theory.scales import chord_scale, ladder, mode_classes, nearest

ChordAt = Callable[[int], Chord]
_HEAD_BARS = 2
_MANNERS = {
    "intro": "head", "outro": "head", "breakdown": "stretch", "bridge": "invert", "contrast": "invert", "prechorus": "fragment",
    "build": "fragment",
}  # fmt: skip
SILENT = frozenset({"head", "stretch"})
"""Manners that replace a whole section: such sections only remember the theme."""


def manner_of(slot: Slot) -> str:
    """How a section treats the theme."""
    return _MANNERS.get(slot.function, "sequence")


class Developer:
    """Develops one theme, given in ticks from its first bar line, for one player's range."""

    def __init__(self, theme: Sequence[Note], grid: Grid, low: int, high: int) -> None:
        self.grid, self.low, self.high = grid, low, high
        self.bar = grid.steps * STEP
        end = _HEAD_BARS * self.bar
        self.head = [n._replace(duration=min(n.duration, end - n.start)) for n in theme if n.start < end]

    def phrase(self, manner: str, start: int, bars: int, key: Key, chord_at: ChordAt, draw: np.random.Generator) -> list[Note]:
        """The theme's head as a phrase of at most `bars` bars at a tick; empty where the theme has none."""
        if not self.head or bars < 1:
            return []
        shape = getattr(self, f"_{manner}")(key, draw)
        end = min(bars, _HEAD_BARS if manner != "stretch" else 2 * _HEAD_BARS) * self.bar
        inside = [n._replace(start=start + n.start, duration=min(n.duration, end - n.start)) for n in shape if n.start < end]
        return [n._replace(pitch=self._fitted(n, chord_at(n.start), key)) for n in inside]

    def _sequence(self, key: Key, draw: np.random.Generator) -> list[Note]:
        """The head a step or two lower or higher in the scale."""
        steps = int(draw.choice([-3, -2, -1, 1]))
        return [n._replace(pitch=self._moved(n.pitch, steps, key)) for n in self.head]

    def _invert(self, key: Key, _draw: np.random.Generator) -> list[Note]:
        """The head upside down around its first note, by scale steps."""
        rungs = ladder(mode_classes(key), 0, 127)
        axis = self._rung(self.head[0].pitch, rungs)
        return [n._replace(pitch=rungs[min(max(2 * axis - self._rung(n.pitch, rungs), 0), len(rungs) - 1)]) for n in self.head]

    def _fragment(self, key: Key, _draw: np.random.Generator) -> list[Note]:
        """The first bar twice, the second time a step higher: pressing forward."""
        first = [n._replace(duration=min(n.duration, self.bar - n.start)) for n in self.head if n.start < self.bar]
        return first + [n._replace(start=n.start + self.bar, pitch=self._moved(n.pitch, 1, key)) for n in first]

    def _stretch(self, _key: Key, _draw: np.random.Generator) -> list[Note]:
        """The head in values twice as long."""
        return [n._replace(start=2 * n.start, duration=2 * n.duration) for n in self.head]

    def _head(self, _key: Key, _draw: np.random.Generator) -> list[Note]:
        return list(self.head)

    def _moved(self, pitch: int, steps: int, key: Key) -> int:
        rungs = ladder(mode_classes(key), 0, 127)
        return rungs[min(max(self._rung(pitch, rungs) + steps, 0), len(rungs) - 1)]

    @staticmethod
    def _rung(pitch: int, rungs: list[int]) -> int:
        return min(range(len(rungs)), key=lambda i: (abs(rungs[i] - pitch), i))

    def _fitted(self, note: Note, chord: Chord, key: Key) -> int:
        """The note where its chord takes it, else the nearest that it takes; folded by octaves into the range."""
        pitch = note.pitch
        while pitch > self.high:
            pitch -= 12
        while pitch < self.low:
            pitch += 12
        stressed = note.duration >= self.grid.beat_steps * STEP or self.grid.weight(note.start // STEP) >= 3
        scale = chord_scale(key, chord, mode_classes(key))
        grates = pitch % 12 not in chord.pitch_classes and any((pitch - tone) % 12 == 1 for tone in chord.pitch_classes)
        if pitch % 12 in scale and not (stressed and grates):
            return pitch
        return nearest(pitch, frozenset(chord.pitch_classes) if stressed else scale, self.low, self.high)
