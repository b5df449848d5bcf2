"""The counter-melody: an answer in the lead's silences, and a line of its own beside the hook when it comes back."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from contracts.music import Chord, Note
from services.generator.composition.form import Form, Slot
from services.generator.composition.grid import STEP, Grid
from services.generator.composition.harmony import SectionHarmony
from services.generator.composition.lead import Register
from services.music.packs.melody_table import MelodyTable
from services.music.rng import rng
from services.music.theory.scales import chord_scale, mode_classes

_QUIET = frozenset({"intro", "outro", "build"})


class Counter:
    """Writes the second voice of one song around a finished melody."""

    def __init__(
        self, table: MelodyTable, form: Form, harmony: dict[str, SectionHarmony], grid: Grid, register: Register, seed: int
    ) -> None:
        self.table, self.form, self.harmony, self.grid, self.register, self.seed = table, form, harmony, grid, register, seed

    def write(self, melody: Sequence[Note], hook: Sequence[int]) -> tuple[Note, ...]:
        """Notes of the counter part.

        Args:
            melody: the lead's notes.
            hook: onset steps of the hook's first bar; its rhythm is what the answers quote.
        """
        notes: list[Note] = []
        heard: set[str] = set()
        for slot in self.form.slots:
            returns = slot.function in heard
            heard.add(slot.function)
            if slot.function in _QUIET or not (slot.is_hook or returns):
                continue
            inside = [n for n in melody if slot.start <= n.start // self._bar < slot.start + slot.bars]
            if slot.is_hook and returns and slot.last and slot.function != "head":
                notes += self._beside(inside, slot)
            else:
                notes += self._answers(inside, slot, hook)
        return tuple(sorted(notes))

    @property
    def _bar(self) -> int:
        return self.grid.steps * STEP

    def _answers(self, melody: Sequence[Note], slot: Slot, hook: Sequence[int]) -> list[Note]:
        """Two to four notes in each silence of a beat and a half or more, moving against the note that came before."""
        draw = rng(self.seed, "composition", "counter", slot.function)
        beat = self.grid.beat_steps * STEP
        begin, end = slot.start * self._bar, (slot.start + slot.bars) * self._bar
        edges = [(n.start, n.end, n.pitch) for n in melody]
        gaps = [(a[1], b[0], a[2]) for a, b in pairwise(edges)]
        if edges:
            gaps.append((edges[-1][1], end, edges[-1][2]))
        notes: list[Note] = []
        for start, stop, last in gaps:
            first = -(-start // (beat // 2)) * (beat // 2)
            if stop - first < beat * 3 // 2 or first < begin:
                continue
            notes += self._answer(first, min(stop, first + 2 * self._bar) - beat // 4, last, slot, hook, draw)
        return notes

    def _answer(self, start: int, stop: int, last: int, slot: Slot, hook: Sequence[int], draw: np.random.Generator) -> list[Note]:
        onsets = [start + (step - hook[0]) * STEP for step in hook[:4]] if hook else [start, start + self.grid.beat_steps * STEP]
        onsets = [o for o in onsets if o < stop - STEP]
        if len(onsets) < 2:
            return []
        pitch = self._near(last + (3 if draw.random() < 0.5 else -5), self._chord(slot, start), slot, chordal=True)
        direction = -1 if pitch >= last else 1
        notes: list[Note] = []
        for i, onset in enumerate(onsets):
            following = onsets[i + 1] if i + 1 < len(onsets) else min(stop, onset + self.grid.beat_steps * STEP * 3 // 2)
            final = i + 1 == len(onsets)
            if i:
                pitch = self._near(pitch + direction * 2, self._chord(slot, onset), slot, chordal=final)
            notes.append(Note(onset, max(STEP // 2, round((following - onset) * self.table.legato)), pitch, self._velocity(slot)))
        return notes

    def _beside(self, melody: Sequence[Note], slot: Slot) -> list[Note]:
        """A line of long notes beside the returning hook: it moves while the lead holds, and against it, in thirds and sixths.

        A note for each two beats, on the first eighth of them that the lead leaves free; chord tones, near the line's last note.
        """
        beat, key = self.grid.beat_steps * STEP, self.harmony[slot.id].key
        begin, end = slot.start * self._bar, (slot.start + slot.bars) * self._bar
        struck = {n.start for n in melody}
        onsets = []
        for start in range(begin, end, 2 * beat):
            places = [start + k * beat // 2 for k in range(4) if start + k * beat // 2 < end]
            free = [p for p in places if not any(abs(p - s) < STEP for s in struck)]
            if free:
                onsets.append(free[0])
        notes: list[Note] = []
        pitch = self.register.centre
        for onset, following in pairwise([*onsets, end]):
            lead = [n for n in melody if n.start <= onset]
            tune, before = (lead[-1].pitch if lead else pitch + 7), (lead[-2].pitch if len(lead) > 1 else 0)
            goal = pitch - 2 * ((tune > before) - (tune < before))
            tones = frozenset(self._chord(slot, onset).pitch_classes)
            scale = chord_scale(key, self._chord(slot, onset), mode_classes(key))
            options = [p for p in range(self.register.low, self.register.high + 1) if p % 12 in tones & scale and abs(p - tune) > 2]
            if not options:
                continue
            fits = {p: (0.0 if abs(p - tune) % 12 in (3, 4, 8, 9) else 1.5) + 0.5 * abs(p - goal) + 2.0 * (p == pitch) for p in options}
            pitch = min(options, key=lambda p, f=fits: (f[p], p))  # type: ignore[misc]
            length = min(following - onset, 3 * beat)
            notes.append(Note(onset, max(STEP, round(length * self.table.legato)), pitch, max(30, self._velocity(slot) - 4)))
        return notes

    def _near(self, pitch: float, chord: Chord, slot: Slot, *, chordal: bool) -> int:
        key = self.harmony[slot.id].key
        classes = frozenset(chord.pitch_classes) if chordal else chord_scale(key, chord, mode_classes(key))
        options = [p for p in range(self.register.low, self.register.high + 1) if p % 12 in classes]
        return min(options, key=lambda p: (abs(p - pitch), p)) if options else self.register.centre

    def _chord(self, slot: Slot, tick: int) -> Chord:
        found = self.harmony[slot.id].events[0]
        for event in self.harmony[slot.id].events:
            if (event.bar - 1) * self._bar + round((event.beat - 1) * self.grid.meter.ticks_per_beat) > tick:
                break
            found = event
        return found.chord

    def _velocity(self, slot: Slot) -> int:
        low, high = self.table.velocity
        return round(low + (high - low) * slot.energy) - 10
