"""Sounds of one's own at the command line: shown, examined, and allowed to the house that the command starts."""

import json
import os
from pathlib import Path

import pytest

from houseband.cli import main
from houseband.launcher import _allowing
from services.runtime.sound_folders import FURTHER, VARIABLE
from tests.generator.production.own_sounds import write_soundfont


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pack of one soundfont."""
    write_soundfont(tmp_path / "Tone.sf2")
    (tmp_path / "band.toml").write_text(
        'name = "My band"\nlicence = "CC0-1.0"\n[sounds]\nbass_guitar = "Tone.sf2:0:33"\npad = "Tone.sf2"\n'
    )
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def test_the_catalogue_shows_what_packs_bind(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Instruments and roles that a pack binds name the file; without packs the catalogue is as it was."""
    assert main(["catalog", "instruments", "--json"]) == 0
    rows = {row["id"]: row.get("played by your own") for row in json.loads(capsys.readouterr().out)}
    assert {name: shown for name, shown in rows.items() if shown} == {"bass_guitar": "Tone.sf2:0:33 (My band)", "pad": "Tone.sf2 (My band)"}


def test_doctor_examines_packs(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What plays SFZ and VST3 here is said; a pack that cannot be used is named with its fault."""
    main(["doctor", "--json"])
    found = {row["what"]: row for row in json.loads(capsys.readouterr().out)}
    assert found["sounds of your own"]["found"] == "bass_guitar: Tone.sf2:0:33, pad: Tone.sf2"
    assert {"SFZ instruments", "VST3 instruments and effects"} <= set(found)
    (pack / "band.toml").write_text('[sounds]\nbass = "None.sf2"\n')
    assert main(["doctor", "--json"]) == 4
    found = {row["what"]: row for row in json.loads(capsys.readouterr().out)}
    assert "band.toml: sounds.bass" in found["sounds of your own"]["remedy"]


def test_the_house_of_a_command_allows_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folders of the named files are allowed beside what was allowed before; a relative name allows nothing."""
    monkeypatch.setenv(FURTHER, "/before")
    here = str(tmp_path.resolve())
    assert _allowing([f"{here}/a.sf2:0:3", f"{here}/b.vst3:Pad", "c.sf2"]) == {FURTHER: os.pathsep.join(["/before", here])}
    monkeypatch.delenv(FURTHER)
    assert _allowing([]) == {FURTHER: ""}
