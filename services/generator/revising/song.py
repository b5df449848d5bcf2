"""A finished song in the hands of somebody who edits it: its notes, its lead sheet and what is asked of it now."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from contracts.brief import Brief, Source, Stated
from contracts.context import Decision
from contracts.errors import BadInput
from contracts.features import Features
from contracts.given import Given
from contracts.music import Note, Part, Role, Score, Section
from contracts.pipeline import Stage
from services.generator.arrangement.arranger import Rehearsal, Wish, rehearse
from services.generator.composition.functions import function_of
from services.generator.revising.seats import usual_seat
from services.music.packs.instruments import instrument
from services.music.rng import rng

LEADS = ("melody", "counter")
_STEP = 240


@dataclass(frozen=True)
class Song:
    """What an edit works on and gives back.

    `sheet` is the lead sheet of `score`: the same sections and chords with the melody and its answer as composed, before anybody
    performed them. The players read it where they play anew.
    """

    score: Score
    sheet: Score
    brief: Brief
    seed: int
    take: int = 0
    """Round of QA that asked for other draws; 0: the first."""
    index: int = 0
    """Place of the edit among those of one revision: with its purpose the key of its draws."""
    given: Given | None = None
    features: Features | None = None

    def moved(self, score: Score, sheet: Score | None = None, brief: Brief | None = None) -> "Song":
        """The song after an edit."""
        return replace(self, score=score, sheet=sheet or self.sheet, brief=brief or self.brief)

    def own_seed(self, purpose: str, take: int = 0) -> int:
        """A seed for one purpose of this edit, far from the song's."""
        return int(rng(self.seed, "revising", purpose, self.index, take, *([self.take] if self.take else [])).integers(1, 2**62))

    def rehearsed(self, sheet: Score | None = None, *, brief: Brief | None = None, wish: Wish | None = None) -> Rehearsal:
        """What the band would play of a lead sheet (this song's unless another is given)."""
        lead, known, wish = sheet or self.sheet, brief or self.brief, wish or Wish()
        seats = tuple(usual_seat(name, part) for name, part in self.score.parts.items() if name not in LEADS or name in lead.parts)
        asked = replace(wish, chairs=(*seats, *wish.chairs))
        return rehearse(lead, known, self.seed, self.given, self.features, asked)

    def ticks(self, section: str) -> tuple[int, int]:
        """First tick of a section, and the first after it."""
        one = self.score.sections[section]
        return self.score.bar_tick(one.start_bar), self.score.bar_tick(one.end_bar)


def sections_of(score: Score, asked: tuple[str, ...], field: str = "sections") -> tuple[str, ...]:
    """The sections that an edit names, in the song's order: ids, or a label, which means all that bear it; nothing said: all.

    Raises BadInput for a section that the song does not have.
    """
    if not asked:
        return tuple(score.sections)
    found: set[str] = set()
    for name in asked:
        alike = {name} if name in score.sections else {i for i, s in score.sections.items() if _same(s, name)}
        if not alike:
            raise BadInput(field, name, ", ".join(score.sections))
        found |= alike
    return tuple(name for name in score.sections if name in found)


def _same(section: Section, label: str) -> bool:
    return section.label.lower() == label.lower()


def parts_of(score: Score, asked: tuple[str, ...], field: str = "parts") -> tuple[str, ...]:
    """The parts that an edit names, in the song's order: ids, roles or instruments; nothing said: all.

    Raises BadInput for a part that the song does not have.
    """
    if not asked:
        return tuple(score.parts)
    found: set[str] = set()
    for name in asked:
        alike = {name} if name in score.parts else {i for i, p in score.parts.items() if name in (p.role.value, p.instrument)}
        if not alike:
            raise BadInput(field, name, ", ".join(score.parts))
        found |= alike
    return tuple(name for name in score.parts if name in found)


def drummers(score: Score, asked: tuple[str, ...], field: str) -> tuple[str, ...]:
    """Those of the named parts whose notes are drums. Raises BadInput where nobody is."""
    found = tuple(name for name in parts_of(score, asked, field) if instrument(score.parts[name].instrument).is_drums)
    if not found:
        raise BadInput(field, ", ".join(asked), "drums; nobody plays any here")
    return found


def bars_in(score: Score, bars: tuple[int, int], field: str) -> tuple[int, int]:
    """First and last bar, where the song has them. Raises BadInput."""
    first, last = bars
    if not 1 <= first <= last <= score.bars:
        raise BadInput(field, f"{first}-{last}", f"1 to {score.bars}")
    return first, last


def unpitched(part: Part) -> bool:
    """Whether a part's pitches are drums, or effects that are the same in every key."""
    return instrument(part.instrument).is_drums or part.role in (Role.DRUMS, Role.PERCUSSION)


def lead_sheet(score: Score, composed: Score | None) -> Score:
    """The lead sheet of a finished score: as it was composed where that has the same form, else read off the score itself.

    Read off, tunes stand on the sixteenths nearest to where they were played.
    """
    if composed is not None and _form(composed) == _form(score):
        leads = {name: part for name, part in composed.parts.items() if name in LEADS and name in score.parts}
        if set(leads) == {name for name in LEADS if name in score.parts}:
            return score.model_copy(update={"parts": leads})
    leads = {name: _on_grid(score.parts[name]) for name in LEADS if name in score.parts}
    return score.model_copy(update={"parts": leads})


def _form(score: Score) -> list[tuple[str, int, int]]:
    return [(name, section.start_bar, section.bars) for name, section in score.sections.items()]


def _on_grid(part: Part) -> Part:
    notes = {}
    for note in part.notes:
        start = round(note.start / _STEP) * _STEP
        notes[start, note.pitch] = Note(start, max(round(note.duration / _STEP) * _STEP, _STEP), note.pitch, note.velocity)
    return part.model_copy(update={"notes": tuple(notes.values()), "controls": {}, "lyrics": ()})


def every_part(score: Score, change: Callable[[str, Part], Part]) -> Score:
    """A score with each part as `change` gives it back; a part that it does not touch is the very same object."""
    return score.model_copy(update={"parts": {name: change(name, part) for name, part in score.parts.items()}})


def stated(field: Stated[Any] | None, value: Any, words: str) -> Stated[Any]:
    """A field of the brief as it is asked for now, in the words of the instruction."""
    said = {"value": value, "source": Source.STATED, "evidence": words or None, "confidence": 1.0, "reason": "asked for in a revision"}
    return field.model_copy(update=said) if field is not None else Stated(**said)


def decided(topic: str, choice: str, why: str, **parameters: Any) -> Decision:
    """An edit in a musician's words."""
    return Decision(stage=Stage.ARRANGEMENT, topic=topic, choice=choice, why=why, parameters=parameters)


def listed(names: tuple[str, ...] | list[str], whole: int = 0) -> str:
    """Names in a sentence: "verse 1 and chorus 2"; as many as `whole` are "the whole song"."""
    said = [name.replace("_", " ") for name in names]
    if whole and len(said) == whole:
        return "the whole song"
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def is_edge(section: Section) -> bool:
    """Whether a section begins or ends a song."""
    return function_of(section.label) in ("intro", "outro")
