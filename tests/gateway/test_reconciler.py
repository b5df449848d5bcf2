"""The reconciler: no job is ever stuck, and none is pushed twice."""

import asyncio
from typing import Any

from contracts.context import EndDocument, end_key, job_prefix
from contracts.events import StageStarted
from contracts.pipeline import Stage, progress_percent
from services.gateway.reconciler import Reconciler
from services.runtime.workbench import Objects
from tests.gateway.conftest import PATIENCE_S, House, Open, form
from tests.gateway.test_outbox import waiting


async def post_sent(house: House) -> dict[str, Any]:
    """A job whose first event is in the queue."""
    answer: dict[str, Any] = (await house.http.post("/jobs", files=form())).json()
    await queue_holds(house, answer["job_id"], True)
    await house.app.state.relay.send_owed()
    return answer


async def queue_holds(house: House, job_id: str, expected: bool) -> None:
    """Return when the queue holds a message of the job, or none."""
    async with asyncio.timeout(PATIENCE_S):
        while await house.desk.bus.pending(job_id) is not expected:  # noqa: ASYNC110 - the queue has no event for it
            await asyncio.sleep(0.01)


async def lose_messages(house: House) -> None:
    """The queue forgets all."""
    await house.app.state.bus.jetstream.purge_stream("STAGES")


async def test_a_job_with_a_waiting_message_is_left_alone(quiet_house: House) -> None:
    """Whatever waits or is being worked on is not published again."""
    answer = await post_sent(quiet_house)
    assert await Reconciler(quiet_house.desk).reconcile() == {answer["job_id"]: "waiting"}
    assert len(await waiting(quiet_house)) == 1


async def test_a_lost_message_is_published_again_under_a_new_id(quiet_house: House) -> None:
    """Each time with the next suffix, since the broker still blocks the old ids."""
    answer = await post_sent(quiet_house)
    for count in (1, 2):
        await lose_messages(quiet_house)
        done = await Reconciler(quiet_house.desk).reconcile()
        assert done == {answer["job_id"]: "republished ideation"}
        message = await quiet_house.app.state.bus.jetstream.get_last_msg("STAGES", f"houseband.stage.ideation.ready.{answer['job_id']}")
        assert message.headers["Nats-Msg-Id"].endswith(f"/r{count}")
    assert [event.seq for event in await waiting(quiet_house)] == [0]


async def test_a_song_goes_on_from_its_newest_revision(house: House) -> None:
    """A message lost in the middle costs no finished stage."""
    house.band.loses.add(Stage.MIXING)
    job_id = (await house.http.post("/jobs", files=form())).json()["job_id"]
    with house.desk.hub.watch(job_id) as watch:
        while (await house.http.get(f"/jobs/{job_id}")).json()["progress"] < progress_percent(Stage.MIXING, 0):
            await watch.bell.wait()
            watch.bell.clear()
    await queue_holds(house, job_id, False)
    house.band.loses.clear()
    house.band.played.clear()
    assert await Reconciler(house.desk).reconcile() == {job_id: "republished mixing"}
    assert (await house.ended(job_id))["status"] == "completed"
    assert [stage for _, stage in house.band.played] == [Stage.MIXING, Stage.MASTERING, Stage.FINALIZATION]


async def test_an_end_that_was_not_heard_is_recorded(quiet_house: House, store: Objects) -> None:
    """end.json decides; its fact is recorded and told where it got lost."""
    answer = await post_sent(quiet_house)
    await lose_messages(quiet_house)
    end = EndDocument(status="completed", job_id=answer["job_id"], composition_id=answer["composition_id"], ended_at=5.0)
    store.create(end_key(answer["composition_id"], answer["job_id"]), end.to_json())
    assert await Reconciler(quiet_house.desk).reconcile() == {answer["job_id"]: "completed"}
    job = await quiet_house.ended(answer["job_id"])
    assert (job["status"], job["ended_at"]) == ("completed", 5.0)
    assert await Reconciler(quiet_house.desk).reconcile() == {}


async def test_a_job_that_takes_too_long_fails_and_says_so(open_house: Open) -> None:
    """The deadline ends the job, also while a message waits, and empties its queue."""
    async with open_house(play=False, job_deadline_s=0.01) as house:
        answer = await post_sent(house)
        await asyncio.sleep(0.05)
        assert await Reconciler(house.desk).reconcile() == {answer["job_id"]: "failed"}
        job = await house.ended(answer["job_id"])
        assert (job["error"]["code"], job["error"]["status"]) == ("deadline_exceeded", 504)
        assert not await house.desk.bus.pending(answer["job_id"])


async def test_a_bus_that_lost_its_disk_loses_no_song(open_house: Open) -> None:
    """Streams and consumers are created again, and the jobs go on from their revisions."""
    async with open_house(play=False) as house:
        answer = await post_sent(house)
        js = house.app.state.bus.jetstream
        for stream in ("STAGES", "FACTS", "DEAD", "ADVISORIES"):
            await js.delete_stream(stream)
        assert (await house.http.get("/readyz")).status_code == 503
        assert await Reconciler(house.desk).reconcile() == {answer["job_id"]: "republished ideation"}
        assert (await house.http.get("/readyz")).status_code == 200
        assert len(await waiting(house)) == 1
        started = StageStarted(**{key: answer[key] for key in ("job_id", "composition_id")}, time=1.0, stage=Stage.IDEATION)
        await house.desk.bus.publish_fact(started)
        with house.desk.hub.watch(answer["job_id"]) as watch:
            async with asyncio.timeout(PATIENCE_S):
                while (await house.http.get(f"/jobs/{answer['job_id']}")).json()["stage"] != "ideation":
                    await watch.bell.wait()
                    watch.bell.clear()


async def test_a_store_that_lost_the_first_revision_gets_it_again(quiet_house: House) -> None:
    """The request is in the database, so nothing of it is lost."""
    answer = await post_sent(quiet_house)
    await lose_messages(quiet_house)
    objects = quiet_house.desk.objects
    first = objects.list(f"compositions/{answer['composition_id']}/")[0]
    objects.delete(first)
    assert await Reconciler(quiet_house.desk).reconcile() == {answer["job_id"]: "owed again"}
    await quiet_house.app.state.relay.send_owed()
    assert objects.exists(first)


async def test_a_job_whose_newest_revision_cannot_be_read_ends(quiet_house: House, store: Objects) -> None:
    """Nobody waits for it for ever, it can be cancelled, and those behind it are looked after."""
    broken, sound = await post_sent(quiet_house), await post_sent(quiet_house)
    for answer in (broken, sound):
        store.create(f"{job_prefix(answer['composition_id'], answer['job_id'])}/context/9999-x.json", b'{"schema_version": 1}')
    await lose_messages(quiet_house)
    assert (await quiet_house.http.delete(f"/jobs/{sound['job_id']}")).json()["status"] == "cancelled"
    assert await Reconciler(quiet_house.desk).reconcile() == {broken["job_id"]: "failed"}
    assert (await quiet_house.ended(broken["job_id"]))["error"]["field"] == "revision"
