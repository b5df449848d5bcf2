"""Hearing a song while it is made: one stream from its first chunk on, for as many as listen."""

import asyncio
import io
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile as sf

from contracts.context import end_key
from contracts.early import chunk_key, preview_prefix, wanted_key
from contracts.events import PreviewReady
from services.gateway.early.keeping import EarlyKeeper
from services.gateway.jobs.endings import record_fact
from tests.gateway.conftest import PATIENCE_S, House, form

RATE = 48_000
HEAD = 44


def tone(seconds: float, pitch_hz: float) -> np.ndarray:
    """A tone, 16 bit [frames, 2]."""
    wave = np.round(9000 * np.sin(2 * np.pi * pitch_hz * np.arange(round(seconds * RATE)) / RATE)).astype("<i2")
    return np.stack([wave, wave], axis=1)


async def posted(house: House, options: str | None = None) -> dict[str, str]:
    answer = await house.http.post("/jobs", files=form(options=options))
    assert answer.status_code == 202, answer.text
    found: dict[str, str] = answer.json()
    return found


async def tell(house: House, job: dict[str, str], folder: Path, number: int, sound: np.ndarray, *, last: bool = False) -> None:
    """Store a chunk and tell it, as the generator does."""
    path = folder / f"chunk-{number}.wav"
    sf.write(path, sound, RATE, subtype="PCM_16")
    audio = house.desk.objects.put_audio(chunk_key(job["composition_id"], job["job_id"], 1, number), path)
    about = {"job_id": job["job_id"], "composition_id": job["composition_id"], "time": 1.0}
    fact = PreviewReady.model_validate(
        {**about, "chunk": number, "start_s": number, "seconds": len(sound) / RATE, "audio": audio, "last": last}
    )
    await record_fact(house.desk, fact)


