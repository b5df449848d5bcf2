"""The pipeline table, and what follows a revision."""

import itertools

import pytest

from contracts.context import Context, FinalizationSection, Options, ProductionSection, Request, successor
from contracts.errors import IllegalMove
from contracts.pipeline import BACK, FORWARD, MAX_ATTEMPTS, Stage, check_move, legal_moves, progress_percent, walk_back
from contracts.report import Retry, Verdict

MOVES = {
    "ideation": {"composition"},
    "composition": {"arrangement", "ideation"},
    "arrangement": {"production", "composition"},
    "production": {"mixing", "arrangement"},
    "mixing": {"mastering", "production"},
    "mastering": {"finalization", "mixing"},
    "finalization": {"mastering"},
}


def context(stage: Stage | None, **changes: object) -> Context:
    request = Request(prompt="x", seed=1, options=Options(until=changes.pop("until", None)))  # type: ignore[arg-type]
    base = Context(composition_id="c", job_id="j", seq=1, stage=stage, created_at=0.0, request=request)
    return base.model_copy(update=changes)


@pytest.mark.parametrize("stage", MOVES)
def test_moves_are_those_of_the_architecture(stage: str) -> None:
    """The table holds the legal moves and no other."""
    assert legal_moves(Stage(stage)) == MOVES[stage]


def test_illegal_move_names_what_is_allowed() -> None:
    """An illegal move is a clear 409."""
    with pytest.raises(IllegalMove, match="arrangement, ideation") as caught:
        check_move(Stage.COMPOSITION, Stage.MASTERING)
    assert caught.value.problem().status == 409


@pytest.mark.parametrize("target", list(BACK.values()))
def test_walk_back_takes_legal_back_moves_only(target: Stage) -> None:
    """A return is a walk over back moves, step by step."""
    walk = walk_back(Stage.FINALIZATION, target)
    assert walk[0] is Stage.FINALIZATION
    assert walk[-1] is target
    assert all(BACK[a] is b for a, b in itertools.pairwise(walk))


def test_no_walk_leads_forward() -> None:
    """Mastering is not behind mixing."""
    with pytest.raises(IllegalMove):
        walk_back(Stage.MIXING, Stage.MASTERING)


@pytest.mark.parametrize("stage", list(FORWARD))
def test_forward_is_the_rule(stage: Stage) -> None:
    """A finished stage leads to the next one."""
    rendered = ProductionSection(state="rendered", plan={})
    assert successor(context(stage, production=rendered)).stage is FORWARD[stage]


def test_until_ends_the_job_with_a_partial_version() -> None:
    """`until` completes the job after that stage."""
    assert successor(context(Stage.ARRANGEMENT, until=Stage.ARRANGEMENT)).end == "completed"


def test_planned_production_waits_for_its_stems() -> None:
    """`planned` is not the end of production, even with until=production."""
    planned = ProductionSection(state="planned", plan={})
    assert successor(context(Stage.PRODUCTION, production=planned, until=Stage.PRODUCTION)).stage is Stage.PRODUCTION


@pytest.mark.parametrize(("attempt", "to", "end"), [(1, Stage.MIXING, None), (2, Stage.COMPOSITION, None), (MAX_ATTEMPTS, None, "failed")])
def test_a_rejected_song_walks_back_at_most_twice(attempt: int, to: Stage | None, end: str | None) -> None:
    """QA sends back with attempt + 1; the third round is the last."""
    retry = Retry(attempt=attempt + 1, to_stage=(to or Stage.MIXING).value, reasons=("x",)) if to else None
    verdict = Verdict(passed=False, attempt=attempt, checks=(), retry=retry)
    following = successor(context(Stage.FINALIZATION, attempt=attempt, finalization=FinalizationSection(verdict=verdict)))
    assert (following.stage, following.end) == (to, end)
    assert following.attempt == (attempt + 1 if to else attempt)


def test_progress_never_falls_through_the_stages() -> None:
    """Percent grows from stage to stage."""
    points = [progress_percent(stage, part) for stage in Stage for part in (0.0, 0.5, 1.0)]
    assert points == sorted(points)
    assert points[-1] == 100.0
