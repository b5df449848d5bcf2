"""/healthz, /readyz and /metrics of a worker service.

A consumer that was deleted leaves no log line and a ping that still succeeds, so readiness asks the broker for every
consumer that the service reads.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import nats.errors
from nats.js.errors import Error as JetStreamError

from services.runtime.bus import Bus

if TYPE_CHECKING:
    from faststream.asgi.types import ASGIApp, Receive, Scope, Send

PATIENCE_S = 2.0
Check = Callable[[], Awaitable[Mapping[str, Any]]]


class Health:
    """What a service says about itself."""

    def __init__(self, bus: Bus, service: str, consumers: Sequence[tuple[str, str]]) -> None:
        self._bus, self._service, self._consumers = bus, service, consumers

    async def alive(self) -> Mapping[str, Any]:
        """The process answers."""
        return {"service": self._service, "ok": True}

    async def ready(self) -> Mapping[str, Any]:
        """Whether the bus answers and every consumer stands, with what waits in each."""
        connected = await self._bus.broker.ping(timeout=PATIENCE_S)
        consumers = dict(await asyncio.gather(*(self._consumer(stream, name) for stream, name in self._consumers))) if connected else {}
        ok = connected and all("error" not in state for state in consumers.values())
        return {"service": self._service, "ok": ok, "bus": connected, "consumers": consumers}

    async def _consumer(self, stream: str, name: str) -> tuple[str, dict[str, Any]]:
        try:
            info = await asyncio.wait_for(self._bus.jetstream.consumer_info(stream, name), PATIENCE_S)
        except (JetStreamError, nats.errors.Error, TimeoutError) as error:
            return name, {"error": repr(error)}
        return name, {"waiting": info.num_pending, "in_work": info.num_ack_pending, "redelivered": info.num_redelivered}


def route(check: Check) -> "ASGIApp":
    """An ASGI route that answers 200 or 503 with a check's outcome as JSON."""

    async def answer(scope: "Scope", receive: "Receive", send: "Send") -> None:  # noqa: ARG001 - ASGI's shape
        outcome = await check()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200 if outcome["ok"] else 503, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(outcome).encode()})

    return answer
