"""A draft beside its song: told in order and once, never in the song's way, whatever happens to either."""

import asyncio
import os
import signal
from typing import Any

import pytest

from contracts.context import Context, EndDocument, end_key
from contracts.early import wanted_key
from contracts.events import DRAFTS_STREAM, DraftReady, Finished, PreviewReady
from services.runtime.moves import key_of
from tests.runtime.house import PATIENCE_S, TestHouse
from tests.runtime.test_stage import REVISIONS
from tests.runtime.toys import runs


def previews(facts: list[Any]) -> list[tuple[int, bool]]:
    return [(fact.chunk, fact.last) for fact in facts if isinstance(fact, PreviewReady)]


async def settled(house: TestHouse) -> None:
    """Return when no draft waits or is being made."""
    async with asyncio.timeout(PATIENCE_S):
        while (await house.bus.jetstream.stream_info(DRAFTS_STREAM)).state.messages:  # noqa: ASYNC110 - the broker knows
            await asyncio.sleep(0.02)


def holding(house: TestHouse) -> dict[str, str]:
    """A stage that waits until `drafted` lets the song go on."""
    (house.folder / "hold").touch()
    return {"held_by": str(house.folder / "hold")}


async def drafted(house: TestHouse, context: Context, last: str = "draft-2") -> list[Any]:
    """The facts up to the song's end, which comes once the draft is over; `last` is what is made last before that."""
    await house.ran(last)
    await settled(house)
    (house.folder / "hold").unlink()
    return await house.facts(context.job_id)


async def test_a_draft_is_told_beside_the_song(house: TestHouse) -> None:
    """Three chunks in order, the last one marked; the song's own revisions are as without it."""
    async with house.serving():
        context = await house.start_job(early="on", mixing=holding(house))
        facts = await drafted(house, context)
    assert previews(facts) == [(0, False), (1, False), (2, True)]
    assert house.contexts(context) == REVISIONS


@pytest.mark.parametrize(("early", "listens", "chunks"), [("auto", False, 0), ("auto", True, 3), ("off", True, 0)])
async def test_it_is_made_for_those_who_listen(house: TestHouse, early: str, listens: bool, chunks: int) -> None:
    """Without a listener nothing is made; one who says so before there is an arrangement is heard when there is one."""
    async with house.serving():
        context = await house.start_job(early=early, composition={"sleep_s": 0.3}, mixing=holding(house))
        if listens:
            house.objects.create(wanted_key(context.composition_id, context.job_id), b"{}")
        facts = await drafted(house, context, "draft-2" if chunks else "mixing")
    assert len(previews(facts)) == chunks
    assert sum(name.startswith("draft") for name in runs(house.log)) == chunks


@pytest.mark.parametrize("mishap", ["bug", "BadInput", "Unavailable", "die"])
async def test_a_draft_that_cannot_be_made_costs_the_song_nothing(house: TestHouse, mishap: str) -> None:
    """The song is finished as if nobody had asked; no dead letter is left, and nothing waits for ever."""
    async with house.serving():
        context = await house.start_job(early="on", **{"draft-1": {"raise": mishap}}, mixing=holding(house))
        facts = await drafted(house, context, "draft-1")
    assert isinstance(facts[-1], Finished)
    assert previews(facts) == [(0, False)]
    assert (await house.bus.jetstream.stream_info("DEAD")).state.messages == 0


async def test_a_killed_generator_s_draft_is_gone_on_with(house: TestHouse) -> None:
    """Kill -9 in the middle of the second chunk: another one takes it up, and every chunk is told once and made once."""
    first = house.start_process()
    context = await house.start_job(early="on", **{"draft-1": {"sleep_s": 60.0, "sleeps": 1}}, mixing=holding(house))
    await house.ran("draft-1")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    async with house.serving():
        facts = await drafted(house, context)
    assert previews(facts) == [(0, False), (1, False), (2, True)]
    assert runs(house.log).count("draft-0") == 1
    assert isinstance(facts[-1], Finished)


async def test_a_draft_ends_with_its_job(house: TestHouse) -> None:
    """The job is cancelled while a chunk is made: its worker is free before it is, and nothing more is told."""
    async with house.serving():
        context = await house.start_job(until="arrangement", **{"draft-0": {"sleep_s": 60.0}})
        await house.facts(context.job_id)
        ended = end_key(context.composition_id, context.job_id)
        house.objects.delete(ended)
        name = next(name for name in house.contexts(context) if "arrangement" in name)
        revision = key_of(context).replace(house.contexts(context)[0], name)
        await house.bus.draft(DraftReady(job_id=context.job_id, composition_id=context.composition_id, revision=revision))
        await house.ran("draft-0")
        about = {"job_id": context.job_id, "composition_id": context.composition_id}
        house.objects.create(ended, EndDocument(status="cancelled", **about).to_json())
        async with asyncio.timeout(0.5 * PATIENCE_S):  # the chunk would take twice as long
            await settled(house)
    assert not house.objects.list(f"compositions/{context.composition_id}/jobs/{context.job_id}/preview/")
