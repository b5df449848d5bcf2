"""One phrase of melody: two-bar motifs, developed by operations, sung over the chords."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from contracts.music import Chord, Key
from services.generator.composition.grid import Grid
from services.generator.composition.pitching import Place, Voice
from services.generator.composition.rhythm import RhythmBook, lengths_of
from services.generator.composition.schemes import operations
from services.music.theory.scales import nearest

UNIT_BARS = 2
_RESTING = 5  # steps of silence after which the next note begins anew


@dataclass(frozen=True)
class Tone:
    """A note of a phrase: step from the phrase's first bar line (below 0 for a pick-up), steps it sounds, MIDI pitch."""

    step: int
    length: int
    pitch: int


@dataclass(frozen=True)
class Ground:
    """What a phrase stands on: its chords by step, its key, its register."""

    chord: Callable[[int], Chord]
    key: Key
    centre: float
    bars: int

    def closes(self, grid: Grid) -> bool:
        """Whether its last chord is the tonic."""
        return self.chord(self.bars * grid.steps - 1).root_class == self.key.tonic_class


class PhraseWriter:
    """Writes phrases with one voice and one book of rhythms."""

    def __init__(self, voice: Voice, book: RhythmBook, grid: Grid, draw: np.random.Generator) -> None:
        self.voice, self.book, self.grid, self.draw = voice, book, grid, draw

    def write(self, ground: Ground, model: str) -> list[Tone]:
        """A phrase by a model such as "period"; its last note answers the last chord."""
        units = -(-ground.bars // UNIT_BARS)
        motifs: dict[str, list[Tone]] = {}
        tones: list[Tone] = []
        for index, (name, source) in enumerate(operations(model, units, self.draw)):
            start = index * UNIT_BARS * self.grid.steps
            bars = min(UNIT_BARS, ground.bars - index * UNIT_BARS)
            last = index == units - 1
            unit = self._unit(name, motifs.get(source), ground, start, bars, tones, last=last)
            motifs.setdefault(source, [replace(t, step=t.step - start) for t in unit])
            tones += unit
        pickup = self._pickup(ground, tones)
        return pickup + tones

    def resing(self, tones: Sequence[Tone], ground: Ground, from_step: int, *, pull: float, end: bool) -> list[Tone]:
        """The same rhythm with the pitches from `from_step` on sung again near what they were, over other chords."""
        head = [t for t in tones if t.step < from_step]
        tail = [t for t in tones if t.step >= from_step]
        if not tail:
            return list(tones)
        targets: list[float | None] = [float(t.pitch) for t in tail]
        pitches = self._pitches(tail, ground, head, targets, pull, end=end)
        return head + [replace(t, pitch=p) for t, p in zip(tail, pitches, strict=True)]

    def fitted(self, tones: Sequence[Tone], ground: Ground) -> list[Tone]:
        """The same notes, but for those that their chord rejects: they move to the nearest note that it takes.

        A short note only has to be of the scale or lead into the next by a semitone; a long or accented one must not grate a
        semitone against the chord.
        """
        result: list[Tone] = []
        for tone, after in zip(tones, [*tones[1:], None], strict=True):
            chord = ground.chord(max(0, tone.step))
            scale = self.voice.scale_of(chord, ground.key)
            stressed = tone.length >= self.grid.beat_steps or self.grid.weight(tone.step) >= 3
            approach = not stressed and after is not None and abs(after.pitch - tone.pitch) == 1
            if approach or (tone.pitch % 12 in scale and not (stressed and _grates(tone.pitch, chord))):
                result.append(tone)
                continue
            classes = frozenset(chord.pitch_classes) if stressed else scale
            result.append(replace(tone, pitch=nearest(tone.pitch, classes, self.voice.low, self.voice.high)))
        return result

    # --- units --------------------------------------------------------------------------------------------------------

    def _unit(
        self, name: str, motif: list[Tone] | None, ground: Ground, start: int, bars: int, before: list[Tone], *, last: bool
    ) -> list[Tone]:
        if name == "rest":
            return []
        if motif is None or name in ("new", "answer", "cadence"):
            frame = self._frame(name, motif, bars, last=last)
            targets: list[float | None] = [None] * len(frame)
            pull = 0.0
        else:
            frame, targets, pull = self._developed(name, motif, ground, bars)
        placed = [replace(t, step=t.step + start) for t in frame]
        if name in ("literal", "tail") and motif:
            share = float(self.draw.uniform(0.45, 0.75)) if name == "tail" else 1.0
            kept = max(1, round(len(placed) * share))
            head = self.fitted(placed[:kept], ground)
            tail = placed[kept:]
            if tail:
                pitches = self._pitches(tail, ground, [*before, *head], targets[kept:], 0.0, end=last)
                tail = [replace(t, pitch=p) for t, p in zip(tail, pitches, strict=True)]
            return head + tail
        pitches = self._pitches(placed, ground, before, targets, pull, end=last)
        return [replace(t, pitch=p) for t, p in zip(placed, pitches, strict=True)]

    def _frame(self, name: str, motif: list[Tone] | None, bars: int, *, last: bool) -> list[Tone]:
        """The rhythm of a new unit, with pitches still to come (0)."""
        steps = self.grid.steps
        first, second = self.book.pair()
        if name == "cadence" and motif:
            first = tuple(t.step for t in motif if 0 <= t.step < steps) or first
        if name == "answer":
            first = tuple(s for s in self.book.closing() if s >= steps // 2) if self.draw.random() < 0.5 else ()
            second = self.book.closing()
        if last or name in ("cadence", "answer"):
            second = self.book.closing()
        if bars == 1:
            first, second = (self.book.closing() if last else first), ()
        starts = sorted({*first, *(s + steps for s in second)} if bars > 1 else set(first))
        return [Tone(s, n, 0) for s, n in zip(starts, self._lengths(starts, bars * steps), strict=True)]

    def _lengths(self, starts: list[int], end: int) -> list[int]:
        """Sounding steps: to the next note, no longer than the style's air allows; the last one leaves a breath."""
        table, beat = self.voice.table, self.grid.beat_steps
        slow = table.notes_per_beat[1] < 0.5
        longest = beat * 4 if slow else max(3, round(beat * (0.9 + 2.6 * (0.4 - table.empty_beats[1]))))
        lengths = lengths_of(starts, end, longest)
        if lengths and not slow:
            lengths[-1] = max(1, min(lengths[-1], longest if self.draw.random() < 0.3 else longest * 2 // 3))
        return lengths

    def _developed(self, name: str, motif: list[Tone], ground: Ground, bars: int) -> tuple[list[Tone], list[float | None], float]:
        """A motif's rhythm with targets for its pitches, by the operation."""
        inside = [t for t in motif if t.step < bars * self.grid.steps]
        if name == "fragment":
            return self._fragment(inside, ground, bars)
        if name == "sequence":
            shift = int(self.draw.choice([-2, -1, 1, 2]))
            return inside, [float(self.voice.scale_step(t.pitch, shift, ground.key)) for t in inside], 0.9
        if name == "invert":
            axis = inside[0].pitch
            return inside, [float(self.voice.fold(2 * axis - t.pitch)) for t in inside], 0.35
        if name == "rhythm":
            return inside, [None] * len(inside), 0.0
        return inside, [float(t.pitch) for t in inside], 0.6

    def _fragment(self, motif: list[Tone], ground: Ground, bars: int) -> tuple[list[Tone], list[float | None], float]:
        """The head of the motif in each bar, the second time a step away: pressing forward."""
        steps = self.grid.steps
        head = [t for t in motif if t.step < steps] or motif[:2]
        shift = int(self.draw.choice([-1, 1, 1]))
        frame, targets = [], list[float | None]()
        for bar in range(bars):
            for tone in head:
                frame.append(replace(tone, step=tone.step % steps + bar * steps, length=min(tone.length, steps - tone.step % steps)))
                targets.append(float(self.voice.scale_step(tone.pitch, shift * bar, ground.key)))
        return frame, targets, 0.7

    def _pickup(self, ground: Ground, tones: list[Tone]) -> list[Tone]:
        """An anacrusis of one to three notes into a phrase that begins on its downbeat (21 % of sung phrases)."""
        if not tones or tones[0].step > 0 or self.draw.random() >= self.voice.table.anacrusis:
            return []
        shape = [(-4, -2), (-2,), (-6, -4, -2), (-4,)][int(self.draw.choice(4, p=[0.4, 0.3, 0.15, 0.15]))]
        frame = [Tone(s, n, 0) for s, n in zip(shape, lengths_of(shape, 0, 8), strict=True)]
        targets: list[float | None] = [tones[0].pitch - 1.5 * (len(shape) - i) for i in range(len(shape))]
        shifted = replace(ground, chord=lambda _: ground.chord(0))
        pitches = self._pitches(frame, shifted, [], targets, 0.12, end=False)
        return [replace(t, pitch=p) for t, p in zip(frame, pitches, strict=True)]

    # --- pitches ------------------------------------------------------------------------------------------------------

    def _pitches(
        self, tones: Sequence[Tone], ground: Ground, before: Sequence[Tone], targets: Sequence[float | None], pull: float, *, end: bool
    ) -> list[int]:
        if not tones:
            return []
        curve = self._contour(len(tones))
        places: list[Place] = []
        previous = before[-1] if before else None
        if previous is not None:
            places.append(Place(0, previous.length, ground.chord(previous.step), ground.key, float(previous.pitch), 60.0))
        ends = previous.step + previous.length if previous else -99
        for index, tone in enumerate(tones):
            following = tones[index + 1].step if index + 1 < len(tones) else tone.step + max(tone.length, 6)
            target = targets[index]
            places.append(
                Place(
                    self.grid.weight(tone.step),
                    following - tone.step,
                    ground.chord(tone.step),
                    ground.key,
                    target if target is not None else ground.centre + curve[index],
                    pull if target is not None else 0.025,
                    self._ending(ground, tone) if end and index == len(tones) - 1 else None,
                    rest_before=tone.step - ends > _RESTING,
                )
            )
            ends = tone.step + tone.length
        pitches = self.voice.sing(places, ground.centre, self.draw)
        return pitches[len(places) - len(tones) :]

    def _ending(self, ground: Ground, tone: Tone) -> frozenset[int]:
        """Pitch classes that a phrase may end on: the tonic (or third) over the tonic, else 2, 5 or 7 of the key over its chord."""
        chord = ground.chord(tone.step)
        tones = frozenset(chord.pitch_classes)
        if chord.root_class == ground.key.tonic_class:
            wanted = {ground.key.tonic_class} if self.draw.random() < 0.7 else set(chord.pitch_classes[:3])
            return frozenset(wanted)
        open_degrees = frozenset((ground.key.tonic_class + s) % 12 for s in (2, 7, 10, 11, 4, 3))
        return (tones & open_degrees) or tones

    def _contour(self, count: int) -> list[float]:
        """Offsets in semitones around the centre: falling, arched, hollow or rising (28, 24, 19, 14 % of phrases)."""
        x = np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
        shape = int(self.draw.choice(5, p=[0.3, 0.27, 0.18, 0.15, 0.1]))
        curves = (-6.0 * x, 5.0 - 10.0 * x**2, -5.0 + 10.0 * x**2, 6.0 * x, 0.0 * x)
        return [float(v) for v in curves[shape]]


def _grates(pitch: int, chord: Chord) -> bool:
    """Whether a held pitch is a semitone off a chord tone without being one (the major seventh over a triad may stay)."""
    if pitch % 12 in chord.pitch_classes:
        return False
    over_root = (pitch - chord.root_class) % 12
    if over_root == 11 and not chord.is_minor:
        return False
    return any((pitch - tone) % 12 in (1, 11) for tone in chord.pitch_classes)
