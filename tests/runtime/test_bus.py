"""Publishing, asking, and what the bus knows of a job."""

import asyncio
import json

import pytest
from nats.js.errors import NoStreamResponseError

from contracts.errors import BadInput, Unavailable
from contracts.events import Accepted, Progress, StageReady
from contracts.pipeline import Stage
from services.runtime.bus import Bus, now
from services.runtime.headers import trace_id
from tests.runtime.house import PATIENCE_S, TestHouse


def ready(job_id: str = "j1") -> StageReady:
    return StageReady(job_id=job_id, composition_id="c1", stage=Stage.MIXING, revision="r", seq=3)


async def test_the_same_event_is_taken_once(house: TestHouse) -> None:
    """A repeated message id is dropped by the broker; a suffix makes it a new one."""
    assert await house.bus.publish(ready())
    assert not await house.bus.publish(ready())
    assert await house.bus.publish(ready(), suffix="/r1")


async def test_an_event_bears_id_cloudevent_and_trace(house: TestHouse) -> None:
    """All events of a job are one trace."""
    await house.bus.publish(ready("j9"))
    message = await house.bus.jetstream.get_last_msg("STAGES", ready("j9").subject)
    headers = message.headers or {}
    assert headers["Nats-Msg-Id"] == headers["ce-id"] == ready("j9").message_id
    assert headers["ce-type"] == "houseband.StageReady.v1"
    assert headers["traceparent"].split("-")[1] == trace_id("j9")
    assert StageReady.model_validate_json(message.data or b"") == ready("j9")


async def test_publishing_is_retried_with_the_same_id(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of leader costs a moment, not the event, and doubles nothing."""
    real, ids = house.bus.broker.publish, []

    async def flaky(*arguments: object, **options: object) -> object:
        ids.append(options["headers"]["Nats-Msg-Id"])  # type: ignore[index]
        if len(ids) < 3:
            raise NoStreamResponseError if len(ids) == 1 else TimeoutError
        return await real(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(house.bus.broker, "publish", flaky)
    assert await house.bus.publish(ready())
    assert ids == [ready().message_id] * 3


async def test_a_stream_that_stays_away_is_unavailable(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last try the caller is told, and may keep the event for later."""
    monkeypatch.setattr("services.runtime.bus.PUBLISH_TRIES", 2)
    await house.bus.jetstream.delete_stream("FACTS")
    with pytest.raises(Unavailable, match="FACTS"):
        await house.bus.fact(Accepted(job_id="j", composition_id="c", time=now()))


async def test_the_bus_knows_whether_a_job_has_work(house: TestHouse) -> None:
    """The reconciler asks; a cancellation purges this job's work and no other's."""
    await house.bus.publish(ready("j1"))
    await house.bus.publish(ready("j2"))
    assert await house.bus.holds_work("j1")
    await house.bus.purge("j1")
    assert not await house.bus.holds_work("j1")
    assert await house.bus.holds_work("j2")


async def test_progress_reaches_who_listens(house: TestHouse) -> None:
    """Core NATS: no acknowledgement, no stream."""
    subscription = await house.bus.jetstream._nc.subscribe("houseband.progress.j1")
    await house.bus.progress(Progress(job_id="j1", percent=12.5, message="half a verse"))
    message = await subscription.next_msg(timeout=PATIENCE_S)
    assert json.loads(message.data)["percent"] == 12.5


async def test_questions_are_answered_or_refused_in_words(house: TestHouse) -> None:
    """A result comes back as it is; BadInput and bugs come back as errors."""
    async with house.serving("thread"):
        assert await house.bus.ask("toy", "echo", {"a": 1}) == {"heard": {"a": 1}}
        with pytest.raises(BadInput, match="refuse: 'no' is not possible") as refused:
            await house.bus.ask("toy", "echo", {"refuse": "no"})
        assert (refused.value.field, refused.value.allowed) == ("refuse", "nothing")
        with pytest.raises(Unavailable, match="crashed"):
            await house.bus.ask("toy", "echo", {"crash": True})
        with pytest.raises(BadInput, match="echo, health"):
            await house.bus.ask("toy", "sing")


async def test_a_service_that_is_not_there_is_unavailable(house: TestHouse) -> None:
    """At once, where nobody listens."""
    with pytest.raises(Unavailable, match="service mixer"):
        await house.bus.ask("mixer", "health", timeout_s=5)


async def test_a_client_waits_for_a_late_server(fresh_nats_url: str) -> None:
    """Services may start before the broker."""
    bus = Bus("nats://127.0.0.1:9", name="late", connect_timeout_s=0.2)
    with pytest.raises(Unavailable, match="start nats-server"):
        await asyncio.wait_for(bus.connect(), PATIENCE_S)
