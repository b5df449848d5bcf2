"""Facts: each is recorded once, numbered per job, and the end is the last."""

from pathlib import Path
from typing import Any

from contracts.context import EndDocument, end_key
from contracts.errors import Problem
from contracts.events import FACT, Accepted, CancelledFact, Fact, Failed, Finished, QaRejected, StageFinished, StageStarted
from contracts.pipeline import Stage
from services.gateway.database.queries import facts_after
from services.gateway.jobs.endings import record_fact
from services.runtime.workbench import Objects
from tests.gateway.conftest import House, form

DEAD = Problem(title="A part was unavailable", status=503, detail="nobody lived", code="unavailable")


async def post(house: House) -> dict[str, Any]:
    """A job, and what every fact of it says."""
    answer = (await house.http.post("/jobs", files=form())).json()
    return {"job_id": answer["job_id"], "composition_id": answer["composition_id"]}


async def history(house: House, job_id: str) -> list[tuple[int, str]]:
    """Seq and type of every fact."""
    async with house.desk.database.read() as session:
        return [(row.seq, row.type) for row in await facts_after(session, job_id, 0)]


async def test_a_redelivered_fact_changes_nothing(quiet_house: House) -> None:
    """The same fact twice is one; another attempt of it is another one."""
    about = await post(quiet_house)
    started = StageStarted(**about, time=1.0, stage=Stage.IDEATION)
    again = started.model_copy(update={"time": 9.0})
    second = started.model_copy(update={"attempt": 2})
    told = [await record_fact(quiet_house.desk, fact) for fact in (started, again, second)]
    assert told == [True, False, True]
    assert await history(quiet_house, about["job_id"]) == [(1, "accepted"), (2, "stage_started"), (3, "stage_started")]


async def test_nothing_comes_after_the_end(quiet_house: House, store: Objects) -> None:
    """A late fact is dropped, and so is a second end: end.json decided."""
    about = await post(quiet_house)
    end = EndDocument(status="cancelled", **about, ended_at=7.0)
    store.create(end_key(about["composition_id"], about["job_id"]), end.to_json())
    facts: list[Fact] = [
        Finished(**about, time=6.0, revision="r"),
        StageStarted(**about, time=8.0, stage=Stage.MIXING),
        CancelledFact(**about, time=7.0),
    ]
    assert [await record_fact(quiet_house.desk, fact) for fact in facts] == [True, False, False]
    assert (await history(quiet_house, about["job_id"]))[-1] == (2, "cancelled")


async def test_a_song_that_is_sent_back_does_not_lose_progress(quiet_house: House) -> None:
    """QA's rejection moves the stage back, not the percentage."""
    about = await post(quiet_house)
    await record_fact(quiet_house.desk, StageFinished(**about, time=1.0, stage=Stage.MASTERING, revision="r"))
    before = (await quiet_house.http.get(f"/jobs/{about['job_id']}")).json()
    walk = (Stage.FINALIZATION, Stage.MASTERING, Stage.MIXING)
    await record_fact(quiet_house.desk, QaRejected(**about, time=2.0, reasons=("loudness",), walk=walk))
    await record_fact(quiet_house.desk, StageStarted(**about, time=3.0, attempt=2, stage=Stage.MIXING))
    after = (await quiet_house.http.get(f"/jobs/{about['job_id']}")).json()
    assert (after["progress"], after["stage"], after["attempt"]) == (before["progress"], "mixing", 2)


async def test_a_replayed_dead_letter_opens_its_job_again(quiet_house: House, store: Objects) -> None:
    """The replay took end.json away: the next fact opens the job, and it may end a second time."""
    about = await post(quiet_house)
    key = end_key(about["composition_id"], about["job_id"])
    store.create(key, EndDocument(status="failed", **about, problem=DEAD, ended_at=7.0).to_json())
    await record_fact(quiet_house.desk, Failed(**about, time=7.0, problem=DEAD))
    assert (await quiet_house.http.get(f"/jobs/{about['job_id']}")).json()["error"]["detail"] == "nobody lived"
    store.delete(key)
    assert await record_fact(quiet_house.desk, StageStarted(**about, time=8.0, stage=Stage.MIXING))
    assert (await quiet_house.http.get(f"/jobs/{about['job_id']}")).json()["error"] is None
    store.create(key, EndDocument(status="failed", **about, problem=DEAD, ended_at=9.0).to_json())
    assert await record_fact(quiet_house.desk, Failed(**about, time=9.0, problem=DEAD))
    assert [kind for _, kind in await history(quiet_house, about["job_id"])] == ["accepted", "failed", "stage_started", "failed"]


async def test_a_failed_song_keeps_its_results(house: House, store: Objects, tmp_path: Path) -> None:
    """qa_failed: status failed, the error's code, and the files as a version."""
    first = (await house.http.post("/jobs", files=form())).json()
    made = await house.ended(first["job_id"])
    revision = sorted((tmp_path / "store/compositions" / first["composition_id"]).rglob("context/*.json"))
    house.band.hold.clear()
    about = await post(house)
    problem = Problem(title="The song does not pass its checks", status=422, detail="loudness", code="qa_failed")
    last = revision[-1].relative_to(tmp_path / "store").as_posix()
    end = EndDocument(status="failed", **about, revision=last, problem=problem, ended_at=7.0)
    store.create(end_key(about["composition_id"], about["job_id"]), end.to_json())
    await record_fact(house.desk, Failed(**about, time=7.0, problem=problem, revision=last))
    job = (await house.http.get(f"/jobs/{about['job_id']}")).json()
    assert (job["status"], job["error"]["code"]) == ("failed", "qa_failed")
    assert set(job["results"]["files"]) == set(made["results"]["files"])
    assert (await house.http.get(house.url + job["results"]["mixed_track_url"])).status_code == 200


async def test_what_is_no_fact_does_not_stop_the_others(quiet_house: House) -> None:
    """Garbage and facts of unknown jobs on the stream are put aside; the next fact is recorded."""
    about = await post(quiet_house)
    js = quiet_house.app.state.bus.jetstream
    stranger = FACT.dump_json(Accepted(job_id="stranger", composition_id="c", time=1.0))
    for body in (b"\xff\x00", b"{}", stranger, FACT.dump_json(StageStarted(**about, time=1.0, stage=Stage.IDEATION))):
        await js.publish(f"houseband.fact.{about['job_id']}.x", body)
    with quiet_house.desk.hub.watch(about["job_id"]) as watch:
        while len(await history(quiet_house, about["job_id"])) < 2:
            await watch.bell.wait()
            watch.bell.clear()
    assert (await js.consumer_info("FACTS", "gateway-facts")).num_redelivered == 0
