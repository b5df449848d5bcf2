"""What each hop promises, proved with toy work over a real bus: once, in order, whatever is delivered how often."""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from nats.aio.msg import Msg

from contracts.context import Context, EndDocument, end_key
from contracts.events import Failed, Finished, Progress, QaRejected, StageFinished, StageReady, StemFinished, StemReady
from contracts.pipeline import FORWARD, Stage
from contracts.upgrades import read_context
from services.runtime.bus import now
from services.runtime.ending import end_job, read_end
from services.runtime.moves import key_of, stage_event, stem_events
from tests.conftest import start_nats
from tests.runtime.house import TestHouse
from tests.runtime.stores.test_stores import s3_endpoint
from tests.runtime.toys import PARTS, runs

__all__ = ["s3_endpoint"]
REVISIONS = [
    "0000-accepted-1.json",
    "0001-ideation-1.json",
    "0002-composition-1.json",
    "0003-arrangement-1.json",
    "0004-production-1.json",
    "0005-production-1.json",
    "0006-mixing-1.json",
    "0007-mastering-1.json",
    "0008-finalization-1.json",
]


def revision(house: TestHouse, context: Context, name: str) -> Context:
    return read_context(house.objects.read(f"compositions/{context.composition_id}/jobs/{context.job_id}/context/{name}"))


async def finished(house: TestHouse, context: Context) -> list[Any]:
    facts = await house.facts(context.job_id)
    assert isinstance(facts[-1], Finished), facts[-1]
    return facts


async def failed(house: TestHouse, context: Context) -> Failed:
    last = (await house.facts(context.job_id))[-1]
    assert isinstance(last, Failed), last
    return last


async def test_a_song_goes_through_every_stage_once(house: TestHouse) -> None:
    """One revision per stage (production two), each stage and stem worked on once, facts in order, the end decided."""
    async with house.serving():
        context = await house.start_job()
        facts = await finished(house, context)
    assert house.contexts(context) == REVISIONS
    assert Counter(runs(house.log)) == Counter([*(stage for stage in Stage if stage != "analysis"), *(f"stem-{part}" for part in PARTS)])
    assert [fact.stage for fact in facts if isinstance(fact, StageFinished)] == [stage for stage in Stage if stage != "analysis"]
    end = await read_end(house.objects, context.composition_id, context.job_id)
    assert end is not None
    assert (end.status, end.revision) == ("completed", facts[-1].revision)


async def test_the_chain_of_revisions_is_whole(house: TestHouse) -> None:
    """Each revision names its parent, stage and attempt, and carries the time that every stage took."""
    async with house.serving():
        context = await house.start_job(mixing={"sleep_s": 0.2})
        await finished(house, context)
    last = revision(house, context, REVISIONS[-1])
    chain = [last]
    while chain[-1].parent:
        chain.append(read_context(house.objects.read(chain[-1].parent)))
    assert [key_of(one).rpartition("/")[2] for one in reversed(chain)] == REVISIONS
    assert 0.2 <= last.timings["mixing"] < 2
    assert set(last.timings) == {stage for stage in Stage if stage != "analysis"}


async def test_stems_are_told_and_joined(house: TestHouse) -> None:
    """The rendered revision holds every stem of the plan with its shape, in part order."""
    async with house.serving():
        context = await house.start_job(until="production")
        facts = await finished(house, context)
    rendered = revision(house, context, "0005-production-1.json").production
    assert rendered is not None
    assert (rendered.state, list(rendered.stems)) == ("rendered", sorted(PARTS))
    assert all(stem.frames == 480 for stem in rendered.stems.values())
    assert {fact.part for fact in facts if isinstance(fact, StemFinished)} == set(PARTS)


def test_the_costliest_stem_goes_first() -> None:
    """So that no long stem begins when the others end."""
    from contracts.context import ProductionSection, Request, StemPlan

    plan = {
        part: StemPlan(part=part, engine="sampled", instrument=part, digest=part, key=part, cost_s=cost) for part, cost in PARTS.items()
    }
    context = Context(composition_id="c", job_id="j", seq=4, stage=Stage.PRODUCTION, created_at=0, request=Request(prompt="", seed=0))
    planned = context.model_copy(update={"production": ProductionSection(state="planned", plan=plan)})
    assert [event.part for event in stem_events(planned)] == ["drums", "melody", "bass"]


