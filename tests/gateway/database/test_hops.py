"""SQLite with one way there and back for each statement: the transactions are those that were asked for."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.gateway.database.hops import Hops


@pytest.fixture
async def hops(tmp_path: Path) -> AsyncIterator[Hops]:
    """A connection to a database with one table that takes a number once."""
    with sqlite3.connect(tmp_path / "a.db", isolation_level=None) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
    made.close()
    connection = Hops(str(tmp_path / "a.db"), check_same_thread=False, isolation_level=None, timeout=0.0)
    await connection
    yield connection
    await connection.close()


async def said(hops: Hops, statement: str, *parameters: Any) -> list[Any]:
    """The rows of a statement."""
    cursor = await hops.cursor().execute(statement, parameters)
    return await cursor.fetchall()


async def numbers(path: Path) -> list[int]:
    """What another connection sees."""
    with sqlite3.connect(path / "a.db") as other:
        found = [row[0] for row in other.execute("SELECT n FROM numbers ORDER BY n")]
    other.close()
    return found


async def test_a_commit_keeps_and_a_rollback_takes_back(hops: Hops, tmp_path: Path) -> None:
    """What is committed is there for others; what is rolled back never was; a transaction of nothing is nothing."""
    for kept in (True, False):
        hops.begin(writes=True)
        assert await said(hops, "INSERT INTO numbers VALUES (?) RETURNING n", int(kept)) == [(int(kept),)]
        await (hops.commit() if kept else hops.rollback())
    hops.begin(writes=True)
    await hops.commit()
    hops.begin(writes=True)
    await hops.rollback()
    assert await numbers(tmp_path) == [1]


async def test_a_savepoint_takes_back_its_own_only(hops: Hops, tmp_path: Path) -> None:
    """Also where the savepoint, its release and the commit go along with something else, and where a statement fails in it."""
    hops.begin(writes=True)
    await said(hops, "SAVEPOINT a")
    await said(hops, "INSERT INTO numbers VALUES (1)")
    await said(hops, "RELEASE SAVEPOINT a")
    await said(hops, "SAVEPOINT b")
    with pytest.raises(sqlite3.IntegrityError):
        await hops.cursor().executemany("INSERT INTO numbers VALUES (?)", [(2,), (1,)])
    await said(hops, "ROLLBACK TO SAVEPOINT b")
    await said(hops, "SAVEPOINT c")
    await said(hops, "ROLLBACK TO SAVEPOINT c")
    await said(hops, "SAVEPOINT d")
    await said(hops, "INSERT INTO numbers VALUES (3)")
    await said(hops, "RELEASE SAVEPOINT d")
    await hops.commit()
    assert await numbers(tmp_path) == [1, 3]


async def test_who_writes_has_the_lock_until_it_is_given_back(hops: Hops, tmp_path: Path) -> None:
    """A second writer is refused until the first has rolled back; a reader's rollback, for which nobody waits, ends its view."""
    other = Hops(str(tmp_path / "a.db"), check_same_thread=False, isolation_level=None, timeout=0.0)
    await other
    hops.begin(writes=True)
    await said(hops, "SELECT 1")
    other.begin(writes=True)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await said(other, "SELECT 1")
    await other.rollback()
    await hops.rollback()
    hops.begin(writes=False)
    assert await said(hops, "SELECT n FROM numbers") == []
    other.begin(writes=True)
    await said(other, "INSERT INTO numbers VALUES (7)")
    await other.commit()
    assert await said(hops, "SELECT n FROM numbers") == []
    await hops.rollback()
    hops.begin(writes=False)
    assert await said(hops, "SELECT n FROM numbers") == [(7,)]
    await hops.rollback()
    await other.close()


async def test_a_transaction_that_could_not_begin_begins_with_what_comes_next(hops: Hops, tmp_path: Path) -> None:
    """Another process has the lock: the change that met it fails, and goes back to nothing; the next one is in a transaction again."""
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    hops.begin(writes=True)
    await said(hops, "SAVEPOINT a")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await said(hops, "INSERT INTO numbers VALUES (1)")
    await said(hops, "ROLLBACK TO SAVEPOINT a")
    other.execute("ROLLBACK")
    other.close()
    await said(hops, "SAVEPOINT b")
    await said(hops, "INSERT INTO numbers VALUES (2)")
    await said(hops, "RELEASE SAVEPOINT b")
    assert await numbers(tmp_path) == []
    await hops.commit()
    assert await numbers(tmp_path) == [2]


async def test_what_sqlite_took_back_is_not_committed(hops: Hops, tmp_path: Path) -> None:
    """A full disk takes all of a transaction back: nothing more is written in it, and its commit fails."""
    pages = (await said(hops, "PRAGMA page_count"))[0][0]
    await said(hops, f"PRAGMA max_page_count={pages}")
    hops.begin(writes=True)
    await said(hops, "INSERT INTO numbers VALUES (1)")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await hops.cursor().executemany("INSERT INTO numbers VALUES (?)", [(n,) for n in range(2, 5000)])
    with pytest.raises(sqlite3.OperationalError, match="taken back"):
        await said(hops, "INSERT INTO numbers VALUES (9999)")
    with pytest.raises(sqlite3.OperationalError, match="taken back"):
        await hops.commit()
    await hops.rollback()
    assert await numbers(tmp_path) == []
    hops.begin(writes=True)
    await said(hops, "INSERT INTO numbers VALUES (3)")
    await hops.commit()
    assert await numbers(tmp_path) == [3]
