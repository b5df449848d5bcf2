"""Who comes to the same stream at the same time is let in by one look into the database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

MOST_LOOKS = 4
"""Looks at once, of all streams: a rush at the door leaves connections of the database to everybody else."""


class Entrances:
    """Shares looks between those who ask for the same. A look begins after they came: nobody is let in by what was true before."""

    def __init__(self) -> None:
        self._following: dict[object, asyncio.Task[Any]] = {}
        self._turns = asyncio.Semaphore(MOST_LOOKS)

    async def look(self, key: object, read: Callable[[], Awaitable[Any]]) -> Any:
        """What `read` finds, for all who ask with this key until it begins. Raises what it raises."""
        looking = self._following.get(key)
        if looking is None:
            looking = self._following[key] = asyncio.get_running_loop().create_task(self._in_turn(key, read))
            looking.add_done_callback(_heard)
        return await asyncio.shield(looking)

    async def _in_turn(self, key: object, read: Callable[[], Awaitable[Any]]) -> Any:
        try:
            await self._turns.acquire()
        finally:
            del self._following[key]
        try:
            return await read()
        finally:
            self._turns.release()


def _heard(looking: asyncio.Task[Any]) -> None:
    """A refusal that nobody waits for any more is no error of ours."""
    if not looking.cancelled():
        looking.exception()
