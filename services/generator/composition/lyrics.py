"""Laying words under a melody: a line to a phrase, a syllable to a note, stress on strong beats, breath between lines.

Each line takes its share of its section's bars. Where its syllables fall is the cheapest path over the notes of the melody
and the places of the grid between them: notes are split where there are too few, drawn together or sung on one syllable where
there are too many. Notes that the user brought are never moved or left out; only where a line has more syllables than they
are, long ones are divided.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from contracts.brief import Brief
from contracts.context import Decision
from contracts.music import Chord, Note
from contracts.pipeline import Stage
from services.generator.composition.form import Form, Slot
from services.generator.composition.functions import HOOKS
from services.generator.composition.grid import STEP, Grid
from services.generator.composition.harmony import SectionHarmony
from services.generator.composition.stanzas import assigned_lines
from services.generator.composition.syllables import Syllable, language_of, syllables_of
from services.music.theory.scales import nearest

_NEVER = 1e9
_BREATH = 0.14
"""Share of a line's time that is left for breath, where its syllables allow it."""
_LONGEST_BARS = 4
_DRAWN = 0.5
"""Stress from which a syllable may be drawn over a second note."""


@dataclass(frozen=True)
class Laid:
    """A melody with its words: the notes, (tick, syllable) for every sung one, and what had to be decided."""

    notes: tuple[Note, ...]
    lyrics: tuple[tuple[int, str], ...]
    decisions: tuple[Decision, ...] = ()


@dataclass
class _Page:
    """What has been laid so far."""

    notes: list[Note] = field(default_factory=list)
    lyrics: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """Somewhere a syllable can be sung: a tick, what it costs, and the note of the melody that begins there."""

    tick: int
    cost: float
    note: Note | None


def lay_lyrics(
    brief: Brief, form: Form, harmony: dict[str, SectionHarmony], grid: Grid, notes: Sequence[Note], kept: frozenset[Note] = frozenset()
) -> Laid:
    """The melody with the brief's lyrics under it.

    Args:
        brief: whose lyrics are sung.
        form: the song's sections.
        harmony: their chords, for notes that words need beyond the melody's.
        grid: of a bar.
        notes: the melody, in order, one at a time.
        kept: those of them that were brought and stay as they are.
    """
    if brief.lyrics is None or not brief.lyrics.value:
        return Laid(tuple(notes), ())
    page = _Page()
    assigned = assigned_lines(form, brief.lyrics.value, page.remarks)
    language = language_of(line for lines in brief.lyrics.value.values() for line in lines)
    layer = _Layer(grid, language, kept)
    page.notes = list(notes)
    done: dict[tuple[object, ...], tuple[Slot, int, list[Note], list[tuple[int, str]]]] = {}
    bar = grid.steps * STEP
    for slot in form.slots:
        lines = assigned.get(slot.id, ())
        if not lines:
            continue
        start, end = slot.start * bar, (slot.start + slot.bars) * bar
        tonic = harmony[slot.id].key.tonic_class
        memory = (slot.function, slot.bars, lines)
        own = [n for n in page.notes if start <= n.start < end]
        known = done.get(memory) if slot.function in HOOKS and not kept & set(own) else None
        if known is not None:
            shift = (tonic - known[1] + 6) % 12 - 6
            offset = start - known[0].start * bar
            sung = [n._replace(start=n.start + offset, pitch=n.pitch + shift) for n in known[2]]
            words = [(tick + offset, text) for tick, text in known[3]]
        else:
            sung, words = layer.section(slot, lines, own, _chord_at(harmony[slot.id], grid), page.remarks)
            done[memory] = (slot, tonic, sung, words)
        page.notes = [n for n in page.notes if not start <= n.start < end] + sung
        page.lyrics += words
    divided = sum(n.start in {note.start for note in kept} and n not in kept for n in page.notes)
    if divided:
        page.remarks.append(f"{divided} of the brought notes were divided, since the words have more syllables than it has notes")
    clean = _joined(sorted(page.notes), kept)
    return Laid(tuple(clean), tuple(sorted(page.lyrics)), (_decision(language, form, assigned, page),))


