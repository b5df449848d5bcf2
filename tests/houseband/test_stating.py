"""Mix sheets, pairs of sounds, and a song that is made again from its folder."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.artifacts import Artifact
from contracts.context import Context, Options, Request
from contracts.errors import BadInput
from contracts.pipeline import Stage
from contracts.revising import Revises
from houseband.cli import _parser
from houseband.commands.make import _wanted
from houseband.remaking import as_revision, revised_before
from houseband.stating import MOST_SHEET_BYTES, read_mix, read_sounds


def folder(path: Path, **request: Any) -> Path:
    """A folder with the context of a song."""
    context = Context(composition_id="c", job_id="j", seq=1, created_at=0.0, request=Request(prompt="slow house", seed=7, **request))
    path.mkdir()
    (path / "context.json").write_bytes(context.to_json())
    return path


def arguments(*words: str) -> argparse.Namespace:
    return _parser().parse_args(["make", *words])


def test_a_mix_sheet_is_toml_or_json_and_anything_else_is_refused_by_name(tmp_path: Path) -> None:
    """Both forms give the same option; a broken one says where it breaks."""
    (tmp_path / "a.toml").write_text("[channels.bass]\nlevel_db = -2.0\n", "utf-8")
    (tmp_path / "b.json").write_text('{"channels": {"bass": {"level_db": -2.0}}}', "utf-8")
    (tmp_path / "c.toml").write_text("channels bass", "utf-8")
    assert read_mix(tmp_path / "a.toml") == read_mix(tmp_path / "b.json") == {"channels": {"bass": {"level_db": -2.0}}}
    with pytest.raises(BadInput, match=r"mix: .*c\.toml.*line 1"):
        read_mix(tmp_path / "c.toml")


@pytest.mark.parametrize("text", ["a = " + "[" * 5000 + "]" * 5000, '{"a": ' * 9000, " " * (MOST_SHEET_BYTES + 1)])
def test_a_sheet_that_no_reader_can_hold_is_refused(text: str, tmp_path: Path) -> None:
    """Nesting without end and a file without end are told as any other mistake."""
    (tmp_path / "deep.toml").write_text(text, "utf-8")
    with pytest.raises(BadInput, match="mix: "):
        read_mix(tmp_path / "deep.toml")


@pytest.mark.parametrize("mix", ["section_db = { verse = inf }", "changes = { width = nan }", "channels = { bass = { pan = -inf } }"])
def test_a_sheet_without_finite_numbers_is_refused_before_a_job_is_made(mix: str, tmp_path: Path) -> None:
    """JSON cannot hold them: a request that was accepted must be readable ever after."""
    (tmp_path / "mix.toml").write_text(mix, "utf-8")
    with pytest.raises(BadInput, match=r"finite|equal"):
        _wanted(arguments("house", "--mix", str(tmp_path / "mix.toml")))


def test_sounds_are_named_by_their_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker stands elsewhere: a relative path would mean another file there. A colon and an equals sign may be in the name."""
    monkeypatch.chdir(tmp_path)
    assert read_sounds(["bass=a=b.sf2:0:33", "lead=/x/y.sfz"]) == {"bass": f"{tmp_path}/a=b.sf2:0:33", "lead": "/x/y.sfz"}


def test_again_takes_prompt_seed_and_options_and_lets_flags_win(tmp_path: Path) -> None:
    """What is stated now wins over what was stated then; all else is as it was."""
    song = folder(tmp_path / "song", options=Options(bpm=120, target_lufs=-9, key="F minor"))
    assert _wanted(arguments("--again", str(song))) == ("slow house", 7, {"bpm": 120.0, "target_lufs": -9.0, "key": "F minor"})
    prompt, seed, options = _wanted(arguments("fast house", "--again", str(song), "--seed", "8", "--target-lufs", "-14"))
    assert (prompt, seed, options) == ("fast house", 8, {"bpm": 120.0, "target_lufs": -14.0, "key": "F minor"})


def test_again_asks_for_the_files_that_the_song_heard(tmp_path: Path) -> None:
    """The folder does not hold the reference: made without it, another song would come out."""
    heard = Artifact(key="uploads/c/mine.wav", sha256="0" * 64, bytes=1, media_type="audio/wav")
    song = folder(tmp_path / "song", reference=heard)
    with pytest.raises(BadInput, match=r"--reference mine\.wav"):
        _wanted(arguments("--again", str(song)))


def test_again_revises_a_song_that_was_revised(tmp_path: Path) -> None:
    """Made from its prompt it would lose the edits on its notes: what is stated is a patch; else its notes are played again."""
    revised = Revises(version=1, revision="compositions/c/jobs/j/context/0009.json", from_stage=Stage.ARRANGEMENT)
    song = folder(tmp_path / "my song", revises=revised)
    plain = arguments("--again", str(song), "--out", "there")
    assert revised_before(plain) is not None
    asked = as_revision(plain)
    assert (asked.song, asked.patch, asked.from_stage, asked.out) == (str(song), None, "production", Path("there"))
    asked = as_revision(arguments("--again", str(song), "--bpm", "120", "--seed", "8", "--until", "mixing"))
    assert (json.loads(asked.patch), asked.from_stage, asked.until) == ({"options": {"bpm": 120.0, "seed": 8}}, None, "mixing")
    assert set(vars(_parser().parse_args(["revise", "x"]))) - {"command"} <= set(vars(asked))
    for more, field in ((["other words"], "prompt"), (["--reference", "a.wav"], "reference"), (["--listen", "a.wav"], "listen")):
        with pytest.raises(BadInput) as told:
            as_revision(arguments(*more, "--again", str(song)))
        assert told.value.field == field


def test_again_leaves_a_song_as_it_was_first_made_to_its_prompt(tmp_path: Path) -> None:
    """It is made from prompt, seed and options; without --again there is nothing to look up."""
    assert revised_before(arguments("--again", str(folder(tmp_path / "song")))) is None
    assert revised_before(arguments("house")) is None
