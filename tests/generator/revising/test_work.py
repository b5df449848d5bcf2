"""The arrangement stage of a job that revises, over a real store and real instruments: what an edit does not touch is not made again."""

from pathlib import Path

import pytest

from contracts.context import Context, IdeationSection, Options, ProductionSection, Request
from contracts.edits import AddEdit, EnergyEdit, InstrumentEdit, KeyEdit, LevelEdit, RewriteEdit
from contracts.music import Score
from contracts.pipeline import Stage
from contracts.report import Retry
from contracts.retake import carried_over, retake
from contracts.revising import Revises
from services.generator import work
from services.generator.scores import read_score
from services.qa.asked import asked_of
from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench
from tests.generator.composition.briefs import brief

PARENT = "compositions/c/jobs/j/context/0005-production-1.json"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder: Path = tmp_path_factory.mktemp("revising")
    (folder / "scratch").mkdir()
    return Workbench(FileStore(folder / "store", sync=False), folder / "scratch", lambda _, __: None)


@pytest.fixture(scope="module")
def parent(bench: Workbench) -> Context:
    """A short song whose every dry stem is rendered."""
    wanted = brief("house", key="A minor", duration_s=10.0, instruments_with=("synth_bass", "drum_kit"))
    request = Request(prompt="house", seed=7, options=Options())
    context = Context(composition_id="c", job_id="j", seq=5, created_at=0.0, request=request, ideation=IdeationSection(brief=wanted))
    planned = work.plan(work.arrange(work.compose(context, bench), bench), bench)
    stems = {part: work.render(planned, part, bench) for part in planned.production.plan}
    rendered = planned.model_copy(update={"production": ProductionSection(state="rendered", plan=planned.production.plan, stems=stems)})
    bench.objects.put_bytes(PARENT, rendered.to_json(), "application/json")
    return rendered


def revising(parent: Context, *edits, from_stage=Stage.ARRANGEMENT) -> Context:
    """The first context of a job that revises the song."""
    revises = Revises(version=1, revision=PARENT, from_stage=from_stage, edits=edits, score=parent.arrangement.score)
    return carried_over(parent, parent.request.model_copy(update={"revises": revises}), "j2", 1.0)


def score_of(context: Context, bench: Workbench) -> Score:
    return read_score(context.arrangement.score, bench)


def test_an_edit_of_one_part_renders_that_part_alone(parent: Context, bench: Workbench) -> None:
    """Another take of the bass: its digest alone is new, its dry stem alone is not in the store yet, all others are the same bytes."""
    planned = work.plan(work.arrange(revising(parent, RewriteEdit(parts=("bass",))), bench), bench)
    before, after = parent.arrangement.part_digests, planned.arrangement.part_digests
    assert {name for name in after if after[name] != before.get(name)} == {"bass"}
    missing = {name for name, plan in planned.production.plan.items() if not bench.objects.exists(plan.key)}
    assert missing == {"bass"}
    stems = {name: bench.objects.find(plan.key) or work.render(planned, name, bench) for name, plan in planned.production.plan.items()}
    assert {name for name, stem in stems.items() if stem.sha256 != parent.production.stems[name].sha256} == {"bass"}


def test_a_player_more_and_another_sound_leave_every_other_stem(parent: Context, bench: Workbench) -> None:
    """Two edits in one revision, with one of the mix among them that is not for the score."""
    edits = (
        AddEdit(instrument="violin"),
        LevelEdit(parts=("drums",), db=-3.0),
        InstrumentEdit(parts=("bass",), instrument="synth_bass", patch="reese"),
    )
    planned = work.plan(work.arrange(revising(parent, *edits), bench), bench)
    new = {name for name, plan in planned.production.plan.items() if not bench.objects.exists(plan.key)}
    assert new == {"bass", "violin"}
    assert "reese_bass" in planned.production.plan["bass"].source
    assert {d.topic for d in planned.ai_decisions} >= {"player", "instrument"}


def test_what_is_asked_now_is_what_is_checked(parent: Context, bench: Workbench) -> None:
    """After a change of key and tempo QA asks for the new ones, with the words that asked for them."""
    done = work.arrange(revising(parent, KeyEdit(key="C minor", words="in C minor")), bench)
    asked = asked_of(done, score_of(done, bench))
    assert (str(asked.key), done.musical.key, done.ideation.brief.key.evidence) == ("C minor", "C minor", "in C minor")
    assert asked.duration_s == pytest.approx(score_of(done, bench).duration_s, abs=0.6)
    assert read_score(done.composition.score, bench).key == "C minor"


def test_a_second_attempt_is_laid_on_the_parent_again(parent: Context, bench: Workbench) -> None:
    """Sent back by QA the edits are not laid on their own result; sent back to the composition, the parent's stands."""
    first = work.arrange(revising(parent, KeyEdit(key="C minor"), EnergyEdit(by=0.2)), bench)
    retry = Retry(attempt=2, to_stage="arrangement", reasons=("",), changes={"reseed": 1})
    again = work.arrange(retake(first.model_copy(update={"retries": (retry,)}), Stage.ARRANGEMENT), bench)
    assert score_of(again, bench).key == "C minor"
    assert again.arrangement.part_digests["bass"] == first.arrangement.part_digests["bass"]
    composed = work.compose(retake(first, Stage.COMPOSITION), bench)
    assert composed.composition == parent.composition
