"""What the routes share: the desk, and the page that a list is asked for.

What a route depends on is a coroutine: FastAPI gives a plain function to a thread, there and back, for each request.
"""

from typing import Annotated, Literal

from fastapi import Depends, Query
from starlette.requests import HTTPConnection

from services.gateway.jobs.standing import Standings
from services.gateway.people.principal import Principal
from services.gateway.people.reception import Reception
from services.gateway.ports import Desk

MAX_PAGE = 200


async def the_desk(connection: HTTPConnection) -> Desk:
    """The gateway's tools."""
    desk: Desk = connection.app.state.desk
    return desk


async def who_asks(connection: HTTPConnection) -> Principal:
    """Whoever sent the request, as the doorway found: where it did not stand before a route, nobody gets in (an AttributeError)."""
    found: Principal = connection.state.principal
    return found


async def the_reception(connection: HTTPConnection) -> Reception:
    """Where people sign in."""
    reception: Reception = connection.app.state.reception
    return reception


async def the_standings(connection: HTTPConnection) -> Standings:
    """The last answers about jobs."""
    found: Standings = connection.app.state.standings
    return found


TheStandings = Annotated[Standings, Depends(the_standings)]
TheDesk = Annotated[Desk, Depends(the_desk)]
Who = Annotated[Principal, Depends(who_asks)]
TheReception = Annotated[Reception, Depends(the_reception)]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="items of a page")]
Cursor = Annotated[str | None, Query(max_length=64, description="`next` of the page before")]
Via = Annotated[Literal["store"] | None, Query(description="store: be sent to a signed address in the object store, where it has one")]
