"""What is kept by digest is never served for something else: whatever changes a stem's samples changes what it is kept under."""

import numpy as np
import pytest

from contracts.errors import Unavailable
from contracts.music.score import Note
from contracts.sound import Bell, ChannelEdit, Compression, MixEdits, Operation, StretchEdit
from services.mixer.mastering.work import master
from services.mixer.mixing.changes import Changes
from services.mixer.mixing.console import RETURNS, Console
from services.mixer.mixing.edits import made_out
from services.mixer.mixing.kept import identity
from services.mixer.mixing.measuring import measure
from services.mixer.mixing.plan import plan_mix
from services.mixer.mixing.sending import add_sent
from services.mixer.mixing.work import mix
from services.mixer.profiles import Tape, profile
from tests.mixer.band import RATE, make_context, make_score

NAMES = ("drums", "melody")
FRAMES = 3 * RATE
EDITS = {
    "level_db": -3.0,
    "section_db": {"verse_1": 4.0},
    "stretches": (StretchEdit(section="verse_1", first=1, last=1, level_db=3.0),),
    "mute": True,
    "pan": 0.7,
    "width": 0.2,
    "duck_db": 9.0,
    "reverb_db": 6.0,
    "room_db": -7.0,
    "hall_db": -7.0,
    "delay_db": -7.0,
    "parallel_db": -3.0,
    "highpass_hz": 300.0,
    "lowpass_hz": 2000.0,
    "eq": (Bell(hz=700.0, db=5.0),),
    "compression": Compression(ratio=4.0, threshold_db=-30.0),
    "saturation_db": 9.0,
    "effects": (Operation(effect="tremolo", parameters={"hz": 3.0}),),
}
SENT = [
    {"stretches": (StretchEdit(section="verse_1", reverb_db=9.0),)},
    {"stretches": (StretchEdit(section="verse_1", echo_db=9.0),)},
]
"""Stretches that leave the stem as it is and change what it sends."""
BARS = make_score(2)


@pytest.fixture(scope="module")
def dry(stems):
    return {name: stems[name][:, :FRAMES] for name in NAMES}


@pytest.fixture(scope="module")
def measured(dry):
    return {name: measure(audio, RATE) for name, audio in dry.items()}


@pytest.fixture(scope="module")
def desk(dry, measured):
    """(edits, changes, score, profile, plan's fields) -> (keys, mixed stems)."""

    def made(edit=None, changes=None, score=BARS, style=None, **fields):
        style = style or profile("pop")
        edits = made_out(MixEdits(channels={"melody": ChannelEdit(**edit)}) if edit else None, score, list(NAMES), RETURNS)
        plan = plan_mix(score, measured, style, changes or Changes(), edits).model_copy(update=fields)
        digests = {name: f"dry {name}" for name in NAMES}
        console = Console(score, plan, style, RATE, FRAMES, dry.__getitem__, dry=digests)
        return console.keys, dict(console.stems())

    return made


@pytest.fixture(scope="module")
def plain(desk):
    return desk()


def told_apart(before, after):
    """Names of the stems that differ; each of them is kept under another name."""
    moved = {name for name, audio in after[1].items() if name in before[1] and not np.array_equal(audio, before[1][name])}
    assert not {name for name in moved if after[0][name] == before[0][name]}
    return moved


def test_every_field_of_an_edit_is_tried():
    assert set(EDITS) == set(ChannelEdit.model_fields)


@pytest.mark.parametrize("edit", [{name: value} for name, value in EDITS.items()] + SENT, ids=str)
def test_each_edit_of_a_channel_changes_what_it_changes_under_another_key(desk, plain, edit):
    """And the other channel is found as it was."""
    after = desk(edit)
    assert told_apart(plain, after)
    assert after[0]["drums"] == plain[0]["drums"]


@pytest.mark.parametrize(
    "fields", [{"mono_below_hz": 400.0}, {"dc_block_hz": 90.0}, {"gate_ms": 120.0}, {"section_db": {"verse_1": 3.0, "chorus_1": 0.0}}]
)
def test_each_setting_of_the_whole_mix_counts(desk, plain, fields):
    assert told_apart(plain, desk(**fields))


def test_the_tape_counts(desk, plain):
    tapes = [Tape(lowpass_hz=3000.0), Tape(saturation_db=9.0), Tape(wow_percent=1.0), Tape(wow_percent=1.0, wow_hz=2.0)]
    assert all(told_apart(plain, desk(style=profile("pop").model_copy(update={"tape": tape}))) for tape in tapes)


def test_an_effect_that_follows_the_kick_is_run_again_where_the_kick_moved(desk):
    """Other kicks are not in the melody's own stem, but in what its effect makes of it; who has no such effect is found as it was."""
    duck = (Operation(effect="duck", parameters={"depth_db": 24.0}),)
    drums = BARS.parts["drums"]
    later = drums.model_copy(update={"notes": tuple(Note(note.start + 240, *note[1:]) for note in drums.notes)})
    moved = BARS.model_copy(update={"parts": {**BARS.parts, "drums": later}})
    edit = {"effects": duck, "duck_db": 0.0}
    assert "melody" in told_apart(desk(edit), desk(edit, score=moved))
    plain = {"effects": (Operation(effect="chorus"),), "duck_db": 0.0}
    assert desk(plain)[0]["melody"] == desk(plain, score=moved)[0]["melody"]


def test_a_stem_that_is_damaged_in_the_store_is_told(bench, dry):
    """A file that was cut off after it was stored is not mixed as a shorter stem, whether it is dry or mixed."""
    mixed = mix(make_context(bench, BARS, dry), bench)
    panned = mixed.request.options.model_copy(update={"mix": MixEdits(channels={"melody": ChannelEdit(pan=0.3)})})
    anew = mixed.model_copy(update={"request": mixed.request.model_copy(update={"options": panned})})
    for section, stage, context in ((mixed.production, mix, anew), (mixed.mixing, mix, mixed), (mixed.mixing, master, mixed)):
        path = bench.objects.local_path(section.stems["melody"])
        data = path.read_bytes()
        path.write_bytes(data[:-4000])
        with pytest.raises(Unavailable, match="melody"):
            stage(context, bench)
        path.write_bytes(data)


def test_what_is_sent_has_the_length_of_where_it_goes():
    """Nothing is read behind the end of a stem."""
    sent = np.zeros((2, 8), dtype=np.float32)
    for audio, level in ((sent[:, :4], np.float32(1)), (sent, np.ones(4, dtype=np.float32)), (sent[:1], np.float32(1))):
        with pytest.raises(ValueError, match="cannot be added"):
            add_sent(sent, audio, level)


def test_a_file_that_an_effect_names_counts_however_it_is_named(tmp_path, monkeypatch):
    """Another sound under the same name is another sound, below the home folder, too, and beside."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("~/key.wav", "key.wav", str(tmp_path / "key.wav")):
        operation = Operation(effect="duck", parameters={"key": name})
        (tmp_path / "key.wav").write_bytes(b"one")
        one = identity(operation)
        (tmp_path / "key.wav").write_bytes(b"another")
        assert identity(operation) != one
