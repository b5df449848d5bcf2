"""The answer to "how does this job stand?" where it is known already: given before a route is looked for.

Clients ask it again and again. Everything that stands around all requests has looked at this one when it comes here: who asks, how
fast, whether they may look. What is known (jobs/standing.py) was found for the same user, so their part in the job was looked at, too.
"""

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.jobs.standing import Standings
from services.gateway.jobs.views import API

JOBS = f"{API}/jobs/"
_ROUTE = "get_job"


class Ready:
    """Stands innermost, right before the routes. Figures are told the route that would have answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._route: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(JOBS):
            await self._app(scope, receive, send)
            return
        standings: Standings = scope["app"].state.standings
        known = standings.known(scope["state"]["principal"].user, scope["path"][len(JOBS) :]) if self._route else None
        if known is None:
            await self._app(scope, receive, send)
            route = scope.get("route")
            if getattr(route, "name", None) == _ROUTE:
                self._route = route
            return
        scope["route"] = self._route
        await send({"type": "http.response.start", "status": 200, "headers": [*known.headers]})
        await send({"type": "http.response.body", "body": known.body})
