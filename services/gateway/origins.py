"""Other people's web pages may not use this door.

A browser sends a page's form, and opens its WebSocket, to any address, loopback included, without asking. It always says
whose page it is: what another origin asks to change or to watch is refused.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.problems import Refused, problem_response

_HARMLESS = ("GET", "HEAD", "OPTIONS")


class SameOrigin:
    """Refuses (403) what pages of other origins send; programs, which send no Origin, are not concerned."""

    def __init__(self, app: ASGIApp, allowed: tuple[str, ...] = ()) -> None:
        self._app, self._allowed = app, frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope.get("method") in _HARMLESS or self._is_welcome(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        origin = Headers(scope=scope)["origin"]
        refused = Refused(
            403, "A page of another origin asks for this.", code="cross_origin", field="Origin", value=origin, allowed="this origin"
        )
        await problem_response(refused.problem(), {"Connection": "close"} if scope["type"] == "http" else None)(scope, receive, send)

    def _is_welcome(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        return origin is None or origin in self._allowed or urlsplit(origin).netloc == headers.get("host")
