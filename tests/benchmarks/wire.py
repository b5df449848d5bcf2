"""gRPC beside the same over HTTP: an upload, a download, a watched job, small calls; through the gateway as it runs."""

import asyncio
import contextlib
import hashlib
import os
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

import grpc
import httpx
import uvicorn

from contracts import studio_pb2 as wire
from contracts import studio_pb2_grpc
from services.gateway.app import create_app
from services.gateway.door.serving import server_config
from services.gateway.settings import GatewaySettings
from services.runtime.provision import provision
from services.runtime.stores import open_store
from tests.conftest import start_nats
from tests.gateway.toy_band import ToyBand

MB = 2**20
FILE_BYTES = 128 * MB
CHUNK = 256 * 2**10
CALLS = 300


class HeavyBand(ToyBand):
    """Its master is large."""

    def _work(self, context: Any, stage: Any) -> Any:
        made = super()._work(context, stage)
        if "master.wav" in made.artifacts:
            path = Path(tempfile.mkstemp()[1])
            path.write_bytes(os.urandom(MB) * (FILE_BYTES // MB))
            made.artifacts["master.wav"] = self.objects.put_file(f"compositions/{context.composition_id}/heavy.wav", path, "audio/wav")
        return made


def section() -> str:
    """The table in Markdown."""
    with tempfile.TemporaryDirectory() as scratch:
        rows = asyncio.run(_measured(Path(scratch)))
    lines = [
        "## gRPC",
        "",
        f"A file of {FILE_BYTES // MB} MB up and down, and {CALLS} calls one after the other. The gateway, its band and the client share a",
        "process and its cores.",
        "",
        "| | gRPC | HTTP | ratio |",
        "|---|---|---|---|",
    ]
    for name, ours, theirs, unit, digits in rows:
        lines.append(f"| {name} | {ours:.{digits}f} {unit} | {theirs:.{digits}f} {unit} | {ours / theirs:.2f} |")
    return "\n".join([*lines, ""])


async def _measured(folder: Path) -> list[tuple[str, float, float, str, int]]:
    async with _gateway(folder) as (http, stub, band):
        del band
        sound = folder / "upload.wav"
        sound.write_bytes(b"RIFF" + os.urandom(MB) * (FILE_BYTES // MB))
        size = sound.stat().st_size
        await _upload_http(http, sound)  # both ways are warm before they are measured
        up_wire, made = await _timed(lambda: _upload_wire(stub, sound))
        up_http, _ = await _timed(lambda: _upload_http(http, sound))
        events = [event async for event in stub.WatchJob(wire.WatchJobRequest(job_id=made.job_id))]
        job = await stub.GetJob(wire.GetJobRequest(job_id=made.job_id))
        assert job.status == wire.JOB_STATUS_COMPLETED, events[-1]
        down_wire, one = await _timed(lambda: _download_wire(stub, job))
        down_http, other = await _timed(lambda: _download_http(http, job))
        assert one == other == next(file.sha256 for file in job.results.files if file.name == "master.wav")
        small_wire = await _each(lambda: stub.GetJob(wire.GetJobRequest(job_id=made.job_id)))
        small_http = await _each(lambda: http.get(f"/jobs/{made.job_id}"))
        replay_wire = await _each(lambda: _watched_wire(stub, made.job_id), CALLS // 3)
        replay_http = await _each(lambda: _watched_http(http, made.job_id), CALLS // 3)
    return [
        ("upload, MB/s", size / MB / up_wire, size / MB / up_http, "MB/s", 0),
        ("download with its digest, MB/s", FILE_BYTES / MB / down_wire, FILE_BYTES / MB / down_http, "MB/s", 0),
        ("a job's state, median", 1e3 * small_wire, 1e3 * small_http, "ms", 2),
        ("all events of a finished job (gRPC stream; server-sent events), median", 1e3 * replay_wire, 1e3 * replay_http, "ms", 2),
    ]


async def _timed(act: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = await act()
    return time.perf_counter() - began, result


async def _each(act: Callable[[], Awaitable[Any]], calls: int = CALLS) -> float:
    """Median seconds of a call."""
    return median([(await _timed(act))[0] for _ in range(calls)])


async def _upload_wire(stub: Any, sound: Path) -> wire.Accepted:
    async def requests() -> AsyncIterator[wire.CreateJobRequest]:
        yield wire.CreateJobRequest(order=wire.JobOrder(prompt="a song"))
        with sound.open("rb") as file:
            field = "reference_track"
            while data := file.read(CHUNK):
                yield wire.CreateJobRequest(chunk=wire.FileChunk(field=field, filename="a.wav" if field else "", data=data))
                field = ""

    return await stub.CreateJob(requests())


async def _upload_http(http: httpx.AsyncClient, sound: Path) -> Any:
    with sound.open("rb") as file:
        answer = await http.post("/jobs", files={"prompt": (None, "a song"), "reference_track": ("a.wav", file, "audio/wav")})
    return answer.raise_for_status().json()


async def _download_wire(stub: Any, job: wire.Job) -> str:
    digest = hashlib.sha256()
    request = wire.FetchArtifactRequest(composition_id=job.composition_id, version=job.results.version, name="master.wav")
    async for chunk in stub.FetchArtifact(request):
        digest.update(chunk.data)
    return digest.hexdigest()


async def _download_http(http: httpx.AsyncClient, job: wire.Job) -> str:
    digest = hashlib.sha256()
    url = f"/compositions/{job.composition_id}/versions/{job.results.version}/artifacts/master.wav"
    async with http.stream("GET", url) as answer:
        async for data in answer.aiter_bytes(CHUNK):
            digest.update(data)
    return digest.hexdigest()


async def _watched_wire(stub: Any, job_id: str) -> int:
    return len([event async for event in stub.WatchJob(wire.WatchJobRequest(job_id=job_id))])


async def _watched_http(http: httpx.AsyncClient, job_id: str) -> int:
    async with http.stream("GET", f"/jobs/{job_id}/events", params={"after": 0}) as answer:
        return len([line async for line in answer.aiter_lines()])


@contextlib.asynccontextmanager
async def _gateway(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Any, HeavyBand]]:
    """A gateway with both doors and a toy band, on a broker of its own."""
    (folder / "nats").mkdir()
    broker, nats_url = start_nats(folder / "nats")
    store = f"file://{folder}/store?sync=no"
    await provision(nats_url)
    settings = GatewaySettings(
        nats_url=nats_url,
        store=store,
        scratch_dir=folder / "scratch",
        database_url=f"sqlite+aiosqlite:///{folder}/gateway.db",
        grpc_port=0,
        early_check_s=0.01,
        max_upload_bytes=2 * FILE_BYTES,
        log_level="ERROR",
    )
    app = create_app(settings)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, so that asyncio sets TCP_NODELAY
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(server_config(app, settings))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    band = HeavyBand(nats_url, open_store(store))
    playing = asyncio.create_task(band.run())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells of it nowhere
        await asyncio.sleep(0.01)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    try:
        async with (
            httpx.AsyncClient(base_url=url, timeout=60) as http,
            grpc.aio.insecure_channel(f"127.0.0.1:{app.state.grpc_port}") as channel,
        ):
            yield http, studio_pb2_grpc.StudioStub(channel), band
    finally:
        playing.cancel()
        server.should_exit = True
        await serving
        broker.terminate()
        broker.wait(10)


if __name__ == "__main__":
    print(section())
