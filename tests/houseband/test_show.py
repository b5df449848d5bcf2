"""`houseband show` prints a delivered folder's score, and says what is wrong with any other folder."""

from pathlib import Path

from contracts.music import ChordEvent, Note, Part, Role, Score, Section
from houseband.cli import main


def test_a_folder_with_a_score_is_shown(tmp_path: Path, capsys) -> None:
    """Form, chords and notes come as text."""
    section = Section(label="verse", start_bar=1, bars=1, energy=0.5, key="C major", chords=(ChordEvent(bar=1, beat=1, symbol="C"),))
    part = Part(role=Role.MELODY, instrument="flute", notes=(Note(0, 960, 72, 80),))
    score = Score(genre="pop", tempo_bpm=100, sections={"verse_1": section}, parts={"melody": part})
    (tmp_path / "score.json").write_bytes(score.to_json())
    assert main(["show", str(tmp_path)]) == 0
    assert "form: verse 1" in capsys.readouterr().out


def test_other_folders_are_refused_in_one_line(tmp_path: Path, capsys) -> None:
    """No score, or a broken one: exit code 2 and what was expected."""
    assert main(["show", str(tmp_path)]) == 2
    (tmp_path / "score.json").write_text("{}", "utf-8")
    assert main(["show", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") <= 4
