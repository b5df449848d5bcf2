"""What no route has to think of: requests that say two things at once, packed bodies, endless ones, and those that never come."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.problems import Refused, problem_response
from services.gateway.settings import GatewaySettings

# Said twice, a proxy in front and this door may each believe another one of them (RFC 9112, 11.2).
_ONCE = frozenset(
    {
        b"authorization",
        b"content-length",
        b"content-type",
        b"content-encoding",
        b"host",
        b"idempotency-key",
        b"if-match",
        b"origin",
        b"range",
    }
)
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
_GRACE_S = 30.0


class Gate:
    """Refuses what no route could make sense of, before a byte of a body is read, and bodies that do not come."""

    def __init__(self, app: ASGIApp, settings: GatewaySettings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = {}
        try:
            for name, value in scope["headers"]:
                if name in headers and name in _ONCE:
                    raise _said_twice(name)
                headers[name] = value
            if scope["type"] == "http" and (
                scope["method"] in _WITH_BODY or b"transfer-encoding" in headers or b"content-length" in headers
            ):
                receive = self._body(scope, headers, receive)
        except Refused as refused:
            await problem_response(refused.problem(), {"Connection": "close"} if scope["type"] == "http" else None)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _body(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        """The body with its limits. Raises Refused (411, 413, 415)."""
        packed = headers.get(b"content-encoding", b"identity").decode("latin-1")
        if packed.strip().lower() not in ("identity", ""):
            raise Refused(415, "Packed bodies are not read here.", field="Content-Encoding", value=packed, allowed="identity")
        kind = headers.get(b"content-type", b"").decode("latin-1").lower()
        length = headers.get(b"content-length")
        if length is None and b"transfer-encoding" not in headers:
            if kind and scope["method"] in _WITH_BODY:
                raise Refused(411, "The request does not say how long it is.", field="Content-Length", allowed="a number of bytes")
            return receive
        most = self._settings.max_upload_bytes if kind.startswith("multipart/form-data") else self._settings.max_document_bytes
        if length is not None and length.isdigit() and int(length) > most:
            raise _too_large(int(length), most)
        return _Body(receive, most, self._settings.body_idle_s, self._settings.least_bytes_per_s).receive


class _Body:
    """A request's body that has to come, and to end."""

    def __init__(self, receive: Receive, most: int, idle_s: float, least_bytes_per_s: float) -> None:
        self._receive, self._most, self._idle_s, self._least = receive, most, idle_s, least_bytes_per_s
        self._seen, self._whole, self._began = 0, False, 0.0

    async def receive(self) -> Message:
        """The next message. Raises Refused: 408 where it does not come, 413 where the body is too large."""
        if self._whole:
            return await self._receive()
        clock = asyncio.get_running_loop().time
        self._began = self._began or clock()
        try:
            async with asyncio.timeout(self._idle_s):
                message = await self._receive()
        except TimeoutError:
            raise _too_slow(f"Nothing came for {self._idle_s:g} s.") from None
        self._seen += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._seen > self._most:
            self._whole = True  # what still comes after the refusal is thrown away by whoever refuses
            raise _too_large(self._seen, self._most)
        if not self._whole and clock() - self._began > _GRACE_S and self._seen < self._least * (clock() - self._began):
            raise _too_slow(f"{self._seen} bytes came in {clock() - self._began:.0f} s.")
        return message


def _said_twice(name: bytes) -> Refused:
    field = name.decode("latin-1").title()
    return Refused(400, f"{field} is there twice.", field=field, allowed="once")


def _too_large(size: int, most: int) -> Refused:
    return Refused(
        413,
        f"The body holds more than {most} bytes.",
        field="body",
        value=f"{size} bytes",
        allowed=f"up to {most} bytes",
        headers={"Connection": "close"},
    )


def _too_slow(detail: str) -> Refused:
    return Refused(408, f"The request did not come. {detail}", field="body", allowed="a body that goes on", headers={"Connection": "close"})
