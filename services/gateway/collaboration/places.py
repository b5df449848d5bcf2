"""Where in a version a comment can stand: bars, felt beats and parts of its score."""

import asyncio
from dataclasses import dataclass

from contracts.music import Score
from services.gateway.database.models import Version
from services.gateway.jobs.revisions import load_context
from services.gateway.problems import Refused
from services.runtime.workbench import Objects


@dataclass(frozen=True)
class Place:
    """A place of a version; None: of the whole."""

    bar: int | None = None
    beat: float | None = None
    part: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing of a score is named."""
        return self.bar is None and self.beat is None and self.part is None


async def check_place(objects: Objects, version: Version, place: Place) -> None:
    """Refuse (422) a place that the version does not have."""
    if place.is_whole:
        return
    score = await _score_of(objects, version)
    if score is None:
        raise _nowhere("bar" if place.part is None else "part", version.number, "a comment without a place: this version has no score yet")
    if place.part is not None and place.part not in score.parts:
        raise _nowhere("part", place.part, ", ".join(score.parts))
    if place.beat is not None and place.bar is None:
        raise _nowhere("beat", place.beat, "a beat of a bar: name the bar, too")
    if place.bar is not None and not 1 <= place.bar <= score.bars:
        raise _nowhere("bar", place.bar, f"1 to {score.bars}")
    beats = score.meter_value.beats_per_bar
    if place.beat is not None and not 1 <= place.beat < beats + 1:
        raise _nowhere("beat", place.beat, f"1 to less than {beats + 1:g}")


async def _score_of(objects: Objects, version: Version) -> Score | None:
    context = await load_context(objects, version.revision)
    section = context.arrangement or context.composition
    if section is None:
        return None
    raw = await asyncio.to_thread(objects.read, section.score.key)
    return await asyncio.to_thread(Score.model_validate_json, raw)


def _nowhere(field: str, value: object, allowed: str) -> Refused:
    return Refused(422, f"The version has no such {field}.", field=field, value=value, allowed=allowed)
