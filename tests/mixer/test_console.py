"""Mixing: levels, ducking under the kick, one middle for the lows, sends, all measured on what comes out."""

import numpy as np
import pytest

from contracts.music.score import Note, Part, Role
from services.mixer.mixing.automation import section_gains_db
from services.mixer.mixing.changes import Changes
from services.mixer.mixing.console import Console
from services.mixer.mixing.ducking import duck_envelope, kick_hits
from services.mixer.mixing.measuring import measure
from services.mixer.mixing.placement import place
from services.mixer.mixing.plan import plan_mix
from services.mixer.mixing.spaces import echo, impulse_response
from services.mixer.mixing.tape import wow
from services.mixer.profiles import Duck, profile, profiles
from services.music.audio.levels import correlation, low_correlation
from services.music.audio.loudness import block_energies, integrated_lufs
from tests.mixer.band import RATE, make_score


def mixed(score, stems, genre="pop", changes=None):
    """(plan, mixed stems by name) of a song."""
    style = profile(genre)
    plan = plan_mix(score, {name: measure(audio, RATE) for name, audio in stems.items()}, style, changes or Changes())
    frames = next(iter(stems.values())).shape[1]
    return plan, dict(Console(score, plan, style, RATE, frames, stems.__getitem__).stems())


@pytest.fixture(scope="module")
def pop(stems):
    return mixed(make_score(), stems)


def test_stems_come_in_part_order_with_their_returns_last(pop, stems):
    """As many samples as the dry stems; room, hall, delay and the parallel drums are stems of their own."""
    _, out = pop
    assert list(out) == [*stems, "return_room", "return_hall", "return_delay", "return_drums"]
    assert {audio.shape for audio in out.values()} == {stems["bass"].shape}
    assert all(np.isfinite(audio).all() and audio.any() for audio in out.values())


def test_each_stem_stands_at_its_role_level(pop):
    """The lead within 1.5 LU of its target (panning, ducking and sections move it a little), others in the profile's order."""
    plan, out = pop
    for name, channel in plan.channels.items():
        assert integrated_lufs(out[name], RATE) == pytest.approx(channel.target_lufs, abs=2.0), name
    assert integrated_lufs(out["melody"], RATE) > integrated_lufs(out["acoustic_piano"], RATE) + 3


def test_the_mix_is_one_in_the_lows_and_open_above(pop):
    """Correlation of the sum at least 0.8 below 150 Hz, above 0 over all."""
    total = sum(pop[1].values())
    assert low_correlation(total, RATE) >= 0.8
    assert 0 < correlation(total) < 0.99


