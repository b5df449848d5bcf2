"""Sampled instruments are played, not triggered: slurs, short notes, late vibrato, strokes that differ, hands, rooms, ringing strings."""

import numpy as np
import pytest

from contracts.context import Options
from contracts.music import PPQ, Note
from services.generator.production.body import embodied
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock
from services.generator.production.gestures import vibrato
from services.generator.production.performance import perform
from services.generator.production.phrasing import NONE, Times, arches, slurs
from services.generator.production.sounds import Sampled, sounds
from services.music.packs.sound_table import Body, Legato, Vibrato
from tests.evaluation.tone_measures import centroid_hz, strokes_apart
from tests.generator.production.listening import SHELF, level_db, line, needs_debian, only, play, score

QUARTER = SAMPLE_RATE_HZ // 2
MELODY = [Note(0, PPQ, 69, 80), Note(PPQ, PPQ, 71, 78), Note(3 * PPQ, PPQ, 74, 80), Note(4 * PPQ, PPQ, 76, 110)]


def _slurs(notes: list[Note], rule: Legato | None = None, *, struck: bool = False) -> list[int]:
    clock = Clock(score(line("violin_solo")))
    return slurs(notes, Times.of(notes, clock), rule or Legato(), struck=struck)


def test_touching_notes_are_slurred_and_accents_take_a_new_bow() -> None:
    """A note that begins as the one before it ends is slurred from it; after a rest, or much stronger, it is not."""
    assert _slurs(MELODY) == [NONE, 0, NONE, NONE]


def test_fingers_hammer_only_softer_steps_outside_chords() -> None:
    """On a string a slur is a softer note a step away; a strum or a stronger note is plucked."""
    soft = [Note(0, 480, 40, 90), Note(480, 480, 42, 80)]
    assert _slurs(soft, struck=True) == [NONE, 0]
    assert _slurs([soft[0], soft[1]._replace(velocity=95)], struck=True) == [NONE, NONE]
    assert _slurs([*soft, Note(480, 480, 45, 80)], struck=True) == [NONE, NONE, NONE]


def test_phrases_rise_and_fall_where_no_dynamics_are_written() -> None:
    """Force is highest inside a phrase, lowest at its ends, and begins again after a rest."""
    notes = [Note(i * PPQ, PPQ, 60, 80) for i in range(6)] + [Note((i + 8) * PPQ, PPQ, 60, 80) for i in range(6)]
    force = arches(Times.of(notes, Clock(score(line("violin_solo")))))
    assert force[:6].argmax() in (2, 3, 4)
    assert force[6] < force[:6].max()
    assert force[0] == pytest.approx(force[6])


def test_vibrato_begins_late_and_is_never_the_same() -> None:
    """Nothing in the first fifth of a second, then it grows; two draws differ in rate and depth."""
    rule = Vibrato(cents=12.0, after_s=0.3)
    (times, cents, _), (_, other, _) = (vibrato(rule, 2.0, np.array(draw)) for draw in ((0.3, 0.8, 0.2), (0.1, -1.0, -0.7)))
    assert times[0] > 0.2
    assert np.abs(cents[times < times[0] + 0.1]).max() < 3.0 < np.abs(cents).max() < 20.0
    assert not np.allclose(cents[:100], other[:100])


def test_events_come_in_time_order_and_every_note_ends() -> None:
    """Each voice's stroke is released; nothing happens before the song begins."""
    sound = sounds()["violin_solo"]
    assert isinstance(sound, Sampled)
    part = line("violin_solo", *((n.start / PPQ, n.duration / PPQ, n.pitch, n.velocity) for n in MELODY))
    events, channels = perform("part", part, sound, sound.presets[0], Clock(score(part)), drums=False)
    assert events == sorted(events)
    assert events[0].sample >= 0
    assert {e.channel for e in events} <= set(channels.values())
    assert sum(e.kind == "on" for e in events) == sum(e.kind == "off" for e in events) == len(MELODY)


@needs_debian
def test_a_slur_has_no_new_attack() -> None:
    """Between slurred notes the level hardly dips; between the same notes played apart it falls away."""

    def dip(gap: float) -> float:
        audio = play(line("flute_solo", (0, 2 - gap, 74, 80), (2, 2, 76, 80)), bars=1, tail_s=0.2).mean(axis=0)
        frames = np.sqrt(np.square(audio[: 4 * QUARTER]).reshape(-1, 480).mean(axis=1))
        return float(20 * np.log10(frames[95:115].min() / np.median(frames[40:160])))

    assert dip(0.0) > -8.0
    assert dip(0.35) < -18.0


