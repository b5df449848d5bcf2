"""A service as a process: health that looks at its consumers, metrics, logs, light parents, an end on request."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from contracts.errors import BadInput
from contracts.pipeline import SERVICES
from services.runtime.bus import EXIT_LOST
from services.runtime.service import serve
from tests.runtime.house import PATIENCE_S, TestHouse, until


async def get(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url)


async def started(house: TestHouse, **env: str) -> tuple[subprocess.Popen[bytes], str]:
    """A toy service with a health port of its own choosing, and its address."""
    os.environ.update(env)
    process = house.start_process()
    log = max(house.folder.glob("service-*.log"))
    for name in env:
        del os.environ[name]
    await until(lambda: "service_started" in log.read_text())
    found = re.search(r'"port": (\d+)', log.read_text())
    assert found
    return process, f"http://127.0.0.1:{found.group(1)}"


async def test_health_looks_at_the_consumers(house: TestHouse) -> None:
    """Ready while bus and consumers stand; not when a consumer is gone, though the ping still succeeds; alive throughout."""
    process, url = await started(house, HOUSEBAND_HEALTH_PORT="0")
    try:
        ready = await get(f"{url}/readyz")
        assert (ready.status_code, ready.json()["consumers"]["stage-mixing"]["waiting"]) == (200, 0)
        await house.bus.jetstream.delete_consumer("STAGES", "stage-mixing")
        ready = await get(f"{url}/readyz")
        assert (ready.status_code, ready.json()["bus"]) == (503, True)
        assert "error" in ready.json()["consumers"]["stage-mixing"]
        assert (await get(f"{url}/healthz")).status_code == 200
    finally:
        process.kill()
        process.wait()


async def test_work_is_measured_and_logged(house: TestHouse) -> None:
    """/metrics has the time per stage; each log line is JSON and bears service and job."""
    process, url = await started(house, HOUSEBAND_HEALTH_PORT="0")
    try:
        context = await house.start_job(composition={"raise": "BadInput"})
        await house.facts(context.job_id)
        metrics = (await get(f"{url}/metrics")).text
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
    assert 'houseband_work_seconds_count{what="ideation"} 1.0' in metrics
    assert "houseband_received_messages_total" in metrics
    lines: list[dict[str, Any]] = [json.loads(line) for line in max(house.folder.glob("service-*.log")).read_text().splitlines()]
    [refused] = [line for line in lines if line["event"] == "job_refused"]
    assert (refused["service"], refused["job_id"], refused["level"]) == ("toy", context.job_id, "info")


async def test_nothing_outlives_a_killed_service(house: TestHouse) -> None:
    """Kill -9 of the parent takes its worker processes with it."""
    process = house.start_process()
    await house.start_job(ideation={"sleep_s": 60})
    await house.ran("ideation")
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert children
    await until(lambda: not any(_runs(child) for child in children))


def _runs(process: psutil.Process) -> bool:
    """Whether it is there and no zombie."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_service_without_its_parts_says_so(tmp_path: Path) -> None:
    """A store that cannot be opened is one line in the log and exit code 4, no traceback."""
    (tmp_path / "file").write_text("in the way")
    env = {**os.environ, "HOUSEBAND_STORE": f"file://{tmp_path}/file/store", "HOUSEBAND_SCRATCH_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "tests.runtime.toy_service"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert json.loads(done.stderr)["event"] == "service_not_started"


def test_an_unknown_service_is_refused() -> None:
    """The error names the six."""
    with pytest.raises(BadInput, match=", ".join(SERVICES)):
        serve("drummer")


CLOSED_FOR_GOOD = """
import asyncio, sys
from faststream.nats import NatsBroker
from services.runtime.bus import Bus, Lifeline

async def main():
    lifeline = Lifeline()
    broker = NatsBroker(sys.argv[1], max_reconnect_attempts=-1, closed_cb=lifeline.closed, logger=None)
    async with Bus(sys.argv[1], name="toy", broker=broker) as bus:
        lifeline.working = True
        await bus.core.subscribe("a" * 10_000)  # a line that the server refuses
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_process_whose_line_is_closed_for_good_ends(nats_url: str) -> None:
    """What no reconnection mends ends a process at work, with a code of its own, so that it is started anew."""
    command = [sys.executable, "-c", CLOSED_FOR_GOOD, nats_url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=2 * PATIENCE_S)
    assert (done.returncode, "bus_closed_for_good" in done.stdout + done.stderr) == (EXIT_LOST, True)
