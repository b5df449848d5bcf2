"""What the routes share: the desk, and the page that a list is asked for."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import HTTPConnection

from services.gateway.people.principal import LOCAL, Principal
from services.gateway.ports import Desk

MAX_PAGE = 200


def the_desk(connection: HTTPConnection) -> Desk:
    """The gateway's tools."""
    desk: Desk = connection.app.state.desk
    return desk


async def who_asks(connection: HTTPConnection) -> Principal:
    """Whoever sent the request."""
    found: Principal = getattr(connection.state, "principal", LOCAL)
    return found


TheDesk = Annotated[Desk, Depends(the_desk)]
Who = Annotated[Principal, Depends(who_asks)]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="items of a page")]
Cursor = Annotated[str | None, Query(max_length=64, description="`next` of the page before")]
