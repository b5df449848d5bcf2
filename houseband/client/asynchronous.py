"""The client for asyncio programs: every topic on one connection."""

from houseband.client.asks import AsyncAsks
from houseband.client.jobs import AsyncJobs
from houseband.client.tastes import AsyncTastes


class AsyncClient(AsyncJobs, AsyncAsks, AsyncTastes):
    """`Client` with the same methods, to be awaited; `watch` is iterated with `async for`."""
