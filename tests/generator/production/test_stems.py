"""Plans and stems: digests name what determines the sound, stems are as long as the song, the same everywhere, never silent."""

import hashlib
import multiprocessing
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from contracts.music import Score
from services.generator.production import plan_stems, render_stem
from services.generator.production.rendering import SilentStem
from services.music.audio.wave import write_float_wav
from tests.generator.production.listening import SHELF, level_db, line, needs_debian, needs_synths, play, score

BAND = {
    "piano": line("piano_grand", (0, 2, 60, 90), (2, 2, 64, 70), cc64=((0, 127.0), (3800, 0.0))),
    "violin": line("violin_solo", (0, 3, 76, 90), (3, 1, 79, 90), cc11=((0, 60.0), (1920, 120.0))),
    "lead": line("supersaw_lead", (0, 1, 72, 100), (1, 1, 76, 80)),
    "bass": line("wobble_bass", (0, 4, 36, 100), cutoff=((0, 0.2), (3840, 1.0))),
    "organ": line("drawbar_organ", (0, 4, 60, 90), (0, 4, 64, 90)),
    "drums": line("kit_909", (0, 0.5, 36, 110), (1, 0.5, 38, 100), (1.5, 0.5, 42, 80), drums=True),
}


def _song(**changes: object) -> Score:
    return score(BAND["lead"], bars=1).model_copy(update={"parts": dict(BAND), **changes})


def _hashes(song_json: bytes) -> dict[str, str]:
    song = Score.model_validate_json(song_json)
    plans = plan_stems(song, None, SHELF)
    return {name: hashlib.sha256(render_stem(song, name, plan, SHELF).tobytes()).hexdigest() for name, plan in plans.items()}


def test_two_processes_render_the_same_samples() -> None:
    """Byte-identical stems of every engine, whichever process renders them."""
    song = _song().to_json()
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=1) as pool:
        first, second = pool.map(_hashes, [song, song], chunksize=1)
    assert first == second
    assert len(first) == len(BAND)


@needs_synths
def test_a_plan_names_what_determines_the_sound() -> None:
    """Notes, tempo, length, automation and patch change the digest; the mixer's sends, the pan and other parts do not."""
    base = plan_stems(_song(), None, SHELF)["lead"].digest
    lead = BAND["lead"]
    mixed = lead.model_copy(update={"pan": 0.5, "controls": {"reverb_send_db": ((0, -6.0),)}})
    assert plan_stems(_song(parts={"lead": mixed}), None, SHELF)["lead"].digest == base
    others = {
        "patch": _song(parts={"lead": lead.model_copy(update={"patch": "saw_pluck"})}),
        "automation": _song(parts={"lead": lead.model_copy(update={"controls": {"gain_db": ((0, -3.0),)}})}),
        "notes": _song(parts={"lead": lead.model_copy(update={"notes": lead.notes[:1]})}),
        "tempo": _song(tempo_bpm=121.0),
        "length": _song(tail_s=1.0),
    }
    digests = {name: plan_stems(song, None, SHELF)["lead"].digest for name, song in others.items()}
    assert len({base, *digests.values()}) == len(others) + 1


def test_parts_without_notes_are_not_planned() -> None:
    """A player who rests the whole song has no stem."""
    resting = BAND["lead"].model_copy(update={"notes": ()})
    assert set(plan_stems(_song(parts={"lead": resting, "bass": BAND["bass"]}), None, SHELF)) == {"bass"}


def test_plans_are_sampled_work_under_their_digest() -> None:
    """The render queue, the key, the cost and the licence of every plan are filled in."""
    for plan in plan_stems(_song(), None, SHELF).values():
        assert plan.engine == "sampled"
        assert plan.key == f"stems/dry/{plan.digest}.wav"
        assert plan.cost_s > 0
        assert plan.licence


