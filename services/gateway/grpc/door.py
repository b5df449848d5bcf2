"""The gRPC door: shut unless a port is set, and then it costs nothing, not even the loading of its libraries."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.gateway.people.reception import Reception
from services.gateway.ports import Desk

OFF = -1


@asynccontextmanager
async def grpc_door(desk: Desk, nudge: Callable[[], None], reception: Reception) -> AsyncIterator[int | None]:
    """Serve for as long as the block lasts; the port, None where gRPC is off. Raises Unavailable where the port is taken."""
    if desk.settings.grpc_port == OFF:
        yield None
        return
    from services.gateway.grpc.server import serving

    async with serving(desk, nudge, reception) as port:
        yield port