@needs_debian
@pytest.mark.parametrize("patch", ["piano_grand", "guitar_steel", "flute_solo"])
def test_repeated_notes_differ_a_little(patch: str) -> None:
    """Strokes of the same pitch and velocity differ in level and in spectrum, and not by so much that they stand out."""
    audio = play(line(patch, *((i, 0.8, 64, 85) for i in range(6))), bars=2).mean(axis=0)
    level, tone = strokes_apart([audio[i * QUARTER : i * QUARTER + 19_000] for i in range(6)])
    assert 0.05 < level < 2.5
    assert 0.1 < tone < 4.0


@needs_debian
def test_both_hands_play_the_hats_and_open_ones_are_choked() -> None:
    """Quick strokes are not copies; an open hat falls silent with the next closed one."""
    rolls = play(line("kit_acoustic", *((i * 0.25, 0.1, 42, 90) for i in range(8)), drums=True), bars=1).mean(axis=0)
    strokes = [rolls[i * QUARTER // 4 : (i + 1) * QUARTER // 4] for i in range(8)]
    assert min(strokes_apart(strokes)) > 0.05
    ringing = play(line("kit_acoustic", (0, 0.5, 46, 100), drums=True), bars=1)
    choked = play(line("kit_acoustic", (0, 0.5, 46, 100), (1, 0.1, 42, 20), drums=True), bars=1)
    after = slice(QUARTER + 12_000, 2 * QUARTER)
    assert level_db(choked[:, after]) < level_db(ringing[:, after]) - 6.0


def test_a_room_is_early_soft_and_safe_in_mono() -> None:
    """The kit's room lies its distance under the dry sound, decays at once, and has no sides in the low end."""
    part = line("kit_acoustic", (0, 1, 38, 100), drums=True)
    clock = Clock(score(part))
    dry = np.zeros((2, clock.frames), dtype=np.float32)
    dry[:, 1000:1400] = np.random.default_rng(1).standard_normal((2, 400)).astype(np.float32) * 0.3
    room = embodied(dry, Body(room_db=-12.0, room_s=0.3), part, clock) - dry
    assert np.abs(room[:, :1000]).max() < 1e-7
    assert -30.0 < level_db(room[:, 1000:8000]) - level_db(dry[:, 1000:8000]) < -3.0
    assert level_db(room[:, 1000 + 24_000 : 1000 + 28_000]) < level_db(room[:, 1200:5200]) - 40.0
    side, middle = (room[0] - room[1]) / 2, (room[0] + room[1]) / 2
    spectrum = [np.square(np.abs(np.fft.rfft(x)))[: 150 * room.shape[1] // SAMPLE_RATE_HZ].sum() for x in (side, middle)]
    assert spectrum[0] < 0.05 * spectrum[1]


def test_strings_ring_only_while_the_pedal_is_down() -> None:
    """Open strings answer with the pitches that were played, and the dampers stop them."""
    part = line("piano_grand", (0, 1, 57, 100), cc64=((0, 127.0), (2 * PPQ, 0.0)))
    clock = Clock(score(part))
    tone = np.zeros((2, clock.frames), dtype=np.float32)
    time = np.arange(QUARTER) / SAMPLE_RATE_HZ
    tone[:, :QUARTER] = (0.2 * np.sin(2 * np.pi * 220.0 * time) * np.hanning(QUARTER)).astype(np.float32)
    rung = embodied(tone, Body(resonance_db=-24.0), part, clock) - tone
    heard = np.abs(np.fft.rfft(rung[0, QUARTER : 2 * QUARTER - 2000] * np.hanning(QUARTER - 2000)))
    assert abs(np.argmax(heard) * SAMPLE_RATE_HZ / (QUARTER - 2000) - 220.0) < 4.0
    assert level_db(rung[:, 2 * QUARTER + 12_000 :]) < level_db(rung[:, QUARTER : 2 * QUARTER]) - 50.0


def test_the_fallback_brightens_and_varies_too() -> None:
    """Tinysoundfont has no filter for a note: hard notes are brighter than soft ones all the same, repeated ones differ."""
    shelf, options = only(SHELF, "TimGM6mb"), Options(engine="tinysoundfont")
    notes = [(i, 0.8, 64, 40 if i < 4 else 115) for i in range(8)]
    audio = play(line("guitar_nylon", *notes), shelf, options=options).mean(axis=0)
    soft, hard = audio[: 4 * QUARTER], audio[4 * QUARTER : 8 * QUARTER]
    assert centroid_hz(hard) > 1.15 * centroid_hz(soft)
    assert strokes_apart([soft[i * QUARTER : i * QUARTER + 19_000] for i in range(4)])[0] > 0.05
