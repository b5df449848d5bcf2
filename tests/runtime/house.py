"""Starting jobs and toy services in tests, and watching the facts."""

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import nats.errors
from nats.js.api import ConsumerConfig, DeliverPolicy

from contracts.context import Context, Options, Request, successor
from contracts.events import FACT, FACTS_STREAM, TERMINAL_FACTS, Fact
from services.runtime.bus import Bus, now
from services.runtime.moves import key_of, stage_event
from services.runtime.parenthood import die_with_parent
from services.runtime.provision import Delivery, provision
from services.runtime.settings import RuntimeSettings
from services.runtime.stores import open_store
from services.runtime.workbench import Objects
from tests.runtime.toy_service import service
from tests.runtime.toys import runs

COUNT = itertools.count()
PATIENCE_S = 60.0
"""For what comes in a moment, and later on a machine that has much else to do."""


async def until(holds: Callable[[], Any]) -> None:
    """Return when something holds of which nothing tells."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


class TestHouse:
    """A provisioned bus, a store, and toy services as wanted."""

    __test__ = False

    def __init__(self, nats_url: str, folder: Path, **settings: Any) -> None:
        self.folder, self.log = folder, folder / "runs.log"
        known = {
            "ack_wait_s": 1.0,
            "max_deliver": 4,
            "retry_delay_s": 0.05,
            "worker_slots": 2,
            "graceful_timeout_s": 0.0,
            "health_port": -1,
        }
        self.settings = RuntimeSettings(
            **{"nats_url": nats_url, "store": f"file://{folder}/objects?sync=no", "scratch_dir": folder, **known, **settings}
        )
        self.objects: Objects = open_store(self.settings.store)
        self.bus = Bus(nats_url, name="test")

    async def __aenter__(self) -> "TestHouse":
        await provision(self.settings.nats_url, Delivery(self.settings.ack_wait_s, self.settings.max_deliver))
        await self.bus.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.bus.close()

    @contextlib.asynccontextmanager
    async def serving(self, works_in: Any = "process") -> AsyncIterator[None]:
        """The toy service in this process."""
        app, started = service(self.settings, works_in).app(), asyncio.Event()
        app.after_startup(started.set)
        async with app.start_lifespan_context():
            await started.wait()
            yield

    def start_process(self) -> subprocess.Popen[bytes]:
        """The toy service in a process of its own."""
        names = ("nats_url", "store", "scratch_dir", "ack_wait_s", "max_deliver", "retry_delay_s", "worker_slots", "graceful_timeout_s")
        env = {f"HOUSEBAND_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        with (self.folder / f"service-{next(COUNT)}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.runtime.toy_service"],
                stderr=log,
                env={**os.environ, **env},
                preexec_fn=die_with_parent,  # noqa: PLW1509
            )

    async def start_job(self, *, until: str | None = None, early: str = "auto", **preferences: Any) -> Context:
        """Accept a job as the gateway does: first revision, first event."""
        options = Options.model_validate({"until": until, "early": early})
        request = Request(prompt="a toy", seed=7, options=options, preferences={"log": str(self.log), **preferences})
        job_id = uuid.uuid4().hex[:12]
        context = Context(composition_id=f"c-{job_id}", job_id=job_id, seq=0, created_at=now(), request=request)
        self.objects.create(key_of(context), context.to_json())
        following = successor(context)
        assert following.stage is not None
        await self.bus.publish(stage_event(context, following.stage, following.attempt))
        return context

    async def facts(self, job_id: str, *, until: str | None = None, timeout_s: float = PATIENCE_S) -> list[Fact]:
        """The facts of a job up to the named one, or to its end."""
        config = ConsumerConfig(filter_subject=f"houseband.fact.{job_id}.>", deliver_policy=DeliverPolicy.ALL)
        subscription = await self.bus.jetstream.subscribe(
            f"houseband.fact.{job_id}.>", stream=FACTS_STREAM, config=config, ordered_consumer=True
        )
        found: list[Fact] = []
        try:
            async with asyncio.timeout(timeout_s):
                while not found or found[-1].fact not in ({until} if until else TERMINAL_FACTS):
                    with contextlib.suppress(nats.errors.TimeoutError):
                        found.append(FACT.validate_json((await subscription.next_msg(timeout=1.0)).data))
        finally:
            await subscription.unsubscribe()
        return found

    async def ran(self, name: str, timeout_s: float = PATIENCE_S) -> None:
        """Return when a piece of work has begun."""
        async with asyncio.timeout(timeout_s):
            while name not in runs(self.log):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.02)

    async def worked_off(self, job_id: str, timeout_s: float = PATIENCE_S) -> None:
        """Return when the stream holds no work of a job."""
        async with asyncio.timeout(timeout_s):
            while await self.bus.holds_work(job_id):  # noqa: ASYNC110 - the broker knows
                await asyncio.sleep(0.02)

    def contexts(self, context: Context) -> list[str]:
        """The names of a job's revisions."""
        return [
            key.rpartition("/")[2] for key in self.objects.list(f"compositions/{context.composition_id}/jobs/{context.job_id}/context/")
        ]
