"""The client for asyncio programs: every topic on one connection."""

from houseband.client.asks import AsyncAsks
from houseband.client.collaboration import AsyncCollaboration
from houseband.client.compositions import AsyncCompositions
from houseband.client.dead import AsyncDead
from houseband.client.early import AsyncEarly
from houseband.client.files import AsyncFiles
from houseband.client.instructions import AsyncInstructions
from houseband.client.jobs import AsyncJobs
from houseband.client.people import AsyncPeople
from houseband.client.tastes import AsyncTastes
from houseband.client.versions import AsyncVersions


class AsyncClient(
    AsyncCompositions,
    AsyncFiles,
    AsyncJobs,
    AsyncVersions,
    AsyncCollaboration,
    AsyncEarly,
    AsyncInstructions,
    AsyncAsks,
    AsyncPeople,
    AsyncTastes,
    AsyncDead,
):
    """`Client` with the same methods, to be awaited; `watch` is iterated with `async for`."""