def _decision(language: str, form: Form, assigned: dict[str, tuple[str, ...]], page: _Page) -> Decision:
    sung = [slot.id for slot in form.slots if assigned.get(slot.id)]
    named = {"en": "English", "es": "Spanish", "pt": "Portuguese", "fr": "French", "de": "German", "cjk": "a character to a syllable"}
    return Decision(
        stage=Stage.COMPOSITION,
        topic="lyrics",
        choice=f"{len(page.lyrics)} syllables in {', '.join(sung)}",
        why="; ".join(["a line to a phrase, stressed syllables on strong beats, breath between lines", *dict.fromkeys(page.remarks)]),
        parameters={"language": named.get(language, language), "lines": sum(len(lines) for lines in assigned.values())},
    )


def _chord_at(section: SectionHarmony, grid: Grid) -> Callable[[int], Chord]:
    meter = grid.meter
    ticks = [((e.bar - 1) * meter.ticks_per_bar + round((e.beat - 1) * meter.ticks_per_beat), e.chord) for e in section.events]
    tonic = Chord(section.key.tonic, "m" if section.key.is_minor else "")
    return lambda tick: next((chord for at, chord in reversed(ticks) if at <= tick), ticks[0][1] if ticks else tonic)


# --- lines into bars, syllables onto notes --------------------------------------------------------------------------------


