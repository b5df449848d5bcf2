"""The front door under load: `python -m tests.benchmarks.rest [--out FILE] [--seconds S]`, a house of its own while a real song is made.

Latency of POST /jobs and GET /jobs/{id} at 100 requests a second, each counted from when it was due, over 16 kept connections of a client
that speaks plain sockets; how many GETs a second beside a bare FastAPI route on the same server (uvloop), by the same client over
as many connections in the same run. The bare route answers two fields (40 bytes), the gateway a whole job (about 1 KB) with its tag;
one job is asked for as fast as it goes, then 200 in turn. Memory of the gateway during an upload of 200 MB and a download of 1 GB.
"""

import argparse
import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import httpx
import psutil

from contracts.errors import BadInput
from houseband.client import Client
from houseband.launcher import House
from services.runtime.stores import open_store
from tests.songs import open_house

RATE, LIMIT_S, LEAST_RATIO, LIMIT_BYTES = 100, 0.2, 0.5, 100e6
CONNECTIONS = 16
UPLOAD_BYTES, STEM_BYTES, STEMS = 200 * 10**6, 125 * 10**6, 8
_BARE = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.get("/jobs/{job_id}")
async def job(job_id: str):
    return {"job_id": job_id, "status": "queued"}
uvicorn.run(app, port=int(sys.argv[1]), log_config=None, access_log=False)
"""


@dataclass
class Wire:
    """A kept-alive connection that speaks just enough HTTP."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, url: str) -> "Wire":
        """Connect."""
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """(status, body) of a request."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        return int(head[9:12]), await self.reader.readexactly(length)


def get(url: str, path: str) -> bytes:
    """A GET as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode()


def post(url: str, number: int) -> bytes:
    """A POST of a job that ends with its brief."""
    fields = {"prompt": f"a song, number {number}", "options": json.dumps({"until": "ideation"})}
    body = (
        "".join(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()) + "--x--\r\n"
    )
    head = f"POST /api/v1/jobs HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


async def at_rate(url: str, seconds: float, request: Callable[[int], bytes], rate: int) -> list[float]:
    """Seconds that each of `rate` requests a second took, counted from when it was due."""
    free: asyncio.Queue[Wire] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await Wire.open(url))
    took: list[float] = []
    began = time.perf_counter()

    async def one(number: int) -> None:
        due = began + number / rate
        wire = await free.get()
        status, body = await wire.ask(request(number))
        took.append(time.perf_counter() - due)
        free.put_nowait(wire)
        assert status in (200, 202), body

    async with asyncio.TaskGroup() as group:
        for number in range(round(seconds * rate)):
            await asyncio.sleep(max(began + number / rate - time.perf_counter(), 0))
            group.create_task(one(number))
    return took


async def flat_out(url: str, seconds: float, *requests: bytes) -> float:
    """Requests a second that are answered, each connection asking them in turn."""
    end, counted, turns = time.perf_counter() + seconds, 0, cycle(requests)

    async def one() -> None:
        nonlocal counted
        wire = await Wire.open(url)
        while time.perf_counter() < end:
            status, _ = await wire.ask(next(turns))
            assert status == 200, status
            counted += 1

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return counted / (time.perf_counter() - began)


@contextmanager
def bare() -> Iterator[str]:
    """A bare FastAPI application with one route, on uvicorn as the gateway."""
    port = 8000 + int(time.time()) % 1000 + 10_000
    process = subprocess.Popen([sys.executable, "-c", _BARE, str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{url}/jobs/x")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def growth(process: psutil.Process) -> Iterator[list[float]]:
    """[bytes] by which a process grew at most within the block."""
    before, most, done = process.memory_info().rss, [0.0], threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], process.memory_info().rss - before)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


def gateway() -> psutil.Process:
    """The gateway of the house that this process opened."""
    return next(one for one in psutil.Process().children(recursive=True) if "gateway" in " ".join(one.cmdline()))


def upload(house: House, scratch: Path) -> tuple[float, float]:
    """(seconds, bytes of memory) of an upload of 200 MB."""
    path = scratch / "reference.wav"
    with path.open("wb") as out:
        out.truncate(UPLOAD_BYTES)
    with Client(house.url, timeout_s=300) as client, growth(gateway()) as grown:
        began = time.perf_counter()
        job = client.create_job("like this", reference=path)
        took = time.perf_counter() - began
        stop(client, job.job_id)
    return took, grown[0]


