"""The brief: what is wanted. Each field says whether the user stated it, in which words, and how sure the reader is."""

from enum import StrEnum
from typing import Any, Generic, TypeVar

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

    def __reduce__(self) -> Any:
        """A brief crosses process borders; pickle alone does not find a parametrized class by its name."""
        return _restore, (type(self).__pydantic_generic_metadata__["args"], self.__dict__, self.model_fields_set)


def _restore(arguments: tuple[Any, ...], values: dict[str, Any], stated: set[str]) -> Stated[Any]:
    kind: type[Stated[Any]] = Stated[arguments] if arguments else Stated  # type: ignore[valid-type]
    return kind.model_construct(_fields_set=stated, **values)


class SectionPlan(Document):
    """One section that the user or the reader asks for. `bars` or `energy` None: the composer decides."""

    label: str
    bars: int | None = Field(default=None, ge=1, le=128)
    energy: float | None = Field(default=None, ge=0, le=1, description="0–1, from hardly anybody playing to everybody at full strength")


class ReasoningStep(Document):
    """One of the six recorded steps: intent, genre_and_style, emotion, instrumentation, theory, technical."""

    name: str
    text: str


class Brief(Document):
    """What is wanted, field by field, with `steps` of reasoning and `text`, the brief in one paragraph.

    `chords` maps a section label (or "all") to one string per bar, tokens separated by spaces when several chords
    share the bar, as in `("Am", "F G", "C")`.
    `production` holds words such as lo-fi, wide, punchy. `genres` is in order of weight; the first one leads.
    """

    tempo_bpm: Stated[float]
    key: Stated[str]
    meter: Stated[str]
    duration_s: Stated[float]
    genres: Stated[tuple[str, ...]]
    moods: Stated[tuple[str, ...]]
    energy: Stated[float]
    valence: Stated[float]
    instruments_with: Stated[tuple[str, ...]]
    instruments_without: Stated[tuple[str, ...]]
    structure: Stated[tuple[SectionPlan, ...]]
    chords: Stated[dict[str, tuple[str, ...]]]
    production: Stated[tuple[str, ...]]
    use: Stated[str]
    lent: Stated[dict[str, str]] | None = None
    """Role (bass, drums, comping, harmony, melody, lines) -> genre among `genres`, where the words say which plays what."""
    style_of: Stated[str] | None = None
    ending: Stated[str] | None = None
    """natural, loop, cut or fade; None: natural."""
    lyrics: Stated[dict[str, tuple[str, ...]]] | None = None
    """Section id or label -> sung lines, in the order in which they were written."""
    title: str = ""
    prompt: str = Field(default="", description="the words that were read; an edited brief without a prompt beside it is read by them")
    steps: tuple[ReasoningStep, ...] = ()
    text: str = ""
    notes: tuple[str, ...] = ()
