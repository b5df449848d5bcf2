"""Around every request: who sends it, whether they may, how fast they ask; what they changed and what was refused is written down."""

from contextlib import nullcontext
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.errors import HousebandError, Unavailable
from services.gateway.jobs.views import API
from services.gateway.people.presented import SUBPROTOCOL, presented
from services.gateway.people.principal import LOCAL, Principal
from services.gateway.people.principal import Scope as PeopleScope
from services.gateway.people.rates import RateState
from services.gateway.people.reception import Reception, deed_of
from services.gateway.people.usage import TAP, Tap
from services.gateway.problems import Refused, problem_response

OPEN = frozenset({"/healthz", "/readyz", f"{API}/healthz", f"{API}/readyz", f"{API}/openapi.json", "/docs", "/docs/oauth2-redirect"})
"""What everybody may see: whether the house stands, and how it is asked."""
ADMIN = ("/metrics", f"{API}/metrics", f"{API}/admin", f"{API}/keys", f"{API}/dead")
TICKETS = f"{API}/tickets"
_LOOKS = ("GET", "HEAD", "OPTIONS")
_REFUSALS = (401, 403, 404, 429)
_GOODBYE = 1008
"""Policy violation (RFC 6455 7.4.1): the key of an open socket is over."""


class Doorway:
    """The middleware of REST, WebSocket and event streams. It stands around everything but the figures."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        reception: Reception = scope["app"].state.reception
        visit = _Visit(reception, scope, receive, send)
        try:
            who = await visit.enter()
        except HousebandError as error:
            await visit.refuse(error)
            return
        scope.setdefault("state", {})["principal"] = who
        if who is LOCAL and visit.only_looks:
            await self._app(scope, receive, send)
            return
        await visit.run(self._app)


class _Visit:
    """One request or socket, from the door on."""

    def __init__(self, reception: Reception, scope: Scope, receive: Receive, send: Send) -> None:
        self._reception, self._scope, self._receive, self._send = reception, scope, receive, send
        self._path: str = scope["path"]
        self._address = str((scope.get("client") or ("",))[0])
        self._who: Principal | None = None
        self._rate: RateState | None = None
        self._status = 500
        self._tap = Tap("")
        self._is_over = False
        self.only_looks = scope["type"] == "websocket" or scope["method"] in _LOOKS

    async def enter(self) -> Principal:
        """Whoever comes, if they may. Raises Refused or Unavailable."""
        if "\x00" in self._path:  # no database holds one, so nothing has such a name
            raise Refused(404, "There is nothing at an address with a NUL character.", field="path")
        if b"%00" in self._scope["query_string"]:
            raise Refused(422, "The query holds a NUL character.", field="query", allowed="text without NUL")
        if not self._reception.signs_in:
            self._reception.nearness.check(self._scope["headers"])
            self._who = LOCAL
        elif self._path in OPEN and self.only_looks:
            return LOCAL
        else:
            query = self._scope["query_string"]
            headers = Headers(scope=self._scope)
            self._who = await self._reception.sign_in(presented(headers, query=query, address=self._address, path=self._path))
            self._rate = await self._reception.allow(self._who, needed_scope(self._path, self.only_looks))
        return self._who

    async def refuse(self, error: HousebandError) -> None:
        """Tell a refusal; the rest of a body is not read."""
        headers = dict(error.headers) if isinstance(error, Refused) else {}
        if isinstance(error, Unavailable):
            headers["Retry-After"] = "5"
        if self._scope["type"] == "http" and _has_body(Headers(scope=self._scope)):
            headers["Connection"] = "close"
        await problem_response(error.problem(), headers)(self._scope, self._receive, self._told)

    async def run(self, app: ASGIApp) -> None:
        """Let them in, and note what they do."""
        metered = self._who is not None and self._who.how != "local"
        with self._reception.meter.tapped(self._who.user) if metered and self._who else nullcontext(self._tap) as self._tap:
            self._scope["state"][TAP] = self._tap
            try:
                await app(self._scope, self._heard, self._told)
            except Exception:
                if self._is_over:
                    return
                await self._write_down()  # answered with 500 further out
                raise

    async def _heard(self) -> Message:
        message = await self._receive()
        self._tap.bytes_in += _size(message)
        return message

    async def _told(self, message: Message) -> None:
        """Pass a message on; the first one is held back until what it answers is written down."""
        kind = message["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            self._status = message["status"]
            await self._write_down()
            if self._rate is not None and kind == "http.response.start":
                told = [(name.lower().encode(), value.encode()) for name, value in self._rate.headers().items()]
                message = {**message, "headers": [*message.get("headers", ()), *told]}
        elif kind == "websocket.accept":
            message = self._accepted(message)
        elif kind in ("http.response.body", "websocket.send"):
            await self._check_still()
            self._tap.bytes_out += _size(message)
        if not self._is_over:
            await self._send(message)

    def _accepted(self, message: Message) -> Message:
        """A browser that offers subprotocols wants one of them back."""
        offered = self._scope.get("subprotocols", ())
        return {**message, "subprotocol": SUBPROTOCOL} if SUBPROTOCOL in offered and not message.get("subprotocol") else message

    async def _check_still(self) -> None:
        """End a stream whose key is over: the next thing that it would tell is not told any more. Raises OSError, as if they had left."""
        if self._is_over or self._who is None or self._reception.is_still_good(self._who):
            return
        self._is_over = True
        if self._scope["type"] == "websocket":
            await self._send({"type": "websocket.close", "code": _GOODBYE, "reason": "the key is over"})
        raise OSError("the key is over")

    async def _write_down(self) -> None:
        who = self._who
        refused = self._status in _REFUSALS and (who is not LOCAL or self._status != 404)
        if self.only_looks and not refused:
            return
        route: Any = self._scope.get("route")
        method = "WS" if self._scope["type"] == "websocket" else self._scope["method"]
        action = f"{method} {getattr(route, 'path', '')}".replace(API, "", 1).rstrip()
        await self._reception.audit.write(deed_of(who, action, self._path, self._status, self._address))


def _size(message: Message) -> int:
    """Bytes of what a message carries."""
    text = message.get("text")
    return len(text.encode()) if text else len(message.get("body") or message.get("bytes") or b"")


def needed_scope(path: str, only_looks: bool) -> PeopleScope:
    """What a request takes: admin for the house, read for looking and for a ticket, else write."""
    if any(path == prefix or path.startswith(f"{prefix}/") for prefix in ADMIN):
        return "admin"
    return "read" if only_looks or path == TICKETS else "write"


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
