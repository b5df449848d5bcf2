"""A reader over WebSocket, or over server-sent events."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from services.gateway.events.entries import Entry
from services.gateway.events.reader import DONE, Line, Reader, Way
from services.gateway.events.sockets import EXTENSION, FrameSockets
from services.gateway.people.usage import Tap, tap_of
from services.runtime.stopping import end_tasks

Reading = Callable[[Way], AbstractContextManager[Reader]]
"""Begins to read, given the way to the reader."""
Hears = Callable[[str], None]
"""Takes a message of the client. Raises Unwelcome."""

MOST_CHARS = 4096
"""A client has little to say: a longer message ends the stream."""
_MESSAGES_PER_S, _MESSAGES_AT_ONCE = 10.0, 40.0
_TOO_BIG, _UNWELCOME = 1009, 1008
_RETRY = b"retry: 2000\n\n"


class Unwelcome(Exception):
    """A message that a client may not send, with the reason to close."""

    def __init__(self, reason: str, code: int = _UNWELCOME) -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


class _Frames:
    """The way to a reader on our own sockets: no task, no queue. They pass nobody who counts, so it is counted here."""

    def __init__(self, socket: FrameSockets, tap: Tap) -> None:
        self.has_room, self.end = socket.has_room, socket.shut
        self._socket, self._tap = socket, tap

    def send(self, entry: Entry) -> None:
        self._socket.lay_out(entry.frame)
        self._tap.told(len(entry.text))


async def follow_over_socket(socket: WebSocket, reading: Reading, hears: Hears, patience_s: float) -> None:
    """Send a stream until its end, or until the reader leaves; take what the client says, at a measured pace."""
    found = socket.scope.get("extensions", {}).get(EXTENSION)
    if found is None:
        await _follow_by_asgi(socket, reading, hears, patience_s)
        return
    frames: FrameSockets = found["socket"]
    with reading(_Frames(frames, tap_of(socket.scope))) as reader:
        frames.on_room = reader.pump
        try:
            await _listen(socket, hears)
        except Unwelcome as error:
            reader.end(error.code, error.reason)
        finally:
            frames.on_room = None


async def _follow_by_asgi(socket: WebSocket, reading: Reading, hears: Hears, patience_s: float) -> None:
    """The same on a server that does not know our sockets, with one task more."""
    line = Line()
    with reading(line) as reader:
        listening = asyncio.create_task(_listen(socket, hears))
        sending = asyncio.create_task(_send_all(socket, line, reader, patience_s))
        try:
            await asyncio.wait((listening, sending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_tasks(listening, sending)
        left = None if listening.cancelled() else listening.exception()
        unwelcome = left if isinstance(left, Unwelcome) else None
        if socket.application_state is WebSocketState.CONNECTED and socket.client_state is WebSocketState.CONNECTED:
            code, reason = (unwelcome.code, unwelcome.reason) if unwelcome else (line.code or DONE, line.reason)
            with suppress(TimeoutError, WebSocketDisconnect):
                async with asyncio.timeout(patience_s):
                    await socket.close(code, reason)


async def _send_all(socket: WebSocket, line: Line, reader: Reader, patience_s: float) -> None:
    tap = tap_of(socket.scope)
    with suppress(WebSocketDisconnect, TimeoutError):
        async for entry in line.entries(reader):
            async with asyncio.timeout(patience_s):
                await socket.send_text(entry.text.decode())
                tap.messages += 1  # its bytes are counted at the door


async def _listen(socket: WebSocket, hears: Hears) -> None:
    """Take messages until the client leaves. Raises Unwelcome."""
    budget, filled = _MESSAGES_AT_ONCE, time.monotonic()
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        now = time.monotonic()
        budget, filled = min(budget + (now - filled) * _MESSAGES_PER_S, _MESSAGES_AT_ONCE) - 1, now
        if budget < 0:
            raise Unwelcome(f"more than {_MESSAGES_PER_S:g} messages per second")
        text = message.get("text")
        if text is None:
            raise Unwelcome("messages are text")
        if len(text) > MOST_CHARS:
            raise Unwelcome(f"a message has at most {MOST_CHARS} characters", _TOO_BIG)
        hears(text)


class EventStream(Response):
    """Server-sent events (WHATWG HTML 9.2), until the end of the stream; a client that takes nothing for too long is left."""

    media_type = "text/event-stream"

    def __init__(self, reading: Reading, patience_s: float) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._reading, self._patience_s = reading, patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        sending, leaving = asyncio.create_task(self._send_all(send, tap_of(scope))), asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_tasks(sending, leaving)

    async def _send_all(self, send: Send, tap: Tap) -> None:
        line = Line()
        with suppress(TimeoutError, OSError), self._reading(line) as reader:
            await send(_body(_RETRY))
            async for entry in line.entries(reader):
                async with asyncio.timeout(self._patience_s):
                    await send(_body(entry.sse))
                tap.messages += 1  # its bytes are counted at the door
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _body(data: bytes) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": True}


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def ignore(_text: str) -> None:
    """A client of a job's stream has nothing to say."""
