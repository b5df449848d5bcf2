"""10,000 WebSockets on one gateway process, and on two: memory of each, and how long an event takes to reach all.

`python -m tests.benchmarks.sockets [--readers N] [--out FILE]`. The gateway is the real one, with its own nats-server and database;
an event is a fact that is published to the bus, recorded, and sent on. Beside it, in the same run, a bare Starlette application that
sends a text to as many sockets, one after the other. Readers and publisher share the machine with what is measured.
"""

import argparse
import asyncio
import base64
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import httpx
import uvloop

from contracts.events import StemFinished
from services.runtime.bus import Bus
from services.runtime.parenthood import die_with_parent
from services.runtime.provision import provision
from services.runtime.settings import RuntimeSettings
from tests.conftest import start_nats

DOCS = Path(__file__).parents[2] / "docs" / "benchmarks-sockets.md"
EVENTS, PAUSE_S = 20, 0.5
LIMIT_KIB, LIMIT_S = 60.0, 1.0
_MARK = re.compile(rb'"part":"e(\d+)"')
_AT_ONCE = 100


Tell = Callable[[int], Awaitable[None]]


@dataclass
class Arrivals:
    """When each event was told, and when it came to each reader. Seconds of one clock."""

    told: list[float] = field(default_factory=list)
    came: list[list[float]] = field(default_factory=list)
    closed: int = 0

    def latencies(self) -> list[float]:
        """Of every event at every reader."""
        return sorted(moment - told for told, moments in zip(self.told, self.came, strict=True) for moment in moments)


