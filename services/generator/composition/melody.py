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
from services.generator.composition.returns import Returner
from services.generator.composition.rhythm import RhythmBook, SongRhythm
from services.generator.composition.soloing import decorated, ornamented, solo_phrase
from services.generator.composition.uttering import cut, joined, uttered
from services.generator.composition.wishes import SongWish, song_wish
from services.music.packs.melody_table import MelodyTable
from services.music.packs.meters import grouped
from services.music.rng import rng
from services.music.theory.scales import nearest

# What the melody does in a section unless the style says otherwise.
_ROLES = {
    "intro": "echo", "verse": "sing", "prechorus": "sing", "chorus": "hook", "postchorus": "hook", "bridge": "sing", "solo": "improvise",
    "breakdown": "echo", "build": "rest", "drop": "hook", "head": "hook", "theme": "hook", "contrast": "sing", "groove": "sing",
    "outro": "echo",
}  # fmt: skip
_DENSITY = {"verse": 1.0, "prechorus": 1.04, "chorus": 1.04, "bridge": 0.95, "solo": 1.35, "drop": 1.2, "contrast": 1.1, "breakdown": 0.7}
_OPENS = frozenset({"verse", "chorus", "bridge"})
_BELOW = frozenset({"verse", "prechorus", "groove", "breakdown"})
_SHARPNESS = 1.02
_OPEN = 0.85
_QUOTED = 0.35
_ANSWERS, _OWN_VARIANT, _HOOK_ENDS = 0.75, 0.25, 0.7
_TUNEFUL = 0.75
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
        self,
        brief: Brief,
        table: MelodyTable,
        form: Form,
        harmony: dict[str, SectionHarmony],
        register: Register,
        seed: int,
        take: int = 0,
        wish: SongWish | None = None,
    ) -> None:
        self.table, self.form, self.harmony = table, form, harmony
        self.seed, self.take = seed, take
        self.tempo_bpm = brief.tempo_bpm.value
        self.grid = Grid(grouped(Meter.parse(brief.meter.value), brief.genres.value[0]))
        self.wish = wish or song_wish(brief, table, register, self.grid, seed)
        self.register = self.wish.register
        self.voice = Voice(table, Key.parse(brief.key.value), self.register.low, self.register.high, self.wish, sharpness=_SHARPNESS)
        top = max(self.register.high - self.wish.peak, self.register.low + 7)
        self.under = Voice(table, self.voice.key, self.register.low, top, self.wish, sharpness=_SHARPNESS) if self.wish.peak else self.voice
        self.materials: dict[str, Material] = {}
        self.books: dict[str, RhythmBook] = {}
        self.song_rhythm = SongRhythm(self._draw("rhythm"))

    def write(self) -> Melody:
        """All notes of the melody, in order, never overlapping."""
        self._hook_first()
        notes: list[Note] = []
        sung = [slot for slot in self.form.slots if self.role(slot) != "rest"]
        for slot in self.form.slots:
            section = self._section(slot)
            if slot is self.form.slots[-1]:
                section = self._landed(section, slot)
            elif section and slot is sung[-1] and not self.harmony[slot.id].stated:
                section = self._settled(section, slot)
            softly = self.role(slot) in ("echo", "fill")
            notes = joined(notes, uttered(section, slot, self.table, self.grid, self.register.centre, softly=softly))
        hook = next((self.materials[f"{s.function}:a"] for s in self.form.slots if f"{s.function}:a" in self.materials and s.is_hook), None)
        head = tuple(t for t in hook.tones if 0 <= t.step < 2 * self.grid.steps) if hook else ()
        return Melody(tuple(notes), head, sum(len(book.palette) for book in self.books.values()))

    # --- sections -----------------------------------------------------------------------------------------------------

    def role(self, slot: Slot) -> str:
        """What the melody does in a section: sing, hook, echo, improvise, fill or rest."""
        role = self._usual_role(slot)
        alone = all(self._usual_role(s) in ("echo", "rest", "fill") for s in self.form.slots)
        return "sing" if alone else role

    def _usual_role(self, slot: Slot) -> str:
        usual = "rest" if slot.function in self.wish.silent else _ROLES[slot.function]
        return self.table.roles.get(slot.function, usual)

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
        return self._opened(tones, slot)

    def _returned(self, slot: Slot, phrase: Phrase, index: int) -> list[Tone]:
        """A phrase as it was first written, moved to this key, bent where its chords differ, its end varied on later returns."""
        material = self._material(slot, phrase)
        key = self.harmony[slot.id].key
        shift = (key.tonic_class - material.key.tonic_class + 6) % 12 - 6
        steps = phrase.bars * self.grid.steps
        tones = [replace(t, pitch=self._moved(t.pitch, shift)) for t in material.tones if t.step < steps]
        tones = [replace(t, length=min(t.length, steps - t.step)) for t in tones]
        ground = self._ground(slot, phrase)
        draw = self._draw("return", slot.function, phrase.letter, index, 1)
        writer = PhraseWriter(self._voice(slot), self._book(slot), self.grid, draw)
        first = index == [p.letter for p in slot.phrases].index(phrase.letter)
        tones = writer.fitted(tones, ground)
        if slot.occurrence == 1 and first:
            return tones
        if not first:  # the answer inside a section ends otherwise, and does so each time
            tones = Returner(writer, ground, draw).ending(tones, most=2 if slot.is_hook else 4) if draw.random() < _ANSWERS else tones
        if slot.occurrence > 1:
            tones = self._again(tones, slot, phrase, index)
        if tones and self._resolves_anew(tones, material, ground, shift):
            tones = writer.resing(tones, ground, tones[-1].step, pull=0.2)
        if self.table.ornaments and slot.function not in ("chorus", "drop"):
            tones = ornamented(tones, writer, ground, draw)
        return tones

    def _again(self, tones: list[Tone], slot: Slot, phrase: Phrase, index: int) -> list[Tone]:
        """Verses come back with other words and endings, which come back themselves; a hook keeps its head."""
        which = self._draw("variant", slot.id)
        variant = slot.occurrence if which.random() < _OWN_VARIANT else 2
        draw = self._draw("return", slot.function, phrase.letter, index, variant)
        returner = Returner(PhraseWriter(self._voice(slot), self._book(slot), self.grid, draw), self._ground(slot, phrase), draw)
        if not slot.is_hook:
            return returner.verse(tones, self.wish.strictness)
        free = draw.random() < _HOOK_ENDS * (1.4 - self.wish.strictness)
        return returner.ending(tones, most=4) if free and phrase.bars >= 8 else tones

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
        tune = next((self.materials[name] for name in ("head:a", "chorus:a", "verse:a", "theme:a") if name in self.materials), None)
        theme: list[Tone] = []
        if tune is not None:
            shift = (self.harmony[slot.id].key.tonic_class - tune.key.tonic_class + 6) % 12 - 6
            theme = [replace(t, pitch=self.voice.fold(t.pitch + shift)) for t in tune.tones]
        ground = self._ground(slot, phrase)
        if theme and "song" in self.table.schemes and draw.random() < _TUNEFUL:
            played = [t for t in theme if t.step < phrase.bars * self.grid.steps]
            return Returner(writer, ground, draw).ending(writer.fitted(played, ground)) if len(played) > 3 else played
        return solo_phrase(writer, ground, theme, draw)

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
        writer = PhraseWriter(self._voice(slot), self._book(slot), self.grid, draw)
        tones = decorated(writer.write(ground, model, hook=slot.is_hook), writer, draw)
        if slot.function == "bridge" and phrase.bars >= 8 and draw.random() < _QUOTED:
            tones = self._led_back(tones, writer, ground)
        steps = phrase.bars * self.grid.steps
        self.materials[name] = Material(tuple(tones), tuple(ground.chord(s) for s in range(steps)), ground.key)
        return self.materials[name]

    def _voice(self, slot: Slot) -> Voice:
        """Verses keep below the peak that the choruses reach."""
        return self.under if slot.function in _BELOW else self.voice

    def _led_back(self, tones: list[Tone], writer: PhraseWriter, ground: Ground) -> list[Tone]:
        """A bridge whose second half is the hook already, over its own chords."""
        hook = self.materials.get("chorus:a")
        if hook is None:
            return tones
        half = ground.bars // 2 * self.grid.steps
        shift = (ground.key.tonic_class - hook.key.tonic_class + 6) % 12 - 6
        quoted = [replace(t, step=t.step + half, pitch=self.voice.fold(t.pitch + shift)) for t in hook.tones if 0 <= t.step < half]
        head = [t for t in tones if quoted and t.step < quoted[0].step]
        return cut(head, quoted[0].step) + writer.fitted(quoted, ground) if quoted else tones

    def _opened(self, tones: list[Tone], slot: Slot) -> list[Tone]:
        """The last bar or two of most sections belong to the band: the singer has said it and breathes."""
        draw = self._draw("open", slot.function)
        if slot.function not in _OPENS or slot.bars < 7 or "song" not in self.table.schemes or draw.random() >= _OPEN:
            return tones
        end = (slot.bars - (1 if draw.random() < 0.55 else 2)) * self.grid.steps
        kept = cut([t for t in tones if t.step <= end], end + self.grid.beat_steps)
        return self._settled(kept, slot) if len(kept) >= 6 else tones

    def _settled(self, tones: list[Tone], slot: Slot) -> list[Tone]:
        """The last note moves to its chord's nearest tone and is held for a beat at least."""
        last = tones[-1]
        chord = self._ground(slot, Phrase("", 0, slot.bars)).chord(max(0, last.step))
        voice = self._voice(slot)
        pitch = nearest(last.pitch, frozenset(chord.pitch_classes[:3]), voice.low, voice.high)
        return [*tones[:-1], replace(last, pitch=pitch, length=max(last.length, self.grid.beat_steps))]

    def _book(self, slot: Slot) -> RhythmBook:
        family = _FAMILY.get(slot.function, slot.function)
        if family not in self.books:
            wish = self.wish.rhythm * _DENSITY.get(family, 1.0)
            self.books[family] = RhythmBook(self.table, self.grid, self.tempo_bpm, wish, self._draw("rhythm", family), self.song_rhythm)
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

        lift = self.wish.lift if slot.function in ("chorus", "drop", "postchorus") else (1 if slot.function in ("bridge", "solo") else 0)
        return Ground(chord, section.key, self.register.centre + lift, phrase.bars)

    def _draw(self, *purpose: str | int) -> np.random.Generator:
        return rng(self.seed, "composition", "melody", "take", self.take, *purpose)
