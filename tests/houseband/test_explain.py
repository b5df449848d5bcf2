"""`houseband revise --explain` says how an instruction is understood over a folder, and makes nothing."""

import json
from pathlib import Path

import pytest

from contracts.context import Context, Request
from contracts.music import ChordEvent, Note, Part, Role, Score, Section
from houseband.cli import main


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """The documents of a delivered folder: a verse for flute and bass."""
    folder = tmp_path / "song"
    folder.mkdir()
    section = Section(label="verse", start_bar=1, bars=8, energy=0.5, key="C major", chords=(ChordEvent(bar=1, beat=1, symbol="C"),))
    parts = {
        name: Part(role=role, instrument=instrument, notes=(Note(0, 960, pitch, 80),))
        for name, role, instrument, pitch in (("melody", Role.MELODY, "flute", 72), ("bass", Role.BASS, "bass_guitar", 36))
    }
    score = Score(genre="pop", key="C major", tempo_bpm=100, sections={"verse": section}, parts=parts)
    context = Context(composition_id="c" * 8, job_id="j", seq=1, created_at=0.0, request=Request(prompt="a song", seed=1))
    (folder / "score.json").write_bytes(score.to_json())
    (folder / "context.json").write_text(context.model_dump_json(by_alias=True), "utf-8")
    return folder


def test_what_would_change_is_said(song: Path, capsys) -> None:
    """The edits in words, what was left unread, or all of it as JSON; the folder stays as it was."""
    before = sorted(path.name for path in song.parent.rglob("*"))
    assert main(["revise", str(song), "the flute an octave lower, 5 bpm faster, and say hello to mum", "--explain"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == ["melody 1 octave down.", "Tempo 100 → 105 BPM.", "not understood: say hello to mum"]
    assert main(["revise", str(song), "slower", "--explain", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["edits"][0] == {"words": "slower", "kind": "tempo", "bpm": 92.0, "sections": []}
    assert sorted(path.name for path in song.parent.rglob("*")) == before


def test_what_cannot_be_read_is_refused(song: Path, capsys) -> None:
    """Exit code 2, with what the song has where a name was of nothing in it."""
    assert main(["revise", str(song), "the trumpet louder", "--explain"]) == 2
    assert "its parts: melody, bass" in capsys.readouterr().err
    assert main(["revise", str(song), "--explain"]) == 2
