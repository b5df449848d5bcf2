"""The Studio over real channels: what REST does, it does."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from contracts import studio_pb2 as wire
from tests.gateway.conftest import House, Open
from tests.gateway.grpc.conftest import chunk, order, problem_of, studio
from tests.gateway.toy_band import MASTER


@pytest.fixture
async def house(open_house: Open) -> AsyncIterator[House]:
    """A gateway with a band and a gRPC door."""
    async with open_house(grpc_port=0) as opened:
        yield opened


async def made(house: House, stub: Any, *requests: wire.CreateJobRequest) -> wire.Job:
    """A job that has ended."""
    accepted = await stub.CreateJob(iter(requests))
    await house.ended(accepted.job_id)
    return await stub.GetJob(wire.GetJobRequest(job_id=accepted.job_id))


async def test_a_song_from_the_order_to_its_bytes(house: House) -> None:
    """Ordered with an upload in chunks, watched to the end, fetched whole and resumed: the same job, facts and bytes as over REST."""
    wav = b"RIFF" + bytes(300_000)[:150_000]
    async with studio(house) as stub:
        options = wire.JobOrder().options
        options.update({"duration_s": 30, "moods": ["sad"], "target_lufs": -14})
        requests = [
            order(options=options, seed=7, taps=[0.0, 0.5, 1.0, 1.5]),
            chunk(wav[:100], "reference_track", "a.wav"),
            chunk(wav[100:]),
        ]
        accepted = await stub.CreateJob(iter(requests))
        events = [event async for event in stub.WatchJob(wire.WatchJobRequest(job_id=accepted.job_id))]
        job = await stub.GetJob(wire.GetJobRequest(job_id=accepted.job_id))
        shown = (await house.http.get(f"/jobs/{accepted.job_id}")).json()
        context = (await house.http.get(shown["results"]["version_url"].removeprefix("/api/v1"))).json()["context"]
        stored = house.desk.objects.read(context["request"]["reference"]["key"])
        whole = await fetched(stub, job)
        rest = await fetched(stub, job, offset=100)
        some = await fetched(stub, job, offset=10, length=5)
    assert (job.status, job.progress, job.seed, job.error.code) == (wire.JOB_STATUS_COMPLETED, 100.0, 7, "")
    assert (stored, context["request"]["options"]["duration_s"]) == (wav, 30)
    assert [event.type for event in events if event.type not in ("progress", "heartbeat")][-1] == "finished"
    assert [event.seq for event in events] == sorted(event.seq for event in events)
    assert {file.name for file in job.results.files} == set(shown["results"]["files"])
    assert (whole, rest, some) == (MASTER, MASTER[100:], MASTER[10:15])
    assert next(file for file in job.results.files if file.name == "master.wav").sha256 == hashlib.sha256(MASTER).hexdigest()


async def fetched(stub: Any, job: wire.Job, **where: int) -> bytes:
    """Bytes of the master."""
    request = wire.FetchArtifactRequest(composition_id=job.composition_id, version=job.results.version, name="master.wav", **where)
    return b"".join([piece.data async for piece in stub.FetchArtifact(request)])


async def test_a_refusal_is_a_status_with_the_problem(house: House) -> None:
    """What cannot be is told before a job is made, with field, value and what is allowed."""
    loud = wire.JobOrder().options
    loud.update({"bpm": 999})
    refused = {
        "no prompt": ([order(None)], "prompt"),
        "no order": ([chunk(b"RIFF", "hum", "a.wav")], "part"),
        "nothing": ([], "order"),
        "two orders": ([order(), order()], "part"),
        "a value": ([order(options=loud)], "options.bpm"),
        "an unknown file": ([order(), chunk(b"RIFF", "melody", "a.wav")], "chunk.field"),
        "an empty file": ([order(), chunk(b"", "hum", "a.wav")], "hum"),
        "a file twice": ([order(), chunk(b"MThd", "midi", "a.mid"), chunk(b"MThd", "midi", "b.mid")], "midi"),
        "no sound": ([order(), chunk(b"text", "hum", "a.txt", "text/plain")], "hum"),
        "infinite": ([order(taps=[0.0, float("inf"), 1.0, 2.0])], "taps"),
        "too much": ([order(), chunk(bytes(60_000), "hum", "a.wav"), *[chunk(bytes(60_000))] * 4], "stream"),
    }
    async with studio(house) as stub:
        for name, (requests, field) in refused.items():
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await stub.CreateJob(iter(requests))
            problem = problem_of(error.value)
            code = grpc.StatusCode.RESOURCE_EXHAUSTED if name == "too much" else grpc.StatusCode.INVALID_ARGUMENT
            assert (error.value.code(), problem.field) == (code, field), (name, problem)
            assert problem.detail
        for call in (stub.GetJob(wire.GetJobRequest(job_id="none")), stub.CancelJob(wire.CancelJobRequest(job_id="none"))):
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await call
            assert error.value.code() is grpc.StatusCode.NOT_FOUND
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await stub.WatchJob(wire.WatchJobRequest(job_id="none")).read()
        assert error.value.code() is grpc.StatusCode.NOT_FOUND
        assert (await house.http.get("/jobs")).json()["items"] == []
