"""Building a song on what was brought: its melody note for note, its chords to the beat, a form that gives them room."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from contracts.brief import Brief, SectionPlan
from contracts.context import Decision
from contracts.given import Given
from contracts.music import Chord, ChordEvent, Key, Meter, Note, Score
from contracts.pipeline import Stage
from services.generator.composition.developing import SILENT, Developer, manner_of
from services.generator.composition.form import Form, Slot
from services.generator.composition.grid import STEP, Grid
from services.generator.composition.harmonising import Harmoniser
from services.generator.composition.harmony import SectionHarmony
from services.generator.composition.lead import choose_lead
from services.generator.composition.melody import Melody
from services.generator.composition.phrase import Tone
from services.generator.composition.placing import (
    hooks_of,
    is_song,
    loop_map,
    one_voice,
    period_of,
    pickup_bars,
    placed,
    runs_of,
    stretches_in,
    stretches_of,
    theme_map,
)
from services.generator.composition.retiming import in_song, moved_to
from services.generator.composition.rooming import as_long, own_sections, roomy, shared
from services.music.packs.genres import GenrePack
from services.music.packs.instruments import instruments
from services.music.rng import rng


@dataclass(frozen=True)
class Building:
    """What was brought, ready for the song: in its key and meter, with chords; and how the song is built on it."""

    given: Given
    brief: Brief
    pack: GenrePack
    seed: int
    chords_found: bool
    """Whether the chords are ours, found for a tune that came without any."""

    @cached_property
    def meter(self) -> Meter:
        """The song's meter."""
        return Meter.parse(self.brief.meter.value)

    @cached_property
    def tune(self) -> tuple[Note, ...]:
        """The brought melody; empty where there is none."""
        part = self.given.part("melody")
        return part.notes if part else ()

    # --- form ---------------------------------------------------------------------------------------------------------

    def form(self, plan: Callable[[Brief], Form]) -> Form:
        """The form that a plan makes of the brief, with room for what was brought; a stated structure is not touched."""
        form = plan(self.brief)
        if self.brief.structure.is_stated:
            return form
        if is_song(self.given):
            return plan(self._structured(as_long(own_sections(self.given), form.bars)))
        length = self.given.bars - pickup_bars(self.given, self.meter.ticks_per_bar)
        hooks = hooks_of(stretches_of(form))
        if not self.tune or not hooks or hooks[0].bars >= min(length, form.bars):
            return form
        needed = period_of(length)
        if needed >= form.bars:
            return plan(self._structured([(hooks[0].label, form.bars)]))
        wished = {section.label: section.bars for section in self.brief.structure.value}
        labels = roomy([slot.label for slot in form.slots], hooks[0].label, needed, form.bars)
        lengths = [needed if label == hooks[0].label else wished.get(label) for label in labels]
        if not wished or sum(n or 1 for n in lengths) > form.bars or all(lengths):
            lengths = shared(labels, hooks[0].label, needed, form.bars)
        if all(lengths):
            labels, lengths = [*labels, "outro"], [*lengths, form.bars - sum(n or 0 for n in lengths)]
            labels, lengths = (labels, lengths) if lengths[-1] else (labels[:-1], lengths[:-1])
        return plan(self._structured(list(zip(labels, lengths, strict=True))))

    def _structured(self, sections: Sequence[tuple[str, int | None]]) -> Brief:
        plans = tuple(SectionPlan(label=label, bars=bars) for label, bars in sections)
        return self.brief.model_copy(update={"structure": self.brief.structure.model_copy(update={"value": plans})})

    # --- chords -------------------------------------------------------------------------------------------------------

    def harmonised(self, form: Form, harmony: dict[str, SectionHarmony]) -> dict[str, SectionHarmony]:
        """The song's chords with the brought ones in their bars, to the beat; chords that the user stated in words stay."""
        if not self.given.chords:
            return harmony
        stretches = stretches_of(form)
        bar = self.meter.ticks_per_bar
        mapped = theme_map(self.given, stretches, bar) if self.chords_found else loop_map(self.given, stretches, bar)
        return {slot.id: self._section(slot, harmony[slot.id], mapped) for slot in form.slots}

    def _section(self, slot: Slot, section: SectionHarmony, mapped: dict[int, int]) -> SectionHarmony:
        if section.stated:
            return section
        events: list[ChordEvent] = []
        taken = False
        for song_bar in range(slot.start, slot.start + slot.bars):
            given_bar = mapped.get(song_bar)
            brought = self._events(given_bar, song_bar, section.key) if given_bar is not None else ()
            events += brought or (e for e in section.events if e.bar == song_bar + 1)
            taken = taken or bool(brought)
        if not taken:
            return section
        if events and (events[0].bar, events[0].beat) != (slot.start + 1, 1.0) and section.events:
            events.insert(0, section.events[0].model_copy(update={"bar": slot.start + 1, "beat": 1.0}))
        bars: dict[int, list[str]] = {}
        for event in events:
            bars.setdefault(event.bar, []).append(event.roman)
        return replace(section, events=tuple(events), numerals=" | ".join(" ".join(b) for b in bars.values()))

    def _events(self, given_bar: int, song_bar: int, key: Key) -> tuple[ChordEvent, ...]:
        """The chords of one brought bar as a bar of the song; what sounded on from before is named again at the bar line."""
        here = [e for e in self.given.chords if e.bar == given_bar + 1]
        before = [e for e in self.given.chords if e.bar <= given_bar]
        if before and (not here or here[0].beat > 1):
            here.insert(0, before[-1].model_copy(update={"beat": 1.0}))
        shift = (key.tonic_class - Key.parse(self.brief.key.value).tonic_class + 6) % 12 - 6
        out = []
        for event in here:
            chord = event.chord.transpose(shift, key) if shift else event.chord
            out.append(ChordEvent(bar=song_bar + 1, beat=event.beat, symbol=str(chord), roman=chord.roman(key)))
        return tuple(out)

    # --- melody -------------------------------------------------------------------------------------------------------

    def lead(self) -> str | None:
        """Who leads: as always, but for a brought tune somebody who reaches its notes, unless the player was named."""
        first = choose_lead(self.brief, self.pack)
        if not self.tune or first is None or self.brief.instruments_with.is_stated or _octave(self.tune, first) == 0:
            return first
        unwanted = set(self.brief.instruments_without.value)
        for name in (*self.pack.melody.leads, *self.pack.identity.band):
            entry = instruments().get(name)
            if entry and name not in unwanted and {"melody", "vocal"} & set(entry.roles) and _octave(self.tune, name) == 0:
                return name
        return first

    def sung(self, form: Form, harmony: dict[str, SectionHarmony], line: Melody, lead: str) -> Melody:
        """A written line with the brought melody in its bars, note for note, and its head developed around them."""
        if not self.tune:
            return line
        octave = _octave(self.tune, lead)
        bar = self.meter.ticks_per_bar
        mapped = theme_map(self.given, stretches_of(form), bar)
        upbeat = pickup_bars(self.given, bar)
        theme = [n._replace(start=n.start - upbeat * bar, pitch=n.pitch + octave) for n in self.tune if n.start >= upbeat * bar]
        around = list(line.notes) if is_song(self.given) else self._developed(form, harmony, line.notes, theme, lead)
        hook = tuple(Tone(round(n.start / STEP), max(1, round(n.duration / STEP)), n.pitch) for n in theme if n.start < 2 * bar)
        return replace(line, notes=tuple(_overlaid(around, self.verbatim(form, lead), mapped, bar)), hook=hook)

    def verbatim(self, form: Form, lead: str) -> list[Note]:
        """The brought melody's notes as they lie in the song."""
        if not self.tune:
            return []
        mapped = theme_map(self.given, stretches_of(form), self.meter.ticks_per_bar)
        return placed(self.tune, runs_of(mapped), self.meter, _octave(self.tune, lead))

    def _developed(
        self, form: Form, harmony: dict[str, SectionHarmony], line: Sequence[Note], theme: Sequence[Note], lead: str
    ) -> list[Note]:
        """The line with the theme's head at its phrases' beginnings; sections that only remember have it alone."""
        low, high = instruments()[lead].range
        grid = Grid(self.meter)
        developer = Developer(theme, grid, low, high)
        bar = self.meter.ticks_per_bar
        notes = list(line)
        for slot in form.slots:
            start, end = slot.start * bar, (slot.start + slot.bars) * bar
            own = [n for n in notes if start <= n.start < end]
            manner = manner_of(slot)
            if not own or slot.is_hook or slot.function == "solo":
                continue
            chord_at = self._chord_at(harmony[slot.id])
            draw = rng(self.seed, "composition", "building", slot.function)
            if manner in SILENT:
                final = end - bar if slot is form.slots[-1] else end
                at = own[0].start // bar * bar
                said = developer.phrase(manner, at, (final - at) // bar, harmony[slot.id].key, chord_at, draw)
                notes = [n for n in notes if not start <= n.start < final] + said
                continue
            for phrase in slot.phrases[::2] if len(slot.phrases) > 1 else slot.phrases:
                at = start + phrase.start * bar
                said = developer.phrase(manner, at, phrase.bars, harmony[slot.id].key, chord_at, draw)
                until = at + min(2, phrase.bars) * bar
                notes = [n for n in notes if not at <= n.start < until] + (said if phrase.letter != "t" else [])
        return one_voice(sorted(notes))

    def _chord_at(self, section: SectionHarmony) -> Callable[[int], Chord]:
        meter = self.meter
        ticks = [((e.bar - 1) * meter.ticks_per_bar + round((e.beat - 1) * meter.ticks_per_beat), e.chord) for e in section.events]
        tonic = Chord(section.key.tonic, "m" if section.key.is_minor else "")
        return lambda tick: next((chord for at, chord in reversed(ticks) if at <= tick), ticks[0][1] if ticks else tonic)

    # --- telling ------------------------------------------------------------------------------------------------------

    def decisions(self, form: Form, lead: str | None) -> list[Decision]:
        """What was built on, where it lies, and what was done to it."""
        given = self.given
        mapped = theme_map(given, stretches_of(form), self.meter.ticks_per_bar) if self.tune else {}
        where = [slot.id for slot in form.slots if any(slot.start <= b < slot.start + slot.bars for b in mapped)]
        built = [f"{len(self.tune)} notes of melody, note for note, in {', '.join(where)}"] if self.tune and lead else []
        if given.chords:
            built.append("chords found for the melody" if self.chords_found else "its chords, to the beat")
        built += [f"its {part.role}" for part in given.parts if part.role in ("bass", "drums")]
        why = [*given.notes]
        octave = _octave(self.tune, lead) if self.tune and lead else 0
        if octave:
            why.append(
                f"{instruments()[lead].name.lower() if lead else ''} plays it {abs(octave) // 12} octaves {'up' if octave > 0 else 'down'}"
            )
        left = given.bars - len({*mapped.values()}) if self.tune else 0
        if left > 0:
            why.append(f"{left} of its {given.bars} bars did not fit the form and were left out")
        name = {"midi": "the MIDI file", "hum": "the hummed tune", "taps": "the tapped rhythm"}[given.source]
        return [
            Decision(
                stage=Stage.COMPOSITION,
                topic="built on",
                choice=f"{name}{f' {given.name}' if given.name else ''}: {'; '.join(built) or 'its groove'}",
                why="; ".join(why) or "what the user brings is obeyed, and the style is built around it",
                parameters={"bars": given.bars, "chords": " | ".join(f"{e.bar}.{e.beat:g} {e.symbol}" for e in given.chords[:64])},
            )
        ]


def build_on(given: Given | None, brief: Brief, pack: GenrePack, seed: int) -> Building:
    """How a song is built on what was brought: nothing at all leaves everything as it is."""
    if given is None:
        return Building(Given(source="midi"), brief, pack, seed, chords_found=False)
    material, found = material_of(given, brief, pack)
    return Building(material, brief, pack, seed, found)


def material_of(given: Given, brief: Brief, pack: GenrePack) -> tuple[Given, bool]:
    """What was brought, in the song's key and meter and with chords; whether these had to be found."""
    material = in_song(given, brief)
    tune = material.part("melody")
    if material.chords or tune is None or not tune.notes or not material.bars:
        return material, False
    chords = Harmoniser(Key.parse(brief.key.value), Meter.parse(brief.meter.value), pack.harmony).find(tune.notes, material.bars)
    return material.model_copy(update={"chords": chords}), True


def verbatim_in(score: Score, given: Given) -> frozenset[Note]:
    """The notes of a score's melody that are brought ones, as they are: read from the score alone, so that players know them too."""
    part, tune = score.parts.get("melody"), given.part("melody")
    if part is None or tune is None or not tune.notes:
        return frozenset()
    material = moved_to(given, Key.parse(score.key), score.meter_value)
    moved = material.part("melody")
    notes = moved.notes if moved else ()
    runs = runs_of(theme_map(material, stretches_in(score), score.meter_value.ticks_per_bar))
    return frozenset(placed(notes, runs, score.meter_value, _octave(notes, part.instrument))) & frozenset(part.notes)


def _octave(tune: Sequence[Note], lead: str) -> int:
    """Semitones, whole octaves, that bring a tune into a player's range; 0 where it lies there."""
    low, high = instruments()[lead].range
    bottom, top = min(n.pitch for n in tune), max(n.pitch for n in tune)
    options = sorted(range(-48, 49, 12), key=lambda o: (max(0, low - bottom - o) + max(0, top + o - high), abs(o)))
    return options[0]


def _overlaid(line: Sequence[Note], verbatim: Sequence[Note], mapped: dict[int, int], bar: int) -> list[Note]:
    """The brought notes as they are; of the line what lies in other bars, cut where a brought note begins."""
    firsts: dict[int, int] = {}
    for note in verbatim:
        firsts[note.start // bar] = min(note.start, firsts.get(note.start // bar, note.start))
    kept = []
    for note in line:
        here = note.start // bar
        upbeat = mapped.get(here) == 0 and here + 1 in mapped and firsts.get(here, 0) % bar >= bar // 2
        if here in mapped and not (upbeat and note.start < firsts[here]):
            continue
        kept.append(note)
    starts = sorted(n.start for n in verbatim)
    sounding = [(n.start, n.end) for n in verbatim]
    out = []
    for note in kept:
        following = next((s for s in starts if s > note.start), None)
        clipped = note._replace(duration=min(note.duration, following - note.start)) if following is not None else note
        if clipped.duration >= STEP // 4 and not any(a <= clipped.start < b for a, b in sounding):
            out.append(clipped)
    return sorted([*out, *verbatim])
