"""One suite over every store: files here, S3 through boto3 against moto's server."""

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import numpy as np
import pytest
import soundfile
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.server import ThreadedMotoServer

from contracts.artifacts import Artifact, AudioArtifact
from contracts.errors import BadInput, Unavailable
from services.runtime.stores import open_store
from services.runtime.workbench import Objects


class OneAtATime(DomainDispatcherApplication):
    """S3 looks whether an object is there and writes it in one step; moto in two, and another request may come between them."""

    _turn = threading.Lock()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["REQUEST_METHOD"] != "PUT":
            return super().__call__(environ, start_response)
        with self._turn:
            return list(super().__call__(environ, start_response))


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    known = dict(os.environ)
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    with patch("moto.moto_server.threaded_moto_server.DomainDispatcherApplication", OneAtATime):
        server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="music")
    yield endpoint
    server.stop()
    os.environ.clear()
    os.environ |= known


@pytest.fixture(params=["files", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "files":
        return open_store(f"file://{tmp_path}/store")
    endpoint = request.getfixturevalue("s3_endpoint")
    return open_store(f"s3://music/{tmp_path.name}?endpoint={endpoint}", cache_dir=tmp_path / "cache")


def sound(path: Path, level: float = 0.5, frames: int = 480) -> Path:
    soundfile.write(path, np.full((frames, 2), level, dtype=np.float32), 48_000, subtype="FLOAT")
    return path


def test_what_was_created_is_read(objects: Objects) -> None:
    """An object is there after it was created, and was not before."""
    assert not objects.exists("a/b.json")
    assert objects.create("a/b.json", b"{}")
    assert objects.exists("a/b.json")
    assert objects.read("a/b.json") == b"{}"


def test_only_one_of_many_creates(objects: Objects) -> None:
    """Of sixteen who create at once, one is told that it did, and its bytes stand."""
    won: list[int] = []
    threads = [threading.Thread(target=lambda n=n: objects.create("one.json", str(n).encode()) and won.append(n)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert objects.read("one.json") == str(won[0]).encode()


def test_the_first_object_under_a_key_wins(objects: Objects, tmp_path: Path) -> None:
    """Bytes and files alike: the reference that comes back is the winner's."""
    first = objects.put_bytes("k.bin", b"first", "application/x-toy")
    (tmp_path / "second").write_bytes(b"the second")
    assert objects.put_bytes("k.bin", b"the second", "application/x-toy") == first
    assert objects.put_file("k.bin", tmp_path / "second", "application/x-toy") == first
    assert first == Artifact(key="k.bin", sha256=hashlib.sha256(b"first").hexdigest(), bytes=5, media_type="application/x-toy")


def test_a_sound_is_described(objects: Objects, tmp_path: Path) -> None:
    """put_audio tells rate, channels and frames, and find tells the same later."""
    stored = objects.put_audio("stems/bass.wav", sound(tmp_path / "bass.wav"))
    assert (stored.sample_rate_hz, stored.channels, stored.frames, stored.duration_s) == (48_000, 2, 480, 0.01)
    assert objects.find("stems/bass.wav") == stored


def test_the_first_sound_wins_with_its_shape(objects: Objects, tmp_path: Path) -> None:
    """A second rendering of the same stem changes nothing."""
    first = objects.put_audio("s.wav", sound(tmp_path / "a.wav"))
    again = objects.put_audio("s.wav", sound(tmp_path / "b.wav", 0.1, 960))
    assert again == first
    assert soundfile.info(str(objects.local_path(first))).frames == 480


def test_a_sound_put_as_a_file_is_still_a_sound(objects: Objects, tmp_path: Path) -> None:
    """put_audio over a key that holds a plain file describes that file."""
    objects.put_file("s.wav", sound(tmp_path / "a.wav"), "audio/wav")
    assert isinstance(objects.put_audio("s.wav", sound(tmp_path / "b.wav")), AudioArtifact)


def test_what_is_no_sound_is_refused(objects: Objects, tmp_path: Path) -> None:
    """put_audio of something else is a BadInput that names the key."""
    (tmp_path / "text.wav").write_text("la la la")
    with pytest.raises(BadInput, match=r"text\.wav"):
        objects.put_audio("text.wav", tmp_path / "text.wav")


def test_a_local_path_holds_the_bytes(objects: Objects, tmp_path: Path) -> None:
    """The file for reading has the object's bytes and its suffix."""
    (tmp_path / "x.flac").write_bytes(b"flac")
    path = objects.local_path(objects.put_file("x.flac", tmp_path / "x.flac", "audio/flac"))
    assert path.read_bytes() == b"flac"
    assert path.suffix == ".flac"


def test_what_is_missing_is_unavailable(objects: Objects) -> None:
    """Reading or fetching what is not there is told as Unavailable; finding it is None; deleting it is nothing."""
    gone = Artifact(key="gone.wav", sha256="0" * 64, bytes=1, media_type="audio/wav")
    assert objects.find("gone.wav") is None
    objects.delete("gone.wav")
    with pytest.raises(Unavailable, match=r"gone\.wav"):
        objects.read("gone.wav")
    with pytest.raises(Unavailable, match=r"gone\.wav"):
        objects.local_path(gone)


def test_keys_are_listed_by_prefix(objects: Objects, tmp_path: Path) -> None:
    """Sorted, whole keys, and nothing of the store's own files."""
    objects.put_audio("c/1/stems/bass.wav", sound(tmp_path / "x.wav"))
    for key in ("c/1/context/0001.json", "c/1/context/0000.json", "c/2/end.json"):
        objects.create(key, b"{}")
    assert objects.list("c/1/context/") == ["c/1/context/0000.json", "c/1/context/0001.json"]
    assert objects.list("c/1/context/0001") == ["c/1/context/0001.json"]
    assert len(objects.list("")) == 4


def test_a_deleted_object_can_be_created_again(objects: Objects, tmp_path: Path) -> None:
    """Its description is of the new object."""
    objects.put_audio("s.wav", sound(tmp_path / "a.wav"))
    objects.delete("s.wav")
    again = objects.put_audio("s.wav", sound(tmp_path / "b.wav", 0.1, 960))
    assert again.frames == 960
    assert objects.find("s.wav") == again


@pytest.mark.parametrize("key", ["../etc/passwd", "/etc/passwd", "a//b", "a/../b", ".tmp/x", "a/.hidden", "", "a\x00b", "x" * 901])
def test_a_key_cannot_leave_the_store(objects: Objects, key: str) -> None:
    """Keys that climb out, or reach the store's own files, are refused before anything is touched."""
    with pytest.raises(BadInput, match="key"):
        objects.create(key, b"")


@pytest.mark.parametrize("url", ["/srv/x", "http://x/y", "file://host/x", "s3:///x", ""])
def test_an_unknown_store_is_refused(url: str) -> None:
    """The error names what a store may be."""
    with pytest.raises(BadInput, match="file:///directory"):
        open_store(url)
