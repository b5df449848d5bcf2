"""The melody of a song: phrases that return, a hook that is the same in each chorus, registers and roles by section."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from contracts.brief import Brief
from contracts.music import Chord, Key, Meter, Note
from services.generator.composition.form import Form, Phrase, Slot
from services.generator.composition.grid import STEP, Grid
from services.generator.composition.harmony import SectionHarmony
from services.generator.composition.lead import Register
from services.generator.composition.phrase import Ground, PhraseWriter, Tone
from services.generator.composition.pitching import Voice
from services.generator.composition.rhythm import RhythmBook
from services.music.packs.melody_table import MelodyTable
from services.music.rng import rng

# What the melody does in a section unless the style says otherwise.
_ROLES = {
    "intro": "echo", "verse": "sing", "prechorus": "sing", "chorus": "hook", "postchorus": "hook", "bridge": "sing", "solo": "improvise",
    "breakdown": "echo", "build": "rest", "drop": "hook", "head": "hook", "theme": "hook", "contrast": "sing", "groove": "sing",
    "outro": "echo",
}  # fmt: skip
_DENSITY = {"verse": 1.0, "prechorus": 1.05, "chorus": 1.14, "bridge": 0.95, "solo": 1.35, "drop": 1.2, "contrast": 1.1, "breakdown": 0.7}
_QUOTES, _BREATHES = 0.3, 0.85
_FAMILY = {"postchorus": "chorus", "groove": "verse"}


@dataclass(frozen=True)
class Material:
    """A phrase as first written, with the chords and key it was written over."""

    tones: tuple[Tone, ...]
    chords: tuple[Chord, ...]
    """Chord per step."""
    key: Key


@dataclass(frozen=True)
class Melody:
    """The finished line: its notes, and the hook's first two bars for the record."""

    notes: tuple[Note, ...]
    hook: tuple[Tone, ...]
    palette: int


