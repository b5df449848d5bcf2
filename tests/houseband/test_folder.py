"""A song's folder is whole or not there."""

import hashlib
import json
from pathlib import Path

import pytest

from contracts.errors import BadInput, Unavailable
from houseband.client import Results
from houseband.folder import check_target, default_folder, write_folder

FILES = {"master.wav": b"sound", "stems/bass.wav": b"low"}


def served(files: dict[str, bytes]) -> tuple[Results, dict[str, bytes]]:
    entries = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "media_type": "audio/wav"} for name, data in FILES.items()
    }
    everything = {**files, "manifest.json": json.dumps({"composition_id": "c", "files": entries}).encode()}
    return Results(files={name: f"/x/{name}" for name in everything}), everything


def test_all_files_arrive_and_no_temporary_folder_stays(tmp_path: Path) -> None:
    """The folder holds every file of the results and its parent nothing else."""
    results, data = served(FILES)
    write_folder(results, tmp_path / "song", lambda url, path: path.write_bytes(data[url.removeprefix("/x/")]) and None)
    assert {str(p.relative_to(tmp_path / "song")) for p in (tmp_path / "song").rglob("*") if p.is_file()} == set(data)
    assert [p.name for p in tmp_path.iterdir()] == ["song"]


def test_a_damaged_file_leaves_nothing(tmp_path: Path) -> None:
    """A file that does not match its digest fails the whole."""
    results, data = served({**FILES, "master.wav": b"noise"})
    with pytest.raises(Unavailable, match=r"master\.wav"):
        write_folder(results, tmp_path / "song", lambda url, path: path.write_bytes(data[url.removeprefix("/x/")]) and None)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """ENOSPC in the middle is told in words, and the half-written folder goes."""
    results, _ = served(FILES)

    def fetch(url: str, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(Unavailable, match="No space left"):
        write_folder(results, tmp_path / "song", fetch)
    assert list(tmp_path.iterdir()) == []


def test_a_song_replaces_an_older_song_at_once(tmp_path: Path) -> None:
    """Making again into the same folder leaves only the new files."""
    (tmp_path / "song").mkdir()
    (tmp_path / "song" / "manifest.json").write_text("{}")
    (tmp_path / "song" / "old.wav").write_text("old")
    results, data = served(FILES)
    write_folder(results, tmp_path / "song", lambda url, path: path.write_bytes(data[url.removeprefix("/x/")]) and None)
    assert not (tmp_path / "song" / "old.wav").exists()


def test_names_that_climb_out_are_refused(tmp_path: Path) -> None:
    """A server cannot write outside the folder."""
    with pytest.raises(Unavailable, match="outside"):
        write_folder(Results(files={"../evil": "/x"}), tmp_path / "song", lambda _url, _path: None)


def test_too_little_room_is_said_before_anything_starts(tmp_path: Path) -> None:
    """A year of music fits on no disk."""
    with pytest.raises(Unavailable, match="disk space"):
        check_target(tmp_path / "song", 3.15e7 * 100, None)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """--out names a folder."""
    (tmp_path / "song").write_text("a file")
    with pytest.raises(BadInput, match="out"):
        check_target(tmp_path / "song", 20, None)


@pytest.mark.parametrize(("prompt", "name"), [("Deep House, 124 bpm!", "deep-house-124-bpm-7"), ("🎉🎉", "song-7"), ("/../etc", "etc-7")])
def test_the_default_folder_is_named_by_the_prompt(prompt: str, name: str) -> None:
    """Letters and digits of the prompt, and the seed."""
    assert default_folder(prompt, 7) == Path("songs") / name
