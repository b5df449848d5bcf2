"""The rack of effects: what holds for every one of them, whatever it is told."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.errors import BadInput
from contracts.sound import Operation
from services.mixer.effects import chain
from services.mixer.effects.catalogue import effects
from services.mixer.effects.effect import Song
from services.music.audio.levels import decibels
from services.music.audio.loudness import integrated_lufs
from services.music.audio.true_peak import true_peak

SONG = Song(bpm=140.0, kicks=((0.1, 1.0), (0.4, 0.5)))
RATES = (8000, 44_100, 48_000, 192_000)


def music(rate, seconds=0.6, seed=0):
    """Hits of a decaying chord over noise, left and right not alike, [2, samples]."""
    t = np.arange(round(rate * seconds)) / rate
    noise = np.random.default_rng(seed).standard_normal((2, t.size))
    tone = sum(np.sin(2 * np.pi * hz * t) for hz in (55, 220, 331, 1760)) * np.exp(-(t % 0.25) * 12)
    return (0.12 * tone + 0.03 * noise * np.exp(-(t % 0.125) * 30)).astype(np.float32)


def told(effect):
    """Parameters of an effect: each left out or anywhere in its range."""

    def value(one):
        if one.kind in ("float", "int"):
            number = st.integers if one.kind == "int" else st.floats
            return number(one.low, one.high)
        return st.sampled_from(one.choices) if one.kind == "choice" else st.booleans()

    return st.fixed_dictionaries({}, optional={one.name: value(one) for one in effect.parameters if one.kind != "file"})


@st.composite
def operations(draw):
    effect = draw(st.sampled_from([one for one in effects().values() if one.id != "pitch_shift"]))
    return Operation(effect=effect.id, parameters=draw(told(effect)))


def run(audio, rate, *steps, **more):
    return chain.run(audio, rate, steps, field="effects", scratch=Path(), song=SONG, **more)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(operation=operations(), rate=st.sampled_from(RATES), samples=st.sampled_from([0, 1, 2, 3, 700, 6000]))
def test_whatever_it_is_told_it_gives_finite_audio_of_the_same_shape_and_the_same_twice(operation, rate, samples):
    """Any effect with any parameters of its table, at any rate and length."""
    audio = music(rate, 0.8)[:, :samples]
    out = run(audio, rate, operation)
    assert out.shape == audio.shape
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert out.tobytes() == run(audio, rate, operation).tobytes()


@pytest.mark.parametrize("name", [one.id for one in effects().values() if one.ahead_ms is not None])
def test_it_does_not_matter_where_the_sound_is_cut(name):
    """What an effect gives for a beginning is the beginning of what it gives for all of it, but for what it looks ahead."""
    rate, cut = 48_000, 17_321
    audio = music(rate)
    sure = cut - round(effects()[name].ahead_ms / 1000 * rate)
    whole, part = run(audio, rate, Operation(effect=name)), run(audio[:, :cut], rate, Operation(effect=name))
    assert np.abs(whole[:, :sure] - part[:, :sure]).max() < 2e-6


@pytest.mark.parametrize("name", [one.id for one in effects().values() if one.id not in ("bitcrush", "distortion")])
def test_it_sounds_the_same_at_another_sample_rate(name):
    """Level of what an effect gives at 48 and 96 kHz for the same tones below 8 kHz: within half a decibel."""
    levels = []
    for rate in (48_000, 96_000):
        t = np.arange(rate) / rate
        tones = 0.1 * sum(np.sin(2 * np.pi * hz * t) for hz in (82, 440, 3000)) * np.exp(-(t % 0.25) * 8)
        out = run(np.stack([tones, 0.7 * tones]).astype(np.float32), rate, Operation(effect=name))
        levels.append(10 * np.log10(np.mean(np.square(out, dtype=np.float64)) + 1e-12))
    assert abs(levels[0] - levels[1]) < 0.5


@pytest.mark.parametrize("name", list(effects()))
def test_silence_stays_silent_and_the_input_is_left_as_it_was(name):
    """No effect hisses or hums by itself, nor writes into what it is given."""
    audio = music(48_000, 0.2)
    before = audio.copy()
    run(audio, 48_000, Operation(effect=name))
    assert np.array_equal(audio, before)
    assert np.abs(run(np.zeros((2, 4800), np.float32), 48_000, Operation(effect=name))).max() < 1e-6


@pytest.mark.parametrize(
    ("operation", "field", "allowed"),
    [
        (Operation(effect="reverbb"), "effects[1].effect", "gated_reverb"),
        (Operation(effect="eq", parameters={"hertz": 3.0}), "effects[1].parameters.hertz", "hz, db, q, shape"),
        (Operation(effect="eq", parameters={"hz": 3.0}), "effects[1].parameters.hz", "10 to 90000 Hz"),
        (Operation(effect="eq", parameters={"hz": "low"}), "effects[1].parameters.hz", "10 to 90000 Hz"),
        (Operation(effect="eq", parameters={"hz": True}), "effects[1].parameters.hz", "10 to 90000 Hz"),
        (Operation(effect="tape", parameters={"seed": 1.5}), "effects[1].parameters.seed", "whole number"),
        (Operation(effect="rotary", parameters={"speed": "mad"}), "effects[1].parameters.speed", "slow, fast"),
        (Operation(effect="polarity", parameters={"left": 7.0}), "effects[1].parameters.left", "true or false"),
        (Operation(effect="duck", parameters={"key": "/etc/hostname"}), "effects[1].parameters.key", "HOUSEBAND_PLUGINS"),
        (Operation(effect="somewhere/x.vst3"), "effects[1].effect", "HOUSEBAND_PLUGINS"),
        (Operation(effect="plugin:nobody"), "effects[1].effect", "installed effects"),
    ],
)
def test_what_cannot_be_is_told_with_field_value_and_what_is_allowed(monkeypatch, operation, field, allowed):
    """Unknown effects, parameters and values, and files outside the operator's folders, before anything has run."""
    monkeypatch.delenv("HOUSEBAND_PLUGINS", raising=False)
    with pytest.raises(BadInput) as caught:
        run(music(48_000), 48_000, Operation(effect="gain"), operation)
    assert caught.value.field == field
    assert allowed in caught.value.allowed