class Melodist:
    """Writes one take of a song's melody."""

    def __init__(
        self, brief: Brief, table: MelodyTable, form: Form, harmony: dict[str, SectionHarmony], register: Register, seed: int, take: int = 0
    ) -> None:
        self.table, self.form, self.harmony, self.register = table, form, harmony, register
        self.seed, self.take = seed, take
        self.tempo_bpm = brief.tempo_bpm.value
        self.eagerness = 0.88 + 0.24 * brief.energy.value
        self.grid = Grid(Meter.parse(brief.meter.value))
        self.key = Key.parse(brief.key.value)
        self.voice = Voice(table, self.key, register.low, register.high)
        self.materials: dict[str, Material] = {}
        self.books: dict[str, RhythmBook] = {}

    def write(self) -> Melody:
        """All notes of the melody, in order, never overlapping."""
        self._hook_first()
        notes: list[Note] = []
        for slot in self.form.slots:
            section = self._section(slot)
            if slot is self.form.slots[-1]:
                section = self._landed(section, slot)
            notes = _joined(notes, self._notes(section, slot))
        hook = next((self.materials[f"{s.function}:a"] for s in self.form.slots if f"{s.function}:a" in self.materials and s.is_hook), None)
        head = tuple(t for t in hook.tones if 0 <= t.step < 2 * self.grid.steps) if hook else ()
        return Melody(tuple(notes), head, sum(len(book.palette) for book in self.books.values()))

    # --- sections -----------------------------------------------------------------------------------------------------

    def role(self, slot: Slot) -> str:
        """What the melody does in a section: sing, hook, echo, improvise, fill or rest."""
        role = self.table.roles.get(slot.function, _ROLES[slot.function])
        alone = all(self.table.roles.get(s.function, _ROLES[s.function]) in ("echo", "rest", "fill") for s in self.form.slots)
        return "sing" if alone and role != "rest" else role

    def _hook_first(self) -> None:
        """The hook is written before everything else, and the rest grows around it."""
        for slot in self.form.slots:
            if self.role(slot) == "hook":
                for phrase in slot.phrases:
                    if phrase.letter != "t":
                        self._material(slot, phrase)
                return

    def _section(self, slot: Slot) -> list[Tone]:
        """Tones of a section, steps from its first bar line."""
        role = self.role(slot)
        if role == "rest":
            return []
        if role in ("echo", "fill"):
            return self._echo(slot, every=4 if role == "echo" else 8)
        tones: list[Tone] = []
        for index, phrase in enumerate(slot.phrases):
            if phrase.letter == "t":
                continue
            written = self._improvised(slot, phrase, index) if role == "improvise" else self._returned(slot, phrase, index)
            offset = phrase.start * self.grid.steps
            tones = [t for t in tones if not written or t.step < written[0].step + offset]
            tones += [replace(t, step=t.step + offset) for t in written]
        return tones

    def _returned(self, slot: Slot, phrase: Phrase, index: int) -> list[Tone]:
        """A phrase as it was first written, moved to this key, bent where its chords differ, its end varied on later returns."""
        material = self._material(slot, phrase)
        key = self.harmony[slot.id].key
        shift = (key.tonic_class - material.key.tonic_class + 6) % 12 - 6
        steps = phrase.bars * self.grid.steps
        tones = [replace(t, pitch=self._moved(t.pitch, shift)) for t in material.tones if t.step < steps]
        tones = [replace(t, length=min(t.length, steps - t.step)) for t in tones]
        ground = self._ground(slot, phrase)
        draw = self._draw("return", slot.function, phrase.letter, index if slot.is_hook else slot.id, index)
        writer = PhraseWriter(self.voice, self._book(slot), self.grid, draw)
        first_time = slot.occurrence == 1 and index == [p.letter for p in slot.phrases].index(phrase.letter)
        tones = writer.fitted(tones, ground)
        if first_time:
            return tones
        ending = (phrase.bars - 2) * self.grid.steps
        vary = phrase.bars >= 4 and draw.random() < (0.5 if not slot.is_hook else 0.65 if index else 0.0)
        if vary or self._resolves_anew(tones, material, ground, shift):
            tones = writer.resing(tones, ground, ending if vary else tones[-1].step, pull=0.2, end=True)
        if self.table.ornaments and slot.function not in ("chorus", "drop"):
            tones = self._ornamented(tones, ground, draw)
        return tones

    def _ornamented(self, tones: list[Tone], ground: Ground, draw: np.random.Generator) -> list[Tone]:
        """Returns are adorned: a long note gets a mordent, or a turn around it, in 16ths."""
        result: list[Tone] = []
        for tone in tones:
            if tone.length < max(4, self.grid.beat_steps) or tone.step < 0 or draw.random() >= self.table.ornaments:
                result.append(tone)
                continue
            upper, lower = (self.voice.scale_step(tone.pitch, d, ground.key) for d in (1, -1))
            figure = [tone.pitch, upper] if draw.random() < 0.6 else [upper, tone.pitch, lower]
            result += [Tone(tone.step + i, 1, pitch) for i, pitch in enumerate(figure)]
            result.append(Tone(tone.step + len(figure), tone.length - len(figure), tone.pitch))
        return result

    def _moved(self, pitch: int, shift: int) -> int:
        """A pitch in another key; a lift of a tone may leave the comfortable register, since instruments reach that far."""
        return pitch + shift if abs(shift) <= 2 else self.voice.fold(pitch + shift)

    def _resolves_anew(self, tones: Sequence[Tone], material: Material, ground: Ground, shift: int) -> bool:
        """Whether the last note stands on another chord than when it was written, and is none of that chord's notes."""
        if not tones or tones[-1].step < 0:
            return False
        last = tones[-1]
        chord, was = ground.chord(last.step), material.chords[min(last.step, len(material.chords) - 1)]
        return (was.root_class + shift) % 12 != chord.root_class and last.pitch % 12 not in chord.pitch_classes

    def _improvised(self, slot: Slot, phrase: Phrase, index: int) -> list[Tone]:
        """A solo: new each time, denser, over the same changes."""
        draw = self._draw("solo", slot.id, index)
        writer = PhraseWriter(self.voice, self._book(slot), self.grid, draw)
        ground = self._ground(slot, phrase)
        model = "through" if draw.random() < 0.4 else "srdc"
        played = self._decorated(writer.write(replace(ground, centre=ground.centre + 2), model), draw)
        return self._breathing(self._quoting(played, slot, ground, writer, draw), phrase, draw)

    def _quoting(self, tones: list[Tone], slot: Slot, ground: Ground, writer: PhraseWriter, draw: np.random.Generator) -> list[Tone]:
        """A soloist remembers the tune: now and then the phrase begins with its first bar, over these chords."""
        theme = next((self.materials[name] for name in ("head:a", "chorus:a", "verse:a", "theme:a") if name in self.materials), None)
        if theme is None or draw.random() >= _QUOTES:
            return tones
        shift = (self.harmony[slot.id].key.tonic_class - theme.key.tonic_class + 6) % 12 - 6
        length = self.grid.steps * 2
        head = [replace(t, pitch=self.voice.fold(t.pitch + shift)) for t in theme.tones if 0 <= t.step < length]
        head = [replace(t, length=min(t.length, length - t.step)) for t in head]
        return writer.fitted(head, ground) + [t for t in tones if t.step >= length] if head else tones

    def _breathing(self, tones: list[Tone], phrase: Phrase, draw: np.random.Generator) -> list[Tone]:
        """Breaths in a solo: the last beat or two of most four bars are silent, as a player of a wind instrument needs them."""
        kept = tones
        for bar in range(2, phrase.bars + 1, 2):
            if draw.random() < (_BREATHES if bar % 4 == 0 else _BREATHES / 2):
                end = bar * self.grid.steps
                start = end - int(draw.integers(1, 3)) * self.grid.beat_steps - (2 if draw.random() < 0.4 else 0)
                kept = [t if t.step + t.length <= start else replace(t, length=start - t.step) for t in kept if not start <= t.step < end]
        return kept

    def _echo(self, slot: Slot, every: int) -> list[Tone]:
        """The head of the hook, quoted now and then: in the last bars of an intro, at the head of each few bars elsewhere."""
        source = next(
            (m for name, m in self.materials.items() if name.split(":")[0] in ("chorus", "drop", "head", "theme", "groove")), None
        )
        source = source or next(iter(self.materials.values()), None)
        if source is None:
            return []
        bars = min(2, slot.bars)
        head = [t for t in source.tones if 0 <= t.step < bars * self.grid.steps]
        starts = range(0, slot.bars - bars + 1, every)
        if slot.function == "intro" and slot.bars >= 4:
            starts = range(slot.bars % 4 + 2 if slot.bars < 8 else slot.bars - 4, slot.bars - 1, every)
        tones: list[Tone] = []
        shift = (self.harmony[slot.id].key.tonic_class - source.key.tonic_class + 6) % 12 - 6
        for number, start in enumerate(starts):
            phrase = Phrase("e", start, bars)
            draw = self._draw("echo", slot.function, number)
            ground = self._ground(slot, phrase)
            quoted = [replace(t, pitch=self.voice.fold(t.pitch + shift)) for t in head]
            quoted = PhraseWriter(self.voice, self._book(slot), self.grid, draw).fitted(quoted, ground)
            tones += [replace(t, step=t.step + start * self.grid.steps) for t in quoted]
        return tones

    def _landed(self, tones: list[Tone], slot: Slot) -> list[Tone]:
        """The last note of the song: the tonic on the last bar's downbeat, held."""
        if not tones or self.harmony[slot.id].stated:
            return tones
        steps = self.grid.steps
        final = (slot.bars - 1) * steps
        kept = [t for t in tones if t.step < final]
        near = kept[-1].pitch if kept else self.register.centre
        tonic = self.harmony[slot.id].key.tonic_class
        options = [p for p in range(self.register.low, self.register.high + 1) if p % 12 == tonic]
        if not options:
            return tones
        pitch = min(options, key=lambda p: (abs(p - near), p))
        kept = [replace(t, length=min(t.length, final - t.step)) for t in kept]
        return [*kept, Tone(final, max(self.grid.beat_steps * 2, steps * 3 // 4) if steps > self.grid.beat_steps * 2 else steps, pitch)]

    # --- materials ----------------------------------------------------------------------------------------------------

    def _material(self, slot: Slot, phrase: Phrase) -> Material:
        family = _FAMILY.get(slot.function, slot.function)
        name = f"{family}:{phrase.letter}"
        known = self.materials.get(name)
        if known is not None:
            return known
        kin = [
            (s, p) for s in self.form.slots if _FAMILY.get(s.function, s.function) == family for p in s.phrases if p.letter == phrase.letter
        ]
        slot, phrase = max(kin, key=lambda pair: pair[1].bars)  # the first of the longest: shorter ones are cut from it
        draw = self._draw("material", name, phrase.bars)
        ground = self._ground(slot, phrase)
        schemes = self.table.hook_schemes if self.role(slot) == "hook" else self.table.schemes
        names = list(schemes)
        share = np.array(list(schemes.values()))
        model = names[int(draw.choice(len(names), p=share / share.sum()))]
        writer = PhraseWriter(self.voice, self._book(slot), self.grid, draw)
        tones = self._decorated(writer.write(ground, model), draw)
        steps = phrase.bars * self.grid.steps
        self.materials[name] = Material(tuple(tones), tuple(ground.chord(s) for s in range(steps)), ground.key)
        return self.materials[name]

    def _decorated(self, tones: list[Tone], draw: np.random.Generator) -> list[Tone]:
        """Chromatic approaches where the style has them: a weak note becomes the semitone below or above the next one."""
        result = list(tones)
        for i in range(1, len(result) - 1):
            tone, after = result[i], result[i + 1]
            weak = self.grid.weight(tone.step) <= 1 and after.step - tone.step <= self.grid.beat_steps
            if not weak or self.grid.weight(after.step) < 2 or draw.random() >= self.table.chromatic * 2:
                continue
            side = -1 if draw.random() < 0.65 else 1
            if abs(after.pitch + side - result[i - 1].pitch) <= 4 and after.pitch + side != result[i - 1].pitch:
                result[i] = replace(tone, pitch=after.pitch + side)
        return result

    def _book(self, slot: Slot) -> RhythmBook:
        family = _FAMILY.get(slot.function, slot.function)
        if family not in self.books:
            density = self.eagerness * self.table.notes_per_beat[1] * _DENSITY.get(family, 1.0) / (1 - self.table.empty_beats[1] * 0.5)
            self.books[family] = RhythmBook(self.table, self.grid, self.tempo_bpm, density, self._draw("rhythm", family))
        return self.books[family]

    def _ground(self, slot: Slot, phrase: Phrase) -> Ground:
        """Chords, key and register under a phrase."""
        section = self.harmony[slot.id]
        meter = self.grid.meter
        changes: list[tuple[int, Chord]] = []
        for event in section.events:
            step = (event.bar - 1 - slot.start - phrase.start) * self.grid.steps + round((event.beat - 1) * meter.ticks_per_beat / STEP)
            changes.append((step, event.chord))

        def chord(step: int) -> Chord:
            found = changes[0][1]
            for at, symbol in changes:
                if at > step:
                    break
                found = symbol
            return found

        lift = self.table.lift if slot.function in ("chorus", "drop", "postchorus") else (1 if slot.function in ("bridge", "solo") else 0)
        return Ground(chord, section.key, self.register.centre + lift, phrase.bars)

    def _notes(self, tones: Sequence[Tone], slot: Slot) -> list[Note]:
        """Ticks and velocities: level by energy, an arc over the phrase, a little by height and metre."""
        low, high = self.table.velocity
        base = low + (high - low) * slot.energy - (8 if self.role(slot) in ("echo", "fill") else 0)
        origin = slot.start * self.grid.steps
        notes: list[Note] = []
        span = 8 * self.grid.steps
        for i, tone in enumerate(tones):
            arc = 4.0 * float(np.sin(np.pi * ((tone.step % span) / span)))
            accent = self.table.accent if self.grid.weight(tone.step) >= 3 else 0.0
            velocity = base + arc + accent + 0.5 * (tone.pitch - self.register.centre)
            start = (origin + tone.step) * STEP
            room = (tones[i + 1].step - tone.step if i + 1 < len(tones) else tone.length) * STEP
            duration = min(tone.length * STEP, room)
            if duration == room and tone.length <= 8:
                duration = round(duration * min(1.0, self.table.legato))
            if start >= 0:
                notes.append(Note(start, max(60, duration), tone.pitch, int(min(124, max(30, round(velocity))))))
        return notes

    def _draw(self, *purpose: str | int) -> np.random.Generator:
        return rng(self.seed, "composition", "melody", "take", self.take, *purpose)


def _joined(before: list[Note], after: list[Note]) -> list[Note]:
    """Two stretches in one line: a pick-up cuts what it overlaps."""
    if not before or not after:
        return before + after
    start = after[0].start
    kept = [n if n.end <= start else n._replace(duration=start - n.start) for n in before if n.start < start]
    return [n for n in kept if n.duration >= 60] + after
