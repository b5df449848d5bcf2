"""The limiter and its loop: the ceiling holds on any material by the eight-fold meter; the target is reached where it can be."""

import math

import numpy as np
import pytest

from services.mixer.mastering.chain import MARGIN_DB, Aim, driven_peaks, master_gain
from services.mixer.mastering.peaks import Held, limiter_curve
from services.mixer.profiles import profile
from services.music.audio.levels import linear
from services.music.audio.loudness import integrated_lufs
from services.music.audio.true_peak import peak_curve, steep_peak, true_peak_dbtp

RATE = 48_000


def _stereo(wave):
    return np.stack([wave, wave]).astype(np.float32)


def material(name, seconds=6):
    """Signals that are hard to limit."""
    n = np.arange(seconds * RATE)
    noise = np.random.default_rng(9).standard_normal((2, n.size))
    clicks = np.where(n % (RATE // 2) == 100, 0.9, 0.0)
    kick = np.sin(2 * np.pi * 50 * (n % 24_000) / RATE) * np.exp(-(n % 24_000) / 3000)
    return {
        "noise": (0.1 * noise).astype(np.float32),
        "square": _stereo(0.5 * np.sign(np.sin(2 * np.pi * 997.3 * n / RATE + 0.1))),
        "near_nyquist": _stereo(0.4 * np.sin(2 * np.pi * 21_300 * n / RATE) * (1 + np.sin(2 * np.pi * 3 * n / RATE)) / 2),
        "kicks": _stereo(0.8 * kick),
        "clicks": _stereo(clicks),
        "faint": (2e-3 * noise).astype(np.float32),
        "burst": (noise * np.where((n > RATE) & (n < 1.2 * RATE), 0.9, 0.01)).astype(np.float32),
    }[name]


def run(audio, target, ceiling=-1.0, genre="pop"):
    """Mastered audio and what the loop says."""
    result = master_gain(audio, np.abs(audio).max(axis=0), RATE, profile(genre), Aim(target, ceiling))
    return audio * result.gain, result


def test_what_the_loop_says_is_what_its_gain_gives():
    """Loudness and true peak of the result are those of the audio, within 0.02 LU and 0.01 dB."""
    audio, result = run(material("burst"), -14.0)
    assert result.loudness_lufs == pytest.approx(integrated_lufs(audio, RATE), abs=0.02)
    assert result.true_peak_dbtp == pytest.approx(true_peak_dbtp(audio, RATE, 8), abs=0.01)
    assert result.true_peak_dbtp <= -1.0 - MARGIN_DB + 1e-3


def beats(seconds, level):
    """Kicks over noise, the peaks standing far over the loudness."""
    n = np.arange(round(seconds * RATE))
    kick = np.sin(2 * np.pi * 55 * n / RATE) * np.exp(-(n % 24_000) / 2500)
    noise = np.random.default_rng(2).standard_normal(n.size)
    return _stereo(level * (0.7 * kick + 0.05 * noise + 0.1 * np.sin(2 * np.pi * 330 * n / RATE)))


@pytest.mark.parametrize("target", [-14.0, -9.0, -8.0])
def test_sections_keep_their_distance(target):
    """A chorus 3 LU over its verse stays at least 2.4 LU over it, however loud; glue and limiter alone leave 2.0 to 2.2."""
    verse, chorus = beats(9, 0.5), beats(9, 0.5 * linear(3.0))
    audio, result = run(np.concatenate([verse, chorus], axis=1), target, genre="house")
    half = verse.shape[1]
    contrast = integrated_lufs(audio[:, half:], RATE) - integrated_lufs(audio[:, :half], RATE)
    assert integrated_lufs(audio, RATE) == pytest.approx(target, abs=0.05)
    assert contrast >= 2.4
    assert result.most_contrast_db > 0


def test_the_more_crest_must_go_the_more_is_clipped():
    """Driven hard, a gentle profile clips sooner and lets go sooner; driven little, it stays as it is; a hard one stays hard."""
    gentle, hard = profile("jazz").peaks, profile("dubstep").peaks
    assert driven_peaks(gentle, 1.0) == gentle
    assert driven_peaks(gentle, 9.0).clip_over_db < gentle.clip_over_db
    assert driven_peaks(gentle, 9.0).release_ms < gentle.release_ms
    assert driven_peaks(hard, 9.0).clip_over_db == hard.clip_over_db


def test_single_clicks_are_limited_by_the_ceiling():
    """Clicks alone cannot be -14 LUFS under -1 dBTP, and the loop says so."""
    _, result = run(material("clicks"), -14.0)
    assert result.limited_by_ceiling


def test_silence_stays_silence():
    """No gain, no NaN, and it says that the target was not reached."""
    audio, result = run(np.zeros((2, RATE), dtype=np.float32), -14.0)
    assert not audio.any()
    assert result.limited_by_ceiling
    assert result.loudness_lufs == -math.inf


@pytest.mark.parametrize("samples", [1, 7, 480, 5000])
def test_very_short_sounds_pass(samples):
    """A sound shorter than any window comes out finite and under the ceiling."""
    audio, _ = run(np.full((2, samples), 0.5, dtype=np.float32), -14.0)
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() <= linear(-1.0)


def test_a_stem_over_full_scale_is_held_where_the_sum_is_not():
    """Two loud stems that cancel: the gain keeps each stem's samples under full scale."""
    sum_of_stems = material("noise")
    stem_peaks = np.full(sum_of_stems.shape[1], 4.0, dtype=np.float32)
    result = master_gain(sum_of_stems, stem_peaks, RATE, profile("pop"), Aim(-30.0, -1.0))
    assert (stem_peaks * result.gain).max() <= 1.0


def test_the_gain_is_down_before_the_peak_comes():
    """The curve covers each peak for the whole look-ahead, and is 1 far away from it."""
    audio = np.zeros((2, RATE), dtype=np.float32)
    audio[:, RATE // 2] = 1.0
    peaks = peak_curve(audio, 8)
    ones = np.ones_like(peaks)
    curve = limiter_curve(peaks, Held(0 * ones, ones, 1.0), RATE, ceiling=0.5, lookahead_ms=3.0, release_ms=50.0)
    assert (peaks * curve).max() <= 0.5 + 1e-6
    assert curve[0] == 1.0
    assert curve[RATE // 2 - 200] == 1.0
    assert np.abs(np.diff(curve)).max() < 0.02


def test_the_steep_meter_reads_what_a_resampler_reads():
    """Clipped noise, full of what lies at the edge of the band: within 0.05 dB of soxr's four-fold reading."""
    soxr = pytest.importorskip("soxr")
    noise = np.clip(np.random.default_rng(5).standard_normal((2, 48_000)) * 0.5, -0.8, 0.8).astype(np.float32)
    theirs = np.abs(soxr.resample(noise.T, 48_000, 192_000, quality="HQ")).max()
    assert 20 * np.log10(steep_peak(noise) / theirs) == pytest.approx(0.0, abs=0.05)
