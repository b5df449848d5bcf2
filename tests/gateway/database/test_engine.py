"""The database: its migrations and its transactions."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text

from services.gateway.database.engine import Database, current_revision, newest_revision
from services.gateway.database.models import Base, Composition


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A SQLite file in a folder that is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path}/new/gateway.db"


def differences(connection: Connection) -> list[object]:
    """What the models have and the tables have not, or the other way round."""
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata))


async def test_the_migrations_make_what_the_models_say(url: str) -> None:
    """From empty to the newest revision, with nothing missing and nothing left over."""
    database = Database(url)
    await database.migrate()
    async with database.engine.begin() as connection:
        assert await connection.run_sync(current_revision) == newest_revision()
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_two_that_start_at_once_migrate_once(url: str) -> None:
    """The second one waits for the first and finds the work done."""
    databases = [Database(url) for _ in range(3)]
    await asyncio.gather(*(database.migrate() for database in databases))
    for database in databases:
        await database.migrate()
        await database.close()


async def test_writers_that_read_first_wait_for_each_other(url: str) -> None:
    """Twenty transactions that read, then write: none fails, none overwrites another."""
    database = Database(url)
    await database.migrate()
    async with database.write() as session:
        session.add(Composition(id="c", user="u", prompt="", created_at=0.0))

    async def count_up() -> None:
        async with database.write() as session:
            row = (await session.scalars(select(Composition))).one()
            before = row.created_at
            await asyncio.sleep(0.001)
            row.created_at = before + 1

    await asyncio.gather(*(count_up() for _ in range(20)))
    async with database.read() as session:
        assert (await session.scalars(select(Composition.created_at))).one() == 20.0
    await database.close()


async def test_a_failed_transaction_leaves_nothing(url: str) -> None:
    """Rolled back by an exception, and the file is in WAL mode with foreign keys on."""
    database = Database(url)
    await database.migrate()

    async def fail() -> None:
        async with database.write() as session:
            session.add(Composition(id="c", user="u", prompt="", created_at=0.0))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.read() as session:
        assert (await session.scalars(select(Composition))).all() == []
        assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await session.scalar(text("PRAGMA foreign_keys")) == 1
    await database.close()
