"""A revised song keeps its mix: who plays what they played before keeps their channel, and sections keep their levels.

The desk tunes channels against each other, so that one new player would move everybody's equaliser a little. A person who asked for
another bass has not asked for another piano.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pydantic import ValidationError

from contracts.context import Context
from contracts.music.score import Part, Score
from services.mixer import files
from services.mixer.mixing.changes import Changes
from services.mixer.mixing.channel import Channel, MixPlan
from services.mixer.mixing.levelling import gain_to_target, shaped_by
from services.mixer.profiles import profile
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
    stood_at: Callable[[str, Channel], float | None] = lambda _name, _channel: None
    """The gain of a part's channel behind its strip, as its dry stem was, dB."""

    def channel(self, name: str, part: Part, decided: Channel) -> Channel:
        """What stands in a part's channel: as before where the same instrument plays the same role with the same sound."""
        before, kept = self.parts.get(name), self.channels.get(name)
        if before is None or kept is None or kept.silent or decided.silent or _seat(before) != _seat(part):
            return decided
        fader = self._fader(name, part, kept)
        held = {"fader_db": fader, "pre_gain_db": kept.pre_gain_db} if fader is not None else {"fader_db": None}
        return kept.model_copy(update={field: getattr(decided, field) for field in _MEASURED} | held)

    def _fader(self, name: str, part: Part, kept: Channel) -> float | None:
        """Where the channel's fader stood, if single drums of its stem have been moved: the others stay as loud as they were."""
        before = self.parts[name]
        if before.notes != part.notes or not moved_levels(part):
            return None
        if kept.fader_db is not None or moved_levels(before) == moved_levels(part):
            return kept.fader_db
        return self.stood_at(name, kept)

    def sections(self, gains: dict[str, float]) -> dict[str, float]:
        """Levels of the sections, those of before where they were there."""
        return {name: self.section_db.get(name, gain) for name, gain in gains.items()}


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
    return Carried(dict(score.parts), plan.decided, sections, partial(_stood_at, parent, plan, bench))


def _stood_at(parent: Context, plan: MixPlan, bench: Workbench, name: str, channel: Channel) -> float | None:
    """What brought a part's stem to its level in the version that is revised; None where the stem is gone or silent.

    Heard behind the strip as the user had edited it, since its tone has a share in how loud it was; without their own level, which
    comes on top of a fader that is held.
    """
    stem = parent.production.stems.get(name) if parent.production else None
    if stem is None or name not in plan.channels or not bench.objects.exists(stem.key):
        return None
    stood = plan.channels[name].model_copy(update={"target_lufs": channel.target_lufs})
    audio, rate = files.read_audio(bench.objects.local_path(stem))
    return gain_to_target(shaped_by(audio, rate, stood, profile(plan.profile).tape, plan.dc_block_hz), rate, stood)