async def test_a_job_may_stop_after_any_stage(house: TestHouse) -> None:
    """`until` completes the job with a partial version."""
    async with house.serving():
        context = await house.start_job(until="composition")
        await finished(house, context)
    assert house.contexts(context) == REVISIONS[:3]


async def test_duplicates_change_nothing(house: TestHouse) -> None:
    """Every event of a finished job published again, under new ids: no work is repeated, no revision added, one end."""
    async with house.serving():
        context = await house.start_job()
        await finished(house, context)
        before = runs(house.log)
        for name in REVISIONS[:-1]:
            made = revision(house, context, name)
            if name == "0004-production-1.json":
                for event in stem_events(made):
                    await house.bus.publish(event, suffix="/r1")
            else:
                await house.bus.publish(stage_event(made, FORWARD[made.stage] if made.stage else Stage.IDEATION, 1), suffix="/r1")
        await house.worked_off(context.job_id)
        facts = await house.facts(context.job_id)
    assert runs(house.log) == before
    assert house.contexts(context) == REVISIONS
    assert [fact.fact for fact in facts].count("finished") == 1


async def test_a_delivery_that_finds_its_revision_publishes_what_is_missing(house: TestHouse) -> None:
    """A worker that died after creating its revision and before publishing: the next delivery goes on without working."""
    context = await house.start_job(until="arrangement")
    made = context.model_copy(update={"seq": 1, "stage": Stage.IDEATION, "parent": key_of(context), "timings": {"ideation": 0.5}})
    house.objects.create(key_of(made), made.to_json())
    async with house.serving():
        await finished(house, context)
    assert runs(house.log) == ["composition", "arrangement"]


async def test_two_workers_on_one_message_make_one_revision(house: TestHouse) -> None:
    """The loser of the creation drops its own result and publishes from the winner's."""
    async with house.serving():
        context = await house.start_job(until="ideation", ideation={"sleep_s": 0.5})
        await house.bus.publish(stage_event(context, Stage.IDEATION, 1), suffix="/r1")
        facts = await finished(house, context)
    assert house.contexts(context) == REVISIONS[:2]
    assert [fact.fact for fact in facts].count("stage_finished") == 1


async def test_a_cached_stem_is_not_rendered_again(house: TestHouse) -> None:
    """A dry stem that lies under its key already is told as cached."""
    async with house.serving():
        first = await house.start_job(until="production")
        await finished(house, first)
        planned = revision(house, first, "0004-production-1.json")
        other = planned.model_copy(update={"job_id": "other", "composition_id": "c-other"})
        house.objects.create(key_of(other), other.to_json())
        for event in stem_events(other):
            await house.bus.publish(event)
        facts = await house.facts("other")
    assert Counter(runs(house.log))["stem-bass"] == 1
    assert all(fact.cached for fact in facts if isinstance(fact, StemFinished))


async def test_bad_input_fails_the_job_at_once(house: TestHouse) -> None:
    """The user is told field, value and what is allowed; nothing is retried; nothing dead is left."""
    async with house.serving():
        context = await house.start_job(composition={"raise": "BadInput"})
        told = await failed(house, context)
        await house.worked_off(context.job_id)
    assert (told.problem.code, told.problem.field, told.problem.allowed) == ("bad_input", "prompt", "anything else")
    assert runs(house.log) == ["ideation", "composition"]


async def test_what_is_unavailable_is_tried_again(house: TestHouse) -> None:
    """Twice unavailable, then there: the song is made."""
    async with house.serving():
        context = await house.start_job(until="composition", composition={"raise": "Unavailable", "times": 2})
        await finished(house, context)
    assert runs(house.log).count("composition") == 3