def test_files_are_read_inside_the_operators_folders_alone(monkeypatch, tmp_path):
    """A response inside a folder of HOUSEBAND_PLUGINS is used, at any rate; one that a link leads out to is not."""
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir(), outside.mkdir()
    click = np.zeros(441)
    click[0] = 1
    for folder in (inside, outside):
        soundfile.write(folder / "room.wav", click, 44_100)
    (inside / "link.wav").symlink_to(outside / "room.wav")
    monkeypatch.setenv("HOUSEBAND_PLUGINS", f"{tmp_path / 'none'}:{inside}")
    audio = music(48_000, 0.2)
    same = run(audio, 48_000, Operation(effect="convolution", parameters={"response": str(inside / "room.wav"), "mix": 1}))
    assert np.abs(same - audio)[:, 200:-200].max() < 0.05
    for path in (outside / "room.wav", inside / "link.wav", inside / ".." / "out" / "room.wav"):
        with pytest.raises(BadInput, match="HOUSEBAND_PLUGINS"):
            run(audio, 48_000, Operation(effect="convolution", parameters={"response": str(path)}))


def rms_db(audio, rate, start, end):
    return 10 * np.log10(np.mean(np.square(audio[:, round(start * rate) : round(end * rate)], dtype=np.float64)) + 1e-15)


def tone(hz, rate=48_000, seconds=1.0, level=0.5):
    wave = level * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)
    return np.stack([wave, wave]).astype(np.float32)


@pytest.mark.parametrize(
    ("operation", "hz", "change_db"),
    [
        (Operation(effect="eq", parameters={"hz": 1000, "db": -9, "q": 1}), 1000, -9.0),
        (Operation(effect="eq", parameters={"hz": 200, "db": 6, "shape": "low_shelf"}), 40, 6.0),
        (Operation(effect="eq", parameters={"hz": 4000, "db": -6, "shape": "high_shelf"}), 16_000, -6.0),
        (Operation(effect="high_pass", parameters={"hz": 400, "slope": "24"}), 100, -48.2),
        (Operation(effect="low_pass", parameters={"hz": 500, "slope": "12"}), 500, -3.0),
        (Operation(effect="gain", parameters={"db": -7.5}), 440, -7.5),
        # 6 dBFS peak below the threshold of -20 at 4:1: 13.98 dB over, of which 10.48 are taken.
        (Operation(effect="compressor", parameters={"threshold_db": -20, "ratio": 4, "release_ms": 2000, "knee_db": 0}), 440, -10.5),
        (Operation(effect="multiband", parameters={"low_db": 0, "mid_db": 0, "high_db": 0}), 440, 0.0),
        (Operation(effect="gate", parameters={"threshold_db": -3}), 440, -140.0),
        (Operation(effect="tempo_delay", parameters={"mix": 0}), 440, 0.0),
        (Operation(effect="mono_below", parameters={"hz": 120}), 60, 0.0),
    ],
)
def test_a_tone_changes_by_what_the_parameters_say(operation, hz, change_db):
    """Levels after settling, within 0.4 dB of theory (below -100 dB: at most)."""
    audio = tone(hz)
    out = run(audio, 48_000, operation)
    change = rms_db(out, 48_000, 0.5, 0.9) - rms_db(audio, 48_000, 0.5, 0.9)
    assert change < change_db + 0.4
    assert change > change_db - 0.4 or change_db < -100


