"""SQLite in a thread of its own, with one way there and back for each statement.

aiosqlite goes four times for a query: for a cursor, the statement, the rows and the end of the cursor; and each way costs more than what
SQLite does. Here a statement brings its rows, what has no result (BEGIN, SAVEPOINT, RELEASE) goes along with the next statement, and a
rollback is not waited for: the thread does everything in order.

SQLite itself may take a whole transaction back where the disk is full or fails. What comes after it is refused then, the commit above
all: else whoever wrote before would be told that it is kept.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import aiosqlite

_ALONG = ("SAVEPOINT ", "RELEASE SAVEPOINT ")
_BACK_TO = "ROLLBACK TO "
_CHUNK = 64
_Ran = tuple[Any, int, int | None, list[Any]]


class Hops(aiosqlite.Connection):
    """A connection for SQLAlchemy's dialect `sqlite+aiosqlite`."""

    def __init__(self, database: str, **about: Any) -> None:
        super().__init__(lambda: sqlite3.connect(database, **about), _CHUNK)
        self._thread.daemon = True
        self._along: list[str] = []
        self._writes = self._is_open = False

    def begin(self, *, writes: bool) -> None:
        """Begin a transaction with what comes next; one that writes takes the lock then."""
        self._along, self._writes, self._is_open = ["BEGIN IMMEDIATE" if writes else "BEGIN"], writes, False

    def cursor(self) -> "HopCursor":  # type: ignore[override]  # it is made here, not in the thread
        return HopCursor(self)

    async def _hop(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await self._execute(work, *arguments)  # type: ignore[no-untyped-call]

    async def run(self, statement: str, parameters: Any, *, many: bool = False) -> _Ran:
        """(description, rowcount, lastrowid, rows) of a statement. Raises what sqlite3 raises."""
        if statement.startswith(_ALONG):
            self._along.append(statement)
            return None, -1, None, []
        if statement.startswith(_BACK_TO) and (begun := statement.removeprefix(_BACK_TO)) in self._along:
            del self._along[self._along.index(begun) + 1 :]  # nothing was said since
            return None, -1, None, []
        along, self._along = self._along, []
        begins = _begins(along)
        try:
            ran: _Ran = await self._hop(_run, self._conn, self._is_open, along, statement, parameters, many)
        except sqlite3.Error:
            if begins and not self._conn.in_transaction:  # what comes next begins it
                self._along = along
            else:
                self._is_open |= begins
            raise
        self._is_open |= begins
        return ran

    async def commit(self) -> None:
        """Commit; nothing where nothing was said since the transaction began. Raises what sqlite3 raises."""
        along, self._along = self._along, []
        is_open, self._is_open = self._is_open, False
        if not _begins(along):
            await self._hop(_commit, self._conn, is_open, along)

    async def rollback(self) -> None:
        """Roll back. For what only read nobody waits: whatever is asked next comes after it."""
        along, self._along, self._is_open = self._along, [], False
        if _begins(along):
            return
        if self._writes or not self._running:
            await self._hop(self._conn.rollback)
        else:
            self._tx.put_nowait((None, self._conn.rollback))


class HopCursor:
    """What SQLAlchemy asks of a cursor."""

    arraysize = 1

    def __init__(self, connection: Hops) -> None:
        self._connection = connection
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: list[Any] = []

    async def __aenter__(self) -> "HopCursor":
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "HopCursor":
        """Run a statement and bring its rows."""
        self.description, self.rowcount, self.lastrowid, self._rows = await self._connection.run(statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> "HopCursor":
        """Run a statement for each of some rows."""
        self.description, self.rowcount, self.lastrowid, self._rows = await self._connection.run(statement, parameters, many=True)
        return self

    async def fetchall(self) -> list[Any]:
        """The rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is open."""


def _begins(along: list[str]) -> bool:
    return bool(along) and along[0].startswith("BEGIN")


def _go_along(connection: sqlite3.Connection, is_open: bool, along: list[str]) -> None:
    if is_open and not connection.in_transaction:
        raise sqlite3.OperationalError("the transaction was taken back by SQLite: the disk is full, or fails")
    for one in along:
        connection.execute(one)


def _run(connection: sqlite3.Connection, is_open: bool, along: list[str], statement: str, parameters: Any, many: bool) -> _Ran:
    _go_along(connection, is_open, along)
    cursor = connection.executemany(statement, parameters) if many else connection.execute(statement, parameters)
    rows = cursor.fetchall() if cursor.description else []
    ran = cursor.description, cursor.rowcount, cursor.lastrowid, rows
    cursor.close()
    return ran


def _commit(connection: sqlite3.Connection, is_open: bool, along: list[str]) -> None:
    _go_along(connection, is_open, along)
    connection.commit()
