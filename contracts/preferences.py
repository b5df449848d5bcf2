"""What a user likes, as it was learned from ratings, choices and edits. It biases only what a request leaves open."""

from typing import Any, Literal

from pydantic import Field

from contracts.base import Document

MOST_FACTS = 64


class Facts(Document):
    """What a song was, in the terms in which taste is learned: names with weights, and numbers on their own scales."""

    names: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="genre, mood, instrument, mode, meter -> ids")
    numbers: dict[str, float] = Field(default_factory=dict, description="tempo_bpm, energy, valence, duration_s")


class Feedback(Document):
    """One judgement. `rating`: 1 to 5 of `liked`; `choice`: `liked` was preferred to `other`; `edit`: `other` was changed to `liked`."""

    kind: Literal["rating", "choice", "edit"]
    rating: int | None = Field(default=None, ge=1, le=5)
    liked: Facts
    other: Facts | None = None
    about: dict[str, Any] = Field(default_factory=dict, description="composition, version and prompt, for a reward model to be trained on")


class Belief(Document):
    """A Gaussian belief about one taste: mean and variance, and from how many judgements it comes."""

    mean: float = 0.0
    variance: float = Field(default=1.0, gt=0)
    count: int = Field(default=0, ge=0)


class Preferences(Document):
    """The model of one user: beliefs by topic and name (log-odds of liking), and by number (where on its scale)."""

    version: int = 1
    judgements: int = Field(default=0, ge=0)
    names: dict[str, dict[str, Belief]] = Field(default_factory=dict)
    numbers: dict[str, Belief] = Field(default_factory=dict)
