"""A job through the whole gateway."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from houseband.processes import listens
from services.gateway.settings import GatewaySettings
from services.runtime.parenthood import die_with_parent
from services.runtime.provision import provision
from tests.gateway.conftest import PATIENCE_S, House, form
from tests.gateway.routes.test_jobs import of_problem
from tests.gateway.toy_band import MASTER


async def test_a_posted_job_is_made_and_its_files_are_served(house: House) -> None:
    """POST, status, artifact: what was asked is what is delivered."""
    answer = await house.http.post("/jobs", files=form("warm lo-fi", '{"seed": 7}'))
    assert answer.status_code == 202, answer.text
    job = await house.ended(answer.json()["job_id"])
    assert (job["status"], job["progress"], job["seed"]) == ("completed", 100.0, 7)
    assert [stem["instrument"] for stem in job["results"]["stems"]] == ["bass_guitar"]
    track = await house.http.get(house.url + job["results"]["mixed_track_url"])
    assert track.content == MASTER


async def test_the_gateway_says_when_it_can_work(house: House) -> None:
    """Health and figures are at the root for orchestrators and under the API for everybody."""
    async with httpx.AsyncClient(base_url=house.url) as root:
        for path in ("/healthz", "/readyz", "/metrics", "/api/v1/healthz", "/api/v1/readyz", "/docs", "/api/v1/openapi.json"):
            assert (await root.get(path)).status_code == 200, path


async def test_pages_of_other_origins_are_refused(quiet_house: House) -> None:
    """A foreign page can neither post nor watch; the gateway's own pages, and programs, can."""
    foreign, own = {"Origin": "https://elsewhere.example"}, {"Origin": quiet_house.url}
    refused = of_problem(await quiet_house.http.post("/jobs", files=form(), headers=foreign))
    assert (refused["status"], refused["code"]) == (403, "cross_origin")
    job_id = (await quiet_house.http.post("/jobs", files=form(), headers=own)).json()["job_id"]
    with pytest.raises(InvalidStatus):
        await connect(f"{quiet_house.url.replace('http', 'ws')}/api/v1/jobs/{job_id}/events", additional_headers=foreign)


async def test_a_terminated_gateway_closes_its_streams_and_goes(settings: GatewaySettings) -> None:
    """SIGTERM with an open event stream: the stream is closed, the process ends soon, and a new one knows the job."""
    await provision(settings.nats_url)
    process, address = await _started(settings)
    async with httpx.AsyncClient(base_url=f"http://{address}") as http:
        job_id = (await http.post("/jobs", files=form())).json()["job_id"]
    async with connect(f"ws://{address}/jobs/{job_id}/events") as stream:
        await stream.recv()
        process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosedError, match="1012"):  # service restart: come back
            await asyncio.wait_for(stream.recv(), PATIENCE_S)
    async with asyncio.timeout(PATIENCE_S):
        assert await process.wait() in (0, -signal.SIGTERM)
    again, address = await _started(settings)
    async with httpx.AsyncClient(base_url=f"http://{address}") as http:
        assert (await http.get(f"/jobs/{job_id}")).json()["status"] == "queued"
    again.kill()
    await again.wait()


async def _started(settings: GatewaySettings) -> tuple[asyncio.subprocess.Process, str]:
    """The gateway as a process of its own, once it is ready, and the address of its API."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if (process := await _started_on(settings, port)) is not None:
            return process, f"127.0.0.1:{port}/api/v1"


async def _started_on(settings: GatewaySettings, port: int) -> asyncio.subprocess.Process | None:
    """The same on a port that was free a moment ago; None where somebody else was faster."""
    variables = {"NATS_URL": settings.nats_url, "STORE": settings.store, "DATABASE_URL": settings.database_url, "PORT": str(port)}
    environment = {**os.environ, **{f"HOUSEBAND_{name}": value for name, value in variables.items()}}
    command = [sys.executable, "-m", "services.gateway.app"]
    process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=Path(__file__).parents[2], preexec_fn=die_with_parent)
    async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient() as http:
        while process.returncode is None:
            try:
                if (await http.get(f"http://127.0.0.1:{port}/readyz")).is_success and listens(process.pid, port):
                    return process
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
    return None
