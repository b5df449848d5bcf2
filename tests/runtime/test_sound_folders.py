"""Which files of sounds a job may name, judged at the door and by the generator alike."""

import os
from pathlib import Path

import pytest

from contracts.errors import BadInput
from services.runtime.sound_folders import FURTHER, VARIABLE, Places, check_sounds, read_named, sound_places


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("My Bass.sf2", ("My Bass.sf2", "soundfont", "")),
        ("/a/b.SF3:128:0", ("/a/b.SF3", "soundfont", "128:0")),
        ("a.sfz", ("a.sfz", "sfz", "")),
        ("a.vst3/", ("a.vst3", "vst3", "")),
        ("a.vst3:Warm Pad", ("a.vst3", "vst3", "Warm Pad")),
        ("dir.sf2/b.sfz", ("dir.sf2/b.sfz", "sfz", "")),
    ],
)
def test_a_binding_is_a_file_and_what_of_it(text: str, read: tuple[str, str, str]) -> None:
    """The kind is told by the ending, in any capitals; after it a preset may be named."""
    assert tuple(read_named(text, "sounds.bass")) == read


@pytest.mark.parametrize("text", ["", "bass", "a.wav", "a.sf2:1", "a.sf2:0:128", "a.sf2:99999:0", "a.sfz:1:2", "a\x00.sf2"])
def test_what_is_no_binding_is_refused(text: str) -> None:
    """An unknown kind, a preset out of range and a preset of what has none are told with the field."""
    with pytest.raises(BadInput) as caught:
        read_named(text, "options.sounds.bass")
    assert caught.value.field == "options.sounds.bass"


def test_the_folders_are_the_operators(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Both variables hold folders separated as in PATH; empty ones hold none."""
    monkeypatch.setenv(VARIABLE, f"{tmp_path}{os.pathsep}{os.pathsep}/b")
    monkeypatch.setenv(FURTHER, "/c")
    assert sound_places() == Places((tmp_path.resolve(), Path("/b")), (Path("/c"),))
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.delenv(FURTHER)
    assert sound_places().all == ()


def test_the_door_refuses_what_the_generator_would(tmp_path: Path) -> None:
    """Outside, upwards, by a link and missing: refused; where the folders are on another machine, the path alone is judged."""
    folder = (tmp_path / "sounds").resolve()
    folder.mkdir()
    (folder / "a.sf2").touch()
    (tmp_path / "b.sf2").touch()
    (folder / "link.sf2").symlink_to(tmp_path / "b.sf2")
    (folder / "round.sf2").symlink_to(folder / "round.sf2")
    check_sounds({"bass": "a.sf2", "pad": str(folder / "a.sf2:0:5")}, [folder])
    for file in ("/etc/x.sf2", "../b.sf2", str(folder / "../b.sf2"), "link.sf2", "round.sf2", "none.sf2"):
        with pytest.raises(BadInput, match=f"inside {folder}"):
            check_sounds({"bass": file}, [folder])
    elsewhere = [Path("/not/here")]
    check_sounds({"bass": "/not/here/a.sf2"}, elsewhere)
    with pytest.raises(BadInput, match="inside /not/here"):
        check_sounds({"bass": "/not/here/../a.sf2"}, elsewhere)
    with pytest.raises(BadInput, match="HOUSEBAND_SOUNDS"):
        check_sounds({"bass": str(folder / "a.sf2")}, [])


def test_a_pipe_in_an_allowed_folder_is_refused(tmp_path: Path) -> None:
    """Nobody ever writes to it: the worker that opened it would wait for ever."""
    os.mkfifo(tmp_path / "pipe.sf2")
    with pytest.raises(BadInput, match="not a pipe"):
        check_sounds({"bass": "pipe.sf2"}, (tmp_path,))
