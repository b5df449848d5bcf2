"""The event stream of a job."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from contracts.events import Finished, Progress, StageFinished
from contracts.pipeline import Stage
from services.gateway.events import sockets
from tests.gateway.conftest import PATIENCE_S, House, Open, form, until

FACTS = [
    "accepted",
    *["stage_started", "stage_finished"] * 3,
    "stage_started",
    "stem_finished",
    "stage_finished",
    *["stage_started", "stage_finished"] * 3,
    "finished",
]


def events_url(house: House, job_id: str, after: int | str | None = None) -> str:
    """Where a job's events are."""
    query = "" if after is None else f"?after={after}"
    return f"{house.url.replace('http', 'ws')}/api/v1/jobs/{job_id}/events{query}"


async def read(house: House, job_id: str, after: int | None = None, most: int | None = None) -> list[dict[str, Any]]:
    """Messages until the stream closes, or until there are `most` facts."""
    messages: list[dict[str, Any]] = []
    async with connect(events_url(house, job_id, after)) as socket:
        async for text in socket:
            messages.append(json.loads(text))
            if most and len(facts(messages)) == most:
                break
    return messages


def facts(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Only the facts."""
    return [message for message in messages if message["type"] not in ("progress", "heartbeat")]


async def post(house: House) -> str:
    """A new job."""
    job_id: str = (await house.http.post("/jobs", files=form())).json()["job_id"]
    return job_id


async def test_a_job_is_followed_live_from_first_to_last(house: House) -> None:
    """Every fact once and in order, progress that never falls and bears the last fact's seq, then the end."""
    house.band.hold.clear()
    job_id = await post(house)
    reading = asyncio.create_task(read(house, job_id))
    await until(lambda: house.desk.streams.reading)
    house.band.hold.set()
    messages = await reading
    assert [message["type"] for message in facts(messages)] == FACTS
    assert [message["seq"] for message in facts(messages)] == list(range(1, len(FACTS) + 1))
    percents = [message["progress"] for message in messages]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert any(message["type"] == "progress" and message["message"] == "half way" for message in messages)
    seqs = [message["seq"] for message in messages]
    assert seqs == sorted(seqs)


async def test_a_reader_who_comes_back_goes_on_where_it_was(house: House) -> None:
    """Replay after SEQ has no gap and no double; after the last fact it closes at once."""
    job_id = await post(house)
    first = facts(await read(house, job_id, most=4))
    rest = facts(await read(house, job_id, after=first[-1]["seq"]))
    assert [message["type"] for message in first + rest] == FACTS
    assert await read(house, job_id, after=len(FACTS)) == []


async def test_events_outlive_the_gateway(open_house: Open) -> None:
    """A restarted gateway replays what the first one recorded."""
    async with open_house() as first:
        job_id = await post(first)
        await first.ended(job_id)
    async with open_house(play=False) as second:
        assert [message["type"] for message in await read(second, job_id)] == FACTS


async def test_a_silent_job_shows_signs_of_life(open_house: Open) -> None:
    """A heartbeat fills a silence and carries the last seq."""
    async with open_house(play=False, heartbeat_s=0.05) as house, connect(events_url(house, await post(house))) as socket:
        assert json.loads(await socket.recv())["type"] == "accepted"
        heartbeat = json.loads(await socket.recv())
        assert (heartbeat["type"], heartbeat["seq"]) == ("heartbeat", 1)


async def test_a_slow_reader_holds_up_nobody(house: House) -> None:
    """One reader reads nothing; another one sees the whole song meanwhile, and the slow one misses no fact."""
    house.band.hold.clear()
    job_id = await post(house)
    async with connect(events_url(house, job_id), max_queue=1) as slow:
        house.band.hold.set()
        for percent in range(1, 100):
            await house.app.state.bus.progress(Progress(job_id=job_id, percent=percent, message="x" * 1000))
        quick = facts(await read(house, job_id))
        late = facts([json.loads(text) async for text in slow])
    assert [message["type"] for message in quick] == [message["type"] for message in late] == FACTS


async def test_who_reads_nothing_is_told_why_it_is_dropped(open_house: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader to whom nothing can be sent for `reader_timeout_s` is closed with 4008; the others hear everything meanwhile."""
    monkeypatch.setattr(sockets, "_LINGER_S", PATIENCE_S)  # the one who is dropped looks up late
    async with open_house(play=False, reader_timeout_s=0.4) as house:
        job_id = await post(house)
        async with connect(events_url(house, job_id), max_queue=1) as slow, connect(events_url(house, job_id)) as quick:
            for count in range(60):
                house.desk.hub.tell(Progress(job_id=job_id, percent=1, message=f"{count} {'x' * 20_000}"))
                while not json.loads(await quick.recv())["message"].startswith(f"{count} "):
                    continue
            await until(lambda: house.desk.streams.reading == 1)
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await slow.recv()
    assert (slow.close_code, slow.close_reason) == (4008, "nothing was read for 0.4 s")


async def test_a_client_says_little(quiet_house: House) -> None:
    """Frames of a client are limited: too long ones end the stream with 1009, too many with 1008."""
    job_id = await post(quiet_house)
    for messages, code in (["x" * 5000], 1009), (["x"] * 60, 1008), ([b"x"], 1008):
        async with connect(events_url(quiet_house, job_id)) as socket:
            for message in messages:
                await socket.send(message)
            await asyncio.wait_for(socket.wait_closed(), PATIENCE_S)
        assert socket.close_code == code


async def events_of(house: House, job_id: str, **headers: str) -> tuple[int, list[tuple[int, dict[str, Any]]]]:
    """The status of a stream of server-sent events, and its ids with their messages until it ends."""
    async with house.http.stream("GET", f"/jobs/{job_id}/events", headers={"Accept": "text/event-stream", **headers}) as answer:
        blocks = "".join([text async for text in answer.aiter_text()]).split("\n\n")
    fields = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks if "data: " in block]
    return answer.status_code, [(int(field["id"]), json.loads(field["data"])) for field in fields]


async def test_server_sent_events_say_the_same(house: House) -> None:
    """The same messages, with the seq as id; Last-Event-ID goes on from there; 204 tells an EventSource that all was read."""
    house.band.hold.clear()
    job_id = await post(house)
    reading = asyncio.create_task(events_of(house, job_id))
    await until(lambda: house.desk.streams.reading)
    house.band.hold.set()
    status, told = await reading
    assert (status, [message["type"] for message in facts([message for _, message in told])]) == (200, FACTS)
    assert all(number == message["seq"] for number, message in told)
    _, rest = await events_of(house, job_id, **{"Last-Event-ID": "5"})
    assert [number for number, _ in rest] == list(range(6, len(FACTS) + 1))
    assert await events_of(house, job_id, **{"Last-Event-ID": str(len(FACTS))}) == (204, [])


async def test_a_wake_that_is_lost_is_made_good(open_house: Open) -> None:
    """Facts that no wake told of are found by the patrol within a heartbeat."""
    async with open_house(heartbeat_s=0.2) as house:
        house.band.hold.clear()
        job_id = await post(house)
        house.desk.hub.wake = lambda _: None  # type: ignore[method-assign]
        reading = asyncio.create_task(read(house, job_id))
        await until(lambda: house.desk.streams.reading)
        house.band.hold.set()
        assert [message["type"] for message in facts(await asyncio.wait_for(reading, PATIENCE_S))] == FACTS


async def test_an_end_that_overtook_its_last_stage_waits_for_it(quiet_house: House) -> None:
    """Of two gateways the one with the end may be faster than the one with the stage before it: the stage is not lost."""
    accepted = (await quiet_house.http.post("/jobs", files=form())).json()
    about = {"job_id": accepted["job_id"], "composition_id": accepted["composition_id"], "time": quiet_house.desk.clock()}
    async with connect(events_url(quiet_house, about["job_id"])) as socket:
        stage = StageFinished(**about, stage=Stage.FINALIZATION, revision="r")
        await asyncio.gather(*(quiet_house.app.state.bus.fact(fact) for fact in (Finished(**about, revision="r"), stage)))
        told = [json.loads(text)["type"] async for text in socket]
    assert told == ["accepted", "stage_finished", "finished"]


@pytest.mark.parametrize(("job", "after", "status"), [("none", "0", 404), (None, "-1", 422), (None, "x", 422)])
async def test_an_impossible_stream_is_refused_before_the_upgrade(quiet_house: House, job: str | None, after: str, status: int) -> None:
    """The refusal is an HTTP problem."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(events_url(quiet_house, job or await post(quiet_house), after))
    response = refused.value.response
    assert (response.status_code, json.loads(response.body or b"")["status"]) == (status, status)
