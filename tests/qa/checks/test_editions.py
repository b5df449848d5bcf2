"""Further versions: what is right passes; a seam that clicks, bars that are not there, a stem that is another one are found."""

import dataclasses
import zipfile

import numpy as np
import pytest
import soundfile as sf

from services.qa.checks.editions import check_editions, seam_flux, seam_step
from services.qa.listening import listen

RATE = 48_000
FACTS = {"loudness_lufs": None, "gain_db": 0.0}


@pytest.fixture
def judged(make_song):
    """Writes an edition of a song and returns the checks by name: `judged(name, audio, facts)`."""
    song = make_song()
    delivered = song.write()
    heard = listen(delivered)

    def judge(audios, facts, **changes):
        paths = {}
        for name, audio in audios.items():
            paths[f"editions/{name}.wav"] = song.folder / f"{name}.wav"
            sf.write(song.folder / f"{name}.wav", audio.T, RATE, subtype="PCM_24")
        told = {name: {**FACTS, **facts.get(name, {})} for name in (*audios, *facts)}
        asked = dataclasses.replace(song.asked, editions=tuple(told), told=told, **changes)
        return {check.name: check for check in check_editions(heard, dataclasses.replace(delivered, further=paths), asked)}

    judge.song, judge.delivered, judge.heard = song, delivered, heard
    return judge


def test_instrumental_and_lead_that_sum_to_the_record_pass(judged):
    """The melody alone, and all else; a few samples out of place are found."""
    master, lead = judged.song.master, judged.song.stems["melody"].astype(np.float64)
    good = judged({"lead": lead, "instrumental": master - lead}, {})
    assert all(check.passed for check in good.values())
    assert good["lead_null"].measured < -110
    assert not judged({"lead": np.roll(lead, 3, axis=1), "instrumental": master - lead}, {})["lead_null"].passed


def test_an_edit_is_held_to_its_bars_and_its_loudness(judged):
    """Bars 3 to 6 of the master pass; other bars under their name, another loudness or another length do not."""
    bar = 2 * RATE
    part, facts = (
        judged.song.master[:, 2 * bar : 6 * bar],
        {"asked_s": 8.0, "bars": [[3, 6]], "lead_in_samples": 0, "limited_by_ceiling": True},
    )
    assert all(check.passed for check in judged({"edit_30": part}, {"edit_30": facts}).values())
    other = judged.song.master[:, bar : 5 * bar]
    assert not judged({"edit_30": other}, {"edit_30": facts})["edits_on_bars"].passed
    assert not judged({"edit_30": part}, {"edit_30": facts | {"asked_s": 12.0}})["edits_on_bars"].passed
    assert not judged({"edit_30": 0.5 * part}, {"edit_30": facts | {"limited_by_ceiling": False}})["editions"].passed


def test_what_was_not_made_needs_a_reason(judged):
    """A reason passes and is shown; a missing file without one does not."""
    told = judged({}, {"loop": {"not_made": "no bars of one tempo"}})["editions"]
    assert told.passed
    assert "no bars of one tempo" in told.note
    assert not judged({}, {"loop": {}})["editions"].passed


def test_a_seam_that_steps_is_found():
    """A tone cut where it stands jumps by more than it ever moves; cut after whole periods it does not."""
    t = np.arange(4 * RATE) / RATE
    whole = np.stack([np.sin(2 * np.pi * 200 * t)] * 2).astype(np.float32)
    assert seam_step(whole) <= 1.0
    assert seam_step(whole[:, :-60]) > 1.0
    assert seam_step(np.zeros((2, 100), np.float32)) == 0.0


def test_an_attack_at_the_seam_that_no_beat_has_is_found():
    """A loop of soft beats with a click where it turns has more flux there than on any beat."""
    t = np.arange(4 * RATE) / RATE
    beats = np.sin(2 * np.pi * 100 * t) * np.exp(-6 * (t % 0.5)) * np.minimum((t % 0.5) * 50, 1)
    loop = np.stack([beats, beats]).astype(np.float32)
    assert seam_flux(loop, RATE, 8) < 1.25
    loop[:, :3] += 0.9
    assert seam_flux(loop, RATE, 8) > 2


def test_the_archive_is_held_to_the_stems(judged, tmp_path):
    """The very stems and a README pass; another stem, a packed member or a README without the key do not."""
    song, delivered = judged.song, judged.delivered
    name = "editions/stems.zip"

    def archived(readme, spoil=None, kind=zipfile.ZIP_STORED):
        with zipfile.ZipFile(tmp_path / "s.zip", "w", kind) as archive:
            archive.writestr("README.txt", readme)
            for stem, path in delivered.stems.items():
                archive.writestr(f"stems/{stem}.wav", b"no" if stem == spoil else path.read_bytes())
        asked = dataclasses.replace(song.asked, editions=("stems_zip",), told={"stems_zip": {"files": []}})
        found = check_editions(judged.heard, dataclasses.replace(delivered, further={name: tmp_path / "s.zip"}), asked)
        return {check.name: check for check in found}["stems_zip"]

    good = f"{song.score.key}, {song.score.tempo_bpm:g} bpm"
    assert archived(good).passed
    assert not archived("a song").passed
    assert not archived(good, spoil="bass").passed
    assert not archived(good, kind=zipfile.ZIP_DEFLATED).passed
