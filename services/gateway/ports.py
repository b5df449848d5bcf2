"""What the gateway needs of the bus, and the set of tools that its logic is given."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from contracts.events import DraftReady, Fact, StageReady
from services.gateway.collaboration.presence import Presence
from services.gateway.database.engine import Database
from services.gateway.database.together import Gathered
from services.gateway.early.feed import Feeds
from services.gateway.early.times import Times
from services.gateway.events.entrances import Entrances
from services.gateway.events.hub import Hub
from services.gateway.events.streams import Streams
from services.gateway.jobs.pace import Pace
from services.gateway.settings import GatewaySettings
from services.runtime.workbench import Objects

Clock = Callable[[], float]
CODERS = 2


class Bus(Protocol):
    """The bus as the gateway uses it. Every method raises Unavailable where the bus does not answer."""

    async def publish_stage(self, event: StageReady, suffix: str = "") -> None:
        """Put a stage event on its work queue, once per message id and suffix."""

    async def publish_fact(self, fact: Fact) -> None:
        """Tell a fact, once per fact id."""

    async def publish_draft(self, event: DraftReady) -> None:
        """Ask for a draft of a song's beginning, once."""

    async def pending(self, job_id: str) -> bool:
        """Whether messages of a job wait or are being worked on."""

    async def purge(self, job_id: str) -> None:
        """Drop the waiting messages of a job."""

    async def ask(self, service: str, what: str, arguments: dict[str, Any], timeout_s: float) -> Any:
        """Ask a service something that needs no job; its result. Raises BadInput as the service says."""

    async def ready(self) -> None:
        """Return where the bus and the consumer of facts are there."""

    async def restore(self) -> None:
        """Create the streams and consumers again where they are gone."""


ORDERS_REST_S = 0.03
"""Between two transactions of orders: at a hundred orders a second each takes four or five."""


@dataclass(frozen=True)
class Desk:
    """The gateway's tools: what `app.py` puts together once and everything else is given."""

    settings: GatewaySettings
    database: Database
    objects: Objects
    bus: Bus
    hub: Hub
    clock: Clock
    new_id: Callable[[], str]
    new_seed: Callable[[], int]
    streams: Streams
    """The events that somebody follows."""
    presence: Presence
    listening: Feeds = field(default_factory=Feeds)
    """The streams that somebody listens to."""
    coding: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CODERS))
    """Blocks of sound that are coded at once: whoever streams takes turns, block by block."""
    times: Times = field(default_factory=Times)
    """What stages take on this machine."""
    entrances: Entrances = field(default_factory=Entrances)
    """Readers who come to streams of events."""
    pace: Pace = field(default_factory=Pace)
    """Orders that are read at the door."""
    orders: Gathered = field(default_factory=lambda: Gathered(ORDERS_REST_S))
    """Jobs that are accepted at the same time."""
