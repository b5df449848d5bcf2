"""The command as a process: what it writes, what it leaves behind, and how it stops."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpc
import httpx
import psutil
import pytest
from websockets.sync.client import connect

from contracts import studio_pb2 as wire
from contracts import studio_pb2_grpc

pytestmark = pytest.mark.timeout(180)


def environment(tmp_path: Path, **others: str) -> dict[str, str]:
    (tmp_path / "tmp").mkdir(exist_ok=True)
    return {**os.environ, "HOUSEBAND_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp"), **others}


COLD = {"HOUSEBAND_WARM_UP": "false"}
"""Nothing is loaded for stages that the song does not reach."""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "houseband", *arguments]


def houseband_processes(tmp_path: Path) -> list[str]:
    """Processes whose environment is this test's."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HOUSEBAND_HOME") == str(tmp_path / "home"):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def test_one_command_makes_a_folder_and_leaves_nothing_running(tmp_path: Path) -> None:
    """Exit code 0, one JSON object on stdout, no process and no temporary folder afterwards."""
    line = command("make", "calm folk waltz in G major", "--duration", "10", "--seed", "2", "--out", str(tmp_path / "song"), "--json")
    done = subprocess.run(line, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["passed"] is True
    assert {"master.wav", "report.html", "stems/melody.wav"} <= set(answer["files"])
    assert houseband_processes(tmp_path) == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_failure_keeps_the_logs(tmp_path: Path) -> None:
    """Where a part is unavailable, exit code 4 comes with the place of the services' logs."""
    line = command("make", "pop", "--duration", "10", "--engine", "neural", "--out", str(tmp_path / "song"))
    done = subprocess.run(line, env=environment(tmp_path, **COLD), capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "neural" in done.stderr
    assert str(tmp_path / "home" / "logs") in done.stderr
    assert (tmp_path / "home" / "logs" / "generator.log").exists()
    assert not (tmp_path / "song").exists()


@pytest.mark.parametrize(("stage", "files"), [("composition", {"score.json", "context.json"}), ("arrangement", {"score.json", "song.mid"})])
def test_until_stops_early_with_what_there_is(tmp_path: Path, stage: str, files: set[str]) -> None:
    """--until delivers what there is after that stage, and no audio."""
    line = command("make", "rock", "--duration", "10", "--until", stage, "--out", str(tmp_path / "song"), "--quiet")
    done = subprocess.run(line, env=environment(tmp_path, **COLD), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (tmp_path / "song").iterdir()}
    assert files <= names
    assert "master.wav" not in names


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_no_process_and_no_folder(tmp_path: Path, number: signal.Signals) -> None:
    """Stopped in the middle of rendering: exit code 130, nothing running, nothing written, nothing temporary."""
    line = command("make", "long cinematic pop", "--duration", "120", "--out", str(tmp_path / "song"))
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}  # a shell's background jobs ignore it
    process = subprocess.Popen(line, env=environment(tmp_path), stderr=subprocess.PIPE, text=True, **heard)
    assert process.stderr
    for text in process.stderr:
        if "production" in text:
            break
    time.sleep(0.5)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert houseband_processes(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("home", "tmp")] == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_killed_launcher_takes_its_house_with_it(tmp_path: Path) -> None:
    """Kill -9 of the launcher ends broker, services and their workers."""
    process = subprocess.Popen(
        command("make", "pop", "--duration", "60"), env=environment(tmp_path), stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stderr
    for text in process.stderr:
        if "production" in text:
            break
    process.kill()
    process.communicate(timeout=30)
    deadline = time.monotonic() + 10
    while houseband_processes(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert houseband_processes(tmp_path) == []


def test_a_house_that_stays_asks_who_comes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """HOUSEBAND_AUTH=required holds for `houseband up`, too; SIGTERM with a job at work and clients on both doors ends all of it."""
    told = {**environment(tmp_path), "HOUSEBAND_AUTH": "required"}
    made = subprocess.run(
        command("keys", "create", "--user", "ada", "--scopes", "write"), env=told, capture_output=True, text=True, check=True
    )
    shown = {"X-API-Key": made.stdout.split()[0]}
    with subprocess.Popen(command("up", "--port", "0", "--grpc-port", "0"), env=told, stderr=subprocess.PIPE, text=True) as up:
        assert up.stderr is not None
        words = up.stderr.readline().split()
        address, wired = words[1].removesuffix("/docs"), words[4]
        try:
            assert httpx.get(f"{address}/api/v1/jobs").status_code == 401
            form = {"prompt": (None, "pop"), "options": (None, '{"duration_s": 180}')}
            job_id = httpx.post(f"{address}/api/v1/jobs", files=form, headers=shown, timeout=60).json()["job_id"]
            events = f"{address.replace('http', 'ws')}/api/v1/jobs/{job_id}/events"
            with connect(events, additional_headers=shown) as socket, grpc.insecure_channel(wired) as channel:
                watching = studio_pb2_grpc.StudioStub(channel).WatchJob(
                    wire.WatchJobRequest(job_id=job_id), metadata=(("x-api-key", shown["X-API-Key"]),)
                )
                assert next(watching).type == json.loads(socket.recv(60))["type"] == "accepted"
                while json.loads(socket.recv(60)).get("stage") != "production":  # heartbeats say none
                    continue
                up.terminate()
                assert up.wait(60) == 0
        finally:
            up.kill()
    assert houseband_processes(tmp_path) == []
    assert list((tmp_path / "tmp").iterdir()) == []
