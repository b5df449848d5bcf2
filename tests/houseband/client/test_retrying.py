"""Requests that are made again, over real sockets."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from contracts.errors import Unavailable
from houseband import AsyncClient, Client
from houseband.client.retrying import MOST_WAIT_S, wait_s

FILE = bytes(range(256)) * 8


class Moody(BaseHTTPRequestHandler):
    """Answers 503 once per address, breaks its first download off in the middle, and remembers the keys it saw."""

    seen: ClassVar[dict[str, list[str]]] = {}
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """A brief, at the second try."""
        self.rfile.read(int(self.headers["content-length"]))
        keys = self.seen.setdefault(self.path, [])
        keys.append(self.headers["idempotency-key"])
        self._answer(503 if len(keys) == 1 else 200, b'{"title": "busy"}', [("Retry-After", "0")])

    def do_GET(self) -> None:
        """A file, from where it is asked for."""
        asked = self.headers.get("range", "")
        self.seen.setdefault(self.path, []).append(asked)
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        self._answer(206 if asked else 200, FILE[begin:], [("ETag", '"one"')], sent=None if asked else 1000)

    def _answer(self, status: int, body: bytes, headers: list[tuple[str, str]], sent: int | None = None) -> None:
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:sent])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def moody() -> Iterator[str]:
    """Address of a server that does not always answer."""
    Moody.seen = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_request_is_made_again_under_the_same_key(moody: str) -> None:
    """A 503 is tried again, and the gateway can tell that it is the same request; the next one has another key."""
    with Client(moody) as client:
        client.brief("a song")
        client.brief("a song")
    first, second, third = Moody.seen["/api/v1/briefs"]
    assert first == second != third


def test_a_broken_download_goes_on_where_it_stopped(moody: str, tmp_path: Path) -> None:
    """The rest is asked for by Range, and the file is whole; sync and async alike."""
    with Client(moody) as client:
        client.fetch("/one", tmp_path / "one")

    async def also() -> None:
        async with AsyncClient(moody) as client:
            await client.fetch("/two", tmp_path / "two")

    asyncio.run(also())
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == FILE
    assert Moody.seen["/one"] == Moody.seen["/two"] == ["", "bytes=1000-"]


def test_waiting_is_as_long_as_the_server_asks() -> None:
    """Retry-After is honoured up to a limit; what is no matter of patience is not tried again."""
    assert wait_s(httpx.Response(429, headers={"Retry-After": "3"}), 0) == 3.0
    assert wait_s(httpx.Response(503, headers={"Retry-After": "900"}), 0) == MOST_WAIT_S
    assert wait_s(httpx.Response(409, json={"code": "in_flight"}, headers={"Retry-After": "1"}), 0) == 1.0
    assert [wait_s(httpx.Response(status), 0) for status in (200, 404, 409, 422, 500)] == [None] * 5


def test_a_server_that_is_not_there_is_told() -> None:
    """After the tries it is Unavailable, with the address."""
    with Client("http://127.0.0.1:9") as client, pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        client.job("x")