def test_the_limiter_holds_its_ceiling_and_loudness_reaches_its_target():
    """True peak at eight times the rate under the ceiling; loudness within 0.1 LU where 12 dB of limiting are enough."""
    audio = music(48_000, 4.0) * 2
    held = run(audio, 48_000, Operation(effect="limiter", parameters={"drive": 20, "ceiling": -2}))
    assert decibels(true_peak(held, 8)) <= -2.0 + 1e-3
    loud = run(audio, 48_000, Operation(effect="loudness", parameters={"lufs": -13, "ceiling": -1.5}))
    assert abs(integrated_lufs(loud, 48_000) + 13) < 0.1
    assert decibels(true_peak(loud, 8)) <= -1.5 + 1e-3


def test_echoes_come_in_time_with_the_song():
    """A click at the song's 140 bpm comes again after 3/4 of a beat, and left and right in turn."""
    audio = np.zeros((2, 48_000), np.float32)
    audio[:, 100] = 1
    operation = Operation(effect="tempo_delay", parameters={"beats": 0.75, "mix": 1, "ping_pong": 1, "feedback": 0.5, "high_hz": 20_000})
    out = np.abs(run(audio, 48_000, operation))
    later = round(0.75 * 60 / 140 * 48_000)
    assert out[0].argmax() == 100 + later
    assert out[1].argmax() == 100 + 2 * later


def test_the_duck_opens_for_the_songs_kicks_or_for_a_files_sound(tmp_path):
    """Down by its depth after a kick and after the key's sound, and back later."""
    audio = tone(440, seconds=1.0)
    kicked = run(audio, 48_000, Operation(effect="duck", parameters={"depth_db": 12, "release_ms": 60}))
    assert rms_db(kicked, 48_000, 0.12, 0.14) - rms_db(kicked, 48_000, 0.0, 0.09) < -10
    assert rms_db(kicked, 48_000, 0.9, 1.0) - rms_db(kicked, 48_000, 0.0, 0.09) > -0.5
    key = tmp_path / "key.wav"
    soundfile.write(key, np.where(np.arange(48_000) // 12_000 == 1, 0.5, 0.0), 48_000)
    keyed = run(audio, 48_000, Operation(effect="duck", parameters={"depth_db": 12, "key": str(key)}), any_path=True)
    assert rms_db(keyed, 48_000, 0.3, 0.45) < rms_db(keyed, 48_000, 0.0, 0.2) - 11


def test_the_gated_room_is_cut_off():
    """150 ms after a hit it still sounds nearly as it did; 100 ms after the hold it is 50 dB softer."""
    audio = np.zeros((2, 48_000), np.float32)
    audio[:, :200] = 0.8 * np.random.default_rng(1).standard_normal((2, 200))
    out = run(audio, 48_000, Operation(effect="gated_reverb", parameters={"hold_ms": 200, "release_ms": 15}))
    early, late, after = (rms_db(out, 48_000, start, start + 0.04) for start in (0.04, 0.15, 0.35))
    assert early - late < 8
    assert after < late - 50


def test_oversampled_curves_do_not_fold_back():
    """A 9 kHz tone driven hard: what appears at 48 - 3*9 = 21 kHz's alias partners stays 45 dB under the tone."""
    audio = tone(9000, level=0.5)
    out = run(audio, 48_000, Operation(effect="saturate", parameters={"drive": 18}))
    spectrum = np.abs(np.fft.rfft(out[0] * np.hanning(out.shape[1])))
    hz = np.fft.rfftfreq(out.shape[1], 1 / 48_000)
    # The fifth harmonic, 45 kHz, would fold to 3 kHz, and the seventh to 15 kHz.
    folded = max(spectrum[np.abs(hz - place) < 50].max() for place in (3000, 15_000))
    assert 20 * np.log10(folded / spectrum.max()) < -45