class Reader(asyncio.Protocol):
    """A WebSocket client that costs little: it answers pings, and notes when an event comes."""

    def __init__(self, path: str, arrivals: Arrivals) -> None:
        self.path, self.arrivals, self.open = path, arrivals, asyncio.get_running_loop().create_future()
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        head = f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.transport.write(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._buffer += data
        if not self.open.done():
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head.split(b"\r\n")[0], head
            self._buffer = rest
            self.open.set_result(self)
        while (frame := self._frame()) is not None:
            self._take(*frame, now)

    def _frame(self) -> tuple[int, bytes] | None:
        """The next whole frame (RFC 6455 5.2; a server's are not masked)."""
        if len(self._buffer) < 2:
            return None
        length, start = self._buffer[1] & 127, 2
        if length == 126:
            length, start = int.from_bytes(self._buffer[2:4]), 4
        if len(self._buffer) < start + length:
            return None
        opcode, payload = self._buffer[0] & 15, self._buffer[start : start + length]
        self._buffer = self._buffer[start + length :]
        return opcode, payload

    def _take(self, opcode: int, payload: bytes, now: float) -> None:
        if opcode == 9:
            self.transport.write(bytes([0x8A, 0x80 | len(payload)]) + bytes(4) + payload)
        elif found := _MARK.search(payload):
            self.arrivals.came[int(found[1])].append(now)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.arrivals.closed += 1


@dataclass(frozen=True)
class Measured:
    """One row of the table."""

    name: str
    readers: int
    kib: float
    connect_s: float
    p50_s: float
    p99_s: float
    worst_s: float
    lost: int
    cpu_s: float


@dataclass(frozen=True)
class Stopped:
    """How long a gateway with open sockets took to end."""

    readers: int
    seconds: float


@contextmanager
def serving(command: list[str], url: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that serves `url` for as long as the block lasts."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, preexec_fn=die_with_parent)  # noqa: PLW1509
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(url).raise_for_status()
                break
            except httpx.HTTPError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def gateway(folder: Path, nats_url: str, database_url: str) -> Iterator[tuple[str, int]]:
    """A gateway process: its address and process id."""
    port = free_port()
    environment = {
        "HOUSEBAND_NATS_URL": nats_url,
        "HOUSEBAND_STORE": f"file://{folder}/store?sync=no",
        "HOUSEBAND_SCRATCH_DIR": str(folder / "scratch"),
        "HOUSEBAND_DATABASE_URL": database_url,
        "HOUSEBAND_PORT": str(port),
        "HOUSEBAND_EARLY_CHECK_S": "0.05",
        "HOUSEBAND_LOG_LEVEL": "WARNING",
        "HOUSEBAND_RECONCILE_PERIOD_S": "3600",
    }
    url = f"http://127.0.0.1:{port}"
    with serving([sys.executable, "-m", "services.gateway.app"], f"{url}/readyz", **environment) as process:
        yield url, process.pid


def memory_kib(pid: int) -> float:
    """Proportional memory of a process."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:")))


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def connect_all(paths: list[tuple[str, str]], arrivals: Arrivals) -> list[Reader]:
    """Open a socket for each address and path, some at once."""
    loop, readers = asyncio.get_running_loop(), list[Reader]()
    for start in range(0, len(paths), _AT_ONCE):
        batch = []
        for url, path in paths[start : start + _AT_ONCE]:
            place = urlsplit(url)
            _, reader = await loop.create_connection(lambda path=path: Reader(path, arrivals), place.hostname, place.port)  # type: ignore[misc]
            batch.append(reader)
        await asyncio.wait_for(asyncio.gather(*(reader.open for reader in batch)), 60)
        readers += batch
    return readers


async def measured(name: str, paths: list[tuple[str, str]], pids: list[int], tell: Tell) -> Measured:
    """Connect, tell the events, and see when they come."""
    arrivals, before = Arrivals(), sum(memory_kib(pid) for pid in pids)
    began = time.monotonic()
    readers = await connect_all(paths, arrivals)
    connect_s = time.monotonic() - began
    await asyncio.sleep(2)
    kib = (sum(memory_kib(pid) for pid in pids) - before) / len(paths)
    spent = sum(cpu_s(pid) for pid in pids)
    for number in range(EVENTS):
        arrivals.came.append([])
        arrivals.told.append(time.monotonic())
        await tell(number)
        deadline = time.monotonic() + 30
        while len(arrivals.came[number]) < len(paths) and time.monotonic() < deadline:  # noqa: ASYNC110 - seldom enough to cost nothing
            await asyncio.sleep(0.01)
        await asyncio.sleep(PAUSE_S)
    spent = (sum(cpu_s(pid) for pid in pids) - spent) / EVENTS
    closed = arrivals.closed
    for reader in readers:
        reader.transport.abort()
    found = arrivals.latencies()
    lost = EVENTS * len(paths) - len(found) + closed
    p99 = found[int(0.99 * (len(found) - 1))]
    return Measured(name, len(paths), kib, connect_s, statistics.median(found), p99, found[-1], lost, spent)


async def of_gateways(name: str, readers: int, urls: list[tuple[str, int]], nats_url: str) -> Measured:
    """Readers of one job, spread over gateways."""
    async with httpx.AsyncClient(base_url=f"{urls[0][0]}/api/v1", timeout=60) as http, Bus(nats_url, name="bench") as bus:
        job = (await http.post("/jobs", files={"prompt": (None, "a song")})).json()
        about = {"job_id": job["job_id"], "composition_id": job["composition_id"]}

        async def tell(number: int) -> None:
            await bus.fact(StemFinished(**about, time=time.time(), part=f"e{number}", seconds=0.1))

        for url, _ in urls:  # what a first request loads is not a socket's
            arrivals = Arrivals(came=[[] for _ in range(EVENTS)])
            for reader in await connect_all([(url, job["events_url"])] * 20, arrivals):
                reader.transport.abort()
        await asyncio.sleep(1)
        paths = [(urls[index % len(urls)][0], job["events_url"]) for index in range(readers)]
        return await measured(name, paths, [pid for _, pid in urls], tell)


async def stopped(readers: int, folder: Path, nats_url: str) -> Stopped:
    """SIGTERM to a gateway with open sockets."""
    with gateway(folder, nats_url, f"sqlite+aiosqlite:///{folder}/stopped.db") as (url, pid):
        async with httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=60) as http:
            job = (await http.post("/jobs", files={"prompt": (None, "a song")})).json()
        await connect_all([(url, job["events_url"])] * readers, Arrivals())
        began = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        while not _is_over(pid):  # noqa: ASYNC110 - a process of another's rings no bell
            await asyncio.sleep(0.02)
        return Stopped(readers, time.monotonic() - began)


def _is_over(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


async def of_bare(readers: int) -> Measured:
    """A bare application that sends to all, one after the other."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "tests.benchmarks.bare_sockets", str(urlsplit(url).port)]
    with serving(command, f"{url}/") as process:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:

            async def tell(number: int) -> None:
                await http.post(f"/tell/{number}")

            return await measured("bare Starlette, the same text", [(url, "/socket")] * readers, [process.pid], tell)


async def run(readers: int) -> tuple[list[Measured], Stopped]:
    """The measurements, one after the other."""
    rows = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "nats").mkdir()
        broker, nats_url = start_nats(folder / "nats")
        stack.callback(broker.terminate)
        await provision(nats_url)
        rows.append(await of_bare(readers))
        with gateway(folder, nats_url, f"sqlite+aiosqlite:///{folder}/gateway.db") as one:
            rows.append(await of_gateways("one gateway (SQLite)", readers, [one], nats_url))
        if database_url := _postgres(folder, stack):
            with gateway(folder, nats_url, database_url) as one, gateway(folder, nats_url, database_url) as two:
                rows.append(await of_gateways("two gateways (PostgreSQL)", readers, [one, two], nats_url))
        end = await stopped(min(readers, 2000), folder, nats_url)
    return rows, end


def _postgres(folder: Path, stack: ExitStack) -> str | None:
    """A PostgreSQL of our own, where one is installed."""
    try:
        from tests.gateway.postgres import start_postgres
    except ImportError:
        return None
    server = start_postgres(folder / "pg")
    stack.callback(server.stop)
    return server.fresh()


def table(rows: list[Measured], end: Stopped) -> str:
    """The rows in Markdown."""
    bare = rows[0]
    lines = [
        "# Sockets",
        "",
        f"Made by `python -m tests.benchmarks.sockets` on {os.cpu_count()} cores that readers, publisher, broker and database share; load",
        f"of the machine {os.getloadavg()[0]:.1f} at the end. {EVENTS} facts, each published, recorded and sent to all.",
        f"Limits: {LIMIT_KIB:g} KiB of each socket, {LIMIT_S:g} s at the 99th percentile.",
        "",
        "| what | sockets | KiB each | connected in s | p50 s | p99 s | slowest s | p99 beside bare | lost or cut | CPU s of an event |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.readers} | {row.kib:.1f} | {row.connect_s:.1f} | {row.p50_s:.3f} | {row.p99_s:.3f} | {row.worst_s:.3f} "
        f"| {row.p99_s / bare.p99_s:.2f} × | {row.lost} | {row.cpu_s:.2f} |"
        for row in rows
    ]
    limit_s = RuntimeSettings().graceful_timeout_s + 2
    lines += ["", f"SIGTERM with {end.readers} open sockets: the gateway ended after {end.seconds:.1f} s (limit {limit_s:g} s)."]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run and write the table. Returns 0 where the limits hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=DOCS)
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    rows, end = uvloop.run(run(min(arguments.readers, most - 1000)))
    text = table(rows, end)
    arguments.out.write_text(text, "utf-8")
    print(text)
    return 0 if all(row.kib <= LIMIT_KIB and row.p99_s <= LIMIT_S and row.lost == 0 for row in rows[1:]) else 1


if __name__ == "__main__":
    sys.exit(main())
