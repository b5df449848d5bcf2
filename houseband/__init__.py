"""The public face: the command, the Python client, the local launcher."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from houseband.client import AsyncClient, Client, Event, Job, Results

__all__ = ["AsyncClient", "Client", "Event", "Job", "Results"]


def __getattr__(name: str) -> Any:
    """Load the client when it is asked for: the services start through this package and do not need it."""
    if name in __all__:
        from houseband import client

        return getattr(client, name)
    raise AttributeError(f"module 'houseband' has no attribute {name!r}")
