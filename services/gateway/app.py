"""Composition root of the gateway: the only public door."""

import asyncio
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import nats.errors
import structlog
import uvicorn
from fastapi import FastAPI
from faststream.nats import NatsBroker

from contracts.errors import Unavailable
from services.gateway import problems
from services.gateway.bus import JetStreamBus
from services.gateway.collaboration.presence import Presence
from services.gateway.database.engine import Database
from services.gateway.door.gate import Gate
from services.gateway.door.ready import Ready
from services.gateway.door.replays import Replays
from services.gateway.door.representation import Representation
from services.gateway.door.serving import server_config
from services.gateway.early.keeping import EarlyKeeper
from services.gateway.erasing.sweeping import Sweeper
from services.gateway.events.hub import Hub
from services.gateway.events.progress import ProgressLedger
from services.gateway.events.replicas import Replicas
from services.gateway.events.streams import Streams
from services.gateway.figures import Figures, HttpFigures
from services.gateway.grpc.door import grpc_door
from services.gateway.handlers import subscribe
from services.gateway.jobs.standing import Standings
from services.gateway.jobs.views import API
from services.gateway.origins import SameOrigin
from services.gateway.outbox import OutboxRelay
from services.gateway.people.doorway import Doorway
from services.gateway.people.opening import check_settings, check_way_in, look_before_opening
from services.gateway.people.reception import Reception
from services.gateway.ports import Desk
from services.gateway.reconciler import Reconciler
from services.gateway.routes import (
    asks,
    collaboration,
    compositions,
    dead,
    deliveries,
    early,
    erasing,
    events,
    health,
    instructions,
    jobs,
    keys,
    openapi,
    people,
    tastes,
    versions,
)
from services.gateway.settings import GatewaySettings
from services.runtime.bus import Bus, Lifeline
from services.runtime.dead import DeadLetters
from services.runtime.stopping import end_tasks
from services.runtime.stores import open_store
from services.runtime.telemetry import middlewares, set_up_logs

log = structlog.get_logger(__name__)

NAME = "gateway"
_RESTART_S = 1.0
_SWITCH_S = 0.0005
"""A thread of the database or the store waits for the interpreter no longer than so: every statement goes there and back."""


def create_app(settings: GatewaySettings | None = None, lifeline: Lifeline | None = None) -> FastAPI:
    """The application. Nothing connects before its lifespan begins. `lifeline`: where the process is the gateway's own."""
    settings, figures = settings or GatewaySettings(), Figures(NAME)
    check_settings(settings)
    app = FastAPI(
        title="Houseband",
        version=version("houseband"),
        description="A sentence in; a finished record out, that can be taken apart.",
        openapi_url=f"{API}/openapi.json",
        docs_url="/docs",
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        lifespan=lambda app: _living(app, settings, figures, lifeline or Lifeline(ends=False)),
    )
    for module in (
        jobs,
        events,
        early,
        compositions,
        deliveries,
        erasing,
        collaboration,
        versions,
        instructions,
        asks,
        tastes,
        people,
        keys,
        dead,
        health,
    ):
        app.include_router(module.router, prefix=API)
    app.include_router(health.router, include_in_schema=False)  # where orchestrators look
    app.add_middleware(Ready)
    app.add_middleware(Replays)
    app.add_middleware(SameOrigin, allowed=settings.allowed_origins)
    app.add_middleware(Doorway)
    app.add_middleware(Representation)
    app.add_middleware(Gate, settings=settings)
    app.add_middleware(HttpFigures, figures=figures)
    app.state.figures = figures
    problems.install(app)
    openapi.install(app)
    return app


@asynccontextmanager
async def _living(app: FastAPI, settings: GatewaySettings, figures: Figures, lifeline: Lifeline) -> AsyncIterator[None]:
    """Everything that the gateway holds open, opened in order and closed in reverse."""
    database = Database(settings.database_url)
    try:
        await database.migrate()
        await check_way_in(settings, database, time.time())
        app.state.reception = reception = Reception(settings, database, new_id, time.time)
        async with _bus(settings, figures, lifeline) as (bus, wired):
            objects = open_store(settings.store, settings.scratch_dir / "cache")
            hub = Hub(new_id())
            hub.others = replicas = Replicas(hub, bus.core)
            streams = Streams(database, hub, settings, time.time)
            streams.is_good = reception.is_still_good
            presence = Presence(hub, streams, time.time)
            desk = Desk(settings, database, objects, wired, hub, time.time, new_id, new_seed, streams, presence)
            ledger, relay = ProgressLedger(database, desk.hub, settings.progress_period_s), OutboxRelay(desk)
            app.state.standings = Standings(hub)
            app.state.desk, app.state.relay, app.state.bus = desk, relay, bus
            subscribe(bus.broker, desk, ledger, relay.place_free)
            await bus.broker.start()
            async with (
                _running(relay.run, Reconciler(desk).run, ledger.run, DeadLetters(bus, objects).run, Sweeper(desk).run, reception.run),
                _running(replicas.run, streams.run, presence.run, EarlyKeeper(desk).run),
                grpc_door(desk, relay.nudge, reception) as app.state.grpc_port,
            ):
                try:
                    yield
                finally:
                    lifeline.stop(settings.graceful_timeout_s)
    finally:
        await database.close()


@asynccontextmanager
async def _bus(settings: GatewaySettings, figures: Figures, lifeline: Lifeline) -> AsyncIterator[tuple[Bus, JetStreamBus]]:
    urls, around = settings.nats_url.split(","), middlewares(settings, NAME, figures.measures)
    broker = NatsBroker(urls, name=NAME, max_reconnect_attempts=-1, middlewares=around, logger=None, closed_cb=lifeline.closed)
    async with Bus(settings.nats_url, name=NAME, broker=broker, connect_timeout_s=settings.connect_timeout_s) as bus:
        wired = JetStreamBus(bus, settings, provision_missing=settings.provision_missing)
        await wired.restore()
        lifeline.working = True
        yield bus, wired


@asynccontextmanager
async def _running(*loops: Any) -> AsyncIterator[None]:
    """Run loops in the background for as long as the block lasts."""
    tasks = [asyncio.create_task(_kept_up(loop)) for loop in loops]
    try:
        yield
    finally:
        await end_tasks(*tasks)


async def _kept_up(loop: Any) -> None:
    """Run a loop again after what it could not foresee: a bug in one round must not stop all later ones."""
    while True:
        try:
            await loop()
        except (Unavailable, nats.errors.Error) as error:
            log.warning("loop_interrupted", loop=loop.__qualname__, reason=str(error))
        except Exception:
            log.exception("loop_failed", loop=loop.__qualname__)
        await asyncio.sleep(_RESTART_S)


def new_id() -> str:
    """An id that sorts by time and is one token of a subject: 48 bits of milliseconds, 48 random bits, in hex."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(6)}"


def new_seed() -> int:
    """A seed that is short enough to be typed."""
    return secrets.randbelow(2**31)


def main() -> None:
    """Serve until SIGTERM; then answer what is open, close the event streams, and go."""
    sys.setswitchinterval(_SWITCH_S)
    settings = GatewaySettings()
    set_up_logs(settings, NAME)
    app = create_app(settings, Lifeline())
    if settings.signs_in:
        asyncio.run(look_before_opening(settings, settings.database_url, time.time()))
    uvicorn.Server(server_config(app, settings)).run()


if __name__ == "__main__":
    main()