@pytest.mark.parametrize("tail_s", [0.0, 0.333, 2.0])
def test_a_stem_is_as_long_as_the_song(tail_s: float) -> None:
    """Frames: ceil(duration × 48,000), with the tail."""
    song = _song(tail_s=tail_s, parts={"drums": BAND["drums"]})
    audio = render_stem(song, "drums", plan_stems(song, None, SHELF)["drums"], SHELF)
    assert audio.shape == (2, int(np.ceil(song.duration_s * 48_000)))
    assert audio.dtype == np.float32


def test_gain_automation_is_obeyed_at_every_sample() -> None:
    """A ramp from 0 to −24 dB is that ramp, multiplied in."""
    plain = play(BAND["lead"], bars=1)
    ramped = play(BAND["lead"].model_copy(update={"controls": {"gain_db": ((0, 0.0), (3840, -24.0))}}), bars=1)
    expected = 10 ** (np.interp(np.arange(plain.shape[1]), [0, 96_000], [0, -24]) / 20)
    np.testing.assert_allclose(ramped, plain * expected, atol=2e-6)


@needs_synths
def test_a_silent_part_is_an_error_that_names_it() -> None:
    """Notes below what can be heard do not pass as a stem."""
    with pytest.raises(SilentStem, match="part on faust supersaw_lead"):
        play(line("supersaw_lead", (0, 1, 60, 100), gain_db=((0, -120.0),)), bars=1)


@needs_debian
def test_the_pedal_holds() -> None:
    """With cc64 down a short piano note rings on."""
    dry = play(line("piano_grand", (0, 0.5, 60, 100)), bars=1)
    held = play(line("piano_grand", (0, 0.5, 60, 100), cc64=((0, 127.0),)), bars=1)
    assert level_db(held[:, 48_000:96_000]) > level_db(dry[:, 48_000:96_000]) + 12


def test_dynamics_written_for_strings_are_played() -> None:
    """CC11 from 30 to 120 over a held note swells it."""
    audio = play(line("violin_solo", (0, 8, 69, 90), cc11=((0, 30.0), (3840, 120.0))), bars=2)
    assert level_db(audio[:, 120_000:168_000]) > level_db(audio[:, 24_000:72_000]) + 4


def test_repeated_notes_are_not_copies() -> None:
    """The same piano note four times has four tones: tuning and brightness wander by a few cents."""
    audio = play(line("guitar_steel", *((i * 2, 1.5, 57, 90) for i in range(4))), bars=2)
    strokes = [audio[:, i * 48_000 : i * 48_000 + 24_000] for i in range(4)]
    assert len({stroke.tobytes() for stroke in strokes}) == 4


def test_a_tempo_map_is_followed() -> None:
    """After a change from 120 to 60 BPM the next beat comes a second later."""
    song = score(line("kit_909", (0, 0.5, 36, 120), (5, 0.5, 38, 120), drums=True), bars=2)
    slower = song.model_copy(update={"tempo_map": ((0, 120.0), (3840, 60.0))})
    audio = render_stem(slower, "part", plan_stems(slower, None, SHELF)["part"], SHELF)
    assert audio.shape[1] == 48_000 * 6 + 24_000
    snare = np.abs(audio[:, 130_000:]).max(axis=0)
    assert abs(int(np.flatnonzero(snare > 0.05 * snare.max())[0]) + 130_000 - 144_000) <= 64


def test_wav_files_hold_the_samples_and_no_time_stamp(tmp_path: Path) -> None:
    """Float WAV that other readers open, whose bytes are the same tomorrow: fmt, fact and data chunks, no PEAK."""
    audio = np.random.default_rng(1).standard_normal((2, 4801)).astype(np.float32)
    path = tmp_path / "a.wav"
    write_float_wav(path, audio, 48_000)
    read, rate = soundfile.read(path, dtype="float32", always_2d=True)
    np.testing.assert_array_equal(read.T, audio)
    data = path.read_bytes()
    assert rate == 48_000
    assert b"PEAK" not in data[:200]
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
