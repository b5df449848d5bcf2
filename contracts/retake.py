"""A song that QA sent back: the context with which the named stage and those after it work again."""

from contracts.context import Context
from contracts.pipeline import FORWARD, Stage

# Which delivered files a stage names in `artifacts`: exact names and prefixes.
DELIVERS: dict[Stage, tuple[str, ...]] = {
    Stage.ARRANGEMENT: ("song.mid", "score.json"),
    Stage.MASTERING: ("master.", "stems/", "project."),
    Stage.FINALIZATION: ("report.", "context.json", "manifest.json", "pictures/"),
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
