"""Edited briefs on the command line: the file, the words they were read from, and flags that are stated anew."""

import json
from pathlib import Path

import pytest

from contracts.errors import BadInput
from houseband.cli import main
from houseband.editing import MOST_BYTES, read_edited, restated
from houseband.request import wanted_prompt


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"7",
        b'{"energy": NaN}',
        b'{"key": "\xff"}',
        b'{"title": "\\ud800"}',
        b"[" * 100_000,
        b" " * (MOST_BYTES + 1),
    ],
)
def test_a_file_that_holds_no_brief_is_refused(tmp_path: Path, data: bytes) -> None:
    """What is no JSON object, says nothing, is no Unicode, holds no numbers or is too large is refused as `brief`."""
    (tmp_path / "b.json").write_bytes(data)
    with pytest.raises(BadInput) as refused:
        read_edited(tmp_path / "b.json")
    assert refused.value.field == "brief"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With the system's own words."""
    with pytest.raises(BadInput, match="No such file"):
        read_edited(tmp_path / "none.json")


def test_the_prompt_may_be_left_out_beside_a_brief() -> None:
    """The words of the brief stand in for it, a prompt beside it wins, and without a brief it is needed."""
    assert wanted_prompt("", {"brief": {"prompt": " slow rock "}}) == "slow rock"
    assert wanted_prompt("", {"brief": {"genres": ["rock"], "prompt": 7}}) == ""
    assert wanted_prompt("jazz", {"brief": {"prompt": "rock"}}) == "jazz"
    with pytest.raises(BadInput):
        wanted_prompt("", {})


def test_a_flag_stated_anew_stands_over_the_earlier_brief() -> None:
    """With --again, what is stated now takes its field out of the brief that was edited then."""
    earlier = {"energy": 0.5, "brief": {"tempo_bpm": 100, "genres": ["jazz"], "key": "A minor"}}
    assert restated(earlier, {"bpm": 120, "key": "C major"}) == {"energy": 0.5, "brief": {"genres": ["jazz"]}}
    assert restated({"brief": {"genres": ["jazz"]}}, {"genre": "rock"}) == {}


def test_brief_to_file_to_brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`houseband brief --json` written to a file and given back says the same; an impossible edit is told by its field, exit code 2."""
    monkeypatch.setenv("HOUSEBAND_HOME", str(tmp_path / "home"))
    assert main(["brief", "slow rock in E minor, no drums", "--json"]) == 0
    text = capsys.readouterr().out
    (tmp_path / "b.json").write_text(text, "utf-8")
    assert main(["brief", "--brief", str(tmp_path / "b.json"), "--json"]) == 0
    assert capsys.readouterr().out == text
    (tmp_path / "b.json").write_text(json.dumps({**json.loads(text), "tempo_bpm": {"value": -1}}), "utf-8")
    assert main(["brief", "--brief", str(tmp_path / "b.json")]) == 2
    assert "brief.tempo_bpm: -1 is not possible; allowed: 30 to 300" in capsys.readouterr().err