def test_a_steady_tone_is_ducked_by_the_depth_asked():
    """Under a full kick the gain falls by the strip's dB (within 0.3) and comes back before the next."""
    score = make_score()
    envelope = duck_envelope(kick_hits(score), Duck(), 0.5, RATE, 4 * RATE)
    tone = np.tile(np.sin(2 * np.pi * 1000 * np.arange(4 * RATE) / RATE), (2, 1)).astype(np.float32)
    out = place(tone, RATE, curve=np.ones(4 * RATE, dtype=np.float32), envelope=envelope, duck_db=6.0)
    at = RATE  # a kick falls on the second
    level = [20 * np.log10(np.abs(out[0, start : start + 480]).max()) for start in (at + 240, at + RATE // 2 - 960)]
    assert level == pytest.approx([-6.0, 0.0], abs=0.3)


def test_only_the_kick_keys_the_ducking():
    """Hats do not; a part that is not drums does not."""
    score = make_score(extra={"other": Part(role=Role.BASS, instrument="bass_guitar", notes=(Note(100, 10, 36, 100),))}.items())
    assert len(kick_hits(score)) == 32
    assert kick_hits(score)[1] == (0.5, 1.0)


def test_pan_moves_level_and_leaves_lows_in_the_middle():
    """Hard left leaves the right silent above the mono corner; a 40 Hz tone stays in both."""
    n = np.arange(2 * RATE)
    kind = {"curve": np.ones(n.size, dtype=np.float32), "envelope": np.zeros(n.size, dtype=np.float32)}
    for frequency, correlated in ((2000, False), (40, True)):
        tone = np.tile(0.3 * np.sin(2 * np.pi * frequency * n / RATE), (2, 1)).astype(np.float32)
        out = place(tone, RATE, pan=-1.0, **kind)
        ratio = np.abs(out[1, RATE:]).max() / np.abs(out[0, RATE:]).max()
        assert (ratio > 0.9) if correlated else (ratio < 0.02)


def test_a_made_side_vanishes_in_mono():
    """Spread widens a mono source and cancels exactly in the sum of left and right."""
    noise = np.tile(np.random.default_rng(2).standard_normal(RATE) * 0.1, (2, 1)).astype(np.float32)
    kind = {"curve": np.ones(RATE, dtype=np.float32), "envelope": np.zeros(RATE, dtype=np.float32)}
    dry, wide = place(noise, RATE, **kind), place(noise, RATE, spread=0.6, **kind)
    assert correlation(wide) < 0.7
    assert np.abs((wide - dry).sum(axis=0)).max() < 1e-6


@pytest.mark.parametrize("name", sorted(profiles()))
def test_every_profile_loads_and_its_spaces_decay(name):
    """Unit energy, and 60 dB down at about the time asked (energy decay within a factor)."""
    hall = profiles()[name].hall
    response = impulse_response("return_hall", hall, 24_000)
    assert (response**2).sum(axis=1) == pytest.approx([1.0, 1.0], rel=1e-3)
    late = response[:, round((0.6 * hall.decay_s + hall.predelay_ms / 1000) * 24_000) :]
    assert -60 < 10 * np.log10((late**2).sum() / 2) < -18


def test_echoes_come_in_time_and_change_sides():
    """The first echo on the left after the delay, the second on the right, feedback quieter."""
    settings = profile("pop").delay
    send = np.zeros((2, 2 * RATE), dtype=np.float32)
    send[:, 0] = 1.0
    out = echo(send, settings, 0.5, RATE)
    step = round(settings.beats * 0.5 * RATE)
    assert int(np.argmax(np.abs(out[0]))) == step
    assert abs(int(np.argmax(np.abs(out[1]))) - 2 * step) <= 3
    assert np.abs(out[1]).max() < 0.6 * np.abs(out[0]).max()


def test_a_chorus_of_the_same_notes_is_lifted_and_a_lone_intro_comes_off_the_floor():
    """At equal levels a country chorus rises 1.5-3.5 dB over the verse; 14 dB under the band, an intro is raised by up to 6 dB."""
    score = make_score()
    gains = section_gains_db(score, {"verse_1": -14.0, "chorus_1": -14.0}, profile("country").lift, kept=0.72, extra_db=0.0)
    assert 1.5 <= gains["chorus_1"] - gains["verse_1"] <= 3.5
    verse = score.sections["verse_1"]
    intro = verse.model_copy(update={"label": "intro", "bars": 2})
    form = {"intro": intro, "verse_1": verse.model_copy(update={"start_bar": 3, "bars": 2}), "chorus_1": score.sections["chorus_1"]}
    sparse = score.model_copy(update={"sections": form})
    levels = {"intro": -28.0, "verse_1": -14.0, "chorus_1": -12.0}
    assert 4 <= section_gains_db(sparse, levels, profile("pop").lift, kept=0.75, extra_db=0.0)["intro"] <= 6
    assert section_gains_db(sparse, levels, profile("ambient").lift, kept=1.0, extra_db=0.0)["intro"] == 0


def test_the_lift_is_heard_in_the_mix(stems):
    """A chorus of the same band stands at least 1.5 LU over its verse in the sum, and the stems still are the sum."""
    _, out = mixed(make_score(), stems, genre="country")
    energies = block_energies(sum(out.values()), RATE)
    verse, chorus = energies[100:700].mean(), energies[900:1500].mean()
    assert 1.5 <= 10 * np.log10(chorus / verse) <= 4


def test_wow_bends_pitch_by_the_percent_asked():
    """A 1 kHz tone strays by at least half and at most one and a half times 0.25 percent, and nothing is lost."""
    from scipy.signal import hilbert

    tone = np.tile(np.sin(2 * np.pi * 1000 * np.arange(4 * RATE) / RATE), (2, 1)).astype(np.float32)
    out = wow(tone, RATE, 0.25, 0.6)
    phase = np.unwrap(np.angle(hilbert(out[0].astype(np.float64))))[RATE // 4 : -RATE // 4]
    deviation = np.abs(np.diff(phase)[::100] * RATE / (2 * np.pi) - 1000).max() / 10
    assert 0.125 < deviation < 0.375


def test_changes_of_a_retry_are_heard(stems):
    """Width 0 makes the record mono; low_end_db lifts the lows."""
    plan, narrow = mixed(make_score(), stems, changes=Changes(width=0.0, low_end_db=6.0))
    assert correlation(narrow["pad_synth"]) > correlation(mixed(make_score(), stems)[1]["pad_synth"])
    assert any(bell.shape == "low_shelf" and bell.db == 6.0 for bell in plan.channels["bass"].cuts)


def test_send_automation_is_relative_to_the_strip(stems):
    """A part whose automation closes the send gives nothing to the hall."""
    score = make_score()
    shut = {name: p.model_copy(update={"controls": {"reverb_send_db": ((0, -60.0), (3840, -60.0))}}) for name, p in score.parts.items()}
    _, out = mixed(score.model_copy(update={"parts": shut}), stems)
    assert np.abs(out["return_hall"]).max() == 0


def test_a_silent_stem_stays_silent(stems):
    """A part that does not sound is delivered as silence and moves nothing else."""
    quiet = {**stems, "pad_synth": np.zeros_like(stems["bass"])}
    _, out = mixed(make_score(), quiet)
    assert not out["pad_synth"].any()
    assert out["melody"].any()
