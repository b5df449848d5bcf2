"""Sessions for reading and for writing, and the migrations that bring a database up to date."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, event, inspect, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from services.gateway.database.hops import Hops
from services.gateway.database.together import Together

MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_TIMEOUT_MS = 10_000
_POOL = 10
"""Connections that are kept, and as many more in a rush: PostgreSQL allows 100 unless it is told otherwise."""
_POOL_TIMEOUT_S = 10.0
_POOL_RECYCLE_S = 1800.0
_Result = TypeVar("_Result")
_TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('houseband.' || :name, 0))")


class Database:
    """One database: SQLite (WAL) on one machine, PostgreSQL in a cluster.

    On SQLite a writing session takes the write lock when it begins: a transaction that reads first and writes
    later would otherwise fail with "database is locked" instead of waiting its turn. Writers of this process queue up before they
    take a connection: SQLite lets those who find it locked try again now and then, in no order. On PostgreSQL writers are READ
    COMMITTED and lock the rows that they go by (`with_for_update`), so that nothing has to be tried again; readers see one snapshot.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.is_shared = self.engine.dialect.name != "sqlite"
        """Whether several gateways may stand on it."""
        readers: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if self.is_shared else {}
        self._readers = async_sessionmaker(self.engine.execution_options(**readers), expire_on_commit=False)
        writing = self.engine.execution_options(houseband_writes=True)
        self._writers = async_sessionmaker(writing, expire_on_commit=False, info={"writes": True})
        self._turn = asyncio.Lock()
        self._together = Together(self.write)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one consistent state and changes nothing."""
        async with self._readers() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed at the end, rolled back by an exception. Its `info["writes"]` says what it is."""
        async with nullcontext() if self.is_shared else self._turn, self._writers() as session, session.begin():
            yield session

    async def change(self, make: Callable[[AsyncSession], Awaitable[_Result]]) -> _Result:
        """What `make` gives back, once what it wrote is on the disk; it waits for nothing but its session.

        For what comes often. On SQLite many at once share a commit, each in a savepoint of its own, and none is broken off halfway.
        """
        if not self.is_shared:
            done: _Result = await self._together.make(make)
            return done
        async with self.write() as session:
            return await make(session)

    @asynccontextmanager
    async def in_turn(self, name: str) -> AsyncIterator[None]:
        """A block in which one gateway at a time is, of all that stand on this database; the others wait for their turn.

        The lock goes with its connection: a gateway that was killed holds none. SQLite has one gateway, which waits for nobody.
        """
        if not self.is_shared:
            yield
            return
        async with self.write() as session:
            await session.execute(_TAKE_TURN, {"name": name})
            yield

    async def migrate(self) -> None:
        """Bring the tables up to date, from whatever is there. Several that start at once wait for the first."""
        async with self.engine.execution_options(houseband_writes=True).begin() as connection:
            if self.is_shared:  # SQLite took its only lock with BEGIN
                await connection.execute(_TAKE_TURN, {"name": "migrate"})
            if await connection.run_sync(current_revision) != newest_revision():
                await connection.run_sync(_upgrade)

    async def close(self) -> None:
        """Give all connections back."""
        await self._together.close()
        await self.engine.dispose()


def newest_revision() -> str:
    """The revision of this code: migrations are numbered files, `0001_….py`."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def current_revision(connection: Connection) -> str | None:
    """The revision of a database; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # 0.1 s that a database of today does not cost
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _engine(url: str) -> AsyncEngine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        named = {"server_settings": {"application_name": "houseband-gateway"}} if parsed.drivername == "postgresql+asyncpg" else {}
        return create_async_engine(
            parsed,
            pool_pre_ping=True,  # a connection that a restart of the server cut is not handed out
            pool_size=_POOL,
            max_overflow=_POOL,
            pool_timeout=_POOL_TIMEOUT_S,
            pool_recycle=_POOL_RECYCLE_S,
            connect_args=named,
        )
    places: dict[str, Any] = {}
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        places = {"pool_size": _POOL, "max_overflow": _POOL, "pool_timeout": _POOL_TIMEOUT_S}
    engine = create_async_engine(parsed, async_creator=_sqlite_opener(parsed.database or ":memory:"), **places)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _sqlite_opener(database: str) -> Callable[[], Awaitable[Hops]]:
    async def opened() -> Hops:
        connection = Hops(database, check_same_thread=False)
        await connection
        return connection

    return opened


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    # FULL: a job that was answered with 202 survives a power cut (WAL with NORMAL may lose the last commits).
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_TIMEOUT_MS}")
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    hops: Any = connection.connection.driver_connection
    hops.begin(writes=connection.get_execution_options().get("houseband_writes", False))
