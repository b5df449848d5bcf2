"""A song that was sent back: what is kept, what is made again."""

import pytest

from contracts.artifacts import Artifact
from contracts.context import Context, FinalizationSection, Options, ProductionSection, Request, ScoreSection, first_stage, successor
from contracts.pipeline import Stage
from contracts.report import Retry, Verdict
from contracts.retake import carried_over, reached, retake, stages_from
from contracts.revising import Revises

FILE = Artifact(key="k", sha256="0" * 64, bytes=1, media_type="audio/wav")
FILES = ("song.mid", "score.json", "master.wav", "master.mp3", "stems/bass.wav", "report.json", "manifest.json")


def rejected(to_stage: str, *, recorded: bool = False) -> Context:
    retry = Retry(attempt=2, to_stage=to_stage, reasons=("tempo",), changes={"reseed": 1.0})
    verdict = Verdict(passed=False, attempt=1, checks=(), retry=retry)
    context = Context(
        composition_id="c",
        job_id="j",
        seq=8,
        stage=Stage.FINALIZATION,
        created_at=0,
        request=Request(prompt="p", seed=1),
        composition=ScoreSection(score=FILE),
        arrangement=ScoreSection(score=FILE),
        finalization=FinalizationSection(verdict=verdict),
        artifacts=dict.fromkeys(FILES, FILE),
        retries=(retry,) if recorded else (),
        timings={"mixing": 2.0},
    )
    for stage in Stage:
        context = context.decide(stage, "topic", "choice", "why")
    return context


@pytest.mark.parametrize(
    ("to_stage", "kept"), [("mastering", {"song.mid", "score.json"}), ("arrangement", set()), ("finalization", set(FILES[:5]))]
)
def test_files_of_the_stages_to_come_are_dropped(to_stage: str, kept: set[str]) -> None:
    """A part that the new attempt no longer has leaves no old stem behind."""
    assert set(retake(rejected(to_stage), Stage(to_stage)).artifacts) == kept


def test_earlier_sections_stay_and_later_ones_go() -> None:
    """Composition is kept when the arrangement is made again; the verdict stays, for the history."""
    again = retake(rejected("arrangement"), Stage.ARRANGEMENT)
    assert again.composition is not None
    assert again.arrangement is None
    assert again.finalization is not None
    assert again.timings == {"mixing": 2.0}
    assert {decision.stage for decision in again.ai_decisions} == {"analysis", "ideation", "composition", "finalization"}


@pytest.mark.parametrize("recorded", [False, True])
def test_the_retry_is_recorded_once(recorded: bool) -> None:
    """Whether or not QA wrote it down already, and its changes are in force."""
    again = retake(rejected("mixing", recorded=recorded), Stage.MIXING)
    assert len(again.retries) == 1
    assert again.change("reseed", 0.0) == 1.0


def test_the_stages_from_one_on() -> None:
    """In order, to the end."""
    assert stages_from(Stage.MIXING) == (Stage.MIXING, Stage.MASTERING, Stage.FINALIZATION)


def revising(from_stage: Stage, **changes: object) -> Request:
    """A request that revises the rejected song."""
    revises = Revises(version=1, revision="c/8.json", from_stage=from_stage)
    return Request.model_validate({"prompt": "p", "seed": 1, "options": Options(target_lufs=-9.0), "revises": revises, **changes})


def test_a_revision_carries_over_what_stands_before_its_first_stage() -> None:
    """Sections, files and decisions of the stages before; a count, an attempt and timings of its own; the loudness as asked now."""
    parent = rejected("mixing", recorded=True)
    over = carried_over(parent, revising(Stage.MIXING), "k", 7.0)
    assert (over.job_id, over.seq, over.stage, over.attempt, over.parent, over.timings) == ("k", 0, None, 1, "c/8.json", {})
    assert over.arrangement == parent.arrangement
    assert set(over.artifacts) == {"song.mid", "score.json"}
    assert over.finalization is None
    assert over.retries == ()
    assert over.technical.target_lufs == -9.0
    assert {decision.stage for decision in over.ai_decisions} == {"analysis", "ideation", "composition", "arrangement", "production"}
    assert first_stage(over.request) is Stage.MIXING
    assert successor(over).stage is Stage.MIXING


def test_what_qa_asked_of_kept_work_stays_in_force() -> None:
    """A song written anew by QA's wish is not asked for its first writing when only its mix is revised."""
    parent = rejected("arrangement", recorded=True)
    assert carried_over(parent, revising(Stage.MASTERING), "k", 7.0).change("reseed", 0.0) == 1.0
    assert carried_over(parent, revising(Stage.IDEATION), "k", 7.0).musical is None


def test_the_stage_that_a_context_reached() -> None:
    """A plan is no production yet, and a revision that has not begun stands before its first stage."""
    plan = ProductionSection(state="planned", plan={})
    planned = rejected("mixing").model_copy(update={"stage": Stage.PRODUCTION, "production": plan})
    assert reached(planned) is Stage.ARRANGEMENT
    assert reached(planned.model_copy(update={"production": plan.model_copy(update={"state": "rendered"})})) is Stage.PRODUCTION
    assert reached(carried_over(planned, revising(Stage.MIXING), "k", 7.0)) is Stage.PRODUCTION
