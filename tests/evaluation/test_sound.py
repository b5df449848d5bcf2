"""The measures of `make eval-sound` read signals of known truth as they are."""

import math

import numpy as np
import pytest

from contracts.music import Note, Part, Role, Score, Section
from services.mixer.profiles import Tone
from tests.evaluation.sound_faults import clicks, dead_air, dropouts, heard_share
from tests.evaluation.sound_measures import deviation, lowest_note_hz, measure, null_dbfs, second_meter, sounding
from tests.evaluation.sound_song import songs

RATE = 48_000


def _shaped(seconds: float = 12.0, seed: int = 3, *, bump_hz: float = 0.0, bump_db: float = 0.0) -> np.ndarray:
    """Stereo noise with the spectrum of released music: -1.5 dB per octave per band and more above, by the corridor's own formula."""
    from services.music.audio.spectrum import released_music_db

    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal((2, count)))
    hz = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20.0)
    # Level per third octave less 10 log10 f is level per hertz.
    level = released_music_db(np.maximum(hz, 94.0)) - 10 * np.log10(hz)
    level += np.where(np.abs(np.log2(hz / bump_hz)) < 1 / 6, bump_db, 0.0) if bump_hz else 0.0
    audio = np.fft.irfft(spectrum * 10 ** (level / 20), count)
    return np.asarray(0.3 * audio / np.abs(audio).max(), dtype=np.float32)


def _score(role: Role = Role.MELODY, pitch: int = 60) -> Score:
    part = Part(role=role, instrument="acoustic_piano", notes=tuple(Note(tick, 960, pitch, 90) for tick in range(0, 4 * 3840, 960)))
    halves = {name: Section(label=name, start_bar=bar, bars=2, energy=0.5, key="C major") for name, bar in (("verse", 1), ("chorus", 3))}
    return Score(title="Test", genre="pop", tempo_bpm=120.0, sections=halves, parts={"one": part}, tail_s=1.0)


def test_noise_shaped_as_released_music_lies_within_and_a_bump_does_not() -> None:
    """A signal made by the curve is within in every band; five decibels more in one band is seen there and only there, at any level."""
    flat = deviation(_shaped(), RATE, Tone())
    assert flat.is_within
    assert np.nanmax(np.abs(flat.deviation_db)) < 1.0
    bumped = deviation(0.1 * _shaped(bump_hz=1000.0, bump_db=5.0), RATE, Tone())
    assert not bumped.is_within
    assert bumped.centres_hz[np.abs(bumped.deviation_db) > 3].round().tolist() == [1000.0]
    assert bumped.share == pytest.approx(23 / 24)


def test_bands_under_the_lowest_note_are_not_judged_without_drums() -> None:
    """A high-passed flute is not judged under its lowest note; with drums every band is."""
    away = deviation(_shaped(4.0), RATE, Tone(), lowest_note_hz(_score(pitch=60)))
    assert np.isnan(away.deviation_db).sum() == np.count_nonzero(away.centres_hz * 2 ** (1 / 6) < 261.63)
    assert lowest_note_hz(_score(Role.DRUMS, 36)) == 0.0


def test_silence_between_is_not_judged() -> None:
    """A minute of rest or of faint hum does not change where a song stands."""
    song = _shaped(6.0)
    rest = 1e-4 * np.ones((2, 10 * RATE), dtype=np.float32)
    padded = np.concatenate([rest, song, rest], axis=1)
    assert sounding(padded, RATE).shape[1] == pytest.approx(song.shape[1], rel=0.1)
    np.testing.assert_allclose(deviation(padded, RATE, Tone()).deviation_db, deviation(song, RATE, Tone()).deviation_db, atol=0.6)


def test_all_figures_of_a_known_record() -> None:
    """Noise of which the second half is 6 dB louder: both meters agree, the contrast is 6 LU, halves null, one half missing does not."""
    audio = _shaped(8.0)
    audio[:, : 4 * RATE] *= 0.5
    stems = {"one": (0.5 * audio).astype(np.float32), "two": (0.5 * audio).astype(np.float32)}
    found = measure(audio, stems, RATE, _score(), Tone())
    assert found["contrast"] == pytest.approx(6.02, abs=0.1)
    assert found["lufs"] == pytest.approx(found["ebur128_lufs"], abs=0.02)
    assert found["dbtp"] == pytest.approx(found["ebur128_dbtp"], abs=0.2)
    assert found["null"] < -120
    assert null_dbfs(audio, {"one": stems["one"]}) > -20
    assert second_meter(np.zeros((2, RATE), dtype=np.float32), RATE)[0] == -math.inf


def test_a_step_is_a_click_and_an_attack_or_a_sawtooth_is_not() -> None:
    """One step in a sine is found where it is; a struck note, a sawtooth and noise have none."""
    t = np.arange(2 * RATE) / RATE
    sine = 0.2 * np.sin(2 * np.pi * 220 * t)
    stepped = sine.copy()
    stepped[RATE:] = 0.2 * np.sin(2 * np.pi * 220 * t[RATE:] + 1.5)
    found = clicks(stepped, RATE)
    assert len(found) == 1
    assert found[0][0] == pytest.approx(1.0, abs=0.001)
    struck = sine * np.where(t < 1, 0.05, np.exp(-3 * (t - 1)))
    sawtooth = 0.2 * (2 * ((110 * t) % 1) - 1)
    noise = 0.1 * np.random.default_rng(1).standard_normal(t.size)
    assert not clicks(sine, RATE)
    assert not clicks(struck, RATE)
    assert not clicks(sawtooth, RATE)
    assert not clicks(noise, RATE)


def test_holes_and_dead_air_are_found_where_they_are() -> None:
    """A hole of 60 ms is a dropout, two seconds of nothing under written notes are dead air, a note's decay is neither."""
    audio = _shaped(8.0)
    holed = audio.copy()
    holed[:, 3 * RATE : 3 * RATE + RATE * 60 // 1000] = 0
    assert [round(at, 1) for at, _ in dropouts(holed, RATE)] == [3.0]
    assert not dropouts(audio * np.exp(-np.arange(audio.shape[1]) / RATE).astype(np.float32), RATE)
    silenced = audio.copy()
    silenced[:, 2 * RATE : 5 * RATE] = 0
    ((start, end),) = dead_air(silenced, RATE, _score())
    assert (start, end) == (pytest.approx(2.0, abs=0.3), pytest.approx(4.8, abs=0.4))
    assert not dead_air(audio, RATE, _score())


def test_a_lead_is_heard_where_it_stands_out() -> None:
    """A tone in noise of other registers is heard; 20 dB under noise in its own it is not."""
    t = np.arange(3 * RATE) / RATE
    lead = np.tile(0.1 * np.sin(2 * np.pi * 1000 * t), (2, 1)).astype(np.float32)
    noise = _shaped(3.0)
    assert heard_share(lead, 0.05 * noise, RATE) > 0.95
    assert heard_share(0.002 * lead, noise, RATE) < 0.05


def test_songs_go_round_the_styles() -> None:
    """As many songs as styles are one of each; numbers and prompts are all different."""
    asked = songs(66)
    assert len({one.style for one in asked[:33]}) == 33
    assert len({(one.style, one.prompt) for one in asked}) >= 65
    assert [one.number for one in asked] == list(range(1, 67))