class _Layer:
    """Lays the lines of one section."""

    def __init__(self, grid: Grid, language: str, kept: frozenset[Note]) -> None:
        self.grid, self.language, self.kept = grid, language, kept
        self.bar = grid.steps * STEP

    def section(
        self, slot: Slot, lines: Sequence[str], own: list[Note], chord_at: Callable[[int], Chord], remarks: list[str]
    ) -> tuple[list[Note], list[tuple[int, str]]]:
        """Notes and words of a section."""
        spoken = [s for s in (syllables_of(line, self.language) for line in lines) if s]
        capacity = slot.bars * self.grid.steps
        while sum(map(len, spoken)) > capacity and len(spoken) > 1:
            remarks.append(f"{slot.id} has no room for all its lines: the last ones are left out")
            spoken.pop()
        notes, words = [], []
        for (start, end), syllables in zip(self._windows(slot, spoken, own), spoken, strict=True):
            inside = [n for n in own if start <= n.start < end]
            sung, said = self._line(syllables[: (end - start) // STEP], start, end, inside, chord_at)
            notes += sung
            words += said
        covered = self._windows(slot, spoken, own)
        rest = [n for n in own if not any(a <= n.start < b for a, b in covered)]
        return sorted([*notes, *rest]), words

    def _windows(self, slot: Slot, spoken: Sequence[Sequence[Syllable]], own: Sequence[Note]) -> list[tuple[int, int]]:
        """Stretches of the section, one per line: whole bars where they suffice, else by how many syllables each has.

        Brought notes are divided among the lines by count, so that each line has the notes that it needs.
        """
        start, bars, lines = slot.start * self.bar, slot.bars, len(spoken)
        brought = [n for n in own if n in self.kept]
        if len(brought) >= len(own) > 0 and len(own) >= sum(map(len, spoken)):
            return self._by_notes(start, start + bars * self.bar, spoken, sorted(own))
        if lines <= bars:
            edges = [start + round(i * bars / lines) * self.bar for i in range(lines + 1)]
            if all(len(s) <= (b - a) // STEP * 3 // 4 for s, a, b in zip(spoken, edges[:-1], edges[1:], strict=True)):
                return [(a, min(b, a + _LONGEST_BARS * self.bar)) for a, b in pairwise(edges)]
        left = sum(map(len, spoken))
        total, passed, steps = left, 0, bars * self.grid.steps
        edges = [0]
        for syllables in spoken:
            passed, left = passed + len(syllables), left - len(syllables)
            edges.append(min(max(edges[-1] + len(syllables), round(steps * passed / total)), steps - left))
        return [(start + x * STEP, start + y * STEP) for x, y in pairwise(edges)]

    def _by_notes(self, start: int, end: int, spoken: Sequence[Sequence[Syllable]], own: Sequence[Note]) -> list[tuple[int, int]]:
        """Windows over brought notes: edges at their longest silences and bar lines, with a note at least for each syllable."""
        edges, first = [start], 0
        for index, syllables in enumerate(spoken[:-1]):
            left = sum(map(len, spoken[index + 1 :]))
            low, high = first + len(syllables), len(own) - left
            ideal = start + (end - start) * (index + 1) / len(spoken)

            def cost(at: int, ideal: float = ideal) -> float:
                gap = own[at].start - own[at - 1].end
                return (
                    abs(own[at].start - ideal) / self.bar - min(max(gap, 0), self.bar) / STEP * 0.12 - 0.2 * (own[at].start % self.bar == 0)
                )

            first = min(range(low, high + 1), key=cost) if low <= high < len(own) else min(low, len(own) - 1)
            edges.append(own[first].start)
        return [(a, b) for a, b in zip(edges, [*edges[1:], end], strict=True)]

    def _line(
        self, syllables: Sequence[Syllable], start: int, end: int, inside: list[Note], chord_at: Callable[[int], Chord]
    ) -> tuple[list[Note], list[tuple[int, str]]]:
        """One line over its window: the cheapest way to sing it."""
        if not syllables:
            return inside, []
        places = self._places(len(syllables), start, end, inside)
        chosen = self._path(syllables, places)
        notes = self._sung(chosen, syllables, inside, end, chord_at)
        return notes, [(place.tick, syllable.written) for place, syllable in zip(chosen, syllables, strict=True)]

    def _places(self, count: int, start: int, end: int, inside: list[Note]) -> list[_Place]:
        """The melody's onsets, then the eighths, then the sixteenths between them, as many as are needed."""
        onsets = {n.start: n for n in inside}
        brought = any(n in self.kept for n in inside)
        places = [_Place(tick, 0.0, note) for tick, note in onsets.items()]
        if brought and len(places) >= count:
            return sorted(places, key=lambda p: p.tick)
        breath = min(int((end - start) * _BREATH) // STEP * STEP, self.bar // 2)
        for size, cost in ((2 * STEP, 1.1), (STEP, 2.0), (STEP // 2, 3.0), (STEP // 4, 4.0)):
            limit = end - (breath if size > STEP else 0)
            for tick in range(start, limit, size):
                if all(abs(tick - p.tick) >= min(size, STEP) for p in places):
                    alone = brought and self._under(tick, inside) is None
                    places.append(_Place(tick, cost + (0.9 if alone else 0.0), None))
            if len(places) >= count + (count // 3 if size > STEP else 0):
                break
        return sorted(places, key=lambda p: p.tick)

    @staticmethod
    def _under(tick: int, notes: Sequence[Note]) -> Note | None:
        return next((n for n in notes if n.start <= tick < n.end), None)

    def _path(self, syllables: Sequence[Syllable], places: Sequence[_Place]) -> list[_Place]:
        """Dynamic programming over syllables and places."""
        count, total = len(syllables), len(places)
        skip = [0.55 if p.note in self.kept else 0.75 if p.note is not None else 0.0 for p in places]
        before = [0.0]
        for value in skip:
            before.append(before[-1] + value)
        costs = [[_NEVER] * total for _ in range(count)]
        back = [[-1] * total for _ in range(count)]
        for j in range(total - count + 1):
            costs[0][j] = before[j] + 0.02 * j + self._fit(syllables[0], places[j])
        for i in range(1, count):
            for j in range(i, total - count + i + 1):
                own = self._fit(syllables[i], places[j])
                for k in range(max(i - 1, j - 24), j):
                    if costs[i - 1][k] >= _NEVER:
                        continue
                    value = costs[i - 1][k] + own + before[j] - before[k + 1] + self._gap(syllables[i - 1], places[j].tick - places[k].tick)
                    if value < costs[i][j]:
                        costs[i][j], back[i][j] = value, k
        last = min(range(total), key=lambda j: costs[-1][j] + 0.8 * (before[total] - before[j + 1]))
        chosen = [last]
        for i in range(count - 1, 0, -1):
            chosen.append(back[i][chosen[-1]])
        return [places[j] for j in reversed(chosen)]

    def _fit(self, syllable: Syllable, place: _Place) -> float:
        """Stress on strong steps, light syllables off them."""
        weight = self.grid.weight(round(place.tick / STEP)) / 4
        heavy = max(0.0, syllable.stress - 0.4) * (0.9 - weight)
        light = max(0.0, 0.4 - syllable.stress) * max(0.0, weight - 0.4)
        return place.cost + 1.4 * heavy + 1.6 * light

    def _gap(self, syllable: Syllable, ticks: int) -> float:
        """A sixteenth is hurried, a long wait inside a word tears it, a longer one anywhere breaks the line."""
        beats = ticks / (self.grid.beat_steps * STEP)
        hurried = 0.5 if ticks < 2 * STEP else 0.0
        return hurried + (0.8 * max(0.0, beats - 1.5) if syllable.more else 0.35 * max(0.0, beats - 2.0))

    def _sung(
        self, chosen: Sequence[_Place], syllables: Sequence[Syllable], inside: list[Note], end: int, chord_at: Callable[[int], Chord]
    ) -> list[Note]:
        """Notes for the chosen places; brought notes in between are sung on the syllable before, others only where they are bound to it."""
        starts = [place.tick for place in chosen]
        stress = dict(zip(starts, (s.stress for s in syllables), strict=True))
        out: list[Note] = []
        for note in inside:
            if note.start in starts:
                continue
            if note in self.kept:
                out.append(note)
                continue
            before = max((s for s in starts if s < note.start), default=None)
            if before is not None and (stress.get(before, 0.0) < _DRAWN or note.duration < 3 * STEP // 2):
                continue
            bound = any(abs(n.end - note.start) <= STEP and n.pitch != note.pitch and n.start == before for n in inside)
            if before is not None and bound and not any(before < o.start < note.start for o in out):
                out.append(note)
        taken = sorted([*starts, *(n.start for n in out)])
        for index, place in enumerate(chosen):
            following = next((t for t in taken if t > place.tick), end)
            out.append(self._note(place, inside, following, index + 1 == len(chosen), out, chord_at))
        return sorted(_divided(out, self.kept))

    def _note(
        self, place: _Place, inside: list[Note], following: int, last: bool, sung: Sequence[Note], chord_at: Callable[[int], Chord]
    ) -> Note:
        """The note that a syllable is sung on, to the next one, to its own end, or as long as one syllable takes."""
        room = following - place.tick
        if place.note is not None:
            if place.note in self.kept:
                return place.note._replace(duration=min(place.note.duration, room)) if room < place.note.duration else place.note
            longest = max(place.note.duration, min(room, 2 * STEP))
            dropped = [n for n in inside if place.tick < n.start < following]
            if dropped and not last:
                longest = max(longest, min(room, dropped[-1].end - place.tick))
            return place.note._replace(duration=min(longest, room))
        under = self._under(place.tick, inside)
        near = under or min(inside, key=lambda n: (abs(n.start - place.tick), n.start), default=None)
        base = near or (max(sung, key=lambda n: n.start) if sung else Note(place.tick, STEP, 67, 84))
        pitch = base.pitch if under else nearest(base.pitch, frozenset(chord_at(place.tick).pitch_classes), base.pitch - 6, base.pitch + 6)
        length = max(under.end - place.tick if under else 0, 2 * STEP)
        return Note(place.tick, max(min(length, room), STEP // 2), pitch, max(40, base.velocity - 4))


def _divided(notes: list[Note], kept: frozenset[Note]) -> list[Note]:
    """One voice: what a new syllable cuts into ends there. Brought notes give way only to syllables that begin inside them."""
    out: list[Note] = []
    for note in sorted(notes):
        if out and out[-1].start == note.start:
            out[-1] = note if note in kept else out[-1]
            continue
        if out and out[-1].end > note.start:
            out[-1] = out[-1]._replace(duration=note.start - out[-1].start)
        out.append(note)
    return out


def _joined(notes: Sequence[Note], kept: frozenset[Note]) -> list[Note]:
    """The whole line in one voice, across sections: a generated note gives way to what follows it."""
    out: list[Note] = []
    for note in notes:
        if out and out[-1].end > note.start and out[-1] not in kept:
            out[-1] = out[-1]._replace(duration=max(note.start - out[-1].start, STEP // 4))
        out.append(note)
    return out
