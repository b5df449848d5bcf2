"""`houseband analyze song.mid`: the table that a musician reads, by what the file holds and not by its name."""

import json
from pathlib import Path

import pytest

from contracts.theory import Theory
from houseband.cli import main
from tests.midi_files import blocks, midi_bytes, roots

CHORDS = ("C", "A7", "Dm", "G7") * 2 + ("F", "Fm", "G7", "C")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A MIDI file under a name that says that it is sound."""
    path = tmp_path / "song.wav"
    path.write_bytes(midi_bytes([("Keys", 0, 0, blocks(CHORDS)), ("Bass", 1, 33, roots(CHORDS))]))
    return path


def test_a_table_with_numerals_cadences_and_motion(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Key, numerals with applied and borrowed chords, cadences by bar and the size of the voice leading stand in it."""
    assert main(["analyze", str(song)]) == 0
    shown = capsys.readouterr().out
    for part in ("C major", "V7/ii", "applied", "borrowed", "authentic", "semitones per change", "form", "scale"):
        assert part in shown


def test_json_is_the_document(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints a Theory, and nothing else."""
    assert main(["analyze", str(song), "--json"]) == 0
    read = Theory.model_validate(json.loads(capsys.readouterr().out))
    assert (read.source, read.bars, read.key) == ("midi", 12, "C major")


def test_a_broken_file_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, and the reason."""
    path = tmp_path / "broken.mid"
    path.write_bytes(b"MThd\0\0\0\6\0\2\0\1\1\xe0")
    assert main(["analyze", str(path)]) != 0
    assert "format 2" in capsys.readouterr().err
