"""The Studio over real channels: what REST does, it does."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from contracts import studio_pb2 as wire
from services.gateway.versions.revising import take_revision
from tests.gateway.conftest import PATIENCE_S, House, Open
from tests.gateway.early.test_hearing import HEAD, tell, tone
from tests.gateway.grpc.conftest import chunk, order, problem_of, studio
from tests.gateway.toy_band import MASTER
from tests.gateway.versions.players import Players


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


async def test_a_version_is_changed_and_what_was_understood_is_told(open_house: Open) -> None:
    """A partial version goes on where it stopped; a patch as over REST; a move that is none and a value are refused with their field."""
    async with open_house(grpc_port=0, players=Players) as house, studio(house) as stub:
        options = wire.JobOrder().options
        options.update({"until": "mixing", "bpm": 100})
        part = await made(house, stub, order(options=options, seed=7))
        asked = wire.ReviseRequest(composition_id=part.composition_id, version=part.results.version)
        goes_on = await stub.Revise(asked)
        await house.ended(goes_on.job.job_id)
        whole = await stub.GetJob(wire.GetJobRequest(job_id=goes_on.job.job_id))
        assert (goes_on.parent, goes_on.from_stage, goes_on.stages_made[0]) == (1, "mastering", "mastering")
        assert (whole.status, whole.results.version) == (wire.JOB_STATUS_COMPLETED, 2)
        edited = wire.ReviseRequest(composition_id=part.composition_id, version=2, branch="louder")
        edited.patch.update({"options": {"target_lufs": -9}})
        taken = await stub.Revise(edited)
        assert (taken.branch, taken.from_stage, taken.stages_made[0]) == ("louder", "mastering", "mastering")
        edited.patch.update({"options": {"bpm": 999}})
        for request, code, field in (
            (wire.ReviseRequest(**about(part), version=1, from_stage="finalization"), grpc.StatusCode.FAILED_PRECONDITION, "from_stage"),
            (wire.ReviseRequest(**about(part), version=1, from_stage="encore"), grpc.StatusCode.INVALID_ARGUMENT, "from_stage"),
            (
                wire.ReviseRequest(**about(part), version=2, from_stage="mixing", expected_head=1),
                grpc.StatusCode.FAILED_PRECONDITION,
                "expected_head",
            ),
            (wire.ReviseRequest(**about(part), version=9), grpc.StatusCode.NOT_FOUND, "version"),
            (edited, grpc.StatusCode.INVALID_ARGUMENT, "patch.options.bpm"),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await stub.Revise(request)
            assert (error.value.code(), problem_of(error.value).field) == (code, field), error.value


def about(job: wire.Job) -> dict[str, str]:
    """Whose version."""
    return {"composition_id": job.composition_id}


async def test_the_same_key_and_revision_make_one_job(open_house: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """As over REST: once, also where the first one gave up waiting; another revision under the key is refused, a refused one frees it."""
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def slowly(*asked: Any) -> Any:
        began.set()
        await goes_on.wait()
        return await take_revision(*asked)

    monkeypatch.setattr("services.gateway.grpc.studio.take_revision", slowly)
    async with open_house(grpc_port=0, players=Players) as house, studio(house) as stub:
        song = await made(house, stub, order(seed=7))
        first, second = ((("idempotency-key", key),) for key in ("r1", "r2"))
        asked = wire.ReviseRequest(**about(song), version=1, from_stage="mixing")
        leaves = stub.Revise(asked, metadata=first)
        await began.wait()
        assert (await refusal(stub.Revise(asked, metadata=first))).code == "in_flight"
        leaves.cancel()
        goes_on.set()
        answers = [await again(stub, asked, first) for _ in range(2)]
        assert answers[0] == answers[1]
        other = wire.ReviseRequest(**about(song), version=1, from_stage="mastering")
        assert (await refusal(stub.Revise(other, metadata=first))).code == "idempotency_key_reused"
        assert (await refusal(stub.Revise(wire.ReviseRequest(**about(song), version=9), metadata=second))).field == "version"
        assert (await stub.Revise(asked, metadata=second)).job.job_id != answers[0].job.job_id
        assert len((await house.http.get("/jobs")).json()["items"]) == 3


async def refusal(call: Any) -> wire.Problem:
    """The problem that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return problem_of(error.value)


async def again(stub: Any, asked: wire.ReviseRequest, key: tuple[tuple[str, str], ...]) -> wire.RevisionAccepted:
    """The answer to a revision, asked for until it is no longer being made."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await stub.Revise(asked, metadata=key)
            except grpc.aio.AioRpcError as error:
                assert problem_of(error).code == "in_flight"  # noqa: PT017 - what else it is fails the test
                await asyncio.sleep(0.02)


async def test_the_draft_is_heard_while_the_song_is_made(open_house: Open, tmp_path: Path) -> None:
    """What is there at once, then what comes, to the end: the same bytes as over HTTP, the media type with the first."""
    async with open_house(play=False, grpc_port=0) as house, studio(house) as stub:
        accepted = await stub.CreateJob(iter([order()]))
        job, sounds = {"job_id": accepted.job_id, "composition_id": accepted.composition_id}, [tone(0.5, 440), tone(1.0, 660)]
        await tell(house, job, tmp_path, 0, sounds[0])
        chunks = []
        async for piece in stub.Preview(wire.PreviewRequest(job_id=accepted.job_id, format=wire.AUDIO_FORMAT_WAV)):
            chunks.append(piece)
            if sum(len(one.data) for one in chunks) == HEAD + sounds[0].nbytes:
                await tell(house, job, tmp_path, 1, sounds[1], last=True)
        over_http = (await house.http.get(f"/jobs/{accepted.job_id}/preview", params={"format": "wav"})).content
    data = b"".join(one.data for one in chunks)
    assert (chunks[0].media_type, chunks[1].media_type) == ("audio/wav", "")
    assert data[HEAD:] == np.concatenate(sounds).tobytes()
    assert data == over_http