def archive(house: House, home: Path, composition_id: str, scratch: Path) -> tuple[float, float]:
    """(seconds, bytes of memory) of a download of stems of 1 GB together."""
    path = scratch / "stem.bin"
    with path.open("wb") as out:
        out.truncate(STEM_BYTES)
    stored = open_store(f"file://{home}/store?sync=no").put_file("audio/master/bench/stem.bin", path, "audio/wav").model_dump(mode="json")
    database = next(home.rglob("*.db"))
    with sqlite3.connect(database, timeout=30) as connection:
        files = json.dumps({f"stems/{n}.wav": stored for n in range(STEMS)})
        connection.execute("UPDATE versions SET artifacts = ?, stems = '[]' WHERE composition_id = ?", (files, composition_id))
    got = 0
    with (
        growth(gateway()) as grown,
        httpx.stream("GET", f"{house.url}/api/v1/compositions/{composition_id}/versions/1/stems.zip") as response,
    ):
        began = time.perf_counter()
        for piece in response.iter_raw():
            got += len(piece)
    assert got == int(response.headers["content-length"]) > STEMS * STEM_BYTES, (got, response.status_code)
    return time.perf_counter() - began, grown[0]


def spent(process: psutil.Process) -> float:
    """Seconds of the processor that a process has had."""
    times = process.cpu_times()
    return float(times.user + times.system)


def stop(client: Client, job_id: str) -> None:
    """Cancel a job that may have ended just now."""
    with suppress(BadInput):
        client.cancel(job_id)


def p95(seconds: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(seconds, n=20)[-1]


def measure(scratch: Path, seconds: float) -> tuple[str, bool]:
    """(the table, whether the limits hold)."""
    home = scratch / "home"
    with open_house(home) as house, Client(house.url) as client:
        first = client.create_job("a short idea", options={"until": "ideation"})
        for _ in client.watch(first.job_id):
            continue
        client.create_job("a long rock song", options={"duration_s": 180})
        time.sleep(3)
        path = f"/api/v1/jobs/{first.job_id}"
        gets = p95(asyncio.run(at_rate(house.url, seconds, lambda _: get(house.url, path), RATE)))
        print(f"GET p95 {gets:.3f} s", flush=True)
        before = spent(gateway())
        both = asyncio.run(at_rate(house.url, seconds, lambda n: post(house.url, n), RATE))
        each = (spent(gateway()) - before) / len(both)
        print(f"POST p95 {p95(both):.3f} s, {each * 1e3:.1f} ms of the gateway's processor for each", flush=True)
        while waiting := list(client.jobs(statuses=("queued", "processing"), limit=200)):  # what follows is measured beside nothing
            for job in waiting:
                stop(client, job.job_id)
        with bare() as plain:
            floor = asyncio.run(flat_out(plain, seconds, get(plain, "/jobs/x")))
            ours = asyncio.run(flat_out(house.url, seconds, get(house.url, path)))
            others = [get(house.url, f"/api/v1/jobs/{job.job_id}") for job in client.jobs(limit=200)]
            turns = asyncio.run(flat_out(house.url, seconds, *others))
        print(f"flat out {ours:.0f} of {floor:.0f}, {len(others)} jobs in turn {turns:.0f}", flush=True)
        uploaded, up = upload(house, scratch)
        print(f"upload {uploaded:.1f} s, {up / 1e6:.0f} MB", flush=True)
        fetched, down = archive(house, home, first.composition_id, scratch)
    posts = p95(both)
    rows = [
        ("GET /jobs/{id}, 100 a second beside a running song, p95", f"{gets * 1e3:.0f} ms", f"{LIMIT_S * 1e3:.0f} ms", gets < LIMIT_S),
        ("POST /jobs, 100 a second beside a running song, p95", f"{posts * 1e3:.0f} ms", f"{LIMIT_S * 1e3:.0f} ms", posts < LIMIT_S),
        ("GET /jobs/{id} flat out, of a bare FastAPI route", f"{ours:.0f} of {floor:.0f} a second", "0.5 ×", ours >= LEAST_RATIO * floor),
        (f"the same, {len(others)} jobs in turn", f"{turns:.0f} a second", "-", True),
        ("the gateway's processor for an order, with the jobs that were made meanwhile", f"{each * 1e3:.1f} ms", "-", True),
        (f"upload of 200 MB in {uploaded:.1f} s: memory", f"{up / 1e6:.0f} MB", "100 MB", up < LIMIT_BYTES),
        (f"stems.zip of 1 GB in {fetched:.1f} s: memory", f"{down / 1e6:.0f} MB", "100 MB", down < LIMIT_BYTES),
    ]
    lines = ["| figure | measured | limit |", "|---|---|---|", *(f"| {name} | {found} | {limit} |" for name, found, limit, _ in rows)]
    return "\n".join(lines), all(holds for *_, holds in rows)


def main() -> int:
    """Measure, print, write. Returns 0 where the limits hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        text, holds = measure(Path(scratch), asked.seconds)
    print(text)
    if asked.out:
        asked.out.write_text(f"{text}\n", "utf-8")
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
