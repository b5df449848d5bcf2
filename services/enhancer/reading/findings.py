"""What a reader brings back: a value, the words that said it, how sure it is and why."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from contracts.brief import Source, Stated

T = TypeVar("T")


@dataclass(frozen=True)
class Finding(Generic[T]):
    """One reading of the prompt or of an option. `reason` is in a musician's words."""

    value: T
    evidence: str | None = None
    confidence: float = 1.0
    reason: str | None = None
    source: Source = Source.STATED

    def stated(self) -> Stated[T]:
        """As a field of the brief."""
        return Stated[T](value=self.value, source=self.source, evidence=self.evidence, confidence=self.confidence, reason=self.reason)


def inferred(value: T, reason: str, confidence: float = 0.5, evidence: str | None = None) -> Finding[T]:
    """A finding that the user did not state."""
    return Finding(value, evidence, confidence, reason, Source.INFERRED)
