"""How long it will take: a prior, what this machine measured, and what the song itself shows."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from contracts.events import QaRejected, StageFinished, StageStarted, StemFinished
from contracts.pipeline import FORWARD, PROGRESS_AT, Stage
from services.gateway.database.models import Job, StageTime
from services.gateway.early.remaining import Measured, Size, expected_s, fraction_of, prior_s, remaining_s
from services.gateway.early.times import Times, remaining_of
from services.gateway.jobs.endings import record_fact
from tests.gateway.conftest import House, form

BIG = Size(length_s=180.0, parts=8)


def test_the_prior_is_what_was_measured() -> None:
    """Three minutes of eight players on two cores: within a third of the table of benchmarks, stage by stage."""
    for stage, seconds in ((Stage.PRODUCTION, 13.3), (Stage.MIXING, 12.1), (Stage.MASTERING, 8.8), (Stage.FINALIZATION, 4.9)):
        assert prior_s(stage, BIG) == pytest.approx(seconds, rel=0.33)
    assert prior_s(Stage.PRODUCTION, Size(180.0, 8, cores=8)) < prior_s(Stage.PRODUCTION, BIG) / 2
    assert prior_s(Stage.MIXING, Size(180.0, 8, load=3)) > 2 * prior_s(Stage.MIXING, BIG)


def test_a_slow_machine_is_learned_from_few_songs_and_an_outlier_is_not() -> None:
    """Three songs that took thrice as long are believed; one that was stuck for an hour among them changes little."""
    slow = [Measured(3.0 * prior_s(Stage.MIXING, size), size) for size in (Size(30.0, 5), Size(60.0, 9), Size(120.0, 7))]
    stuck = Measured(3600.0, Size(90.0, 8))
    for measured in (slow, [*slow[:2], stuck, slow[2]]):
        assert expected_s(Stage.MIXING, BIG, measured) == pytest.approx(3.0 * prior_s(Stage.MIXING, BIG), rel=0.05)
    assert expected_s(Stage.MIXING, BIG, []) == prior_s(Stage.MIXING, BIG)


def test_songs_of_like_size_count_most() -> None:
    """Short songs that go quickly here do not make long ones look quick, where long ones are known."""
    short, long = Size(20.0, 4), Size(240.0, 10)
    known = [Measured(0.5 * prior_s(Stage.MASTERING, short), short) for _ in range(5)]
    known += [Measured(1.5 * prior_s(Stage.MASTERING, long), long) for _ in range(3)]
    assert expected_s(Stage.MASTERING, long, known) == pytest.approx(1.5 * prior_s(Stage.MASTERING, long))
    assert expected_s(Stage.MASTERING, short, known) == pytest.approx(0.5 * prior_s(Stage.MASTERING, short))


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 100), st.floats(0, 500), st.sampled_from([None, *Stage]), st.floats(0.25, 4.0))
def test_it_is_always_a_time(percent: float, elapsed: float, stage: Stage | None, speed: float) -> None:
    """Whatever percentage and time: finite, not negative; and in the last stage it runs out towards its end."""
    seconds = {one.value: prior_s(one, BIG) for one in Stage}
    left = remaining_s({"began": 0.0, "stage": stage, "seconds": seconds, "speed": speed}, percent, elapsed)
    assert math.isfinite(left)
    assert left >= 0.0
    last = {"began": 0.0, "stage": "finalization", "seconds": {"finalization": 10.0}}
    assert remaining_s(last, 99.9, 10.0) < 1.0


@pytest.mark.parametrize("stage", list(Stage))
def test_the_share_of_a_stage(stage: Stage) -> None:
    """From the percentage at which it begins to that of the next; a job that is beyond it was sent back, which says nothing."""
    begin, end = PROGRESS_AT[stage], PROGRESS_AT[FORWARD[stage]] if stage in FORWARD else 100.0
    assert fraction_of(stage, begin) == 0.0
    assert fraction_of(stage, (begin + end) / 2) == pytest.approx(0.5)
    assert fraction_of(stage, end + 1.0) is None


async def test_a_job_learns_and_teaches(quiet_house: House) -> None:
    """Shown from the first moment, corrected by the song's size and its own speed, gone at the end; the next gateway knows it, too."""
    desk = quiet_house.desk
    job = (await quiet_house.http.post("/jobs", files=form(options='{"duration_s": 60}'))).json()
    about = {"job_id": job["job_id"], "composition_id": job["composition_id"]}
    at = desk.clock()

    async def tell(kind: Any, after_s: float, **values: Any) -> float:
        nonlocal at
        at += after_s
        await record_fact(desk, kind.model_validate({**about, "time": at, **values}))
        async with desk.database.read() as session:
            found = remaining_of(await session.get_one(Job, job["job_id"]), at)
        assert found is not None
        return found

    shown = (await quiet_house.http.get(f"/jobs/{job['job_id']}")).json()["remaining_s"]
    assert 8 < shown < 20
    size = {"length_s": 60.0, "parts": 6, "cores": 2, "revision": "r"}
    expected = {stage: prior_s(stage, Size(60.0, 6)) for stage in Stage}
    for stage in (Stage.IDEATION, Stage.COMPOSITION, Stage.ARRANGEMENT):
        await tell(StageStarted, 0.0, stage=stage)
        left = await tell(StageFinished, expected[stage], stage=stage, **size)
    rest = sum(expected[stage] for stage in (Stage.PRODUCTION, Stage.MIXING, Stage.MASTERING, Stage.FINALIZATION))
    assert left == pytest.approx(rest, rel=0.05)
    await tell(StageStarted, 0.0, stage=Stage.PRODUCTION)
    await tell(StemFinished, 1.0, part="bass")
    slow = await tell(StageFinished, 3.0 * expected[Stage.PRODUCTION] - 1.0, stage=Stage.PRODUCTION, **size)
    assert 1.5 * (rest - expected[Stage.PRODUCTION]) < slow < 3.0 * (rest - expected[Stage.PRODUCTION])
    back = await tell(QaRejected, 0.0, reasons=["key"], walk=["finalization", "mastering", "mixing", "production"])
    assert back > slow + expected[Stage.PRODUCTION]
    async with desk.database.read() as session:
        kept = list(await session.scalars(select(StageTime.stage)))
        fresh = Times()
        await fresh.load(session)
    assert kept == ["ideation", "composition", "arrangement", "production"]
    assert fresh._expected(Stage.PRODUCTION, Size(60.0, 6)) == pytest.approx(3.0 * expected[Stage.PRODUCTION], rel=0.05)
    await quiet_house.http.delete(f"/jobs/{job['job_id']}")
    assert (await quiet_house.http.get(f"/jobs/{job['job_id']}")).json()["remaining_s"] is None
