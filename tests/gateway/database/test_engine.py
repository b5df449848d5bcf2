"""The database: its migrations and its transactions, on SQLite and on PostgreSQL."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text

from services.gateway.database.engine import MIGRATIONS, Database, current_revision, newest_revision
from services.gateway.database.models import Base, Comment, Composition, FactRow, Job, Member, Version
from tests.gateway.postgres import Postgres

MOST_NAME = 63
"""PostgreSQL cuts longer names without a word."""


@pytest.fixture
def url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> str:
    """A database without tables: a SQLite file in a folder that is not there yet, or an empty database of PostgreSQL."""
    if database_url.startswith("postgresql"):
        server: Postgres = request.getfixturevalue("postgres")
        return server.fresh(migrated=False)
    return f"sqlite+aiosqlite:///{tmp_path}/new/gateway.db"


def differences(connection: Connection) -> list[object]:
    """What the models have and the tables have not, or the other way round."""
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata))


def walk_to(connection: Connection, revision: str) -> None:
    """Migrate up or down."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    current = current_revision(connection) or ""
    (command.downgrade if current > revision else command.upgrade)(config, revision)


def a_song() -> list[list[Base]]:
    """A composition with all that belongs to it, in the order in which rows refer to each other."""
    job = Job(id="j", composition_id="c", user="u", request={"prompt": "ä"}, created_at=1.5, updated_at=1.5, deadline_at=9e9)
    fact = FactRow(job_id="j", seq=1, fact_id="f", type="accepted", time=1.5, progress=0.0, payload={"a": [1, None]})
    version = {"artifacts": {}, "stems": [], "summary": {}, "status": "completed", "revision": "r", "created_at": 2.5}
    return [
        [Composition(id="c", user="u", prompt="warm lo-fi ♯", created_at=1.5)],
        [job, Member(composition_id="c", user="v", role="viewer", created_at=1.0)],
        [fact, Version(composition_id="c", number=1, job_id="j", **version)],
        [Comment(id="k", composition_id="c", version=1, user="v", text="more", created_at=1.0, updated_at=1.0)],
    ]


async def test_the_migrations_make_what_the_models_say(url: str) -> None:
    """From empty to the newest revision, with nothing missing and nothing left over, and no name that PostgreSQL would cut."""
    database = Database(url)
    await database.migrate()
    async with database.engine.begin() as connection:
        assert await connection.run_sync(current_revision) == newest_revision()
        assert await connection.run_sync(differences) == []
    names = [item.name for table in Base.metadata.tables.values() for item in (table, *table.constraints, *table.indexes)]
    assert [name for name in names if len(str(name)) > MOST_NAME] == []
    await database.close()


async def test_migrations_go_down_and_up_again_around_songs(url: str) -> None:
    """Down to the release before and up again: what that release knew is still there, and the tables are as the models say."""
    database = Database(url)
    await database.migrate()
    async with database.write() as session:
        for rows in a_song():
            session.add_all(rows)
            await session.flush()
    async with database.engine.execution_options(houseband_writes=True).begin() as connection:
        await connection.run_sync(walk_to, "0002")
        assert await connection.scalar(text("SELECT count(*) FROM facts")) == 1
    await database.migrate()
    async with database.engine.begin() as connection:
        assert await connection.run_sync(differences) == []
    async with database.read() as session:
        song = (await session.scalars(select(Composition))).one()
        assert (song.prompt, song.created_at, song.revision) == ("warm lo-fi ♯", 1.5, 0)
        assert (await session.scalars(select(FactRow.payload))).one() == {"a": [1, None]}
        assert (await session.scalars(select(Version.branch))).one() == "main"
    await database.close()


async def test_two_that_start_at_once_migrate_once(url: str) -> None:
    """The others wait for the first and find the work done."""
    databases = [Database(url) for _ in range(3)]
    await asyncio.gather(*(database.migrate() for database in databases))
    for database in databases:
        await database.migrate()
        await database.close()


async def test_writers_that_read_first_wait_for_each_other(database_url: str) -> None:
    """Twenty transactions that read a row to change it, then write: none fails, none overwrites another."""
    database = Database(database_url)
    await database.migrate()
    async with database.write() as session:
        session.add(Composition(id="c", user="u", prompt="", created_at=0.0))

    async def count_up() -> None:
        async with database.write() as session:
            row = await session.get_one(Composition, "c", with_for_update=True)
            before = row.created_at
            await asyncio.sleep(0.001)
            row.created_at = before + 1

    await asyncio.gather(*(count_up() for _ in range(20)))
    async with database.read() as session:
        assert (await session.scalars(select(Composition.created_at))).one() == 20.0
    await database.close()


async def test_a_reader_sees_one_state(database_url: str) -> None:
    """What somebody else commits between two questions of one session is not seen by the second."""
    database = Database(database_url)
    await database.migrate()
    async with database.read() as reader:
        assert (await reader.scalars(select(Composition.id))).all() == []
        async with database.write() as session:
            session.add(Composition(id="c", user="u", prompt="", created_at=0.0))
        assert (await reader.scalars(select(Composition.id))).all() == []
    async with database.read() as reader:
        assert (await reader.scalars(select(Composition.id))).all() == ["c"]
    await database.close()


async def test_a_failed_transaction_leaves_nothing(database_url: str) -> None:
    """Rolled back by an exception; a SQLite file is in WAL mode with foreign keys on."""
    database = Database(database_url)
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
        if not database.is_shared:
            assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
            assert await session.scalar(text("PRAGMA foreign_keys")) == 1
    await database.close()


async def test_gateways_on_one_database_take_turns(database_url: str) -> None:
    """Of several that want the lock of a name one at a time has it; another name is another lock."""
    databases = [Database(database_url) for _ in range(3)]
    inside = most = 0

    async def work(database: Database) -> None:
        nonlocal inside, most
        async with database.in_turn("outbox"):
            inside += 1
            most = max(most, inside)
            async with database.in_turn("reconciler"):
                await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(work(database) for database in databases))
    assert most == (1 if databases[0].is_shared else 3)
    for database in databases:
        await database.close()
