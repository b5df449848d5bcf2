"""One factory for the five worker services: each `app.py` names its parts, this puts them together and runs them."""

import asyncio
import contextlib
import importlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import structlog
from faststream import ContextRepo
from faststream.asgi import AsgiFastStream
from faststream.nats import NatsBroker, NatsRouter

from contracts.errors import BadInput, HousebandError
from contracts.events import STAGES_STREAM
from contracts.pipeline import SERVICES
from services.runtime.asking import AskDesk
from services.runtime.bus import Bus, Lifeline
from services.runtime.drafting import DraftDesk
from services.runtime.health import Health, route
from services.runtime.settings import RuntimeSettings
from services.runtime.stage import Desk
from services.runtime.stopping import end_tasks
from services.runtime.stores import open_store
from services.runtime.telemetry import Measures, middlewares, set_up_logs
from services.runtime.workbench import Objects
from services.runtime.worker import ProcessWorkers, ThreadWorkers, Workers

EXIT_UNAVAILABLE = 4
Place = Literal["thread", "process"]
log = structlog.get_logger()


@dataclass(frozen=True)
class Service:
    """What a service is made of. `modules` are loaded where the work is done; `answers` are its replies to questions."""

    name: str
    settings: RuntimeSettings
    router: NatsRouter
    consumers: tuple[str, ...]
    modules: tuple[str, ...]
    works_in: Place = "process"
    answers: Mapping[str, str] = field(default_factory=dict)
    answers_in: Place = "process"
    prepare: Callable[[], object] = tuple
    """Called before anything starts; what it raises of ours ends the start."""
    lifeline: Lifeline = field(default_factory=lambda: Lifeline(ends=False))
    """What ends this process when its line to the bus is closed for good, where the process is the service's own."""

    def run(self) -> None:
        """Run until SIGTERM or SIGINT. Exits with 4 where a part it needs is not there."""
        set_up_logs(self.settings, self.name)
        self.settings.scratch_dir.mkdir(parents=True, exist_ok=True)
        try:
            self.prepare()
            asyncio.run(replace(self, lifeline=Lifeline())._serve())
        except HousebandError as error:
            log.error("service_not_started", reason=str(error))
            raise SystemExit(EXIT_UNAVAILABLE) from None

    def app(self) -> AsgiFastStream:
        """The FastStream application, with its HTTP routes. Nothing is connected yet."""
        settings = self.settings
        measures = Measures(self.name) if settings.health_port >= 0 else None
        broker = NatsBroker(
            settings.nats_url.split(","),
            name=self.name,
            max_reconnect_attempts=-1,
            graceful_timeout=None,  # the desk drains before the broker stops, all subscribers at once
            middlewares=middlewares(settings, self.name, measures),
            routers=[self.router],
            logger=None,
            closed_cb=self.lifeline.closed,
        )
        bus = Bus(settings.nats_url, name=self.name, broker=broker, connect_timeout_s=settings.connect_timeout_s)
        health = Health(bus, self.name, [(STAGES_STREAM, consumer) for consumer in self.consumers])
        parts = self._parts(bus, health, measures)
        routes = [("/healthz", route(health.alive)), ("/readyz", route(health.ready))]
        if measures:
            from prometheus_client import make_asgi_app

            routes.append(("/metrics", make_asgi_app(measures.registry)))
        context = ContextRepo({"desk": parts.desk, "asked": parts.asked, "drafts": parts.drafts})
        return AsgiFastStream(
            broker,
            asgi_routes=routes,
            context=context,
            logger=None,
            lifespan=parts.lifespan,
            after_startup=[parts.started],
            on_shutdown=[parts.drain],
        )

    def _parts(self, bus: Bus, health: Health, measures: Measures | None) -> "_Parts":
        objects = open_store(self.settings.store, cache_dir=self.settings.scratch_dir / "cache")
        workers = self._workers(self.works_in, objects)
        answerers = workers if self.answers_in == self.works_in else self._workers(self.answers_in, objects)
        desk = Desk(bus, objects, workers, self.settings, measures.observe if measures else None)
        drafts = DraftDesk(bus, objects, workers, self.settings)
        asked = AskDesk(answerers, health, self.answers)
        return _Parts(bus, desk, asked, drafts, workers, self.settings.graceful_timeout_s, self.name, self.lifeline)

    def _workers(self, place: Place, objects: Objects) -> Workers:
        if place == "thread":
            return ThreadWorkers(objects, self.settings.scratch_dir, self.modules if self.works_in == "thread" else ())
        return ProcessWorkers(self.settings, self.modules)

    async def _serve(self) -> None:
        app, port = self.app(), self.settings.health_port
        if port < 0:
            await _run_headless(app)
        else:
            await _run_with_health(app, self.settings.health_host, port)


@dataclass(frozen=True)
class _Parts:
    """What a running service holds."""

    bus: Bus
    desk: Desk
    asked: AskDesk
    drafts: DraftDesk
    workers: Workers
    graceful_s: float
    name: str
    lifeline: Lifeline

    @contextlib.asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Connect and warm up before the subscribers start; drain and end the workers when they stop."""
        log.info("service_starting")
        await self.bus.connect()
        warming = asyncio.create_task(self.workers.start())
        try:
            yield
        finally:
            await end_tasks(warming)
            await self.workers.close()
            log.info("service_stopped")

    async def started(self) -> None:
        """After every subscriber reads its consumer."""
        self.lifeline.working = True
        log.info("service_started")

    async def drain(self) -> None:
        """Before the broker stops: fetch no more, finish or give back what is in hand."""
        self.lifeline.stop(self.graceful_s)
        for subscriber in self.bus.broker.subscribers:
            subscriber.running = False
        await self.drafts.drain()
        await self.desk.drain(self.graceful_s)


async def _run_headless(app: AsgiFastStream) -> None:
    """Run until a signal. One that comes while the service still starts ends the start."""
    started, stop, loop, main = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop(), asyncio.current_task()
    app.after_startup(started.set)

    def on_signal() -> None:
        stop.set()
        if main and not started.is_set():
            main.cancel()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, on_signal)
    with contextlib.suppress(asyncio.CancelledError):
        async with app.start_lifespan_context():
            await stop.wait()


async def _run_with_health(app: AsgiFastStream, host: str, port: int) -> None:
    import uvicorn

    listener = socket.create_server((host, port))
    log.info("health_listening", host=host, port=listener.getsockname()[1])
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None, access_log=False))
    await server.serve(sockets=[listener])


def serve(name: str) -> None:
    """Run one of the six services in this process until it is stopped. Raises BadInput for any other name."""
    if name not in SERVICES:
        raise BadInput("service", name, ", ".join(SERVICES))
    importlib.import_module(f"services.{name}.app").main()
