"""A song's folder is whole or not there."""

import hashlib
import json
from pathlib import Path

import pytest

from contracts.errors import BadInput, Unavailable
from contracts.sound import CODINGS, EDITIONS, RATES_HZ, edition_file, format_file
from houseband.client import Results
from houseband.folder import check_target, default_folder, further_bytes, write_folder

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


def test_further_files_are_ours_and_count_where_room_is_looked_for(tmp_path: Path) -> None:
    """Every format at every rate and every edition may lie in a song's folder; what they take is asked of the disk beforehand."""
    formats = [f"{coding}@{rate}" for coding in CODINGS for rate in RATES_HZ]
    names = [*map(format_file, formats), *map(edition_file, EDITIONS), "cover.png", "cover.jpg"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "manifest.json").write_text('{"composition_id": "c", "files": {}}')
    check_target(tmp_path, 1, None)
    assert further_bytes({"formats": ["wav24@96000"]}, 60) == 2 * 60 * 96_000 * 6
    assert further_bytes({}, 60) == 0
    assert further_bytes({"editions": list(EDITIONS)}, 60) > 16 * 60 * 288_000


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """--out names a folder."""
    (tmp_path / "song").write_text("a file")
    with pytest.raises(BadInput, match="out"):
        check_target(tmp_path / "song", 20, None)


@pytest.mark.parametrize(
    "files",
    [
        {"manifest.json": '{"name": "my web site"}'},
        {"manifest.json": '{"composition_id": "c", "files": {}}', "index.html": "mine"},
        {"manifest.json": "no JSON"},
        {"song.mid": "a tune of my own"},
        {"score.json": "[1]"},
    ],
)
def test_the_work_of_others_is_never_replaced(tmp_path: Path, files: dict[str, str]) -> None:
    """A folder counts as a song's only where our manifest or score says so and where it holds nothing else."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match="It holds"):
        check_target(tmp_path, 1, None)


@pytest.mark.parametrize(
    "files",
    [
        {"manifest.json": '{"composition_id": "c", "files": {}}', "master.wav": "", ".DS_Store": ""},
        {"score.json": '{"parts": {}, "sections": {}}', "song.mid": ""},
        {".DS_Store": ""},
        {},
    ],
)
def test_a_song_can_be_made_again_in_its_folder(tmp_path: Path, files: dict[str, str]) -> None:
    """A whole song, one that was stopped by --until, and an empty folder may be replaced."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    check_target(tmp_path, 1, None)


def test_looking_at_a_target_makes_no_folder(tmp_path: Path) -> None:
    """A request that is refused later has left no empty folders."""
    check_target(tmp_path / "a" / "b" / "song", 1, None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x" * 300, "file/song"])
def test_impossible_paths_are_told(tmp_path: Path, name: str) -> None:
    """A name that is too long, and a folder below a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="out"):
        check_target(tmp_path / name, 1, None)


def test_a_mounted_folder_is_filled_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's volume cannot be renamed: the old song's files go, the new ones come, nothing else stays."""
    target = tmp_path / "song"
    (target / "stems").mkdir(parents=True)
    (target / "stems" / "old.wav").write_text("old")
    monkeypatch.setattr("os.path.ismount", lambda path: path == target)
    results, data = served(FILES)
    write_folder(results, target, lambda url, path: path.write_bytes(data[url.removeprefix("/x/")]) and None)
    assert {str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()} == set(data)
    assert [p.name for p in tmp_path.iterdir()] == ["song"]


def test_what_a_killed_command_left_goes(tmp_path: Path) -> None:
    """The next song beside it sweeps the half-written folder of a process that is dead, and no living one's."""
    dead, living = tmp_path / ".houseband-999999999.partial", tmp_path / ".houseband-1.partial"
    dead.mkdir()
    living.mkdir()
    results, data = served(FILES)
    write_folder(results, tmp_path / "song", lambda url, path: path.write_bytes(data[url.removeprefix("/x/")]) and None)
    assert {p.name for p in tmp_path.iterdir()} == {"song", living.name}


@pytest.mark.parametrize(("prompt", "name"), [("Deep House, 124 bpm!", "deep-house-124-bpm-7"), ("🎉🎉", "song-7"), ("/../etc", "etc-7")])
def test_the_default_folder_is_named_by_the_prompt(prompt: str, name: str) -> None:
    """Letters and digits of the prompt, and the seed."""
    assert default_folder(prompt, 7) == Path("songs") / name