@pytest.mark.parametrize(
    ("mishap", "reason"), [("Unavailable", "the soundfont is unavailable; install it"), ("bug", "ZeroDivisionError: a bug")]
)
async def test_what_stays_unavailable_is_dead_and_fails_the_job(house: TestHouse, mishap: str, reason: str) -> None:
    """After the last delivery the job fails with the reason, and the message is a dead letter with it."""
    from services.runtime.dead import DeadLetters

    async with house.serving():
        context = await house.start_job(composition={"raise": mishap})
        told = await failed(house, context)
        await house.worked_off(context.job_id)
    [(_, dead)] = await DeadLetters(house.bus, house.objects).list()
    assert runs(house.log).count("composition") == house.settings.max_deliver
    assert reason in told.problem.detail
    assert reason in dead.reason
    assert (dead.stage, dead.job_id, dead.deliveries) == ("composition", context.job_id, house.settings.max_deliver)


async def test_a_payload_that_is_no_event_is_buried(house: TestHouse) -> None:
    """It is neither retried for ever nor thrown away."""
    from services.runtime.dead import DeadLetters

    async with house.serving():
        await house.bus.broker.publish(b"\xff not json", "houseband.stage.mixing.ready.jx", stream="STAGES")
        await house.worked_off("jx")
    [(_, dead)] = await DeadLetters(house.bus, house.objects).list()
    assert "no event" in dead.reason


@pytest.mark.parametrize("target", ["mixing", "composition"])
async def test_a_rejected_song_walks_back(house: TestHouse, target: str) -> None:
    """The walk is legal and recorded, the retry reaches the work, later sections are made again, earlier ones are kept."""
    async with house.serving():
        context = await house.start_job(rejections=[target])
        facts = await finished(house, context)
    [rejected] = [fact for fact in facts if isinstance(fact, QaRejected)]
    assert (rejected.walk[0], rejected.walk[-1], rejected.reasons) == (Stage.FINALIZATION, Stage(target), ("tempo",))
    last = read_context(house.objects.read(facts[-1].revision))
    assert (last.attempt, len(last.retries), last.change("reseed", 0.0)) == (2, 1, 1.0)
    assert last.finalization is not None
    assert [verdict.passed for verdict in last.finalization.history] == [False]
    assert last.finalization.verdict.passed
    assert runs(house.log).count("composition") == (2 if target == "composition" else 1)


async def test_a_song_is_sent_back_twice_at_most(house: TestHouse) -> None:
    """After the last attempt the job fails as qa_failed, with what failed, and keeps its results."""
    async with house.serving():
        context = await house.start_job(rejections=["mastering", "mixing", "mixing"])
        told = await failed(house, context)
    assert told.problem.code == "qa_failed"
    assert "tempo: asked 120.0, measured 90.0 bpm" in told.problem.detail
    last = read_context(house.objects.read(told.revision or ""))
    assert (last.attempt, "master.wav" in last.artifacts, len(last.retries)) == (3, True, 2)


async def test_cancelling_stops_the_work_in_hand(house: TestHouse) -> None:
    """The worker is ended, nothing more is written, the fact says cancelled."""
    async with house.serving():
        context = await house.start_job(composition={"sleep_s": 60})
        await house.ran("composition")
        about = {"composition_id": context.composition_id, "job_id": context.job_id, "ended_at": now()}
        await end_job(house.bus, house.objects, EndDocument(status="cancelled", **about))
        await house.bus.purge(context.job_id)
        facts = await house.facts(context.job_id)
        await asyncio.sleep(1.2)
        another = await house.start_job(until="ideation")
        await finished(house, another)
    assert facts[-1].fact == "cancelled"
    assert house.contexts(context) == REVISIONS[:2]


async def test_whoever_comes_second_publishes_the_first_end(house: TestHouse) -> None:
    """A cancellation after the end changes nothing: the end that stands is told."""
    async with house.serving():
        context = await house.start_job(until="ideation")
        await finished(house, context)
        late = EndDocument(status="cancelled", composition_id=context.composition_id, job_id=context.job_id, ended_at=now())
        assert (await end_job(house.bus, house.objects, late)).status == "completed"
    assert house.objects.exists(end_key(context.composition_id, context.job_id))


