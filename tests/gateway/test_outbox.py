"""The outbox: whatever breaks between the steps, the job is given to the bus once in effect."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from contracts.context import revision_key
from contracts.events import StageReady
from services.gateway.database.models import Job, OutboxRow
from services.gateway.outbox import OutboxRelay
from tests.gateway.conftest import PATIENCE_S, House, Open, form


class CrashError(Exception):
    """The process died here."""


def crash_before(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """A step that is never reached."""

    async def crashed(*_arguments: Any, **_options: Any) -> None:
        raise CrashError(call.__name__)

    return crashed


def crash_after(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """A step after which nothing more happens."""

    async def crashed(*arguments: Any, **options: Any) -> None:
        await call(*arguments, **options)
        raise CrashError(call.__name__)

    return crashed


async def waiting(house: House) -> list[StageReady]:
    """What lies in the work queue."""
    js = house.app.state.bus.jetstream
    state = (await js.stream_info("STAGES")).state
    seqs = range(state.first_seq, state.last_seq + 1) if state.messages else ()
    return [StageReady.model_validate_json((await js.get_msg("STAGES", seq)).data) for seq in seqs]


async def owed(house: House) -> int:
    """Rows that are not marked."""
    async with house.desk.database.read() as session:
        return len(list(await session.scalars(select(OutboxRow).where(OutboxRow.sent_at.is_(None)))))


async def post_unsent(house: House, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A job that is in the database and nowhere else."""
    monkeypatch.setattr(house.app.state.relay, "nudge", lambda: None)
    answer: dict[str, Any] = (await house.http.post("/jobs", files=form())).json()
    return answer


@pytest.mark.parametrize("crash", [crash_before, crash_after])
@pytest.mark.parametrize("step", ["create", "publish_stage", "publish_fact", "_mark"])
async def test_a_crash_at_any_step_is_done_again_harmlessly(
    open_house: Open, monkeypatch: pytest.MonkeyPatch, step: str, crash: Callable[..., Any]
) -> None:
    """After a crash before or after each step, the next round leaves one revision, one message and nothing owed."""
    async with open_house(play=False, outbox_period_s=3600) as house:
        answer = await post_unsent(house, monkeypatch)
        relay = OutboxRelay(house.desk)
        with monkeypatch.context() as broken:
            target = {"create": house.desk.objects, "_mark": relay}.get(step, house.desk.bus)
            broken.setattr(target, step, crash_in_thread(house, crash) if step == "create" else crash(getattr(target, step)))
            with pytest.raises(CrashError):
                await relay.send_owed()
        assert await OutboxRelay(house.desk).send_owed() in (0, 1)
        assert await owed(house) == 0
        events = await waiting(house)
        assert [event.job_id for event in events] == [answer["job_id"]]
        first = revision_key(answer["composition_id"], answer["job_id"], 0, None, 1)
        assert (events[0].revision, house.desk.objects.exists(first)) == (first, True)


def crash_in_thread(house: House, crash: Callable[..., Any]) -> Callable[..., bool]:
    """The object store's create, which is not asynchronous, crashing before or after its work."""
    create = house.desk.objects.create

    def crashed(*arguments: Any) -> bool:
        if crash is crash_after:
            create(*arguments)
        raise CrashError("create")

    return crashed


async def test_a_bus_that_is_away_is_offered_the_job_until_it_takes_it(open_house: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure is written down, the row stays owed, and the next round succeeds."""
    async with open_house(play=False, outbox_period_s=3600) as house:
        await post_unsent(house, monkeypatch)
        with monkeypatch.context() as broken:
            broken.setattr(house.desk.bus, "publish_stage", unavailable)
            assert await OutboxRelay(house.desk).send_owed() == 0
        async with house.desk.database.read() as session:
            row = (await session.scalars(select(OutboxRow))).one()
        assert (row.attempts, row.sent_at, "work queue" in (row.last_error or "")) == (1, None, True)
        assert await OutboxRelay(house.desk).send_owed() == 1


async def unavailable(*_arguments: Any) -> None:
    """A bus that does not answer."""
    from contracts.errors import Unavailable

    raise Unavailable("the work queue")


async def test_a_job_cancelled_before_it_was_sent_is_never_sent(open_house: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay marks it and publishes nothing."""
    async with open_house(play=False, outbox_period_s=3600) as house:
        answer = await post_unsent(house, monkeypatch)
        await house.http.delete(f"/jobs/{answer['job_id']}")
        await OutboxRelay(house.desk).send_owed()
        assert (await waiting(house), await owed(house)) == ([], 0)


async def _nothing_owed() -> int:
    """A round that sends nothing."""
    return 0


async def test_a_request_that_cannot_be_read_blocks_nobody_behind_it(quiet_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails in words; the job after it is sent in the same round, which is ours: the gateway's own waits."""
    relay = quiet_house.app.state.relay
    send_owed = relay.send_owed
    monkeypatch.setattr(relay, "send_owed", _nothing_owed)
    first, second = [await post_unsent(quiet_house, monkeypatch) for _ in range(2)]
    async with quiet_house.desk.database.write() as session:
        job = await session.get_one(Job, first["job_id"])
        job.request = {**job.request, "options": {"mix": {"section_db": {"verse": None}}}}
    assert await send_owed() == 1
    assert [event.job_id for event in await waiting(quiet_house)] == [second["job_id"]]
    ended = await quiet_house.ended(first["job_id"])
    assert (ended["status"], ended["error"]["field"]) == ("failed", "request")


async def test_where_no_place_is_left_an_order_wakes_nobody_and_an_end_does(open_house: Open) -> None:
    """Of three orders for one place the second is sent as soon as the first has ended, long before the relay would look by itself."""
    async with open_house(play=False, outbox_period_s=3600, jobs_in_flight=1) as house:
        relay: OutboxRelay = house.app.state.relay
        jobs = [(await house.http.post("/jobs", files=form())).json()["job_id"] for _ in range(3)]
        for number, job_id in enumerate(jobs):
            async with asyncio.timeout(PATIENCE_S):
                while await owed(house) != len(jobs) - number - 1 or not relay._is_full:  # noqa: ASYNC110 - its rounds tell nobody
                    await asyncio.sleep(0.01)
            before = relay._nudged.is_set()
            relay.nudge()
            assert relay._nudged.is_set() == before
            await house.http.delete(f"/jobs/{job_id}")
