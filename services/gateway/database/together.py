"""Many small changes in one transaction: on SQLite each commit waits for the disk, and one wait serves all who wait."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

Change = Callable[[AsyncSession], Awaitable[Any]]
_MOST = 32
"""Changes in one transaction: those behind them wait no longer than for so many."""


class Together:
    """Makes changes, each in a savepoint of its own: one that fails takes back itself only.

    A change is done, or has failed, once what it shares is on the disk. It is made by a task of its own: whoever stops waiting for it
    breaks off nobody else's.
    """

    def __init__(self, write: Callable[[], AbstractAsyncContextManager[AsyncSession]]) -> None:
        self._write = write
        self._waiting: list[tuple[Change, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None

    async def make(self, change: Change) -> Any:
        """The result of a change, once it is on the disk. Raises what the change raises, or what the commit does."""
        told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((change, told))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        return await told

    async def close(self) -> None:
        """Wait for what was begun."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._transaction()
        finally:
            self._task = None

    async def _transaction(self) -> None:
        ends: list[tuple[asyncio.Future[Any], Any, Exception | None]] = []
        taken: list[tuple[Change, asyncio.Future[Any]]] = []
        try:
            async with self._write() as session:
                while self._waiting and len(taken) < _MOST:  # also those who came while the first ones were made
                    taken.append(self._waiting.pop(0))
                    change, told = taken[-1]
                    if told.cancelled():
                        continue
                    try:
                        async with session.begin_nested():
                            result = await change(session)
                        ends.append((told, result, None))
                    except Exception as error:  # noqa: BLE001 - it is raised where the change was asked for
                        ends.append((told, None, error))
                    session.expunge_all()  # the next one reads for itself, and does not write on what this one gives back
        except Exception as error:  # noqa: BLE001 - nothing of it is on the disk
            ends = [(told, None, error) for _, told in taken or self._fail_next()]
        for told, result, failure in ends:
            if told.done():
                continue
            if failure is None:
                told.set_result(result)
            else:
                told.set_exception(failure)

    def _fail_next(self) -> list[tuple[Change, asyncio.Future[Any]]]:
        """Those who wait for a transaction that could not even begin."""
        waiting, self._waiting = self._waiting, []
        return waiting


class Gathered:
    """Gives what many bring at the same time to one call: while it is being made, those who come gather for the next one.

    Whoever comes alone is served at once. In a rush a call rests `rest_s` from the one before: each costs about the same for one as for
    ten, so those who wait a moment together get more done than those who are served one by one.
    """

    def __init__(self, rest_s: float = 0.0) -> None:
        self._waiting: list[tuple[Any, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._rest_s, self._ended = rest_s, float("-inf")

    async def bring(self, item: Any, write: Callable[[list[Any]], Awaitable[None]]) -> None:
        """Return once a call had this item, perhaps among others. Raises what the call raises, to all whom it served."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, told))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work(write))
        await told

    async def _work(self, write: Callable[[list[Any]], Awaitable[None]]) -> None:
        try:
            while self._waiting:
                if (rest_s := self._ended + self._rest_s - asyncio.get_running_loop().time()) > 0:
                    await asyncio.sleep(rest_s)
                taken, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                failure: Exception | None = None
                try:
                    await write([item for item, _ in taken])
                except Exception as error:  # noqa: BLE001 - it is raised where the items come from
                    failure = error
                self._ended = asyncio.get_running_loop().time()
                for _, told in taken:
                    if told.done():
                        continue
                    if failure is None:
                        told.set_result(None)
                    else:
                        told.set_exception(failure)
        finally:
            self._task = None
