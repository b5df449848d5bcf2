"""A song that was sent back: what is kept, what is made again."""

import pytest

from contracts.artifacts import Artifact
from contracts.context import Context, FinalizationSection, Request, ScoreSection
from contracts.pipeline import Stage
from contracts.report import Retry, Verdict
from contracts.retake import retake, stages_from

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
