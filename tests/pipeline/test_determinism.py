"""Same inputs and seed, same bytes; another seed, another song."""

from pathlib import Path

import pytest

from tests.songs import Song, make_song, open_house

PROMPT = "dreamy pop with violin and synth pads"


def song(tmp_path: Path, name: str, seed: int) -> Song:
    with open_house(tmp_path / f"home-{name}") as house:
        return make_song(house, tmp_path / name, PROMPT, options={"duration_s": 12, "seed": seed})


def test_same_seed_same_bytes_other_seed_other_song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two houses that share nothing, one with three workers per service, make the same audio, MIDI and score; seed 4 another song."""
    first = song(tmp_path, "a", 3)
    monkeypatch.setenv("HOUSEBAND_WORKER_SLOTS", "3")
    again, other = song(tmp_path, "b", 3), song(tmp_path, "c", 4)
    assert first.music_digests() == again.music_digests()
    assert {"master.wav", "master.flac", "master.mp3", "song.mid", "score.json"} <= set(first.music_digests())
    assert first.music_digests()["master.wav"] != other.music_digests()["master.wav"]
    assert first.score["parts"] != other.score["parts"]
