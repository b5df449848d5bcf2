"""The gateway as it runs: uvicorn on loopback, a real nats-server, an object store in a folder, SQLite or PostgreSQL."""

import asyncio
import contextlib
import os
import shutil
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import nats
import nats.errors
import pytest
import structlog
import uvicorn

from services.gateway.app import create_app
from services.gateway.door.serving import server_config
from services.gateway.early.keeping import EarlyKeeper
from services.gateway.erasing.sweeping import Sweeper
from services.gateway.outbox import OutboxRelay
from services.gateway.ports import Desk
from services.gateway.reconciler import Reconciler
from services.gateway.settings import GatewaySettings
from services.runtime.provision import Delivery, provision
from services.runtime.stopping import end_tasks
from services.runtime.workbench import Objects
from tests.gateway.postgres import Postgres, elsewhere, migrate, start_postgres
from tests.gateway.toy_band import ToyBand

# As in production. What structlog does by default with an exception takes two seconds, in which the gateway answers nobody.
structlog.configure(
    processors=[structlog.processors.add_log_level, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
)

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of a house on loopback: to load the certificates of the world takes each of them 30 ms."""
PATIENCE_S = 60.0
"""For what comes in a moment, and later on a machine that has much else to do."""


@dataclass
class House:
    """A running gateway and a client of it."""

    http: httpx.AsyncClient
    url: str
    app: Any
    band: ToyBand

    @property
    def desk(self) -> Desk:
        """The gateway's own tools."""
        desk: Desk = self.app.state.desk
        return desk

    async def ended(self, job_id: str, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """The job once it has ended."""
        async with asyncio.timeout(timeout_s):
            with self.desk.hub.watch(job_id) as watch:
                while (job := (await self.http.get(f"/jobs/{job_id}")).json())["status"] in ("queued", "processing"):
                    await watch.bell.wait()
                    watch.bell.clear()
        return job


async def killed(house: House) -> dict[str, Any]:
    """A job whose first stage killed every worker: it has failed, and its message is a dead letter. The bus is patient again afterwards."""
    url = house.desk.settings.nats_url
    await provision(url, Delivery(ack_wait_s=0.2, max_deliver=2))
    posted: dict[str, Any] = (await house.http.post("/jobs", files=form())).json()
    worker = await nats.connect(url)
    subscription = await worker.jetstream().pull_subscribe_bind("stage-ideation", stream="STAGES")
    ended = asyncio.create_task(house.ended(posted["job_id"]))
    while not ended.done():  # taken when it comes, never settled; the last one to ask tells the broker that it was too often
        with contextlib.suppress(nats.errors.TimeoutError):
            await subscription.fetch(1, timeout=0.3)
    await ended
    await subscription.unsubscribe()
    await worker.close()
    await provision(url)
    return posted


async def until(holds: Callable[[], Any]) -> None:
    """Return when something holds of which nothing tells."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def form(prompt: str = "a song", options: str | None = None, **files: Any) -> dict[str, Any]:
    """The multipart form of a job."""
    fields: dict[str, Any] = {"prompt": (None, prompt)}
    if options is not None:
        fields["options"] = (None, options)
    return {**fields, **files}


SQL_MODULES = ("database", "jobs.test_facts", "test_outbox", "test_reconciler", "test_releasing")
"""Modules of tests that run on SQLite and on PostgreSQL; the others run on SQLite. HOUSEBAND_TEST_DATABASES: all on what it names."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that touches SQL runs on each database."""
    stated = os.environ.get("HOUSEBAND_TEST_DATABASES")
    touches = metafunc.module.__name__.removeprefix("tests.gateway.").startswith(SQL_MODULES)
    chosen = any("database_url" in str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize"))
    if "database_url" in metafunc.fixturenames and (touches or stated) and not chosen:
        metafunc.parametrize("database_url", stated.split(",") if stated else ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL that lives as long as the test session.

    Not in a folder of pytest's: as root the server runs as another user, whom pytest locks out whenever a session starts.
    """
    with tempfile.TemporaryDirectory(prefix="houseband-pg-") as folder:
        server = start_postgres(Path(folder) / "data")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the tables of today, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "gateway.db"
    elsewhere(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> str:
    """A database of the test's own, with the tables of today."""
    return fresh_database(request, tmp_path, sqlite_template)


def fresh_database(request: pytest.FixtureRequest, folder: Path, template: Path) -> str:
    """URL of an empty database of the kind that the fixture's parameter names, with the tables of today."""
    if getattr(request, "param", "sqlite") == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.fresh()
    shutil.copy(template, folder / "gateway.db")
    return f"sqlite+aiosqlite:///{folder}/gateway.db"


@pytest.fixture
def settings(tmp_path: Path, fresh_nats_url: str, database_url: str) -> GatewaySettings:
    """Everything in the test's own folder, periods short."""
    return settings_in(tmp_path, fresh_nats_url, database_url)


def settings_in(folder: Path, nats_url: str, database_url: str) -> GatewaySettings:
    """Everything in a folder, periods short."""
    return GatewaySettings(
        nats_url=nats_url,
        store=f"file://{folder}/store?sync=no",
        scratch_dir=folder / "scratch",
        database_url=database_url,
        max_upload_bytes=200_000,
        outbox_period_s=0.05,
        reconcile_period_s=3600.0,
        progress_period_s=0.01,
        graceful_timeout_s=1.0,
    )


Open = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
def open_house(settings: GatewaySettings, store: Objects) -> Open:
    """Opens a gateway with changed settings; `play=False` leaves the band out."""
    return opening(settings, store)


def first_rounds() -> dict[str, Any]:
    """What goes round in the gateway, each saying when its first round is `over`: a late one would take what a test has laid out."""
    rounds = (OutboxRelay, "send_owed"), (Reconciler, "reconcile"), (Sweeper, "sweep"), (EarlyKeeper, "keep")
    return {kind.__name__: _telling(kind, name) for kind, name in rounds}


def _telling(kind: type[Any], name: str) -> type[Any]:
    """A kind of loop whose method sets `over` when it has been through once."""

    async def once(self: Any) -> Any:
        try:
            return await getattr(kind, name)(self)
        finally:
            self.over.set()

    return type(kind.__name__, (kind,), {"over": asyncio.Event(), name: once})


def opening(settings: GatewaySettings, store: Objects) -> Open:
    """What opens a gateway with changed settings."""

    @asynccontextmanager
    async def opened(*, play: bool = True, players: type[ToyBand] = ToyBand, **changes: Any) -> AsyncIterator[House]:
        await provision(settings.nats_url)
        app = create_app(settings.model_copy(update=changes))
        rounds = first_rounds()
        # The protocol is named: without it asyncio does not set TCP_NODELAY, and each answer waits 40 ms for an acknowledgement.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        config = server_config(app, settings.model_copy(update=changes))
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        band = players(settings.nats_url, store)
        playing = asyncio.create_task(band.run()) if play else None
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            with patch.multiple("services.gateway.app", **rounds):
                while not server.started:
                    assert not serving.done(), serving.result()
                    await asyncio.sleep(0.01)
            async with asyncio.timeout(PATIENCE_S):
                for one in rounds.values():
                    await one.over.wait()
            async with httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=PATIENCE_S, verify=NO_TLS) as http:
                yield House(http, url, app, band)
        finally:
            try:
                server.should_exit = True
                await serving
            finally:
                listener.close()
                if playing:
                    await end_tasks(playing)

    return opened


@pytest.fixture
async def house(open_house: Open) -> AsyncIterator[House]:
    """A gateway with a band."""
    async with open_house() as opened:
        yield opened


@pytest.fixture
async def quiet_house(open_house: Open) -> AsyncIterator[House]:
    """A gateway without a band: nothing plays what it asks for."""
    async with open_house(play=False) as opened:
        yield opened
