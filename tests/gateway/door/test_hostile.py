"""Requests that mean harm: slow ones, huge ones, double ones, ones that want to get out, in, or elsewhere."""

import asyncio
import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from tests.gateway.conftest import PATIENCE_S, House, Open, form
from tests.gateway.routes.test_jobs import WAV, of_problem

HOST = b"Host: 127.0.0.1\r\n"
POST = b"POST /api/v1/feedback HTTP/1.1\r\n" + HOST
TYPED = POST + b"Content-Type: application/json\r\n"
RAW: dict[str, tuple[bytes, int]] = {
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    "length and chunks": (
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two keys": (b"POST /api/v1/jobs HTTP/1.1\r\n" + HOST + b"Idempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 0\r\n\r\n", 400),
    "two hosts": (b"GET /api/v1/jobs HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
    "no length": (TYPED + b"\r\n", 411),
    "packed": (POST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415),
    "no HTTP": (b"HELO there\r\n\r\n", 400),
    "a field that never ends": (b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000, 431),
    "many fields": (b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 50) for n in range(2000)) + b"\r\n", 431),
    "a long address": (b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431),
    "a NUL in a field": (b"GET /api/v1/jobs HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n", 400),
    "a huge document": (
        TYPED + b"Content-Length: 99999999\r\n\r\n",
        413,
    ),
    "a huge cursor": (b"GET /api/v1/jobs?cursor=" + b"9" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 422),
}


async def told(house: House, data: bytes, timeout_s: float = PATIENCE_S) -> tuple[int, dict[str, Any]]:
    """Status and problem that raw bytes are answered with."""
    address = httpx.URL(house.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(data)
    try:
        async with asyncio.timeout(timeout_s):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            body = await reader.readexactly(int(fields["content-length"]))
    finally:
        writer.close()
    assert fields["content-type"] == "application/problem+json", (head, body)
    return int(head.split()[1]), json.loads(body)


async def test_requests_that_cannot_be_read_are_refused(quiet_house: House) -> None:
    """Each gets its status as a problem, and the gateway goes on."""
    for name, (data, status) in RAW.items():
        found, problem = await told(quiet_house, data)
        assert (name, found, problem["status"]) == (name, status, status)
    assert (await quiet_house.http.get("/healthz")).is_success


async def test_who_is_still_sending_hears_the_refusal(quiet_house: House) -> None:
    """A head without end is refused long before all of it has come: the client is told so, and not cut off."""
    found, _ = await told(quiet_house, b"GET / HTTP/1.1\r\nX: " + b"x" * 30_000_000)
    assert found == 431


async def test_who_dawdles_is_sent_away(open_house: Open) -> None:
    """A head that drips in and a body that stops are 408; others are answered meanwhile."""
    async with open_house(play=False, head_timeout_s=2.0, body_idle_s=1.0) as house:
        slow = TYPED + b"Content-Length: 100\r\n\r\n{"
        upload = slow.replace(b"{", b"-").replace(b"/feedback", b"/jobs").replace(b"application/json", b"multipart/form-data; boundary=x")
        dripping = asyncio.gather(*(told(house, data) for data in (b"GET / HTTP/1.1\r\nX-", slow, upload)))
        assert (await house.http.get("/healthz")).is_success
        assert [status for status, _ in await dripping] == [408, 408, 408]


BOMBS = {
    "deep": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "a number of many digits": b'{"kind": "rating", "rating": ' + b"9" * 20_000 + b"}",
    "a number without end": b'{"kind": "rating", "rating": 1e999999}',
    "no number": b'{"kind": "rating", "rating": NaN, "liked": {"facts": {}}}',
    "half a pair": b'{"kind": "\\ud800"}',
    "no UTF-8": b'{"kind": "\xff\xfe"}',
    "UTF-16": '{"kind": "rating"}'.encode("utf-16"),
    "many members": json.dumps({f"m{n}": n for n in range(50_000)}).encode(),
}


@pytest.mark.parametrize("path", ["/feedback", "/briefs"])
async def test_documents_that_swell_are_refused(quiet_house: House, path: str) -> None:
    """Deep, wide, endless and wrongly written JSON is 400 or 422, at once; the same beside a prompt."""
    for name, body in BOMBS.items():
        answer = await quiet_house.http.post(path, content=body, headers={"Content-Type": "application/json"})
        assert (name, of_problem(answer)["status"] in (400, 422)) == (name, True)
        answer = await quiet_house.http.post("/jobs", files={"prompt": (None, "a"), "options": (None, body)})
        assert (name, of_problem(answer)["status"] in (400, 413, 422)) == (name, True)


async def test_forms_that_swell_are_refused(quiet_house: House) -> None:
    """Many fields, a charset that is no text's, and a name with line breaks in it: no 5xx, and no header is split."""
    many = [(f"f{n}", (None, "x")) for n in range(500)]
    assert of_problem(await quiet_house.http.post("/jobs", files=many))["status"] == 400
    for charset in ("zlib", "rot13", "utf-7", "nonsense"):
        kind = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
        body = b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nabc\r\n--x--\r\n'
        assert (await quiet_house.http.post("/jobs", content=body, headers=kind)).status_code < 500
    name = 'a.wav"; x="\r\nSet-Cookie: a=b\r\n\r\n.wav'
    taken = await quiet_house.http.post("/jobs", files=form(reference_track=(name, *WAV[1:])))
    assert taken.status_code in (202, 422)
    assert "set-cookie" not in taken.headers
    odd = await quiet_house.http.get("/jobs/a%0d%0aSet-Cookie:%20a=b")
    assert (odd.status_code, "set-cookie" in odd.headers) == (404, False)


@pytest.fixture
def canary() -> Iterator[socket.socket]:
    """A server that nobody has a reason to visit."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        yield server


async def test_no_address_is_ever_fetched(house: House, canary: socket.socket) -> None:
    """An address in any field is a text, or refused: nothing connects to it."""
    url = "http://{}:{}/".format(*canary.getsockname())
    options = {"sounds": {"bass": url}, "brief": {"prompt": url}, "key": url, "genre": url}
    for name, value in options.items():
        await house.http.post("/jobs", files=form(url, json.dumps({name: value})))
    for field in ("reference_track", "midi", "image", "base", "cover", "hum"):
        assert (await house.http.post("/jobs", files={**form(), field: (None, url)})).status_code == 400
    await house.http.post("/briefs", json={"prompt": f"like {url}", "options": {}})
    for query in ({"cursor": url}, {"via": url}, {"next": url}):
        await house.http.get("/jobs", params=query)
    headers = {"Host": url[7:-1], "X-Forwarded-Host": url[7:-1], "Forwarded": f"host={url[7:-1]}", "Referer": url}
    assert url[7:-1] not in (await house.http.get("/jobs", headers=headers)).text
    with pytest.raises(TimeoutError):
        await asyncio.to_thread(canary.accept)


async def test_a_frame_that_is_too_large_closes_its_socket(quiet_house: House) -> None:
    """A client that sends more than a frame may hold is closed with 1009; others are answered."""
    job = (await quiet_house.http.post("/jobs", files=form())).json()
    async with connect(f"{quiet_house.url.replace('http', 'ws')}/api/v1/jobs/{job['job_id']}/events") as stream:
        await stream.recv()
        await stream.send("x" * 200_000)
        with pytest.raises(ConnectionClosedError, match="1009"):
            await asyncio.wait_for(to_the_end(stream), PATIENCE_S)
    assert (await quiet_house.http.get("/healthz")).is_success


async def to_the_end(stream: ClientConnection) -> None:
    """Read until the socket closes."""
    while True:
        await stream.recv()