@pytest.mark.reliability
@pytest.mark.parametrize("when", ["ideation", "production", "stem-drums", "mastering"])
async def test_a_killed_service_costs_time_and_nothing_else(house: TestHouse, when: str) -> None:
    """Kill -9 of the only service in the middle of a stage: the next one finishes the song, once."""
    process = house.start_process()
    context = await house.start_job(**{when: {"sleep_s": 60, "sleeps": 1}})
    await house.ran(when)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    async with house.serving():
        facts = await finished(house, context)
    assert house.contexts(context) == REVISIONS
    assert [fact.fact for fact in facts].count("finished") == 1
    assert runs(house.log).count(when) == 2
    assert runs(house.log).count("mixing") == 1


@pytest.mark.reliability
async def test_a_stopping_service_gives_its_work_back_at_once(house: TestHouse) -> None:
    """SIGTERM in the middle of a stage: another worker takes it without waiting for the heartbeat to be missed."""
    process = house.start_process()
    context = await house.start_job(until="ideation", ideation={"sleep_s": 60, "sleeps": 1})
    await house.ran("ideation")
    process.terminate()
    assert await asyncio.to_thread(process.wait, 60) == 0
    info = await house.bus.jetstream.consumer_info("STAGES", "stage-ideation")
    assert (info.num_pending, info.num_ack_pending, info.num_redelivered) in {(0, 1, 1), (1, 0, 0), (0, 0, 1), (0, 1, 0)}
    async with house.serving():
        await finished(house, context)


@pytest.mark.reliability
async def test_a_killed_broker_costs_time_and_nothing_else(tmp_path: Path) -> None:
    """Kill -9 of nats-server in the middle of a stage, and its restart: the song is finished, once."""
    folder = tmp_path / "nats"
    folder.mkdir()
    server, url = start_nats(folder)
    try:
        async with TestHouse(url, tmp_path) as house, house.serving():
            context = await house.start_job(arrangement={"sleep_s": 1.5, "sleeps": 1})
            await house.ran("arrangement")
            server.kill()
            server.wait()
            await asyncio.sleep(0.5)
            server, _ = start_nats(folder, port=int(url.rpartition(":")[2]))
            facts = await finished(house, context)
            assert house.contexts(context) == REVISIONS
            assert [fact.fact for fact in facts].count("finished") == 1
    finally:
        server.terminate()
        server.wait()


async def test_the_same_promises_hold_over_s3(fresh_nats_url: str, s3_endpoint: str, tmp_path: Path) -> None:
    """Local and large are the same code: the song goes through with every document and stem in a bucket."""
    store = f"s3://music/{tmp_path.name}?endpoint={s3_endpoint}"
    async with TestHouse(fresh_nats_url, tmp_path, store=store) as house, house.serving():
        context = await house.start_job(rejections=["mixing"])
        await finished(house, context)
    assert house.contexts(context)[: len(REVISIONS)] == REVISIONS
    assert Counter(runs(house.log))["stem-bass"] == 1


async def test_progress_never_falls(house: TestHouse) -> None:
    """From stage to stage and stem to stem the percentage of a worker grows, within the stage's share.

    What two workers tell at once may change places on the bus; the gateway shows the highest so far.
    """
    house.settings = house.settings.model_copy(update={"worker_slots": 1})
    heard: list[Progress] = []

    async def hear(message: Msg) -> None:
        heard.append(Progress.model_validate_json(message.data))

    async with house.serving():
        context = await house.start_job(until="mixing")
        await house.bus.jetstream._nc.subscribe(f"houseband.progress.{context.job_id}", cb=hear)
        await finished(house, context)
    percents = [progress.percent for progress in heard]
    assert percents == sorted(percents)
    assert {progress.stage for progress in heard} >= {Stage.COMPOSITION, Stage.PRODUCTION, Stage.MIXING}


def test_events_are_told_apart_by_subject() -> None:
    """Work for stages and for stems shares one stream and one reader."""
    from services.runtime.dead import read_work

    stem = StemReady(job_id="j", composition_id="c", engine="sampled", part="bass", revision="r", seq=1)
    stage = StageReady(job_id="j", composition_id="c", stage=Stage.MIXING, revision="r", seq=1)
    assert read_work(stem.subject, stem.to_json()) == stem
    assert read_work(stage.subject, stage.to_json()) == stage
