"""A revised song keeps its mix: who plays what they played before keeps their channel, and sections keep their levels.

The desk tunes channels against each other, so that one new player would move everybody's equaliser a little. A person who asked for
another bass has not asked for another piano.
"""

from dataclasses import dataclass

from pydantic import ValidationError

from contracts.context import Context
from contracts.music.score import Part, Score
from services.mixer.mixing.changes import Changes
from services.mixer.mixing.channel import Channel, MixPlan
from services.music.pieces import moved_levels
from services.runtime.workbench import Workbench

_MEASURED = ("pre_gain_db", "silent")
"""What follows the dry stem, whoever mixes it."""


@dataclass(frozen=True)
class Carried:
    """The mix of the version that is revised: its channels before the user's edits, and the levels of its sections."""

    parts: dict[str, Part]
    channels: dict[str, Channel]
    section_db: dict[str, float]

    def channel(self, name: str, part: Part, decided: Channel) -> Channel:
        """What stands in a part's channel: as before where the same instrument plays the same role with the same sound."""
        before, kept = self.parts.get(name), self.channels.get(name)
        if before is None or kept is None or kept.silent or decided.silent or _seat(before) != _seat(part):
            return decided
        lift = _lift(before, part, kept, decided)
        moved = {"lift_lu": lift, "target_lufs": round(kept.target_lufs + lift - kept.lift_lu, 3)} if lift != kept.lift_lu else {}
        pre_gain = {"pre_gain_db": round(decided.pre_gain_db + lift, 3)} if lift else {}
        return kept.model_copy(update={field: getattr(decided, field) for field in _MEASURED} | pre_gain | moved)

    def sections(self, gains: dict[str, float]) -> dict[str, float]:
        """Levels of the sections, those of before where they were there."""
        return {name: self.section_db.get(name, gain) for name, gain in gains.items()}


def _lift(before: Part, part: Part, kept: Channel, decided: Channel) -> float:
    """LU by which single drums that were moved make the stem louder than it was: the others are to stay where they stood."""
    if moved_levels(before) == moved_levels(part) or before.notes != part.notes:
        return kept.lift_lu
    return round(kept.pre_gain_db - decided.pre_gain_db, 3) if moved_levels(part) else 0.0


def _seat(part: Part) -> tuple[str, str, str | None]:
    return part.role.value, part.instrument, part.patch


def carried_mix(context: Context, profile: str, changes: Changes, bench: Workbench) -> Carried | None:
    """The parent's mix, where there is one of the same profile and the same changes; None: decide anew."""
    revises = context.request.revises
    if revises is None or not bench.objects.exists(revises.revision):
        return None
    parent = Context.model_validate_json(bench.objects.read(revises.revision))
    if parent.mixing is None or parent.arrangement is None or parent.mixing.settings.get("changes") != vars(changes):
        return None
    try:
        plan = MixPlan.model_validate(parent.mixing.settings)
    except ValidationError:  # mixed by an earlier edition of this desk
        return None
    if plan.profile != profile or not plan.decided:
        return None
    score = Score.model_validate_json(bench.objects.read(parent.arrangement.score.key))
    sections = {name: round(gain - plan.section_edit_db.get(name, 0.0), 3) for name, gain in plan.section_db.items()}
    return Carried(dict(score.parts), plan.decided, sections)
