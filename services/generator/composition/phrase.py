"""One phrase of melody: its drafts sung over the chords, with lengths and breaths as real singers have them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from contracts.music import Chord, Key
from services.generator.composition.grid import Grid
from services.generator.composition.habits import GAP, LONG, habits, length_class, speed_class
from services.generator.composition.pitching import Place, Trail, Voice
from services.generator.composition.rhythm import RhythmBook
from services.generator.composition.units import UNIT_BARS, Draft, Drafter
from services.music.theory.scales import nearest

_SUNG_THROUGH = 4
"""Onset distances up to so many steps have no silence in them."""
_USUAL_AIR = 0.24
_LEANING = 1.2


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


class PhraseWriter:
    """Writes phrases with one voice and one book of rhythms."""

    def __init__(self, voice: Voice, book: RhythmBook, grid: Grid, draw: np.random.Generator) -> None:
        self.voice, self.book, self.grid, self.draw = voice, book, grid, draw

    def write(self, ground: Ground, model: str, *, hook: bool = False) -> list[Tone]:
        """A phrase by a model: "song" as in real songs, or one of `schemes` such as "period". A hook does not pause before it is said."""
        drafts = Drafter(self.voice.table, self.book, self.grid, self.draw).phrase(ground.bars, model, hook=hook)
        return self.sung(self._pickup(drafts) + drafts, ground)

    def sung(self, drafts: Sequence[Draft], ground: Ground, before: Sequence[int] = ()) -> list[Tone]:
        """The drafts with lengths and pitches; `before` are pitches that came before them."""
        lengths = self._lengths([d.step for d in drafts], ground.bars * self.grid.steps)
        centres = self._centres(ground)
        trail = Trail(tuple(before))
        tones: list[Tone] = []
        heights: dict[int, int] = {}
        for index, (draft, length) in enumerate(zip(drafts, lengths, strict=True)):
            following = drafts[index + 1].step if index + 1 < len(drafts) else draft.step + 16
            place = self._place(draft, ground, centres, index, drafts, lengths, following)
            pitch = self._known(draft, heights, ground)
            if pitch is None or draft.pull:
                pitch = self.voice.pitch(replace(place, target=None if pitch is None else float(pitch), pull=draft.pull), trail, self.draw)
            trail = trail.after(pitch, place)
            heights[draft.step] = pitch
            tones.append(Tone(draft.step, length, pitch))
        exact = [d.step for d in drafts if not d.pull and (d.origin is not None or d.pitch is not None)]
        return self.fitted(tones, ground, only=frozenset(exact))

    def _place(
        self,
        draft: Draft,
        ground: Ground,
        centres: Sequence[float],
        index: int,
        drafts: Sequence[Draft],
        lengths: Sequence[int],
        following: int,
    ) -> Place:
        silence = draft.step - (drafts[index - 1].step + lengths[index - 1]) if index else LONG
        distance = draft.step - drafts[index - 1].step if index else LONG
        unit = max(0, draft.step) // (UNIT_BARS * self.grid.steps)
        return Place(
            weight=self.grid.weight(draft.step), length=length_class(following - draft.step), speed=speed_class(distance),
            chord=ground.chord(max(0, draft.step)), key=ground.key, centre=centres[min(unit, len(centres) - 1)],
            rest=silence >= GAP or distance >= LONG, last=following - draft.step >= LONG or following - draft.step - lengths[index] >= GAP,
            final=index + 1 == len(drafts),
        )  # fmt: skip

    def _known(self, draft: Draft, heights: dict[int, int], ground: Ground) -> int | None:
        """The pitch that a draft copies or aims at, if it does."""
        if draft.pitch is not None:
            return draft.pitch
        if draft.origin is None or draft.origin not in heights:
            return None
        pitch = heights[draft.origin]
        if draft.axis is not None and draft.axis in heights:
            return self.voice.fold(2 * heights[draft.axis] - pitch)
        return self.voice.scale_step(pitch, draft.shift, ground.key) if draft.shift else pitch

    def _centres(self, ground: Ground) -> list[float]:
        """Heights of the phrase's two-bar units around its centre: neighbours lean against each other."""
        heights = habits().heights
        means, deviations = heights["unit_mean"], heights["unit_deviation"]
        units = -(-ground.bars // UNIT_BARS)
        result: list[float] = []
        before = 0.0
        for unit in range(units):
            kind = 3 if unit == units - 1 else min(unit, 2)
            lean = heights["unit_correlation"][0]
            before = lean * before + (1 - lean**2) ** 0.5 * float(self.draw.standard_normal())
            result.append(ground.centre + means[kind] + _LEANING * deviations[kind] * before)
        return result

    def _lengths(self, starts: Sequence[int], end: int) -> list[int]:
        """Sounding steps: short notes reach the next one, long ones end as singers' do, sooner where the style has more air."""
        held = habits().rhythms.held
        table = self.voice.table
        airy = 0.92 - 1.6 * (table.empty_beats[1] - _USUAL_AIR)
        pulse = self.grid.beat_steps if table.notes_per_beat[1] >= 0.5 else 4 * self.grid.beat_steps
        lengths: list[int] = []
        for start, following in zip(starts, [*starts[1:], max(end, (starts[-1] if starts else 0) + self.grid.beat_steps)], strict=True):
            distance = following - start
            if distance <= _SUNG_THROUGH or distance <= pulse // 2:
                lengths.append(distance)
                continue
            share = held[min(distance, 17) - 1].cumsum()
            length = 1 + int(np.searchsorted(share, self.draw.random() * share[-1], side="right"))
            if pulse > self.grid.beat_steps:
                length = max(length, min(distance, pulse))
            lengths.append(int(min(distance, max(2, round(length * airy)))))
        return lengths

    def _pickup(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Notes before the first bar line, as often as the style has them, in the shapes that singers use."""
        if not drafts or drafts[0].step > 2 or self.draw.random() >= self.voice.table.anacrusis:
            return []
        hurried = self.book.step_s < 0.13
        options = [(s, n) for s, n in habits().rhythms.pickups if s and -s[0] <= self.grid.steps // 2 and not (hurried and s[-1] % 2)]
        weights = np.array([n for _, n in options])
        steps = options[int(self.draw.choice(len(options), p=weights / weights.sum()))][0]
        return [Draft(step) for step in steps]

    # --- over other chords ------------------------------------------------------------------------------------------------

    def resing(self, tones: Sequence[Tone], ground: Ground, from_step: int, *, pull: float) -> list[Tone]:
        """The same rhythm with the pitches from `from_step` on sung again near what they were, over other chords."""
        drafts = [Draft(t.step, pitch=t.pitch, pull=pull if t.step >= from_step else 0.0) for t in tones]
        sung = self.sung(drafts, ground)
        return [replace(new, length=old.length) for old, new in zip(tones, sung, strict=True)]

    def fitted(self, tones: Sequence[Tone], ground: Ground, only: frozenset[int] | None = None) -> list[Tone]:
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
            kept = only is not None and tone.step not in only
            rubs = _grates(tone.pitch, chord) and (stressed or (_against_seventh(tone.pitch, chord) and tone.length > 1))
            if kept or approach or (tone.pitch % 12 in scale and not rubs):
                result.append(tone)
                continue
            classes = frozenset(chord.pitch_classes) if stressed or rubs else scale
            result.append(replace(tone, pitch=nearest(tone.pitch, classes, self.voice.low, self.voice.high)))
        return result


def _grates(pitch: int, chord: Chord) -> bool:
    """Whether a held pitch is a semitone off a chord tone without being one; the major seventh may stay where no minor one sounds."""
    if pitch % 12 in chord.pitch_classes:
        return False
    over_root = (pitch - chord.root_class) % 12
    if over_root == 11 and not chord.is_minor and not _against_seventh(pitch, chord):
        return False
    return any((pitch - tone) % 12 in (1, 11) for tone in chord.pitch_classes)


def _against_seventh(pitch: int, chord: Chord) -> bool:
    """Whether a pitch is the major seventh of a chord that has the minor one: wrong on any beat, unless it leads on."""
    return (pitch - chord.root_class) % 12 == 11 and (chord.root_class + 10) % 12 in chord.pitch_classes
