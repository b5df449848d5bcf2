"""What is compared: a score with the facts of its context and the settings of its mix; and what one difference is."""

from dataclasses import dataclass, field
from typing import Any

from contracts.context import Context
from contracts.music import Part, Score, Section
from services.music.packs.instruments import instruments

Ticks = tuple[int, int]


@dataclass(frozen=True)
class Difference:
    """One thing that differs: what it is about, how a musician would say it, and the numbers behind it (JSON values)."""

    topic: str
    text: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Song:
    """A version of a song as far as it is made. `mix`: the settings of its mixing section; empty before it is mixed."""

    score: Score | None
    mix: dict[str, Any] = field(default_factory=dict)
    moods: tuple[str, ...] = ()
    title: str = ""
    loudness_lufs: float | None = None
    ceiling_dbtp: float | None = None


def song_of(context: Context, score: Score | None) -> Song:
    """What a context and its score say of a song."""
    return Song(
        score=score,
        mix=context.mixing.settings if context.mixing else {},
        moods=context.ideation.brief.moods.value if context.ideation else (),
        title=context.ideation.brief.title if context.ideation else "",
        loudness_lufs=context.mastering.loudness_lufs if context.mastering else None,
        ceiling_dbtp=context.technical.true_peak_ceiling_dbtp if context.mastering else None,
    )


def ticks_of(score: Score, section: Section) -> Ticks:
    """First tick of a section, and the first after it."""
    return score.bar_tick(section.start_bar), score.bar_tick(section.end_bar)


def said(name: str) -> str:
    """An id as it is spoken: "verse_2" is verse 2."""
    return name.replace("_", " ")


def sound(part: Part) -> str:
    """Instrument and sound of a part: "synth bass (reese bass)"."""
    entry = instruments().get(part.instrument)
    name = entry.name.lower() if entry else said(part.instrument)
    return f"{name} ({said(part.patch)})" if part.patch else name


def listed(names: list[str]) -> str:
    """Names in a sentence."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def places(score: Score, names: list[str]) -> str:
    """Sections in a sentence; all of them are the whole song."""
    return "the whole song" if len(names) == len(score.sections) and len(names) > 1 else listed([said(name) for name in names])


def arrow(before: Any, after: Any) -> str:
    """Before and after."""
    return f"{_shown(before)} → {_shown(after)}"


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
