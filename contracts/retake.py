"""What stays of a song where it is made again from a stage on: because QA sent it back, or because a person revises it."""

from typing import Any

from contracts.brief import Brief, Source
from contracts.context import LEAST_LUFS, MOST_LUFS, Context, Creative, IdeationSection, Request, Technical
from contracts.errors import BadInput
from contracts.pipeline import BACK, FORWARD, Stage

# Which delivered files a stage names in `artifacts`: exact names and prefixes.
DELIVERS: dict[Stage, tuple[str, ...]] = {
    Stage.ARRANGEMENT: ("song.mid", "score.json"),
    Stage.MASTERING: ("master.", "stems/", "project.", "formats/", "editions/", "cover."),
    Stage.FINALIZATION: ("report.", "context.json", "manifest.json", "provenance.json", "pictures/"),
}


def stages_from(stage: Stage) -> tuple[Stage, ...]:
    """`stage` and every stage after it."""
    path = [stage]
    while path[-1] in FORWARD:
        path.append(FORWARD[path[-1]])
    return tuple(path)


def retake(context: Context, stage: Stage) -> Context:
    """`context` as `stage` gets it for a new attempt: the verdict's retry recorded, what is to be made again cleared.

    The finalization section and its decisions stay: the next verdict puts this one into its history.
    """
    again = stages_from(stage)
    gone = tuple(name for one in again for name in DELIVERS.get(one, ()))
    retry = context.finalization.verdict.retry if context.finalization else None
    known = retry is None or retry in context.retries
    return context.model_copy(
        update={
            **{one.value: None for one in again if one is not Stage.FINALIZATION},
            "artifacts": {name: artifact for name, artifact in context.artifacts.items() if not name.startswith(gone)},
            "retries": context.retries if known else (*context.retries, retry),
            "ai_decisions": tuple(one for one in context.ai_decisions if one.stage not in again or one.stage is Stage.FINALIZATION),
        }
    )


def reached(context: Context) -> Stage | None:
    """The last stage whose work is whole. A plan whose stems are not rendered is no production yet."""
    if context.stage is Stage.PRODUCTION and context.production and context.production.state == "planned":
        return Stage.ARRANGEMENT
    if context.stage is None and context.request.revises:
        return BACK.get(context.request.revises.from_stage)
    return context.stage


def carried_over(parent: Context, request: Request, job_id: str, created_at: float) -> Context:
    """Revision 0 of a job that revises `parent`: what the stages before `request.revises.from_stage` made, and nothing of the others.

    What QA asked of the stages that work again was asked of other work, and is dropped. Raises BadInput for a request that revises
    nothing, or that asks for the loudness of a reference nobody heard.
    """
    if request.revises is None:
        raise BadInput("revises", None, "the version that is revised")
    first = request.revises.from_stage
    again = stages_from(first)
    gone = tuple(name for one in again for name in DELIVERS.get(one, ()))
    kept = parent.model_copy(
        update={
            **{one.value: None for one in again},
            "job_id": job_id,
            "seq": 0,
            "stage": None,
            "attempt": 1,
            "parent": request.revises.revision,
            "created_at": created_at,
            "request": request,
            "artifacts": {name: artifact for name, artifact in parent.artifacts.items() if not name.startswith(gone)},
            "retries": tuple(retry for retry in parent.retries if Stage(retry.to_stage) not in again),
            "ai_decisions": tuple(one for one in parent.ai_decisions if one.stage not in again),
            "timings": {},
        }
    )
    if kept.ideation and request.revises.stated:
        kept = kept.model_copy(update={"ideation": IdeationSection(brief=_decided(kept.ideation.brief, request.revises.stated))})
    if Stage.IDEATION in again:
        return kept.model_copy(update={"musical": None, "technical": Technical(), "creative": Creative()})
    options = request.options
    return kept.model_copy(
        update={
            "technical": kept.technical.model_copy(
                update={"target_lufs": target_lufs_of(kept), "true_peak_ceiling_dbtp": options.ceiling_dbtp}
            )
        }
    )


def _decided(brief: Brief, stated: dict[str, Any]) -> Brief:
    """The brief with fields as the user's own notes have them."""
    fields = {
        name: getattr(brief, name).model_copy(
            update={"value": value, "source": Source.STATED, "evidence": "patched score", "confidence": 1.0, "reason": None}
        )
        for name, value in stated.items()
    }
    return brief.model_copy(update=fields)


def target_lufs_of(context: Context) -> float:
    """The loudness that a request asks for, LUFS. Raises BadInput where the reference's is asked for and none can be heard."""
    asked = context.request.options.target_lufs
    if not isinstance(asked, str):
        return asked
    features = context.analysis.features if context.analysis else None
    if features is None or features.loudness_lufs is None:
        raise BadInput("target_lufs", asked, f"{LEAST_LUFS:g} to {MOST_LUFS:g}, or a reference track that sounds")
    return round(min(max(features.loudness_lufs.value, LEAST_LUFS), MOST_LUFS), 1)
