"""Where a revision starts and where it ends: the rules of the stages, for what is asked of a version that got to one of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.context import Options, Request
from contracts.errors import BadInput, IllegalMove
from contracts.pipeline import FORWARD, Stage

ORDER = tuple(Stage)
_HEARD = ("separate", "midi_as")
"""Options that the analyzer reads, where there is something to be heard."""
_STARTS: dict[str, Stage] = {
    "resize": Stage.COMPOSITION,
    "engine": Stage.PRODUCTION,
    "sounds": Stage.PRODUCTION,
    "license": Stage.PRODUCTION,
    "mix": Stage.MIXING,
    "target_lufs": Stage.MASTERING,
    "ceiling_dbtp": Stage.MASTERING,
    "formats": Stage.MASTERING,
    "editions": Stage.MASTERING,
}
"""The first stage that reads an option; all others are read by ideation."""
_NEVER_READ = ("until", "early")
"""Options that say how the work goes, and nothing of the song."""


@dataclass(frozen=True)
class Need:
    """The stage from which a change has to be made, and what asks for it."""

    stage: Stage
    what: str
    only: bool = False
    """Whether it can start nowhere else: edits are laid on the notes that are there."""


def is_before(one: Stage, other: Stage) -> bool:
    """Whether a stage comes before another one."""
    return ORDER.index(one) < ORDER.index(other)


def needs_of(before: Options, after: Options, request: Request) -> list[Need]:
    """What changed options need, by their names."""
    one, other = (options.model_dump(mode="json", by_alias=True) for options in (before, after))
    changed = [name for name in other if one.get(name) != other[name] and name not in _NEVER_READ]
    heard = request.reference or request.midi or request.hum
    return [Need(Stage.ANALYSIS if name in _HEARD and heard else _STARTS.get(name, Stage.IDEATION), f"options.{name}") for name in changed]


def start(got_to: Stage | None, asked: Stage | None, needs: Iterable[Need]) -> Stage:
    """The stage from which a revision is made.

    Args:
        got_to: the last stage that the version went through.
        asked: `from_stage`, where it was stated.
        needs: what the changes need.

    Raises:
        IllegalMove: the version did not get to that stage, or nothing is left to do.
        BadInput: a change would have no effect from there.
    """
    needs = tuple(needs)
    following = _following(got_to)
    first = min(needs, key=lambda need: ORDER.index(need.stage), default=None)
    stage = asked or (first.stage if first else following)
    if stage is None:
        raise IllegalMove("from_stage", f"{got_to} -> nothing", "an instruction, edits, a patch, or a stage to start from")
    if following is not None and is_before(following, stage):
        # What a partial version has not got to is read when its stage is reached.
        if asked is not None or any(need.only for need in needs):
            allowed = f"up to {following}: the version got to {got_to or 'no stage'}"
            raise IllegalMove("from_stage", f"{got_to or 'nothing'} -> {stage}", allowed)
        stage = following
    late = [need for need in needs if is_before(need.stage, stage) or (need.only and need.stage is not stage)]
    if late:
        wrong = late[0]
        allowed = wrong.stage.value if wrong.only else f"{wrong.stage} or before it, where {wrong.what} is read"
        raise BadInput("from_stage", stage.value, allowed)
    return stage


def check_until(stage: Stage, until: Stage | None) -> None:
    """Raise IllegalMove for an end that comes before the start."""
    if until is not None and is_before(until, stage):
        raise IllegalMove("until", f"{stage} -> {until}", ", ".join(one.value for one in ORDER[ORDER.index(stage) :]))


def _following(got_to: Stage | None) -> Stage | None:
    return FORWARD.get(got_to) if got_to is not None else Stage.ANALYSIS
