"""What the players read before they play: bars, sections, levels, chords and the lead, looked up by tick."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from contracts.brief import Brief
from contracts.music import Chord, Key, Meter, Note, Score, Section
from services.generator.feeling import Feeling, feeling_of
from services.music.packs.genres import GenrePack
from services.music.packs.instruments import instruments
from services.music.packs.meters import grouped
from services.music.rng import rng

Level = Literal["low", "mid", "high"]
BUILDING = frozenset({"build", "buildup", "build_up", "prechorus", "pre_chorus"})


class Span(NamedTuple):
    """A chord from start to end tick."""

    start: int
    end: int
    chord: Chord


class Bar(NamedTuple):
    """A bar: its number from 0, its first tick, its section and its place in it."""

    number: int
    tick: int
    section: str
    place: int
    last: bool


class Hit(NamedTuple):
    """A note before it is performed: grid tick (unswung), length, pitch, velocity, voice of the feel table, own shift in ms."""

    tick: int
    length: int
    pitch: int
    velocity: float
    voice: str
    shift_ms: float = 0.0


def level_of(energy: float) -> Level:
    """Energy in three levels of playing."""
    return "low" if energy < 0.4 else "mid" if energy < 0.72 else "high"


@dataclass(frozen=True)
class Frame:
    """The song as everybody reads it. `seed` keys all draws together with section labels, so that returns stay recognisable."""

    score: Score
    brief: Brief
    pack: GenrePack
    seed: int
    levels: dict[str, Level] = field(default_factory=dict)

    @cached_property
    def feeling(self) -> Feeling:
        """What the brief's moods ask of the players."""
        return feeling_of(self.brief, self.pack)

    @property
    def closed(self) -> bool:
        """Whether the brief leaves nobody else in the room: every instrument but the wanted is excluded (solo, duo, "only")."""
        named = set(self.brief.instruments_with.value)
        others = {name for name, entry in instruments().items() if entry.family != "fx"} - named
        return bool(named) and others <= set(self.brief.instruments_without.value)

    @cached_property
    def meter(self) -> Meter:
        """The parsed meter, with the grouping that the song's odd bars have."""
        return grouped(self.score.meter_value, self.pack.id)

    @property
    def styles(self) -> tuple[str, str]:
        """The genre and whose feel its drummer has."""
        return (self.pack.id, self.pack.drums.feel)

    @cached_property
    def bar_ticks(self) -> int:
        """Length of a bar."""
        return self.meter.ticks_per_bar

    @cached_property
    def bars(self) -> tuple[Bar, ...]:
        """All bars in order."""
        out = []
        for name, section in self.score.sections.items():
            for place in range(section.bars):
                number = section.start_bar - 1 + place
                out.append(Bar(number, number * self.bar_ticks, name, place, place == section.bars - 1))
        return tuple(sorted(out))

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """Chords with their ends. A song without chords stands on its tonic."""
        events = self.score.chord_events()
        if not events:
            key = self.score.key_value
            return (Span(0, self.score.end_tick, Chord(key.tonic, "m" if key.is_minor else "")),)
        ticks = [self.score.bar_tick(e.bar, e.beat) for e in events]
        ends = [*ticks[1:], self.score.end_tick]
        first = [Span(0, ticks[0], events[0].chord)] if ticks[0] > 0 else []
        return (*first, *(Span(t, e, ev.chord) for t, e, ev in zip(ticks, ends, events, strict=True) if e > t))

    @cached_property
    def _starts(self) -> list[int]:
        return [span.start for span in self.spans]

    def span_at(self, tick: int) -> Span:
        """The chord that sounds at a tick."""
        return self.spans[max(bisect_right(self._starts, tick) - 1, 0)]

    def next_span(self, tick: int) -> Span | None:
        """The chord after the one at a tick."""
        index = bisect_right(self._starts, tick)
        return self.spans[index] if index < len(self.spans) else None

    def spans_in(self, start: int, end: int) -> list[Span]:
        """Chords clipped to a stretch."""
        first, last = max(bisect_right(self._starts, start) - 1, 0), bisect_left(self._starts, end)
        return [Span(max(s.start, start), min(s.end, end), s.chord) for s in self.spans[first:last] if s.end > start]

    @cached_property
    def _sections_of_bars(self) -> dict[int, str]:
        return {bar.number: bar.section for bar in self.bars}

    def section_at(self, tick: int) -> str | None:
        """Id of the section that holds a tick."""
        return self._sections_of_bars.get(tick // self.bar_ticks)

    def section(self, name: str) -> Section:
        """A section by id."""
        return self.score.sections[name]

    def level(self, name: str) -> Level:
        """Level of playing of a section."""
        return self.levels.get(name) or level_of(self.section(name).energy)

    def function(self, name: str) -> str:
        """What a section does: its label in lower case without a number."""
        return self.section(name).label.lower().replace(" ", "_").rstrip("0123456789").rstrip("_") or name

    def memory(self, bar: Bar) -> str:
        """Key of a bar's variations: its function, so that returns are recognised, or the section alone where a return changes.

        Real returns keep two thirds of their bars and change toward the end: .2 of the first bars, .5 of the last (POP909).
        """
        bars = self.section(bar.section).bars
        change = 0.2 if bar.place < bars - 2 else 0.45
        changed = rng(self.seed, "arrangement", "return", bar.section, bar.place).random() < change
        return bar.section if changed else self.function(bar.section)

    def swell(self, tick: int) -> float:
        """Velocity added where a section builds: from -5 to +8 through it."""
        name = self.section_at(tick)
        if name is None or self.function(name) not in BUILDING:
            return 0.0
        section = self.section(name)
        done = (tick - (section.start_bar - 1) * self.bar_ticks) / (section.bars * self.bar_ticks)
        return -5.0 + 13.0 * done

    def scale_at(self, tick: int) -> tuple[int, ...]:
        """Pitch classes of the key of the section at a tick."""
        name = self.section_at(tick)
        key = Key.parse(self.section(name).key) if name and self.section(name).key else self.score.key_value
        return key.pitch_classes

    @cached_property
    def lead_notes(self) -> tuple[Note, ...]:
        """The melody's notes."""
        part = self.score.parts.get("melody")
        return part.notes if part else ()

    def lead_share(self, start: int, end: int) -> float:
        """Share of a stretch in which the melody sounds."""
        held = sum(max(0, min(n.end, end) - max(n.start, start)) for n in self.lead_notes if n.start < end and n.end > start)
        return min(held / max(end - start, 1), 1.0)

    def ms_to_ticks(self, milliseconds: float, tick: int = 0) -> float:
        """Milliseconds in ticks at the tempo of a tick."""
        bpm = self.score.tempo_bpm
        for start, value in self.score.tempo_map:
            if start <= tick:
                bpm = value
        return milliseconds * bpm * self.meter.ticks_per_beat / 60_000.0
