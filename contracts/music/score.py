"""The score: sections, chords and parts. Its JSON is `score.json` of a delivered song."""

from enum import StrEnum
from typing import NamedTuple

from pydantic import Field, field_validator

from contracts.base import Document
from contracts.music.chord import Chord
from contracts.music.key import Key
from contracts.music.meter import PPQ, Meter

LOOP_RING_S = 3.0
PART_ID = r"^[a-z][a-z0-9_]*$"


class Role(StrEnum):
    """What a part does in the band."""

    MELODY = "melody"
    COUNTER = "counter"
    HARMONY = "harmony"
    PAD = "pad"
    BASS = "bass"
    DRUMS = "drums"
    PERCUSSION = "percussion"
    FX = "fx"
    VOCAL = "vocal"


class Note(NamedTuple):
    """[start_tick, duration_ticks, pitch, velocity]; ticks at 960 per quarter, pitch and velocity as in MIDI."""

    start: int
    duration: int
    pitch: int
    velocity: int

    @property
    def end(self) -> int:
        """Tick at which the note is released."""
        return self.start + self.duration


class ChordEvent(Document):
    """A chord from (bar, beat) on, until the next one. Bars and beats count from 1; beats are felt beats."""

    bar: int = Field(ge=1)
    beat: float = Field(ge=1)
    symbol: str
    roman: str = ""

    @property
    def chord(self) -> Chord:
        """The parsed symbol."""
        return Chord.parse(self.symbol)


class Section(Document):
    """A stretch of whole bars with one function."""

    label: str
    start_bar: int = Field(ge=1)
    bars: int = Field(ge=1)
    energy: float = Field(ge=0, le=1)
    key: str
    chords: tuple[ChordEvent, ...] = ()
    source: str = Field(default="", description="section of an earlier score that this one keeps or returns to")
    source_bar: int = Field(default=0, ge=0, description="bars of the source that come before the first kept one")
    kept: bool = Field(default=False, description="whether every part keeps the source's notes, or only the lead")

    @property
    def end_bar(self) -> int:
        """First bar after the section."""
        return self.start_bar + self.bars


class Part(Document):
    """One player: its notes in time order and its control curves.

    `controls` maps a control name to breakpoints [[tick, value], …], held until the next one for cc*, linear between
    them for automation. Names: `cc1`, `cc2`, `cc11`, `cc64` (0–127), `pitch_bend` (semitones), and the automation
    curves that production and mixing obey: `gain_db`, `cutoff` (0–1), `reverb_send_db`, `delay_send_db`; of drums, by their
    names, the level of single ones: `kick_db`, `snare_db` and so on.
    """

    role: Role
    instrument: str
    notes: tuple[Note, ...] = ()
    controls: dict[str, tuple[tuple[int, float], ...]] = Field(default_factory=dict)
    name: str = ""
    pan: float = Field(default=0.0, ge=-1, le=1)
    patch: str | None = None
    lyrics: tuple[tuple[int, str], ...] = Field(
        default=(), description='(start tick of a note, its syllable); a syllable that its word goes on after ends in "-"'
    )

    @field_validator("notes")
    @classmethod
    def _ordered(cls, notes: tuple[Note, ...]) -> tuple[Note, ...]:
        return tuple(sorted(Note(*note) for note in notes))


class Score(Document):
    """The notes of a song. Sections and parts are maps by snake_case id, in playing order."""

    title: str = ""
    genre: str = ""
    tempo_bpm: float = Field(gt=0)
    tempo_map: tuple[tuple[int, float], ...] = ()
    meter: str = "4/4"
    key: str = "C major"
    sections: dict[str, Section] = Field(default_factory=dict)
    parts: dict[str, Part] = Field(default_factory=dict)
    tail_s: float = Field(default=2.0, ge=0)
    ending: str = Field(
        default="natural", description="natural, loop, cut or fade; what rings after a loop's last bar sounds over its first"
    )

    @property
    def meter_value(self) -> Meter:
        """The parsed meter."""
        return Meter.parse(self.meter)

    @property
    def key_value(self) -> Key:
        """The parsed key."""
        return Key.parse(self.key)

    @property
    def bars(self) -> int:
        """Number of bars."""
        return max((section.end_bar - 1 for section in self.sections.values()), default=0)

    @property
    def end_tick(self) -> int:
        """Tick of the last bar line."""
        return self.bars * self.meter_value.ticks_per_bar

    def bar_tick(self, bar: int, beat: float = 1.0) -> int:
        """Tick of a bar and felt beat, both counted from 1."""
        meter = self.meter_value
        return (bar - 1) * meter.ticks_per_bar + round((beat - 1) * meter.ticks_per_beat)

    def section_at(self, tick: int) -> str | None:
        """Id of the section that holds a tick."""
        bar = tick // self.meter_value.ticks_per_bar + 1
        return next((name for name, s in self.sections.items() if s.start_bar <= bar < s.end_bar), None)

    def chord_at(self, tick: int) -> ChordEvent | None:
        """The chord that sounds at a tick."""
        found = None
        for event in self.chord_events():
            if self.bar_tick(event.bar, event.beat) > tick:
                break
            found = event
        return found

    def chord_events(self) -> list[ChordEvent]:
        """All chords in time order."""
        return [event for section in self.sections.values() for event in section.chords]

    def seconds_at(self, tick: float) -> float:
        """Time of a tick, by the tempo map (BPM of the felt beat)."""
        beat = self.meter_value.ticks_per_beat
        changes = self.tempo_map or ((0, self.tempo_bpm),)
        seconds = 0.0
        for index, (start, bpm) in enumerate(changes):
            end = changes[index + 1][0] if index + 1 < len(changes) else None
            if end is None or tick < end:
                return seconds + (tick - start) / beat * 60.0 / bpm
            seconds += (end - start) / beat * 60.0 / bpm
        return seconds

    @property
    def music_s(self) -> float:
        """Length of the bars in seconds, without the tail."""
        return self.seconds_at(self.end_tick)

    @property
    def duration_s(self) -> float:
        """Length of the audio in seconds: bars and tail."""
        return self.music_s + self.tail_s

    @property
    def rendered_s(self) -> float:
        """Length of a dry stem in seconds: of a loop longer than the audio, by what rings over into its beginning."""
        return self.duration_s + (LOOP_RING_S if self.ending == "loop" else 0.0)


__all__ = ["PPQ", "ChordEvent", "Note", "Part", "Role", "Score", "Section"]