async def heard(house: House, job: dict[str, str], kind: str = "wav", **parameters: str) -> bytes:
    """The whole stream."""
    answer = await house.http.get(f"/jobs/{job['job_id']}/preview", params={"format": kind, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.content


async def listened(house: House, coders: int) -> None:
    """Return when so many coders are at work: nobody rings when a listener comes."""
    async with asyncio.timeout(PATIENCE_S):
        while house.desk.listening.open != coders:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_it_begins_with_what_is_there_and_waits_for_what_comes(quiet_house: House, tmp_path: Path) -> None:
    """A listener has the first chunk before the second is made, nothing twice, nothing left out, and the end after the last."""
    job, sounds = await posted(quiet_house), [tone(0.5, 440), tone(1.0, 660)]
    await tell(quiet_house, job, tmp_path, 0, sounds[0])
    data = b""
    async with quiet_house.http.stream("GET", f"/jobs/{job['job_id']}/preview?format=wav") as answer:
        assert answer.headers["content-type"] == "audio/wav"
        assert answer.headers["cache-control"] == "no-store"
        async for piece in answer.aiter_bytes():
            data += piece
            if len(data) == HEAD + sounds[0].nbytes:
                await tell(quiet_house, job, tmp_path, 1, sounds[1], last=True)
    assert data[HEAD:] == np.concatenate(sounds).tobytes()
    assert quiet_house.desk.objects.exists(wanted_key(job["composition_id"], job["job_id"]))
    assert quiet_house.desk.listening.open == 0


async def test_many_listen_and_one_codes(quiet_house: House, tmp_path: Path) -> None:
    """Everybody hears the same bytes from the beginning, early or late, MP3 or WAV; all of one kind share one coder."""
    job = await posted(quiet_house)
    early = [asyncio.create_task(heard(quiet_house, job, kind)) for kind in ("mp3", "wav") * 10]
    await listened(quiet_house, 2)
    await tell(quiet_house, job, tmp_path, 0, tone(1.0, 440))
    late = [asyncio.create_task(heard(quiet_house, job, "mp3")) for _ in range(5)]
    await listened(quiet_house, 2)
    await tell(quiet_house, job, tmp_path, 1, tone(1.0, 660), last=True)
    mp3s, wavs = [await task for task in (*early[::2], *late)], [await task for task in early[1::2]]
    assert len(set(mp3s)) == len(set(wavs)) == 1
    sound, rate = sf.read(io.BytesIO(mp3s[0]))
    assert rate == RATE
    assert len(sound) / RATE == pytest.approx(2.0, abs=0.1)
    assert quiet_house.desk.listening.open == 0


async def test_a_listener_who_leaves_takes_nothing_from_the_others(quiet_house: House, tmp_path: Path) -> None:
    """One breaks off in the middle; the other hears all of it."""
    job = await posted(quiet_house)
    await tell(quiet_house, job, tmp_path, 0, tone(0.5, 440))
    stays = asyncio.create_task(heard(quiet_house, job))
    async with quiet_house.http.stream("GET", f"/jobs/{job['job_id']}/preview?format=wav") as answer:
        await anext(answer.aiter_bytes())
    await tell(quiet_house, job, tmp_path, 1, tone(0.5, 440), last=True)
    assert len(await stays) == HEAD + 4 * RATE


async def test_a_cancelled_job_ends_the_stream_and_its_draft_goes(quiet_house: House, tmp_path: Path) -> None:
    """Who listens when a job is cancelled is not left waiting; the stored chunks are deleted at once, those of others stay."""
    job, other = await posted(quiet_house), await posted(quiet_house)
    for one in (job, other):
        await tell(quiet_house, one, tmp_path, 0, tone(0.5, 440))
    listening = asyncio.create_task(heard(quiet_house, job))
    await listened(quiet_house, 1)
    await quiet_house.http.delete(f"/jobs/{job['job_id']}")
    assert len(await asyncio.wait_for(listening, PATIENCE_S)) == HEAD + 2 * RATE
    assert await EarlyKeeper(quiet_house.desk).keep() == 1
    assert quiet_house.desk.objects.list(preview_prefix(job["composition_id"], job["job_id"])) == []
    assert len(quiet_house.desk.objects.list(preview_prefix(other["composition_id"], other["job_id"]))) == 1
    assert len(await heard(quiet_house, job)) == HEAD


async def test_the_record_goes_on_where_the_draft_stops(quiet_house: House, tmp_path: Path) -> None:
    """With rest=true the finished master follows from the same moment of the song, and is the master to the sample."""
    from contracts.context import Context, EndDocument, MasteringSection, Request

    job = await posted(quiet_house)
    about = {"job_id": job["job_id"], "composition_id": job["composition_id"]}
    await tell(quiet_house, job, tmp_path, 0, tone(1.0, 440), last=True)
    listening = asyncio.create_task(heard(quiet_house, job, rest="true"))
    await listened(quiet_house, 1)
    path, master = tmp_path / "master.wav", tone(3.0, 880)
    sf.write(path, master, RATE, subtype="PCM_16")
    stored = quiet_house.desk.objects.put_audio("audio/master/x/master.wav", path)
    section = MasteringSection(master=stored, stems={}, loudness_lufs=-14.0, true_peak_dbtp=-1.0)
    request = Request(prompt="a song", seed=1)
    made = Context(**about, seq=1, created_at=0.0, request=request, mastering=section, artifacts={"master.wav": stored})
    key = f"compositions/{job['composition_id']}/jobs/{job['job_id']}/context/0001-mastering-1.json"
    quiet_house.desk.objects.create(key, made.to_json())
    end = EndDocument(status="completed", **about, revision=key, ended_at=2.0)
    quiet_house.desk.objects.create(end_key(job["composition_id"], job["job_id"]), end.to_json())
    from services.gateway.jobs.endings import settle_end

    await settle_end(quiet_house.desk, end)
    sound = np.frombuffer((await asyncio.wait_for(listening, PATIENCE_S))[HEAD:], dtype="<i2").reshape(-1, 2)
    assert len(sound) == len(master)
    assert np.array_equal(sound[: round(0.9 * RATE)], tone(1.0, 440)[: round(0.9 * RATE)])
    assert np.array_equal(sound[RATE:], master[RATE:])


async def test_a_job_that_wants_no_draft_says_so(quiet_house: House) -> None:
    """409 for early=off, 404 for nobody's job, 422 for another format."""
    job = await posted(quiet_house, '{"early": "off"}')
    refused = await quiet_house.http.get(f"/jobs/{job['job_id']}/preview")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_preview")
    assert (await quiet_house.http.get("/jobs/nobody/preview")).status_code == 404
    assert (await quiet_house.http.get(f"/jobs/{job['job_id']}/preview?format=aiff")).status_code == 422
    assert not quiet_house.desk.objects.exists(wanted_key(job["composition_id"], job["job_id"]))


async def test_the_events_name_the_stream(quiet_house: House, tmp_path: Path) -> None:
    """A chunk that can be heard is told with the address under which, and so is the job."""
    from services.gateway.database.queries import facts_after
    from services.gateway.events.messages import fact_message

    job = await posted(quiet_house)
    await tell(quiet_house, job, tmp_path, 0, tone(0.5, 440))
    async with quiet_house.desk.database.read() as session:
        told = fact_message((await facts_after(session, job["job_id"], 0))[-1])
    view = (await quiet_house.http.get(f"/jobs/{job['job_id']}")).json()
    assert told.type == "preview_ready"
    assert told.data["url"] == view["preview_url"] == f"/api/v1/jobs/{job['job_id']}/preview"


async def test_small_copies_are_made_once_and_stay_in_step(quiet_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Master and stems as MP3: streamed when first asked for, then kept under their digest with Range and ETag; all begin together."""
    from contracts.artifacts import AudioArtifact
    from services.gateway.database.models import Composition, Version

    artifacts: dict[str, AudioArtifact] = {}
    click = np.zeros((RATE * 2, 2), dtype=np.float32)
    click[RATE] = 0.9
    for name, level in (("master.wav", 1.0), ("stems/bass.wav", 0.5)):
        path = tmp_path / name.replace("/", "-")
        sf.write(path, click * level, RATE, subtype="PCM_24")
        artifacts[name] = quiet_house.desk.objects.put_audio(f"audio/test/{name}", path)
    async with quiet_house.desk.database.write() as session:
        session.add(Composition(id="c1", user="local", prompt="a song", created_at=1.0, updated_at=1.0))
    job = await posted(quiet_house)
    async with quiet_house.desk.database.write() as session:
        stored = {name: artifact.model_dump(mode="json") for name, artifact in artifacts.items()}
        row = Version(
            composition_id="c1", number=1, job_id=job["job_id"], status="completed", revision="r",
            artifacts=stored, stems=[], summary={}, created_at=1.0,
        )  # fmt: skip
        session.add(row)
    at = "/compositions/c1/versions/1/previews"
    first = await quiet_house.http.get(f"{at}/master.mp3")
    stem = await quiet_house.http.get(f"{at}/stems/bass.mp3")
    assert first.status_code == stem.status_code == 200
    peaks = [int(np.argmax(np.abs(sf.read(io.BytesIO(answer.content))[0][:, 0]))) for answer in (first, stem)]
    assert peaks[0] == peaks[1]
    again = await quiet_house.http.get(f"{at}/master.mp3", headers={"Range": "bytes=100-199"})
    assert (again.status_code, again.content) == (206, first.content[100:200])
    assert (await quiet_house.http.get(f"{at}/bass.mp3")).content == stem.content
    known = await quiet_house.http.get(f"{at}/bass.mp3", headers={"If-None-Match": again.headers["etag"]})
    assert known.status_code == 200  # the master's tag
    missing = await quiet_house.http.get(f"{at}/..%2F..%2Fmaster.mp3")
    assert missing.status_code == 404


async def test_a_reader_that_takes_nothing_holds_nobody_up(quiet_house: House, tmp_path: Path) -> None:
    """A connection that never reads leaves the stream of the others alone."""
    job = await posted(quiet_house)
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(quiet_house.url).port)
    writer.write(f"GET /api/v1/jobs/{job['job_id']}/preview?format=wav HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    await writer.drain()
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    listening = asyncio.create_task(heard(quiet_house, job))
    await tell(quiet_house, job, tmp_path, 0, tone(30.0, 440), last=True)
    assert len(await asyncio.wait_for(listening, PATIENCE_S)) == HEAD + 30 * 4 * RATE
    writer.close()
