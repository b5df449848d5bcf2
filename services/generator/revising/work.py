"""The arrangement stage of a job that revises: the parent's notes with the edits laid on them, and what is asked of the song now."""

from contracts.context import Context, Decision, ScoreSection
from contracts.errors import Unavailable
from contracts.music import Score
from contracts.pipeline import Stage
from contracts.revising import Revises
from services.generator.revising.revise import Revised, revise
from services.generator.scores import given_of, musical_facts, read_score, store_score, with_arrangement
from services.runtime.workbench import Workbench

_BEFORE = (Stage.ANALYSIS, Stage.IDEATION, Stage.COMPOSITION)


def keeps_composition(revises: Revises) -> bool:
    """Whether a revising job works on the composition of its parent and writes none of its own."""
    return revises.from_stage not in _BEFORE


def has_score_edits(revises: Revises) -> bool:
    """Whether any of the edits is for the score."""
    return any(edit.stage is Stage.ARRANGEMENT for edit in revises.edits)


def composed_before(context: Context, bench: Workbench) -> Context:
    """The context with its parent's composition, where QA sent a revised song back: it is never composed anew."""
    section = _parent(context, bench).composition
    if section is None:
        raise Unavailable("the composition of the version that is revised", "revise from the composition on")
    return context.model_copy(update={"composition": section, "artifacts": {**context.artifacts, "score.json": section.score}})


def revised(context: Context, score: Score, bench: Workbench) -> Context:
    """The context with the edited score, its lead sheet, and the brief, facts and lengths that hold now.

    Everything is laid on the parent's score and lead sheet, so that a second attempt starts from there again.
    """
    revises = context.request.revises
    if revises is None or context.ideation is None:
        raise Unavailable("the version that is revised", "send a job that revises one")
    sheet = _lead_sheet(context, bench)
    features = context.analysis.features if context.analysis else None
    done = revise(
        score,
        revises.edits,
        context.ideation.brief,
        context.seed,
        sheet=sheet,
        given=given_of(context, bench),
        features=features,
        take=round(context.change("reseed", 0)),
    )
    bench.progress(0.8, "; ".join(decision.choice for decision in done.decisions)[:400])
    return with_arrangement(_as_asked_now(context, done, store_score(done.sheet, bench)), done.score, bench)


def _lead_sheet(context: Context, bench: Workbench) -> Score | None:
    """The parent's lead sheet where its context is still there, else this job's."""
    revises = context.request.revises
    known = bench.objects.exists(revises.revision) if revises else False
    section = _parent(context, bench).composition if known else context.composition
    return read_score(section.score, bench) if section else None


def _parent(context: Context, bench: Workbench) -> Context:
    revises = context.request.revises
    if revises is None:
        raise Unavailable("the version that is revised", "send a job that revises one")
    return Context.model_validate_json(bench.objects.read(revises.revision))


def _as_asked_now(context: Context, done: Revised, sheet: ScoreSection) -> Context:
    score, brief = done.score, done.brief
    decisions: tuple[Decision, ...] = (*context.ai_decisions, *done.decisions)
    return context.model_copy(
        update={
            "ideation": context.ideation.model_copy(update={"brief": brief}) if context.ideation else None,
            "composition": sheet,
            "musical": musical_facts(score, brief),
            "technical": context.technical.model_copy(update={"duration_s": score.duration_s}),
            "ai_decisions": decisions,
        }
    )
