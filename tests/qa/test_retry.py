"""A failing song goes back to the right stage with changed parameters, at most twice."""

import pytest

from contracts.context import Context, Request
from contracts.pipeline import Stage, walk_back
from contracts.report import Check, Relation, Retry
from contracts.revising import Revises
from services.qa.retry import CURES, plan_retry


def context(attempt=1, **changes) -> Context:
    """A context in some round, with the changes of the round before."""
    retries = (Retry(attempt=attempt, to_stage="mastering", reasons=(), changes=changes),) if changes else ()
    return Context(
        composition_id="c", job_id="j", seq=9, created_at=0, attempt=attempt, request=Request(prompt="x", seed=1), retries=retries
    )


def failing(name, asked=0.0, measured=1.0, relation=Relation.WITHIN) -> Check:
    """A failed check."""
    return Check(name=name, asked=asked, measured=measured, relation=relation, passed=False, how="")


@pytest.mark.parametrize("name", CURES)
def test_every_check_has_a_stage_that_can_be_reached(name) -> None:
    """From finalization there is a legal way back to the stage of every cure, and something changes there."""
    retry = plan_retry((failing(name),), context())
    assert retry is not None
    assert walk_back(Stage.FINALIZATION, Stage(retry.to_stage))[-1] == retry.to_stage
    assert retry.changes
    assert retry.attempt == 2


def test_loudness_is_corrected_by_what_was_missing() -> None:
    """0.3 LU too soft: the target is raised by 0.3, and a second time on top of that."""
    check = failing("loudness", -14.0, -14.3)
    assert plan_retry((check,), context()).changes == {"target_offset_lu": 0.3}
    assert plan_retry((check,), context(2, target_offset_lu=0.3)).changes == {"target_offset_lu": 0.6}


def test_the_ceiling_comes_down_by_the_excess() -> None:
    """A true peak 0.2 dB over the ceiling lowers it by a little more than that."""
    retry = plan_retry((failing("true_peak", -1.0, -0.8, Relation.AT_MOST),), context())
    assert retry.to_stage == "mastering"
    assert retry.changes["ceiling_offset_db"] == pytest.approx(-0.25)


def test_the_earliest_stage_wins_and_all_reasons_are_told() -> None:
    """Key and loudness fail: back to composition, with both changes and both reasons."""
    retry = plan_retry((failing("loudness", -14.0, -13.0), failing("key", "C major", "D major")), context())
    assert retry.to_stage == "composition"
    assert set(retry.changes) == {"target_offset_lu", "reseed"}
    assert retry.reasons[1] == "key: asked within C major, measured D major"


def test_the_third_attempt_is_the_last() -> None:
    """After two retries a failing song fails for good; a song that passed is never sent back."""
    assert plan_retry((failing("key"),), context(3)) is None
    assert plan_retry((failing("key").model_copy(update={"passed": True}),), context()) is None


def test_likeness_is_sought_further_each_time() -> None:
    """The equaliser's limit widens from 9 dB to 12 and to 15, and mastering alone is done again."""
    check = failing("similarity", 0.85, 0.8, Relation.AT_LEAST)
    first = plan_retry((check,), context())
    assert (first.to_stage, first.changes) == ("mastering", {"match_reference": 1.0, "match_most_db": 12.0})
    assert plan_retry((check,), context(2, **first.changes)).changes["match_most_db"] == 15.0


def revising(from_stage) -> Context:
    """A context of a job that revises from a stage on."""
    revises = Revises(version=1, revision="parent.json", from_stage=from_stage)
    return context().model_copy(update={"request": Request(prompt="x", seed=1, revises=revises)})


def test_a_revised_song_is_never_composed_anew() -> None:
    """What composition would mend, other draws of the edits mend in the arrangement; a mix that is revised mends itself alone."""
    retry = plan_retry((failing("chords"), failing("loudness", -14.0, -13.0)), revising(Stage.ARRANGEMENT))
    assert (retry.to_stage, retry.changes["reseed"]) == ("arrangement", 1)
    retry = plan_retry((failing("chords"), failing("loudness", -14.0, -13.0)), revising(Stage.MIXING))
    assert (retry.to_stage, set(retry.changes)) == ("mastering", {"target_offset_lu"})
    assert plan_retry((failing("key"),), revising(Stage.MIXING)) is None
    assert plan_retry((failing("silence"),), revising(Stage.MASTERING)) is None
    assert plan_retry((failing("key"),), revising(Stage.IDEATION)).to_stage == "composition"
