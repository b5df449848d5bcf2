"""The hand-written truth of brief_prompts.toml: what a prompt says, with the alternatives that honest musicians accept."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "brief_prompts.toml"
_LISTS = ("genres", "with", "without", "moods", "production")


@dataclass(frozen=True)
class Span:
    """Numbers that are accepted: each of `values`, or all from `low` to `high`. `exact` where one number was said."""

    values: tuple[float, ...] = ()
    low: float = 0.0
    high: float = -1.0

    @classmethod
    def parse(cls, text: float | str) -> Span:
        """From 124, "140|70" or "60-90"."""
        if isinstance(text, int | float):
            return cls((float(text),))
        if "|" in text:
            return cls(tuple(float(one) for one in text.split("|")))
        low, _, high = text.partition("-")
        return cls((), float(low), float(high)) if high else cls((float(low),))

    @property
    def exact(self) -> bool:
        """Whether a number was said, not a word that stands for a range."""
        return bool(self.values)

    def holds(self, value: float, within: float = 0.5) -> bool:
        """Whether a value is accepted."""
        return any(abs(value - one) <= within for one in self.values) or self.low - within <= value <= self.high + within


@dataclass(frozen=True)
class Choices:
    """Values that must be there, each with its alternatives, and all that may be there."""

    needed: tuple[tuple[str, ...], ...] = ()
    allowed: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, texts: list[str]) -> Choices:
        """From entries such as "violin", "bass_guitar|double_bass" and "?choir"."""
        split = [(text.startswith("?"), tuple(text.lstrip("?").split("|"))) for text in texts]
        return cls(tuple(names for optional, names in split if not optional), frozenset(n for _, names in split for n in names))

    def missing(self, found: tuple[str, ...]) -> list[str]:
        """Entries of which nothing was found."""
        return ["|".join(names) for names in self.needed if not set(names) & set(found)]

    def beyond(self, found: tuple[str, ...]) -> list[str]:
        """What was found and is not allowed."""
        return [name for name in found if name not in self.allowed]


@dataclass(frozen=True)
class Truth:
    """One prompt and what it says. Fields that it leaves open are None or empty."""

    number: int
    language: str
    text: str
    tempo: Span | None = None
    duration: Span | None = None
    key: tuple[str, ...] = ()
    meter: tuple[str, ...] = ()
    lists: dict[str, Choices] = field(default_factory=dict)
    sections: tuple[str, ...] = ()
    bars: tuple[int, ...] = ()
    chords: dict[str, tuple[str, ...]] = field(default_factory=dict)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    only: bool = False
    injection: bool = False
    maybe: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, facts: dict[str, Any]) -> Truth:
        """From one table of the file."""
        return cls(
            number=facts["number"],
            language=facts["language"],
            text=facts["text"],
            tempo=Span.parse(facts["tempo"]) if "tempo" in facts else None,
            duration=Span.parse(facts["duration"]) if "duration" in facts else None,
            key=tuple(facts.get("key", "").split("|")) if "key" in facts else (),
            meter=tuple(facts["meter"].split("|")) if "meter" in facts else (),
            lists={name: Choices.parse(facts[name]) for name in _LISTS if name in facts},
            sections=tuple(facts.get("sections", ())),
            bars=tuple(facts.get("bars", ())),
            chords={label: tuple(symbols) for label, symbols in facts.get("chords", {}).items()},
            words={
                name: tuple(facts[name].split("|"))
                for name in ("use", "ending", "artist", "lead", "unknown", "energy", "valence")
                if name in facts
            },
            only=facts.get("only", False),
            injection=facts.get("injection", False),
            maybe=frozenset(facts.get("maybe", ())),
        )


def load(path: Path = TABLE) -> list[Truth]:
    """All prompts of a file."""
    return [Truth.parse(facts) for facts in tomllib.loads(path.read_text("utf-8"))["prompts"]]
