"""What many tests share: a real nats-server on a free loopback port, and an object store in a folder."""

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from houseband.launcher import find_broker
from services.runtime.parenthood import die_with_parent
from services.runtime.stores import open_store
from services.runtime.workbench import Objects

# A run of the suite is the same on every machine; HYPOTHESIS_PROFILE=default looks for what it has not met yet.
settings.register_profile("same", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
# Tests fork only to start other programs; with gRPC's own handlers a child may be gone before it is one.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")


def start_nats(folder: Path, port: int = -1) -> tuple[subprocess.Popen[bytes], str]:
    """A private server with JetStream in `folder`, and its URL. Port -1: a free one.

    It lets in who knows its token: the clients of a server that is gone try its port for ever, and the next server there may be another
    test's, or another process's.
    """
    token = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    arguments = ["-a", "127.0.0.1", "-p", str(port), "--auth", token, "-js", "-sd", str(folder), "--ports_file_dir", str(folder)]
    process = subprocess.Popen([find_broker(), *arguments], stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)  # noqa: PLW1509
    ports = folder / f"nats-server_{process.pid}.ports"
    deadline = time.monotonic() + 60
    while not ports.exists() or not ports.read_text().strip():
        if time.monotonic() > deadline or process.poll() is not None:
            process.kill()
            raise TimeoutError(f"nats-server did not start: {process.poll()}")
        time.sleep(0.01)
    return process, json.loads(ports.read_text())["nats"][0].replace("nats://", f"nats://{token}@")


@pytest.fixture(scope="session")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a nats-server that lives as long as the test session. Use job ids of your own: streams are shared."""
    process, url = start_nats(tmp_path_factory.mktemp("nats"))
    yield url
    process.terminate()
    process.wait(10)


@pytest.fixture
def fresh_nats_url(tmp_path: Path) -> Iterator[str]:
    """URL of a nats-server for one test alone: for tests that count, break or restart things."""
    folder = tmp_path / "nats"
    folder.mkdir()
    process, url = start_nats(folder)
    yield url
    process.kill()  # nothing of it is needed any more
    process.wait(10)


@pytest.fixture
def store(tmp_path: Path) -> Objects:
    """An empty object store in a folder."""
    return open_store(f"file://{tmp_path}/store?sync=no")
