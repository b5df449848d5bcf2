"""Same inputs and seed, same bytes; another seed, another song."""

from pathlib import Path

import pytest

from tests.songs import Song, make_song, open_house

PROMPT = "dreamy pop with violin and synth pads"
FURTHER = {"formats": ["wav16@44100", "mp3_320", "ogg"], "editions": ["lead", "loop", "stems_zip"]}


def song(tmp_path: Path, name: str, seed: int, **further: list[str]) -> Song:
    with open_house(tmp_path / f"home-{name}") as house:
        return make_song(house, tmp_path / name, PROMPT, options={"duration_s": 12, "seed": seed, **further})


def test_same_seed_same_bytes_other_seed_other_song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two houses that share nothing, one with three workers per service, make the same audio, MIDI and score; seed 4 another song.

    So they do of every encoder, of the lead alone, the loop and the archive.
    """
    first = song(tmp_path, "a", 3, **FURTHER)
    monkeypatch.setenv("HOUSEBAND_WORKER_SLOTS", "3")
    again, other = song(tmp_path, "b", 3, **FURTHER), song(tmp_path, "c", 4)
    assert first.music_digests() == again.music_digests()
    assert {"formats/master_48000_q8.ogg", "editions/lead.wav", "editions/stems.zip"} <= set(first.music_digests())
    assert {"master.wav", "master.flac", "master.mp3", "song.mid", "score.json"} <= set(first.music_digests())
    assert first.music_digests()["master.wav"] != other.music_digests()["master.wav"]
    assert first.score["parts"] != other.score["parts"]
