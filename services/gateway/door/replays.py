"""Idempotency-Key on every POST: the same request under the same key happens once, and its answer is given again.

A key is claimed before the route runs and keeps its answer for a day (`replays_s`). While it runs, a second one is answered 409 with
Retry-After. What was refused has changed nothing, so its key is free again. A claim whose gateway died holds for `claim_s`; POST
/jobs, which must not be made twice even then, writes its key with the job in one transaction and is left to that.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.errors import HousebandError
from services.gateway.database.models import Replay
from services.gateway.people.principal import LOCAL, Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused, problem_response

HEADER = b"idempotency-key"
_DURABLE = frozenset({"/api/v1/jobs"})
_MOST_KEPT = 512 * 1024
_MOST_KEY = 255
_KEPT_HEADERS = frozenset({"content-type", "location", "etag", "link"})
_RUNNING, _WITHHELD = 0, -1


@dataclass
class _Asked:
    """One request under a key."""

    user: str
    key: str
    digest: str = ""


class Replays:
    """Gives the answer of a POST again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        keys = [value for name, value in scope.get("headers", ()) if name == HEADER]
        if scope["type"] != "http" or scope["method"] != "POST" or not keys or scope["path"] in _DURABLE:
            await self._app(scope, receive, send)
            return
        try:
            await self._once(scope, receive, send, _read_key(keys[0]))
        except HousebandError as error:
            headers = error.headers if isinstance(error, Refused) else {}
            await problem_response(error.problem(), headers)(scope, receive, send)

    async def _once(self, scope: Scope, receive: Receive, send: Send, key: str) -> None:
        desk: Desk = scope["app"].state.desk
        principal: Principal = scope.get("state", {}).get("principal", LOCAL)
        asked, body = _Asked(principal.user, key), _Digested(scope, receive)
        earlier = await _claim(desk, asked)
        if earlier is not None:
            await _tell_again(earlier, await body.whole(), send)
            return

        async def settle() -> None:
            asked.digest = await body.whole() if answer.is_kept else ""
            await _settle(desk, asked, answer)

        answer = _Kept(send, settle)
        try:
            await self._app(scope, body.receive, answer.send)
        finally:
            if not answer.is_settled:  # it broke before it answered
                answer.status = 500
                await settle()


def _read_key(raw: bytes) -> str:
    key = raw.decode("latin-1").strip()
    if not key or len(key) > _MOST_KEY or not (key.isascii() and key.isprintable()):
        raise Refused(400, "This is no Idempotency-Key.", field="Idempotency-Key", value=key, allowed="1 to 255 printable ASCII characters")
    return key


async def _claim(desk: Desk, asked: _Asked) -> Replay | None:
    """Take a key; the row of who took it before, where somebody did."""
    now = desk.clock()
    try:
        async with desk.database.write() as session:
            row = await session.get(Replay, (asked.user, asked.key), with_for_update=True)
            if row is not None and now - row.created_at < (desk.settings.claim_s if row.status == _RUNNING else desk.settings.replays_s):
                return row
            if row is not None:
                await session.delete(row)
                await session.flush()
            session.add(Replay(user=asked.user, key=asked.key, digest="", status=_RUNNING, headers={}, body="", created_at=now))
    except IntegrityError:  # somebody else was faster by a moment
        return Replay(user=asked.user, key=asked.key, digest="", status=_RUNNING, headers={}, body="", created_at=now)
    return None


async def once(desk: Desk, user: str, key: str, digest: str, answer: Callable[[], Awaitable[bytes]]) -> bytes:
    """The answer to a request of another door than HTTP, made once: whoever brings the same key again gets the same bytes.

    Goes on to its end where the caller stops waiting for it: a key whose request was broken off in the middle would let it happen twice.

    Args:
        desk: the gateway's tools.
        user: whose key it is.
        key: 1 to 255 printable ASCII characters.
        digest: of the request; another one under the same key is refused.
        answer: makes the answer, where nobody has.

    Raises Refused: 400 for what is no key, 409 while the same request runs, 422 for another one; and what `answer` raises.
    """
    asked = _Asked(user, _read_key(key.encode("latin-1", "replace")), digest)
    earlier = await _claim(desk, asked)
    if earlier is not None:
        _check_told(earlier, digest)
        return base64.b64decode(earlier.body)

    async def make() -> bytes:
        kept = _Kept(_nowhere, _nothing)
        try:
            made = await answer()
            kept.status, kept.headers, kept.body = 200, {"content-type": "application/grpc"}, bytearray(base64.b64encode(made))
        finally:
            await _settle(desk, asked, kept)
        return made

    making = asyncio.ensure_future(make())
    making.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, also where nobody waits any more
    return await asyncio.shield(making)


