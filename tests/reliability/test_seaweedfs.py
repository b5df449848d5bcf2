"""A real S3-compatible server, SeaweedFS: one creator wins, what was stored survives kill -9, and a song is made in it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from contracts.errors import HousebandError
from services.runtime.stores import open_store
from tests.conftest import die_with_parent
from tests.songs import make_song, open_house

pytestmark = [pytest.mark.reliability, pytest.mark.timeout(240)]
READY_WITHIN_S = 60.0
RACERS = 8


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Weed:
    """One `weed mini` on loopback, with its ports and its folder."""

    folder: Path
    ports: dict[str, int]
    process: subprocess.Popen[bytes] | None = None

    @property
    def store_url(self) -> str:
        return f"s3://music/tests?endpoint=http://127.0.0.1:{self.ports['s3.port']}"

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("weed")), "mini", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
        command += [f"-{name}={port}" for name, port in self.ports.items()]
        command += [
            "-admin.ui=false",
            "-webdav=false",
            "-bucket=music",
            "-master.telemetry=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ]
        log = (self.folder.parent / "weed.log").open("ab")
        self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder.parent, preexec_fn=die_with_parent)  # noqa: PLW1509
        log.close()
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                open_store(self.store_url).create(f"ready-{time.monotonic_ns()}", b"yes")
            except (BotoCoreError, ClientError, OSError, HousebandError) as error:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"SeaweedFS did not start: {error}") from error
                time.sleep(0.2)
            else:
                return

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"] = "houseband", "houseband-secret"
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    folder = tmp_path_factory.mktemp("weed") / "data"
    folder.mkdir()
    names = ("s3.port", "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc")
    server = Weed(folder, {name: free_port() for name in names})
    server.start()
    yield server
    if server.process:
        server.process.terminate()
        server.process.wait(20)


def test_one_of_many_creators_wins(weed: Weed) -> None:
    """If-None-Match is enforced: eight race for a key, one is told that it made it, and its bytes are there."""
    with ThreadPoolExecutor(RACERS) as pool:
        won = list(pool.map(lambda n: open_store(weed.store_url).create("race/end.json", f"{n}".encode()), range(RACERS)))
    assert won.count(True) == 1
    assert open_store(weed.store_url).read("race/end.json") == f"{won.index(True)}".encode()


def test_what_was_stored_survives_kill_9(weed: Weed) -> None:
    """Twenty acknowledged objects are there after the server was killed and started again."""
    store = open_store(weed.store_url)
    for number in range(20):
        assert store.create(f"kept/{number}", f"object {number}".encode())
    weed.kill()
    weed.start()
    again = open_store(weed.store_url)
    assert [again.read(f"kept/{number}") for number in range(20)] == [f"object {number}".encode() for number in range(20)]


def test_a_song_is_made_with_everything_in_it(weed: Weed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All six services over SeaweedFS: the song passes, and its files come through the gateway."""
    monkeypatch.setenv("HOUSEBAND_STORE", weed.store_url)
    with open_house(tmp_path / "home") as house:
        song = make_song(house, tmp_path / "song", "short calm pop", options={"duration_s": 10, "seed": 2})
    assert song.job.status == "completed", song.failed_checks()
    assert any(key.endswith("end.json") for key in open_store(weed.store_url).list("compositions/"))
    assert not any((tmp_path / "home" / "store").rglob("*.wav"))
