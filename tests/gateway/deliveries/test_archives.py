"""Archives that are written while they are sent, the DAW project with its stems, MIDI per part, addresses in the store."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import mido
import pytest
from sqlalchemy import update

from contracts.artifacts import Artifact
from services.gateway.database.models import Version
from services.gateway.deliveries.archives import Contents, archive_response
from services.runtime.stores import open_store
from services.runtime.workbench import Objects
from tests.gateway.conftest import House, Open, form
from tests.gateway.routes.test_jobs import of_problem
from tests.gateway.toy_band import BASS, MASTER

PROJECT = '<Project><File path="stems/bass.wav" external="true" /><File path="elsewhere.wav" external="true" /></Project>'


def song() -> bytes:
    """A MIDI file of format 1: the song's track, bass and drums."""
    file = mido.MidiFile(type=1, ticks_per_beat=960)
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000), mido.MetaMessage("marker", text="verse")]))
    for name, pitch in (("bass", 40), ("drums", 36)):
        notes = [mido.Message("note_on", note=pitch, velocity=90), mido.Message("note_off", note=pitch, time=960)]
        file.tracks.append(mido.MidiTrack([mido.MetaMessage("track_name", name=name), *notes]))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def project() -> bytes:
    """A DAWproject that names its stems beside itself."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("project.xml", PROJECT)
        archive.writestr("metadata.xml", "<MetaData/>")
    return out.getvalue()


async def version_of(house: House) -> str:
    """Address of a version with master, a stem, MIDI and project."""
    job = await house.ended((await house.http.post("/jobs", files=form())).json()["job_id"])
    extra = {
        "song.mid": house.desk.objects.put_bytes(f"midi/{'a' * 64}.mid", song(), "audio/midi"),
        "project.dawproject": house.desk.objects.put_bytes("audio/p.dawproject", project(), "application/vnd.dawproject"),
    }
    async with house.desk.database.write() as session:
        version = await session.get_one(Version, (job["composition_id"], 1))
        files = {**version.artifacts, **{name: one.model_dump(mode="json") for name, one in extra.items()}}
        await session.execute(update(Version).where(Version.composition_id == job["composition_id"]).values(artifacts=files))
    return f"/compositions/{job['composition_id']}/versions/1"


async def test_archives_hold_the_files_as_they_are(house: House) -> None:
    """Stems, all files, MIDI of all parts: whole ZIPs of the announced length, the bytes of the store; HEAD tells; 304 saves."""
    at = await version_of(house)
    stems = await house.http.get(f"{at}/stems.zip")
    assert (stems.headers["accept-ranges"], int(stems.headers["content-length"])) == ("none", len(stems.content))
    assert read(stems.content) == {"stems/bass.wav": BASS}
    whole = read((await house.http.get(f"{at}/song.zip")).content)
    assert (whole["master.wav"], whole["song.mid"]) == (MASTER, song())
    head = await house.http.head(f"{at}/stems.zip")
    assert (head.headers["content-length"], head.content) == (stems.headers["content-length"], b"")
    again = await house.http.get(f"{at}/stems.zip", headers={"If-None-Match": stems.headers["etag"]})
    assert again.status_code == 304
    assert set(read((await house.http.get(f"{at}/midi.zip")).content)) == {"bass.mid", "drums.mid"}


async def test_the_project_holds_its_stems(house: House) -> None:
    """The stems lie in the project, which names them as its own; what it does not hold stays beside it."""
    files = read((await house.http.get(f"{await version_of(house)}/project.dawproject")).content)
    assert files["stems/bass.wav"] == BASS
    assert files["project.xml"].decode() == PROJECT.replace('bass.wav" external="true"', 'bass.wav" external="false"')


async def test_a_part_has_its_midi(house: House) -> None:
    """The part's own events with the song's tempo and markers; an unknown part is 404 with the parts there are."""
    at = await version_of(house)
    file = mido.MidiFile(file=io.BytesIO((await house.http.get(f"{at}/midi/drums.mid")).content))
    assert [track.name for track in file.tracks] == ["", "drums"]
    assert [message.note for message in file.tracks[1] if message.type == "note_on"] == [36]
    assert [message.type for message in file.tracks[0]][:2] == ["set_tempo", "marker"]
    assert of_problem(await house.http.get(f"{at}/midi/harp.mid"))["allowed"] == "bass, drums"


@pytest.fixture
def s3_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket in a real S3 server of this test."""
    from moto.server import ThreadedMotoServer

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="music")
    yield f"s3://music/{tmp_path.name}?endpoint={endpoint}"
    server.stop()


async def test_files_in_s3_are_fetched_from_there(open_house: Open, s3_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Asked for by ?via=store, a file is a 307 to a signed address of short life that gives the bytes; not asked, the file itself."""
    store = open_store(s3_url, tmp_path / "cache")
    async with open_house(store=s3_url) as house:
        monkeypatch.setattr(house.band, "objects", store)
        job = await house.ended((await house.http.post("/jobs", files=form())).json()["job_id"], 20)
        track = house.url + job["results"]["mixed_track_url"]
        sent = await house.http.get(track, params={"via": "store"})
        assert (sent.status_code, sent.headers["cache-control"]) == (307, "no-store")
        async with httpx.AsyncClient() as anybody:
            fetched = await anybody.get(sent.headers["location"])
            assert (fetched.content, fetched.headers["content-disposition"]) == (MASTER, 'attachment; filename="master.wav"')
            assert "X-Amz-Expires=120" in sent.headers["location"]
        assert (await house.http.get(track)).content == MASTER
        zipped = await house.http.get(f"/compositions/{job['composition_id']}/versions/1/stems.zip")
        assert read(zipped.content) == {"stems/bass.wav": BASS}
        assert (await house.http.get(track, params={"via": "elsewhere"})).status_code == 422


def test_an_archive_beyond_four_gigabytes_is_announced_right(store: Objects) -> None:
    """ZIP64: the length that is announced before anything is read is that of what is sent."""
    stored = store.put_bytes("one.wav", b"RIFF", "audio/wav")
    big = {f"stems/{n}.wav": Artifact(**{**stored.model_dump(), "bytes": 2**31}) for n in range(3)}
    response = archive_response(store, Contents("big.zip", stored=big), {})
    assert int(response.headers["content-length"]) > 3 * 2**31


def read(data: bytes) -> dict[str, Any]:
    """The files of an archive, after its own check."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}
