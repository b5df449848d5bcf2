"""What a user likes, as it was learned from ratings, choices and edits. It biases only what a request leaves open."""

from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.base import Document

MOST_FACTS = 64
"""Names of one topic that a song may have, and topics or numbers."""
FARTHEST = 16.0
"""No number and no belief lies farther from nothing than this: octaves, parts of a scale, log-odds."""
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Place = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST, allow_inf_nan=False)]


class Facts(Document):
    """What a song was, in the terms in which taste is learned: names with weights, and numbers on their own scales."""

    names: dict[Name, Annotated[tuple[Name, ...], Field(max_length=MOST_FACTS)]] = Field(
        default_factory=dict, max_length=MOST_FACTS, description="genre, mood, instrument, mode, meter -> ids"
    )
    numbers: dict[Name, Place] = Field(
        default_factory=dict,
        max_length=MOST_FACTS,
        description="distances from the style: tempo and duration in octaves, energy and valence on their scales",
    )


class Feedback(Document):
    """One judgement. `rating`: 1 to 5 of `liked`; `choice`: `liked` was preferred to `other`; `edit`: `other` was changed to `liked`."""

    kind: Literal["rating", "choice", "edit"]
    rating: int | None = Field(default=None, ge=1, le=5)
    liked: Facts
    other: Facts | None = None
    about: dict[str, Any] = Field(default_factory=dict, description="composition, version and prompt, for a reward model to be trained on")


class Belief(Document):
    """A Gaussian belief about one taste: mean and variance, and from how many judgements it comes."""

    mean: Place = 0.0
    variance: float = Field(default=1.0, ge=1e-6, le=FARTHEST, allow_inf_nan=False)
    count: int = Field(default=0, ge=0)


class Preferences(Document):
    """The model of one user: beliefs by topic and name (log-odds of liking), and by number (where on its scale)."""

    version: int = 1
    judgements: int = Field(default=0, ge=0)
    names: dict[Name, dict[Name, Belief]] = Field(default_factory=dict, max_length=MOST_FACTS)
    numbers: dict[Name, Belief] = Field(default_factory=dict, max_length=MOST_FACTS)
