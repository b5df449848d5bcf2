"""What every stage does alike, once for all: load, look, work, create the revision, publish what follows.

Effects happen once because revisions are created once: whoever loses the creation drops its own result and goes on from
the winner's document. A delivery that finds its revision made does not work again; it publishes what is missing after it.
"""

import asyncio
import os
from collections.abc import Callable
from typing import TypedDict

import structlog
from faststream.nats import NatsMessage

from contracts.artifacts import AudioArtifact
from contracts.context import Context, StemPlan, successor
from contracts.errors import Unavailable
from contracts.events import Progress, QaRejected, StageFinished, StageReady, StageStarted, StemFinished, StemReady
from contracts.pipeline import Stage, progress_percent
from contracts.upgrades import read_context
from services.runtime import moves
from services.runtime.bus import Bus, Work, now
from services.runtime.drafting import ask_for_draft, is_wanted
from services.runtime.ending import end_job
from services.runtime.settings import RuntimeSettings
from services.runtime.settling import Delivery, Settler, already_ended, wall_since
from services.runtime.workbench import Objects
from services.runtime.worker import WorkCrashed, Workers


class About(TypedDict):
    """What every fact says."""

    job_id: str
    composition_id: str
    time: float
    attempt: int


Observe = Callable[[str, float], None]
_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
log = structlog.get_logger()


