"""The bus as the gateway uses it, over the runtime's: what nats raises becomes Unavailable, what is lost is created again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nats.errors
import structlog
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError

from contracts.errors import Unavailable
from contracts.events import FACTS_STREAM, TERMINAL_FACTS, DraftReady, Fact, StageReady
from services.runtime.bus import Bus
from services.runtime.provision import GATEWAY_FACTS, Delivery, provision
from services.runtime.settings import RuntimeSettings

log = structlog.get_logger(__name__)


class JetStreamBus:
    """`ports.Bus` on NATS JetStream."""

    def __init__(self, bus: Bus, settings: RuntimeSettings, *, provision_missing: bool) -> None:
        self._bus, self._settings, self._provision_missing = bus, settings, provision_missing

    async def publish_stage(self, event: StageReady, suffix: str = "") -> None:
        with _told("the work queue"):
            await self._bus.publish(event, suffix=suffix)

    async def publish_fact(self, fact: Fact) -> None:
        with _told("the stream of facts"):
            # An end has its time in its id, as where the runtime tells it: a replayed job may end twice.
            await self._bus.fact(fact, suffix=f":{fact.time:.3f}" if fact.fact in TERMINAL_FACTS else "")

    async def publish_draft(self, event: DraftReady) -> None:
        with _told("the queue of drafts"):
            await self._bus.draft(event)

    async def pending(self, job_id: str) -> bool:
        with _told("the work queue"):
            return await self._bus.holds_work(job_id)

    async def purge(self, job_id: str) -> None:
        with _told("the work queue"):
            await self._bus.purge(job_id)

    async def ask(self, service: str, what: str, arguments: dict[str, Any], timeout_s: float) -> Any:
        with _told(f"service {service}"):
            return await self._bus.ask(service, what, arguments, timeout_s=timeout_s)

    async def ready(self) -> None:
        with _told("the consumer of facts"):
            await self._bus.jetstream.consumer_info(FACTS_STREAM, GATEWAY_FACTS, timeout=2.0)

    async def restore(self) -> None:
        """Create what the bus should hold, where it holds nothing: it is new, or it lost its disk."""
        if not self._provision_missing:
            return
        with _told("the bus"):
            try:
                await self._bus.jetstream.consumer_info(FACTS_STREAM, GATEWAY_FACTS)
            except NotFoundError:
                log.warning("bus_provisioned_again", url=self._settings.nats_url.rpartition("@")[2])
                delivery = Delivery(ack_wait_s=self._settings.ack_wait_s, max_deliver=self._settings.max_deliver)
                await provision(self._settings.nats_url, delivery)


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except (nats.errors.Error, JetStreamError, TimeoutError, OSError) as error:
        raise Unavailable(what, f"the bus says: {error!r}") from error
