"""The Python client of the API: `Client`, and `AsyncClient` with the same methods.

A topic is a module with a synchronous and an asynchronous class; `sync.py` and `asynchronous.py` gather them.
"""

from houseband.client.asynchronous import AsyncClient
from houseband.client.compositions import Composition
from houseband.client.models import Change, Comment, Event, Job, Member, Results, StemResult
from houseband.client.sync import Client
from houseband.client.transport import API
from houseband.client.versions import Asked, Version

__all__ = [
    "API",
    "Asked",
    "AsyncClient",
    "Change",
    "Client",
    "Comment",
    "Composition",
    "Event",
    "Job",
    "Member",
    "Results",
    "StemResult",
    "Version",
]