async def _nowhere(_message: Message) -> None:
    """Of what is kept nothing is sent by itself."""


async def _nothing() -> None:
    """It is settled where it is made."""


async def _tell_again(row: Replay, digest: str, send: Send) -> None:
    """Answer from a kept row. Raises Refused: 409 while it runs, 422 for another request."""
    _check_told(row, digest)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in row.headers.items()]
    body = row.body.encode()
    headers += [(b"content-length", str(len(body)).encode()), (b"idempotency-replayed", b"true")]
    await send({"type": "http.response.start", "status": row.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _check_told(row: Replay, digest: str) -> None:
    """Raise Refused where a kept row is no answer to a request: 409 while it runs or where it was not kept, 422 for another request."""
    if row.status == _RUNNING:
        detail = "The same request is being answered."
        raise Refused(409, detail, code="in_flight", field="Idempotency-Key", value=row.key, headers={"Retry-After": "1"})
    if row.digest != digest:
        raise Refused(
            422,
            "This Idempotency-Key was used for another request.",
            code="idempotency_key_reused",
            field="Idempotency-Key",
            value=row.key,
            allowed="the same request, or a new key",
        )
    if row.status == _WITHHELD:
        raise Refused(409, "This was done; its answer holds a secret, or is too long, and was not kept.", code="answer_not_kept")


async def _settle(desk: Desk, asked: _Asked, answer: "_Kept") -> None:
    """Keep the answer, or free the key where nothing was done."""
    async with desk.database.write() as session:
        if not answer.is_kept:
            await session.execute(delete(Replay).where(Replay.user == asked.user, Replay.key == asked.key))
            return
        row = await session.get(Replay, (asked.user, asked.key))
        if row is not None:
            row.digest, row.status = asked.digest, _WITHHELD if answer.is_secret else answer.status
            row.headers, row.body = ({}, "") if answer.is_secret else (answer.headers, answer.body.decode())


@dataclass
class _Kept:
    """An answer on its way out, remembered where it is a success."""

    _send: Send
    _settle: Callable[[], Awaitable[None]]
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    is_secret: bool = False
    is_settled: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether something was done."""
        return 200 <= self.status < 400

    async def send(self, message: Message) -> None:
        """Pass it on."""
        if message["type"] == "http.response.start":
            sent = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]}
            self.status, self.headers = message["status"], {name: sent[name] for name in _KEPT_HEADERS & sent.keys()}
            kind = sent.get("content-type", "application/json")
            self.is_secret = "no-store" in sent.get("cache-control", "") or "json" not in kind
        elif self.is_kept and not self.is_secret:
            self.body += message.get("body", b"")
            self.is_secret = len(self.body) > _MOST_KEPT
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            await self._settle()  # before the client has it, and may ask again
            self.is_settled = True
        await self._send(message)


class _Digested:
    """A request whose digest is known once it was read: the boundary of a form, which clients draw anew, is left out."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive, self._ended, self._tail = receive, False, b""
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        about, _, boundary = kind.partition(b"boundary=")
        self._boundary = boundary.split(b";")[0].strip().strip(b'"')
        self._digest = hashlib.sha256(b"\0".join([scope["path"].encode("utf-8", "surrogateescape"), scope["query_string"], about, b""]))

    async def receive(self) -> Message:
        """The next message, counted."""
        message: Message = await self._receive()
        if message["type"] == "http.request" and not self._ended:
            self._ended = not message.get("more_body", False)
            self._count(message.get("body", b""))
        return message

    def _count(self, data: bytes) -> None:
        data = self._tail + data
        if not self._boundary:
            self._digest.update(data)
            return
        data = data.replace(self._boundary, b"")
        keep = 0 if self._ended else len(self._boundary) - 1
        cut = max(len(data) - keep, 0)
        self._digest.update(data[:cut])
        self._tail = data[cut:]

    async def _remaining(self) -> AsyncIterator[Message]:
        while not self._ended:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            yield message

    async def whole(self) -> str:
        """The digest of all that is sent, thrown away."""
        async for _ in self._remaining():
            continue
        return self._digest.hexdigest()


def forgotten_before(desk: Desk) -> Any:
    """The condition that a kept answer is older than it is promised to be kept."""
    return Replay.created_at < desk.clock() - desk.settings.replays_s
