"""What only files can do wrong: full disks, half-written objects, stale descriptions."""

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from contracts.errors import Unavailable
from services.runtime.stores.files import FileStore


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "store")


def everything(store: FileStore) -> list[str]:
    return [str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file()]


def test_a_full_disk_is_told_and_leaves_nothing(files: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """ENOSPC while writing is Unavailable with a remedy, and neither object nor temporary file stays."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="full: free some space"):
        files.create("a.json", b"{}")
    assert everything(files) == []


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="needs a second file system")  # noqa: S108
def test_a_file_from_another_disk_is_copied(files: FileStore) -> None:
    """put_file works where a hard link cannot."""
    source = Path("/dev/shm") / f"houseband-{os.getpid()}"  # noqa: S108
    source.write_bytes(b"far away")
    try:
        assert files.put_file("far.bin", source, "application/x-toy").bytes == 8
    finally:
        source.unlink()
    assert files.read("far.bin") == b"far away"


def test_a_given_file_is_linked_not_copied(files: FileStore, tmp_path: Path) -> None:
    """On one disk a stem of 50 MB costs a link."""
    source = tmp_path / "big.bin"
    source.write_bytes(bytes(1000))
    files.put_file("big.bin", source, "application/x-toy")
    assert (files.root / "big.bin").stat().st_ino == source.stat().st_ino


def test_the_description_is_not_computed_twice(files: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest of a stored object is remembered: the join after the fan-out reads no audio."""
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros((480, 2)), 48_000)
    stored = files.put_audio("a.wav", path)
    monkeypatch.setattr("services.runtime.stores.files.file_digest", _never)
    assert files.find("a.wav") == stored


def test_a_stale_description_is_ignored(files: FileStore) -> None:
    """An object that was replaced behind the store's back is described anew."""
    before = files.put_bytes("a.bin", b"one", "application/x-toy")
    (files.root / "a.bin").unlink()
    (files.root / "a.bin").write_bytes(b"two!")
    after = files.find("a.bin")
    assert after is not None
    assert after.sha256 != before.sha256


def test_a_writer_that_died_before_describing_costs_nothing(files: FileStore, tmp_path: Path) -> None:
    """A sound that was linked but not yet described is found as the sound it is."""
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros((480, 2)), 48_000)
    stored = files.put_audio("stems/a.wav", path)
    (files.root / ".meta" / "stems" / "a.wav.json").unlink()
    assert files.find("stems/a.wav") == stored


def test_nothing_temporary_stays(files: FileStore) -> None:
    """After any number of writes, losers included, the temporary folder is empty."""
    for _ in range(3):
        files.create("same.json", b"{}")
    files.put_bytes("other.json", b"{}", "application/json")
    assert list((files.root / ".tmp").iterdir()) == []


def _never(*_: Any) -> str:
    raise AssertionError("the digest was computed again")
