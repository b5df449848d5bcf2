"""What one likes, on the command line: judged in one folder, known on this machine, taken out."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contracts.context import Context, IdeationSection, Options, Request
from contracts.errors import Unavailable
from houseband.cli import main
from houseband.home import Home
from houseband.tastes import known_taste
from services.enhancer.reading import read_prompt


def delivered(folder: Path, prompt: str) -> Path:
    """A folder whose song got as far as its brief."""
    folder.mkdir()
    brief = read_prompt(prompt, Options(), seed=1)
    context = Context(
        composition_id="c", job_id="j", seq=1, created_at=0.0, request=Request(prompt=prompt, seed=1), ideation=IdeationSection(brief=brief)
    )
    (folder / "context.json").write_bytes(context.to_json())
    return folder


def test_a_choice_is_learned_kept_and_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`prefer` tells what is believed now, the machine knows it without a house, and `taste --export` writes the judgement."""
    monkeypatch.setenv("HOUSEBAND_HOME", str(tmp_path / "home"))
    better, worse = delivered(tmp_path / "a", "a slow folk song with cello"), delivered(tmp_path / "b", "fast metal")
    assert known_taste(Home(tmp_path / "home")).judgements == 0
    assert main(["prefer", str(better), str(worse)]) == 0
    assert "likes genre folk" in capsys.readouterr().out
    known = known_taste(Home(tmp_path / "home"))
    assert known.names["genre"]["folk"].mean > 0 > known.names["genre"]["metal"].mean
    assert main(["taste", "--export", str(tmp_path / "out.jsonl")]) == 0
    (line,) = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["about"]["liked"]["prompt"] == "a slow folk song with cello"


def test_a_folder_without_a_song_cannot_be_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 with the folder's name, before a house is started; a rating of 9 and a file that exists are refused, too."""
    assert main(["rate", str(tmp_path), "5"]) == 2
    assert str(tmp_path) in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["rate", str(tmp_path), "9"])
    assert ended.value.code == 2


def test_a_song_is_not_better_than_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By whatever path both are named: exit code 2, and no judgement."""
    song = delivered(tmp_path / "a", "a slow folk song")
    assert main(["prefer", str(song), str(song.parent / "." / "a")]) == 2
    assert "another song" in capsys.readouterr().err


@pytest.mark.parametrize("document", [None, "{", '{"names": {"genre": {"folk": {"mean": null}}}}'])
def test_a_broken_taste_is_told_in_words(document: str | None, tmp_path: Path) -> None:
    """No database, no JSON, no model: Unavailable with the file's name."""
    home = Home(tmp_path)
    if document is None:
        home.database.write_bytes(b"this is no database at all, whatever it is called")
    else:
        with closing(sqlite3.connect(home.database)) as database, database:
            database.execute("CREATE TABLE tastes (user TEXT, judgements INTEGER, document TEXT)")
            database.execute("INSERT INTO tastes VALUES ('local', 1, ?)", (document,))
    with pytest.raises(Unavailable, match=home.database.name):
        known_taste(home)