class Desk:
    """Where a service's messages are worked on. Handlers call `stage` and `stem`."""

    def __init__(self, bus: Bus, objects: Objects, workers: Workers, settings: RuntimeSettings, observe: Observe | None = None) -> None:
        self._bus, self._objects, self._workers = bus, objects, workers
        self._observe = observe or _unobserved
        self._settler = Settler(bus, objects, settings)
        self._telling: set[asyncio.Task[None]] = set()

    async def stage(self, message: NatsMessage, work: str) -> None:
        """One stage of a job: `work(context, bench) -> Context`."""

        async def act(event: Work, _: Delivery) -> None:
            if isinstance(event, StageReady) and not await already_ended(self._bus, self._objects, event):
                await self._stage(event, work)

        await self._settler.settle(message, act)

    async def stem(self, message: NatsMessage, work: str) -> None:
        """One stem of a job: `work(context, part, bench) -> AudioArtifact`, stored under the plan's key."""

        async def act(event: Work, delivery: Delivery) -> None:
            if isinstance(event, StemReady) and not await already_ended(self._bus, self._objects, event):
                await self._stem(event, work, delivery.published_at)

        await self._settler.settle(message, act)

    async def drain(self, timeout_s: float) -> None:
        """Stop taking work; finish or give back what is in hand."""
        await self._settler.drain(timeout_s)

    async def _stage(self, event: StageReady, work: str) -> None:
        parent = await self._load(event.revision)
        key = moves.next_key(parent, event.stage, event.attempt)
        if await asyncio.to_thread(self._objects.exists, key):
            log.info("revision_found", key=key)
            await self._proceed(await self._load(key), repeated=True)
            return
        await self._bus.fact(StageStarted(**_about(event), stage=event.stage))
        if event.stage is Stage.PRODUCTION and event.attempt == 1 and await is_wanted(self._objects, parent):
            await ask_for_draft(self._bus, parent)
        began = now()
        worked = await self._workers.run(work, moves.input_of(parent, event), on_progress=self._teller(event.job_id, event.stage))
        made = moves.revision(worked, parent, event, wall_since(began))
        self._observe(event.stage, wall_since(began))
        await self._create(made)

    async def _create(self, made: Context) -> None:
        """Create a revision, or take the winner's, and go on from the one that stands."""
        if await already_ended(self._bus, self._objects, made):
            return
        key = moves.key_of(made)
        if not await asyncio.to_thread(self._objects.create, key, made.to_json()):
            made = await self._load(key)
        await self._proceed(made, repeated=False)

    async def _proceed(self, made: Context, *, repeated: bool) -> None:
        """Tell that a revision stands, and publish what follows it; on a repetition, only where nothing has followed yet."""
        if moves.is_planned(made):
            await self._fan_out(made, repeated=repeated)
            return
        if made.stage is None:
            return
        seconds = made.timings.get(made.stage, 0.0)
        finished = StageFinished(
            **_about(made),
            stage=made.stage,
            revision=moves.key_of(made),
            seconds=seconds,
            summary=moves.summary(made),
            **moves.size(made),
            cores=_CORES,
        )
        await self._bus.fact(finished)
        following = successor(made)
        if following.stage is None:
            await end_job(self._bus, self._objects, moves.end_of(made, following, now()))
            return
        if following.walk:
            reasons = tuple(check.name for check in moves.failed_checks(made))
            await self._bus.fact(QaRejected(**_about(made), reasons=reasons, walk=following.walk))
        after = moves.next_key(made, following.stage, following.attempt)
        if not (repeated and await asyncio.to_thread(self._objects.exists, after)):
            await self._bus.publish(moves.stage_event(made, following.stage, following.attempt))

    async def _fan_out(self, planned: Context, *, repeated: bool) -> None:
        """Every stem of the plan, cached or not: each handler looks at the end whether all are there."""
        if repeated and await asyncio.to_thread(self._objects.exists, moves.next_key(planned, Stage.PRODUCTION, planned.attempt)):
            return
        for event in moves.stem_events(planned):
            await self._bus.publish(event)

    async def _stem(self, event: StemReady, work: str, published_at: float) -> None:
        planned = await self._load(event.revision)
        plan = moves.production_of(planned).plan[event.part]
        began = now()
        cached = await asyncio.to_thread(self._objects.find, plan.key) is not None
        if not cached:
            await self._render(event, planned, plan, work)
            self._observe(f"stem-{event.engine}", wall_since(began))
        await self._bus.fact(StemFinished(**_about(event), part=event.part, seconds=round(wall_since(began), 3), cached=cached))
        await self._join(planned, published_at)

    async def _render(self, event: StemReady, planned: Context, plan: StemPlan, work: str) -> None:
        made: AudioArtifact = await self._workers.run(work, planned, event.part)
        if made.key != plan.key:
            raise WorkCrashed(f"{work} stored {event.part} under {made.key}, and the plan says {plan.key}")

    async def _join(self, planned: Context, published_at: float) -> None:
        """Whoever finds every stem of the plan in the store creates the rendered revision. No lock: it is created once."""
        plan = moves.production_of(planned).plan
        found = {part: await asyncio.to_thread(self._objects.find, stem.key) for part, stem in plan.items()}
        stems = {part: stem for part, stem in found.items() if isinstance(stem, AudioArtifact)}
        done = sum(plan[part].cost_s for part in stems) / max(sum(stem.cost_s for stem in plan.values()), 1e-9)
        self._teller(planned.job_id, Stage.PRODUCTION)(done, f"{len(stems)} of {len(plan)} stems are there")
        if len(stems) < len(plan):
            return
        made = moves.rendered(planned, stems, wall_since(published_at))
        key = moves.key_of(made)
        if await asyncio.to_thread(self._objects.exists, key):
            await self._proceed(await self._load(key), repeated=True)
        else:
            await self._create(made)

    async def _load(self, key: str) -> Context:
        return read_context(await asyncio.to_thread(self._objects.read, key))

    def _teller(self, job_id: str, stage: Stage) -> Callable[[float, str], None]:
        """A function that publishes progress of a stage without waiting."""

        def tell(fraction: float, message: str) -> None:
            progress = Progress(job_id=job_id, percent=progress_percent(stage, fraction), stage=stage, message=message)
            task = asyncio.ensure_future(self._tell(progress))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

        return tell

    async def _tell(self, progress: Progress) -> None:
        try:
            await self._bus.progress(progress)
        except (ConnectionError, Unavailable) as error:
            log.debug("progress_lost", reason=str(error))


def _about(source: Work | Context) -> About:
    return {"job_id": source.job_id, "composition_id": source.composition_id, "time": now(), "attempt": source.attempt}


def _unobserved(_what: str, _seconds: float) -> None:
    """Nobody measures."""
