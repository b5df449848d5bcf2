"""The brief: what is wanted. Each field says whether the user stated it, in which words, and how sure the reader is."""

from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import Field

from contracts.base import Document

T = TypeVar("T")


class Source(StrEnum):
    """Where a field's value comes from. A stated field is never overruled."""

    STATED = "stated"
    INFERRED = "inferred"


class Stated(Document, Generic[T]):
    """One field of the brief."""

    value: T
    source: Source = Source.INFERRED
    evidence: str | None = None
    confidence: float = Field(default=0.5, ge=0, le=1)
    reason: str | None = None

    @property
    def is_stated(self) -> bool:
        """Whether the user said so, in the prompt or in an option."""
        return self.source is Source.STATED


class SectionPlan(Document):
    """One section that the user or the reader asks for. `bars` None: the composer decides."""

    label: str
    bars: int | None = Field(default=None, ge=1, le=128)


class ReasoningStep(Document):
    """One of the six recorded steps: intent, genre_and_style, emotion, instrumentation, theory, technical."""

    name: str
    text: str


# Named at module level, where pydantic registers them: a brief crosses process borders by pickle.
Number = Stated[float]
Text = Stated[str]
Words = Stated[tuple[str, ...]]
Sections = Stated[tuple[SectionPlan, ...]]
Chords = Stated[dict[str, tuple[str, ...]]]


class Brief(Document):
    """What is wanted, field by field, with `steps` of reasoning and `text`, the brief in one paragraph.

    `chords` maps a section label (or "all") to one string per bar, tokens separated by spaces when several chords
    share the bar, as in `("Am", "F G", "C")`.
    `production` holds words such as lo-fi, wide, punchy. `genres` is in order of weight; the first one leads.
    """

    tempo_bpm: Number
    key: Text
    meter: Text
    duration_s: Number
    genres: Words
    moods: Words
    energy: Number
    valence: Number
    instruments_with: Words
    instruments_without: Words
    structure: Sections
    chords: Chords
    production: Words
    use: Text
    style_of: Text | None = None
    title: str = ""
    steps: tuple[ReasoningStep, ...] = ()
    text: str = ""
    notes: tuple[str, ...] = ()
