"""What the gateway needs of the bus, and the set of tools that its logic is given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from contracts.events import Fact, StageReady
from services.gateway.database.engine import Database
from services.gateway.events.hub import Hub
from services.gateway.settings import GatewaySettings
from services.runtime.workbench import Objects

Clock = Callable[[], float]


class Bus(Protocol):
    """The bus as the gateway uses it. Every method raises Unavailable where the bus does not answer."""

    async def publish_stage(self, event: StageReady, suffix: str = "") -> None:
        """Put a stage event on its work queue, once per message id and suffix."""

    async def publish_fact(self, fact: Fact) -> None:
        """Tell a fact, once per fact id."""

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
