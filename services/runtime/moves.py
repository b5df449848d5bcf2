"""Pure steps between revisions: keys, events and summaries that a stage derives from a context."""

from typing import TypedDict

from contracts.artifacts import AudioArtifact
from contracts.context import Context, EndDocument, Next, ProductionSection, revision_key
from contracts.errors import BadInput, Problem
from contracts.events import StageReady, StemReady
from contracts.pipeline import Stage
from contracts.report import Check
from contracts.retake import retake

SUMMARY_LENGTH = 160


def key_of(context: Context) -> str:
    """Key of a revision."""
    return revision_key(context.composition_id, context.job_id, context.seq, context.stage, context.attempt)


def next_key(parent: Context, stage: Stage, attempt: int) -> str:
    """Key of the revision that `stage` makes from `parent`."""
    return revision_key(parent.composition_id, parent.job_id, parent.seq + 1, stage, attempt)


def is_planned(context: Context) -> bool:
    """Whether this revision is production's plan, with the stems still to be rendered."""
    return context.stage is Stage.PRODUCTION and context.production is not None and context.production.state == "planned"


def production_of(context: Context) -> ProductionSection:
    """Production's section. Raises BadInput where there is none."""
    if context.production is None:
        raise BadInput("production", None, "a context that production has planned")
    return context.production


def input_of(parent: Context, event: StageReady) -> Context:
    """What the stage's work gets: the parent revision or, for a new attempt, the song as QA sent it back."""
    return retake(parent, event.stage) if event.attempt > parent.attempt else parent


def revision(worked: Context, parent: Context, event: StageReady, seconds: float) -> Context:
    """The next revision: what the work returned, with its place in the chain and the wall time it took."""
    spent = parent.timings.get(event.stage, 0.0) + seconds
    return worked.model_copy(
        update={
            "seq": parent.seq + 1,
            "stage": event.stage,
            "attempt": event.attempt,
            "parent": event.revision,
            "timings": {**parent.timings, event.stage.value: round(spent, 4)},
        }
    )


def rendered(planned: Context, stems: dict[str, AudioArtifact], seconds: float) -> Context:
    """Production's second revision: every dry stem there. `seconds`: wall time since the plan was published."""
    production = production_of(planned)
    spent = planned.timings.get(Stage.PRODUCTION, 0.0) + seconds
    return planned.model_copy(
        update={
            "seq": planned.seq + 1,
            "parent": key_of(planned),
            "production": production.model_copy(update={"state": "rendered", "stems": dict(sorted(stems.items()))}),
            "timings": {**planned.timings, Stage.PRODUCTION.value: round(spent, 4)},
        }
    )


def stem_events(planned: Context) -> list[StemReady]:
    """One event per stem, the costliest first, so that no long stem begins when the others end."""
    plans = sorted(production_of(planned).plan.values(), key=lambda plan: (-plan.cost_s, plan.part))
    return [
        StemReady(
            job_id=planned.job_id,
            composition_id=planned.composition_id,
            engine=plan.engine,
            part=plan.part,
            revision=key_of(planned),
            seq=planned.seq,
            attempt=planned.attempt,
        )
        for plan in plans
    ]


def stage_event(context: Context, stage: Stage, attempt: int) -> StageReady:
    """The event that hands `context` to `stage`."""
    return StageReady(
        job_id=context.job_id,
        composition_id=context.composition_id,
        stage=stage,
        revision=key_of(context),
        seq=context.seq,
        attempt=attempt,
    )


def end_of(context: Context, following: Next, ended_at: float) -> EndDocument:
    """The document that ends the job after this revision."""
    return EndDocument(
        status=following.end or "failed",
        job_id=context.job_id,
        composition_id=context.composition_id,
        revision=key_of(context),
        problem=_qa_problem(context) if following.end == "failed" else None,
        attempt=context.attempt,
        ended_at=ended_at,
    )


def failed_checks(context: Context) -> tuple[Check, ...]:
    """The checks that the last verdict says failed."""
    verdict = context.finalization.verdict if context.finalization else None
    return tuple(check for check in verdict.checks if not check.passed) if verdict else ()


def summary(made: Context) -> str:
    """What the stage decided, in a line."""
    line = "; ".join(f"{decision.topic}: {decision.choice}" for decision in made.ai_decisions if decision.stage is made.stage)
    return line if len(line) <= SUMMARY_LENGTH else f"{line[: SUMMARY_LENGTH - 1]}…"


class Size(TypedDict):
    """How much there is to do of a song, as far as it is known."""

    length_s: float | None
    parts: int | None


def size(made: Context) -> Size:
    """How long the song is and how many players it has: what the time of a stage depends on."""
    players = len(made.arrangement.part_digests) if made.arrangement else None
    return Size(length_s=round(made.technical.duration_s, 3) if made.ideation else None, parts=players)


def _qa_problem(context: Context) -> Problem:
    told = "; ".join(
        f"{check.name}: asked {check.asked}, measured {check.measured} {check.unit}".rstrip() for check in failed_checks(context)
    )
    detail = f"after {context.attempt} attempts these checks still fail: {told or 'the verdict names none'}; the files are kept"
    return Problem(title="The song does not pass its checks", status=422, detail=detail, code="qa_failed")
