"""A small server that speaks the chat completions protocol over real sockets, and misbehaves as it is told."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STEPS = ("intent", "genre_and_style", "emotion", "instrumentation", "theory", "technical")
USAGE = {"prompt_tokens": 1200, "completion_tokens": 300, "total_tokens": 1500, "prompt_tokens_details": {"cached_tokens": 1024}}
Behaviour = Callable[["Handler"], None]


class Model(ThreadingHTTPServer):
    """Plays `script` in order, then its last behaviour again and again; keeps every request."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Behaviour] = []
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.times: list[float] = []
        self.peers: set[int] = set()
        self.busy = self.most_busy = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def plays(self, *behaviours: Behaviour) -> "Model":
        self.script = list(behaviours)
        return self

    def next(self) -> Behaviour:
        with self._lock:
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    @contextmanager
    def busy_with_one(self) -> Iterator[None]:
        with self._lock:
            self.busy += 1
            self.most_busy = max(self.busy, self.most_busy)
        try:
            yield
        finally:
            with self._lock:
                self.busy -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error here."""


class Handler(BaseHTTPRequestHandler):
    """One connection; it stays open between requests."""

    server: Model
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.times.append(time.monotonic())
        self.server.paths.append(self.path)
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.server.requests.append(json.loads(body))
        self.server.peers.add(self.client_address[1])
        with self.server.busy_with_one():
            self.server.next()(self)

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        send(self, b"{}")

    def log_message(self, *args: Any) -> None:
        """Silence."""


def send(handler: Handler, body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def completion(content: Any, *, finish: str | None = "stop", usage: Any = USAGE, **message: Any) -> bytes:
    """The body of an answer; a content that is no text is sent as its JSON."""
    text = content if isinstance(content, str) or content is None else json.dumps(content)
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}
    return json.dumps({"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}).encode()


def answers(content: Any, **more: Any) -> Behaviour:
    """A good answer with this content."""
    return lambda handler: send(handler, completion(content, **more))


def body(data: bytes, *, kind: str = "application/json", status: int = 200, **headers: str) -> Behaviour:
    """Any body at all."""
    return lambda handler: send(handler, data, status, kind, **headers)


def fails(status: int, message: str = "no", **headers: str) -> Behaviour:
    """An error in the protocol's shape."""
    return body(json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode(), status=status, **headers)


def later(seconds: float, then: Behaviour) -> Behaviour:
    """The same, after a while."""

    def behave(handler: Handler) -> None:
        time.sleep(seconds)
        then(handler)

    return behave


def resets(handler: Handler) -> None:
    """The connection is cut with a reset instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def drips(data: bytes, every_s: float, *, head: bool = False) -> Behaviour:
    """An answer, byte by byte: its body, or already its head."""

    def behave(handler: Handler) -> None:
        handler.close_connection = True
        start = b"HTTP/1.1 200 OK\r\n" if head else b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
        handler.wfile.write(start)
        for byte in data:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(every_s)

    return behave


def endless(handler: Handler) -> None:
    """A body without end, as fast as it is taken."""
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        handler.wfile.write(b" " * 65536)


def cut(data: bytes) -> Behaviour:
    """A body that ends before its announced length."""

    def behave(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (2 * len(data)) + data)

    return behave


def unless_asked_for(route: str, then: Behaviour, status: int = 400) -> Behaviour:
    """A server that knows no more than `route` (json_object, text) of response formats."""
    allowed = {"json_object": ({"type": "json_object"}, None), "text": (None,)}[route]

    def behave(handler: Handler) -> None:
        known = handler.server.requests[-1].get("response_format") in allowed
        (then if known else fails(status, "response_format is not supported"))(handler)

    return behave


def field(value: Any, evidence: str | None = None, confidence: float = 0.7) -> dict[str, Any]:
    return {"value": value, "evidence": evidence, "confidence": confidence}


def suggestion(**fields: Any) -> dict[str, Any]:
    """An answer in the schema: the six steps, and these fields."""
    return {"steps": {name: f"my thought about {name.replace('_', ' ')}" for name in STEPS}, **fields}


@contextmanager
def model_server() -> Iterator[Model]:
    """A server on a free port of this machine."""
    server = Model()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
