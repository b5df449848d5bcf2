"""What only S3 can do wrong: no answer, a damaged object, a cache that grows."""

from pathlib import Path

import pytest

from contracts.artifacts import Artifact
from contracts.errors import Unavailable
from services.runtime.stores import s3
from services.runtime.stores.s3 import S3Store
from tests.runtime.stores.test_stores import s3_endpoint

__all__ = ["s3_endpoint"]


@pytest.fixture
def bucket(s3_endpoint: str, tmp_path: Path) -> S3Store:
    return S3Store("music", tmp_path.name, endpoint=s3_endpoint, cache_dir=tmp_path / "cache")


def test_a_store_that_does_not_answer_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No server, no traceback: Unavailable, which is retried."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    store = S3Store("music", endpoint="http://127.0.0.1:9", cache_dir=tmp_path)
    with pytest.raises(Unavailable, match="does not answer"):
        store.read("a.json")


def test_a_damaged_object_is_not_handed_out(bucket: S3Store) -> None:
    """A fetched object whose digest differs is refused, and no copy is kept."""
    stored = bucket.put_bytes("a.bin", b"right", "application/x-toy")
    wrong = Artifact(key="a.bin", sha256="f" * 64, bytes=5, media_type=stored.media_type)
    with pytest.raises(Unavailable, match="digest"):
        bucket.local_path(wrong)
    assert [path for path in bucket._cache.rglob("*") if path.is_file()] == []


def test_an_object_is_fetched_once(bucket: S3Store) -> None:
    """The second reader on this machine needs no network: the cached copy outlives even the object."""
    stored = bucket.put_bytes("a.bin", b"bytes", "application/x-toy")
    path = bucket.local_path(stored)
    bucket.delete("a.bin")
    assert bucket.local_path(stored) == path


def test_the_cache_keeps_what_was_used_last(bucket: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over its limit, the cache drops the copies that were used longest ago."""
    monkeypatch.setattr(s3, "CACHE_LIMIT_BYTES", 25)
    stored = [bucket.put_bytes(f"{n}.bin", bytes([n]) * 10, "application/x-toy") for n in range(5)]
    paths = [bucket.local_path(artifact) for artifact in stored]
    assert [path.exists() for path in paths] == [False, False, True, True, True]


def test_an_object_stored_by_somebody_else_is_described(bucket: S3Store) -> None:
    """Without our metadata the digest is computed."""
    bucket._client.put_object(Bucket="music", Key=f"{bucket.prefix}theirs.bin", Body=b"theirs")
    found = bucket.find("theirs.bin")
    assert found is not None
    assert found.bytes == 6
