"""How the gateway listens: heads that must come in time and be of a size, frames of a size, every refusal a problem."""

import asyncio
import json
from http import HTTPStatus
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from contracts.errors import Problem
from services.gateway.events.sockets import FrameSockets
from services.gateway.problems import MEDIA_TYPE
from services.gateway.settings import GatewaySettings

_TITLES = {
    400: ("malformed", "The request is malformed", "This is no HTTP request."),
    408: ("timeout", "The request did not come in time", "The head of the request did not come."),
    431: ("head_too_large", "The head of the request is too large", "Address and header fields are longer than is read here."),
}
_LINGER_S = 1.0


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with a limit to the time and the size of a request's head: one that drips in holds no place (slow loris)."""

    head_timeout_s = 10.0
    most_head_bytes = 32 * 1024

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: asyncio.TimerHandle | None = None
        self._head_bytes, self._refusal, self._refused = 0, 400, False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        unfinished = self._waiting is not None
        super().data_received(data)
        if unfinished and self._waiting is not None and not (self._refused or self.transport.is_closing()):
            self._count(len(data))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self._expect_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._refuse_beyond(len(self.url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value) + 4
        self._refuse_beyond(self._head_bytes + len(self.url))

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read as a problem document, and close.

        Not at once: what a client still sends would be answered with a reset, and the refusal lost (RFC 9112, 9.6).
        """
        del msg
        self._stop_waiting()
        code, title, detail = _TITLES[self._refusal]
        body = json.dumps(Problem(title=title, status=self._refusal, detail=detail, code=code).model_dump(exclude_none=True)).encode()
        head = f"HTTP/1.1 {self._refusal} {HTTPStatus(self._refusal).phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
        self.transport.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        self._refused = True
        if self.cycle is not None and not self.cycle.response_complete:  # what it still writes must not come after the end
            self.transport.close()
            return
        self.transport.write_eof()
        self._waiting = self.loop.call_later(_LINGER_S, self.transport.close)

    def _expect_head(self) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(self.head_timeout_s, self._too_late)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _too_late(self) -> None:
        self._waiting = None
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:  # a pipelined one: the answer before it goes out first
            self._expect_head()
            return
        self._refusal = 408
        self.send_400_response("")

    def _count(self, seen: int) -> None:
        """What has come of a head that is still not whole: a field that never ends is not given to `on_header`."""
        self._head_bytes += seen
        if self._head_bytes > 2 * self.most_head_bytes:
            self._refusal = 431
            self.send_400_response("")

    def _refuse_beyond(self, size: int) -> None:
        if size > self.most_head_bytes:
            self._refusal = 431
            raise ValueError("the head is too large")  # the parser makes it its own error, and send_400_response tells it


def server_config(app: Any, settings: GatewaySettings, **changes: Any) -> uvicorn.Config:
    """Uvicorn's configuration for the gateway."""
    protocol = type("Guarded", (GuardedProtocol,), {"head_timeout_s": settings.head_timeout_s, "most_head_bytes": settings.max_head_bytes})
    return uvicorn.Config(
        app,
        **{
            "host": settings.host,
            "port": settings.port,
            "http": protocol,
            "ws": FrameSockets,
            "ws_max_size": settings.max_frame_bytes,
            "ws_per_message_deflate": False,
            "ws_ping_interval": settings.heartbeat_s,
            "ws_ping_timeout": settings.reader_timeout_s,
            "log_config": None,
            "access_log": False,
            "server_header": False,
            "timeout_graceful_shutdown": max(round(settings.graceful_timeout_s), 1),
            **changes,
        },
    )
