"""What the user brings as notes: a MIDI file, a hummed tune, tapped beats. The analyzer reads it, the composer builds on it."""

from typing import Literal

from pydantic import Field, field_validator

from contracts.base import Document
from contracts.music import ChordEvent, Note, Section


class GivenGroove(Document):
    """A tapped or played rhythm of a few bars. `onsets`: (tick from the first bar line on a straight grid, milliseconds late)."""

    bars: int = Field(ge=1, le=8)
    onsets: tuple[tuple[int, float], ...]


class GivenPart(Document):
    """One track that was brought, as notes at 960 ticks per quarter from the first bar line."""

    role: Literal["melody", "bass", "chords", "drums", "other"]
    name: str = ""
    instrument: str = Field(default="", description="catalogue id nearest to the file's program; empty: open")
    notes: tuple[Note, ...]

    @field_validator("notes")
    @classmethod
    def _ordered(cls, notes: tuple[Note, ...]) -> tuple[Note, ...]:
        return tuple(sorted(Note(*note) for note in notes))


class Given(Document):
    """Material to build on. What is None or empty was not in it. Chords count bars from 1."""

    source: Literal["midi", "hum", "taps"]
    name: str = ""
    tempo_bpm: float | None = Field(default=None, description="of the felt beat")
    meter: str | None = None
    key: str | None = None
    bars: int = Field(default=0, ge=0)
    parts: tuple[GivenPart, ...] = ()
    chords: tuple[ChordEvent, ...] = ()
    sections: dict[str, Section] = Field(default_factory=dict, description="from the file's markers")
    groove: GivenGroove | None = None
    notes: tuple[str, ...] = Field(default=(), description="what was decided in reading, in words")

    def part(self, role: str) -> GivenPart | None:
        """The first part of a role."""
        return next((part for part in self.parts if part.role == role), None)
