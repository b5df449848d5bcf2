"""Dead letters: a message whose worker was killed every time is moved, its job fails with it, and it can be played again."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator

import nats.errors
import pytest

from contracts.errors import BadInput
from contracts.events import Failed, Finished, StageReady
from contracts.pipeline import Stage
from services.runtime.bus import now
from services.runtime.dead import DeadLetters, letter, read_work
from services.runtime.ending import read_end
from services.runtime.provision import provision
from services.runtime.stopping import end_tasks
from tests.runtime.house import PATIENCE_S, TestHouse


@contextlib.asynccontextmanager
async def undertaker(house: TestHouse) -> AsyncIterator[DeadLetters]:
    """The reader of the advisories, as the gateway mounts it."""
    letters = DeadLetters(house.bus, house.objects)
    task = asyncio.create_task(letters.run())
    try:
        yield letters
    finally:
        await end_tasks(task)


async def never_answered(house: TestHouse) -> StageReady:
    """Work whose every delivery ends without an answer, as when each worker is killed by the kernel."""
    context = await house.start_job()
    subscription = await house.bus.jetstream.pull_subscribe_bind("stage-ideation", stream="STAGES")
    for _ in range(house.settings.max_deliver):
        [message] = await subscription.fetch(1, timeout=PATIENCE_S)
    with contextlib.suppress(nats.errors.TimeoutError):
        await subscription.fetch(1, timeout=1)  # the next worker asks for work, and the broker notices
    await subscription.unsubscribe()
    event = read_work(message.subject, message.data)
    assert isinstance(event, StageReady)
    assert event.job_id == context.job_id
    return event


@pytest.fixture
async def house(fresh_nats_url: str, tmp_path: object) -> AsyncIterator[TestHouse]:
    async with TestHouse(fresh_nats_url, tmp_path, ack_wait_s=0.3, max_deliver=2) as opened:  # type: ignore[arg-type]
        yield opened


async def test_a_message_that_nobody_lived_to_settle_is_moved_and_fails_its_job(house: TestHouse) -> None:
    """The broker's advisory leads to it: out of STAGES, into DEAD, and the job fails with the reason."""
    async with undertaker(house) as letters:
        event = await never_answered(house)
        told = (await house.facts(event.job_id))[-1]
        [(_, dead)] = await letters.list()
        await house.worked_off(event.job_id)
    assert isinstance(told, Failed)
    assert "no worker lived to finish it in 2 deliveries" in told.problem.detail
    assert (dead.stage, dead.deliveries, dead.headers["Nats-Msg-Id"]) == ("ideation", 2, event.message_id)
    assert StageReady.model_validate_json(base64.b64decode(dead.payload)) == event


async def test_a_replayed_letter_finishes_its_song(house: TestHouse) -> None:
    """Under a new message id, with the job open again; the letter is gone."""
    async with undertaker(house) as letters:
        event = await never_answered(house)
        await house.facts(event.job_id)
        [(seq, _)] = await letters.list()
        await provision(house.settings.nats_url)  # a worker that is late is no dead one
        async with house.serving():
            await letters.replay(seq)
            facts = await house.facts(event.job_id, until="finished")
        assert await letters.list() == []
    assert isinstance(facts[-1], Finished)
    end = await read_end(house.objects, event.composition_id, event.job_id)
    assert end is not None
    assert end.status == "completed"


async def test_each_replay_gets_a_suffix_of_its_own(house: TestHouse) -> None:
    """An id stays blocked for the duplicate window even after the ack: /r1, /r2."""
    event = StageReady(job_id="j", composition_id="c", stage=Stage.MIXING, revision="r", seq=1)
    letters = DeadLetters(house.bus, house.objects)
    for earlier, expected in (("", "/r1"), ("/r1", "/r2"), ("/r2", "/r3")):
        headers = {"Nats-Msg-Id": event.message_id + earlier}
        await house.bus.dead(letter(event.subject, event.to_json(), headers, "why", 5), f"dead:{expected}:{now()}")
        [(seq, _)] = await letters.list()
        await letters.replay(seq)
        message = await house.bus.jetstream.get_last_msg("STAGES", event.subject)
        assert (message.headers or {})["Nats-Msg-Id"] == event.message_id + expected


async def test_an_unknown_letter_is_bad_input(house: TestHouse) -> None:
    """The number is named."""
    with pytest.raises(BadInput, match="99"):
        await DeadLetters(house.bus, house.objects).replay(99)
