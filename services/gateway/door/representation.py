"""How a JSON answer is represented: with an entity tag, 304 where the client has it, gzip or br where it takes them; HEAD.

Compression together with secrets tells their length (BREACH). So answers that hold a secret say `Cache-Control: no-store` and are
left as they are, and nothing of this API is authorised by a cookie that a foreign page could make a browser send. Sound and
archives are never compressed, and neither are streams: each part of theirs has to leave at once.
"""

import asyncio
import gzip
from contextlib import suppress
from functools import lru_cache

import brotli  # type: ignore[import-untyped]
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.door.conditions import content_tag, is_known
from services.gateway.problems import Refused, problem_response

_DOCUMENTS = ("application/json", "application/problem+json", "text/html")
_LEAST_BYTES, _MOST_REMEMBERED, _THREAD_BYTES = 1024, 16 * 1024, 128 * 1024
_GZIP_LEVEL, _BROTLI_QUALITY = 5, 4
_ASKED = frozenset({b"accept", b"accept-encoding", b"if-none-match"})


@lru_cache(1024)
def coding_for(accept_encoding: str) -> str | None:
    """Br or gzip as a client likes best (RFC 9110 12.5.3), br where it likes both as much; None: neither."""
    liked: dict[str, float] = {}
    for item in accept_encoding.lower().split(","):
        name, _, rest = item.strip().partition(";")
        liked[name.strip()] = _quality(rest)
    everything = liked.get("*", 0.0)
    best = max((liked.get(name, everything), rank, name) for rank, name in enumerate(("gzip", "br")))
    return best[2] if best[0] > 0 else None


@lru_cache(1024)
def takes_json(accept: str) -> bool:
    """Whether a client that sends this Accept header can read JSON."""
    for item in accept.lower().split(","):
        name, _, rest = item.strip().partition(";")
        if name.strip() in ("*/*", "application/*", "application/json") and _quality(rest) > 0:
            return True
    return not accept.strip()


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


class Representation:
    """Gives answers their tags and their coding, and answers HEAD as GET without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = {name: value.decode("latin-1") for name, value in scope["headers"] if name in _ASKED}
        if scope["method"] == "HEAD":
            await self._head(scope, receive, _Answer(send, "GET", asked, bodiless=True))
            return
        if scope["method"] != "GET" and not takes_json(asked.get(b"accept", "")):
            await problem_response(_not_acceptable(asked[b"accept"]).problem())(scope, receive, send)  # before anything is changed
            return
        await self._app(scope, receive, _Answer(send, scope["method"], asked))

    async def _head(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        """Run the route of GET until its head is known; what would stream is stopped there."""
        work = asyncio.ensure_future(self._app({**scope, "method": "GET"}, receive, answer))
        told = asyncio.ensure_future(answer.sent.wait())
        await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not work.done():
            work.cancel()
        with suppress(asyncio.CancelledError):
            await work


class _Answer:
    """The answer on its way out: held back while it may be one whole document."""

    def __init__(self, send: Send, method: str, asked: dict[bytes, str], *, bodiless: bool = False) -> None:
        self._send, self._method, self._asked, self._bodiless = send, method, asked, bodiless
        self._held: Message | None = None
        self.sent = asyncio.Event() if bodiless else _NEVER

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if _is_document(message):
                self._held = message
                return
            await self._begin(message)
            return
        held, self._held = self._held, None
        if held is not None and message.get("more_body", False):  # a stream, or an answer that lingers
            await self._begin(held)
            held = None
        if held is not None:
            await self._whole(held, message.get("body", b""))
        elif not self._bodiless:
            await self._send(message)

    async def _begin(self, start: Message) -> None:
        await self._send(start)
        if self._bodiless:
            await self._end(b"")

    async def _end(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": b"" if self._bodiless else body, "more_body": False})
        if self._bodiless:
            self.sent.set()

    async def _whole(self, start: Message, body: bytes) -> None:
        """Send a document with its tag, as 304, compressed, or not at all where the client cannot read it."""
        headers, status = MutableHeaders(raw=start["headers"]), start["status"]
        if status == 204:
            del headers["content-type"]
            await self._begin(start)
            if not self._bodiless:
                await self._end(b"")
            return
        secret = "no-store" in headers.get("cache-control", "")
        if self._method == "GET" and status == 200 and not secret:
            if "json" in headers["content-type"] and not takes_json(self._asked.get(b"accept", "")):
                start, body = _as_problem(_not_acceptable(self._asked[b"accept"]))
                headers = MutableHeaders(raw=start["headers"])
            elif self._tagged(headers, body):
                start["status"] = 304
                for name in ("content-length", "content-type"):
                    del headers[name]
                await self._send(start)
                await self._end(b"")
                return
        headers.add_vary_header("Accept-Encoding")
        if len(body) >= _LEAST_BYTES and not secret and "content-encoding" not in headers:
            body = await self._packed(headers, body)
        await self._send(start)
        await self._end(body)

    def _tagged(self, headers: MutableHeaders, body: bytes) -> bool:
        """Give a document its tag; whether the client has it already."""
        if "etag" not in headers:
            headers["ETag"] = content_tag(body)
        headers.setdefault("Cache-Control", "private, no-cache")
        return is_known(self._asked.get(b"if-none-match"), headers["etag"])

    async def _packed(self, headers: MutableHeaders, body: bytes) -> bytes:
        coding = coding_for(self._asked.get(b"accept-encoding", ""))
        if coding is None:
            return body
        if len(body) >= _THREAD_BYTES:
            packed = await asyncio.to_thread(_pack, coding, body)
        else:
            packed = _packed_before(coding, body) if len(body) <= _MOST_REMEMBERED else _pack(coding, body)
        headers["Content-Encoding"], headers["Content-Length"] = coding, str(len(packed))
        return packed


_NEVER = asyncio.Event()


def _is_document(start: Message) -> bool:
    kind = next((value for name, value in start["headers"] if name == b"content-type"), b"").decode("latin-1")
    return kind.split(";", 1)[0].strip() in _DOCUMENTS


def _pack(coding: str, body: bytes) -> bytes:
    return brotli.compress(body, quality=_BROTLI_QUALITY) if coding == "br" else gzip.compress(body, _GZIP_LEVEL, mtime=0)


@lru_cache(256)
def _packed_before(coding: str, body: bytes) -> bytes:
    """What many ask for, or one again and again, is packed once."""
    return _pack(coding, body)


def _not_acceptable(accept: str) -> Refused:
    return Refused(406, "The answer is JSON.", field="Accept", value=accept, allowed="application/json")


def _as_problem(refused: Refused) -> tuple[Message, bytes]:
    response = problem_response(refused.problem())
    body = bytes(response.body)
    return {"type": "http.response.start", "status": response.status_code, "headers": Headers(raw=response.raw_headers).raw}, body
