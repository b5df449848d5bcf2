"""Checks between files: the null, silent stems, FLAC, MP3, length, dead air and likeness to a reference."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile as sf

from contracts.features import Features
from services.music.audio.spectrum import released_music_db, third_octave_spectrum
from services.qa.checks import examine
from services.qa.checks.similarity import tone_correlation


def failed(delivered, asked) -> dict[str, str | None]:
    """Names of the failed checks with their notes."""
    return {check.name: check.note for check in examine(delivered, asked).checks if not check.passed}


def test_a_muted_stem_fails_the_null_and_is_named(make_song) -> None:
    """A stem that is silent although its part has notes breaks the sum, and the report names it."""
    song = make_song()
    master = song.master
    song.stems["bass"] = np.zeros_like(song.stems["bass"])
    found = failed(song.write(master), song.asked)
    assert {"stems_null", "stems_heard"} <= set(found)
    assert found["stems_heard"] == "silent: bass"


def test_a_part_that_the_user_muted_is_not_missed(make_song) -> None:
    """What somebody took out of the mix on purpose is no fault; the stems still sum to the master."""
    song = make_song()
    song.stems["bass"] = np.zeros_like(song.stems["bass"])
    found = failed(song.write(song.master), replace(song.asked, muted=frozenset({"bass"})))
    assert not {"stems_null", "stems_heard"} & set(found)


def test_the_null_is_measured(make_song) -> None:
    """A difference of −70 dBFS between master and stems fails; the rounding of 24 bits does not."""
    song = make_song()
    master = song.master.copy()
    master[0, 1000] += 10 ** (-70 / 20)
    checks = {check.name: check for check in examine(song.write(master), song.asked).checks}
    assert checks["stems_null"].measured == pytest.approx(-70, abs=0.1)
    assert not checks["stems_null"].passed


def test_a_stem_of_another_length_fails(make_song) -> None:
    """Stems start and end with the master."""
    song = make_song()
    master = song.master
    song.stems["melody"] = song.stems["melody"][:, :-4800]
    assert "stems_null" in failed(song.write(master), song.asked)


def test_flac_and_mp3_are_checked(make_song) -> None:
    """Both pass as written; another FLAC and an MP3 over full scale fail."""
    song = make_song()
    delivered = song.write(compressed=True)
    assert not failed(delivered, song.asked)
    audio, rate = sf.read(delivered.master)
    sf.write(delivered.flac, audio * 0.999, rate, subtype="PCM_24")
    loud = np.clip(audio * 20, -1, 1)
    sf.write(delivered.mp3, loud, rate)
    assert set(failed(delivered, song.asked)) == {"flac", "mp3_peak"}


def test_duration_within_a_bar(make_song) -> None:
    """One bar off passes, a bar and a half does not."""
    song = make_song()
    delivered = song.write()
    assert not failed(delivered, replace(song.asked, duration_s=song.asked.duration_s + song.asked.bar_s))
    assert set(failed(delivered, replace(song.asked, duration_s=song.asked.duration_s + 1.5 * song.asked.bar_s))) == {"duration"}


def test_dead_air_fails_and_rests_do_not(make_song, plan) -> None:
    """A hole of 1.5 s under written notes fails and is located; a bar of rest in every part passes."""
    song = make_song()
    hole = slice(round(9.0 * 48_000), round(10.5 * 48_000))
    for stem in song.stems.values():
        stem[:, hole] = 0
    found = failed(song.write(), song.asked)
    assert found["silence"] == "from 9.0 s"

    resting = make_song()
    bar = resting.score.meter_value.ticks_per_bar
    parts = {
        name: part.model_copy(update={"notes": tuple(n for n in part.notes if not 4 * bar - 40 <= n.start < 5 * bar - 40)})
        for name, part in resting.score.parts.items()
    }
    resting.score = resting.score.model_copy(update={"parts": parts})
    rest = slice(round(8.1 * 48_000), round(9.97 * 48_000))
    for stem in resting.stems.values():
        stem[:, rest] = 0
    assert "silence" not in failed(resting.write(), resting.asked)


def test_a_silent_record_fails(make_song) -> None:
    """Silence is no song."""
    song = make_song(level=False)
    song.stems = {name: np.zeros_like(stem) for name, stem in song.stems.items()}
    found = failed(song.write(), song.asked)
    assert {"silence", "loudness", "stems_heard"} <= set(found)


def reference_of(audio, rate) -> Features:
    """Features with the spectrum of a signal."""
    hz, db = third_octave_spectrum(audio, rate)
    return Features(duration_s=10, sample_rate_hz=rate, channels=2, analyzed_s=10, spectrum_hz=tuple(hz), spectrum_db=tuple(db))


def released_noise(rate, coloured=False) -> np.ndarray:
    """Noise with the long-term spectrum of released music, with waves of 4 dB in it where it is to be coloured."""
    rng = np.random.default_rng(1)
    spectrum = np.fft.rfft(rng.normal(size=10 * rate))
    hz = np.maximum(np.fft.rfftfreq(10 * rate, 1 / rate), 20)
    level = released_music_db(hz) - 10 * np.log10(hz)
    level += 4 * np.sin(4 * np.log2(hz)) if coloured else 0
    noise = np.fft.irfft(spectrum * 10 ** (level / 20))
    return np.stack([noise, noise]).astype(np.float32) * 0.1 / noise.std()


def test_similarity_judges_by_full_records_only(make_song, rate) -> None:
    """A master with the tone of its reference passes, another fails; against a lone sine, or without bass and drums, the number informs."""
    song = make_song()
    song.stems = {"melody": released_noise(rate)}
    alike, other = reference_of(released_noise(rate), rate), reference_of(released_noise(rate, coloured=True), rate)
    delivered = song.write()
    checks = {c.name: c for c in examine(delivered, replace(song.asked, reference=alike)).checks}
    assert checks["similarity"].passed
    checks = {c.name: c for c in examine(delivered, replace(song.asked, reference=other)).checks}
    assert not checks["similarity"].passed
    findings = examine(delivered, replace(song.asked, reference=other, empty_bands=4))
    assert "similarity" not in {c.name for c in findings.checks}
    sine = np.sin(2 * np.pi * 700 * np.arange(5 * rate) / rate).astype(np.float32)
    findings = examine(delivered, replace(song.asked, reference=reference_of(np.stack([sine, sine]), rate)))
    assert "similarity" not in {c.name for c in findings.checks}
    assert "similarity" in findings.informed


def test_tilt_is_taken_out_of_likeness() -> None:
    """A brighter copy has the same character: 1.0."""
    hz = 1000 * 2 ** (np.arange(-12, 11) / 3)
    level = np.sin(np.log2(hz) * 3) * 4
    assert tone_correlation(hz, level, level + 3 * np.log2(hz)) == pytest.approx(1.0)
