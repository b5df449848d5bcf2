"""What QA changes when it sends a song back.

The names are a contract with the stages, which read them by `context.change(name, default)`.

mastering: `target_offset_lu` (added to the loudness target), `ceiling_offset_db` (added to the true-peak ceiling),
    `mp3_gain_db` (gain before the MP3 is encoded), `match_reference` (0–1: how far the tone follows the reference),
    `match_most_db` (how far the equaliser may go for that).
mixing: `dc_block_hz` (corner of a high pass on every strip), `width` (factor on the stereo width), `low_end_db` (gain below
    150 Hz), `remix` (number of the round: mix again from the dry stems).
arrangement: `reseed` (number of the round: another arrangement of the same composition).
composition: `reseed` (number of the round, mixed into the seed of every draw).
A job that revises a song never goes back before the stage that it began at: what it did not make, it does not make again. What the
composition would mend in a new song, the edits' own draws mend in a revised one (`reseed` in the arrangement).
Numbers accumulate: the second retry goes on from the first.
"""

from collections.abc import Callable

from contracts.context import Context
from contracts.pipeline import MAX_ATTEMPTS, Stage
from contracts.report import Check, Retry

Changes = dict[str, float | str | bool]
_ORDER = (Stage.COMPOSITION, Stage.ARRANGEMENT, Stage.PRODUCTION, Stage.MIXING, Stage.MASTERING)


def _number(value: float | str | None) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _louder(check: Check, context: Context) -> Changes:
    return {"target_offset_lu": round(context.change("target_offset_lu", 0.0) + _number(check.asked) - _number(check.measured), 3)}


def _lower_ceiling(check: Check, context: Context) -> Changes:
    excess = max(_number(check.measured) - _number(check.asked), 0.0) if check.name == "true_peak" else 0.25
    return {"ceiling_offset_db": round(context.change("ceiling_offset_db", 0.0) - excess - 0.05, 3)}


def _softer_mp3(check: Check, context: Context) -> Changes:
    excess = max(_number(check.measured) - _number(check.asked), 0.0)
    return {"mp3_gain_db": round(context.change("mp3_gain_db", 0.0) - excess - 0.2, 3)}


def _closer_to_reference(_: Check, context: Context) -> Changes:
    """All of the way, and three decibels further than the equaliser went before; its own limit is 9 dB at first."""
    return {"match_reference": 1.0, "match_most_db": min(context.change("match_most_db", 9.0) + 3.0, 15.0)}


def _narrower(_: Check, context: Context) -> Changes:
    return {"width": round(context.change("width", 1.0) * 0.6, 3)}


def _blocked_dc(_: Check, context: Context) -> Changes:
    return {"dc_block_hz": round(max(context.change("dc_block_hz", 0.0) * 1.5, 15.0), 1)}


def _round(name: str) -> Callable[[Check, Context], Changes]:
    def change(_: Check, context: Context) -> Changes:
        return {name: context.attempt}

    return change


CURES: dict[str, tuple[Stage, Callable[[Check, Context], Changes]]] = {
    "tempo": (Stage.COMPOSITION, _round("reseed")),
    "key": (Stage.COMPOSITION, _round("reseed")),
    "chords": (Stage.COMPOSITION, _round("reseed")),
    "duration": (Stage.COMPOSITION, _round("reseed")),
    "melody_own": (Stage.COMPOSITION, _round("reseed")),
    "stems_heard": (Stage.ARRANGEMENT, _round("reseed")),
    "silence": (Stage.MIXING, _round("remix")),
    "stems_null": (Stage.MIXING, _round("remix")),
    "dc_offset": (Stage.MIXING, _blocked_dc),
    "stereo_correlation": (Stage.MIXING, _narrower),
    "loudness": (Stage.MASTERING, _louder),
    "true_peak": (Stage.MASTERING, _lower_ceiling),
    "clipping": (Stage.MASTERING, _lower_ceiling),
    "flac": (Stage.MASTERING, _round("remix")),
    "mp3_peak": (Stage.MASTERING, _softer_mp3),
    "similarity": (Stage.MASTERING, _closer_to_reference),
    "formats": (Stage.MASTERING, _lower_ceiling),
    "editions": (Stage.MASTERING, _lower_ceiling),
    "edits_on_bars": (Stage.MASTERING, _round("remix")),
    "lead_null": (Stage.MASTERING, _round("remix")),
    "loop_seam": (Stage.MASTERING, _round("remix")),
    "stems_zip": (Stage.MASTERING, _round("remix")),
}
"""Check name -> the stage that can mend it, and what changes there."""


def reason(check: Check) -> str:
    """One line that says what failed, with numbers."""
    unit = f" {check.unit}" if check.unit else ""
    measured = "nothing" if check.measured is None else f"{check.measured}{unit}"
    note = f" ({check.note})" if check.note else ""
    return f"{check.name}: asked {check.relation.value.replace('_', ' ')} {check.asked}{unit}, measured {measured}{note}"


def _stage_for(check: Check, context: Context) -> Stage | None:
    """The stage that can mend a check; None where a job that revises did not make what fails."""
    stage, revises = CURES[check.name][0], context.request.revises
    if revises is None or _ORDER.index(stage) >= _place(revises.from_stage):
        return stage
    return Stage.ARRANGEMENT if revises.from_stage is Stage.ARRANGEMENT else None


def _place(stage: Stage) -> int:
    """How far along the order of retries a stage stands: what comes before composition counts as its beginning, finalization as its end."""
    if stage in _ORDER:
        return _ORDER.index(stage)
    return len(_ORDER) if stage is Stage.FINALIZATION else 0


def plan_retry(checks: tuple[Check, ...], context: Context) -> Retry | None:
    """Where a failing song goes back to and what changes there: the earliest stage any failed check names.

    `attempt` is the round that the retry begins. None after the last round, for a song that passed, and for a revised one that fails in
    what it took over.
    """
    failed = [check for check in checks if not check.passed and _stage_for(check, context) is not None]
    if not failed or context.attempt >= MAX_ATTEMPTS:
        return None
    stages = {_stage_for(check, context) for check in failed}
    changes: Changes = {}
    for check in failed:
        changes.update(CURES[check.name][1](check, context))
    first = next(stage for stage in _ORDER if stage in stages)
    return Retry(attempt=context.attempt + 1, to_stage=first.value, reasons=tuple(reason(c) for c in failed), changes=changes)
