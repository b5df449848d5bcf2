"""The limiter and its loop: the ceiling holds on any material by the eight-fold meter; the target is reached where it can be."""

import math

import numpy as np
import pytest

from services.mixer.mastering.chain import MARGIN_DB, Aim, master_gain
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


@pytest.mark.parametrize("target", [-14.0, -9.0])
@pytest.mark.parametrize("name", ["noise", "square", "near_nyquist", "kicks", "clicks", "faint", "burst"])
def test_the_ceiling_holds_on_any_material(name, target):
    """True peak by the eight-fold meter at most the ceiling less the margin; numbers only."""
    audio, result = run(material(name), target)
    assert np.isfinite(audio).all()
    assert true_peak_dbtp(audio, RATE, 8) <= -1.0 - MARGIN_DB + 1e-3
    assert result.true_peak_dbtp == pytest.approx(true_peak_dbtp(audio, RATE, 8), abs=0.01)


@pytest.mark.parametrize("name", ["noise", "kicks", "burst", "faint", "near_nyquist"])
@pytest.mark.parametrize("target", [-23.0, -14.0])
def test_the_target_is_reached_or_said_to_be_out_of_reach(name, target):
    """Within 0.05 LU by our meter, else `limited_by_ceiling` with less loudness."""
    audio, result = run(material(name), target)
    loudness = integrated_lufs(audio, RATE)
    assert result.loudness_lufs == pytest.approx(loudness, abs=0.02)
    assert loudness == pytest.approx(target, abs=0.05) or (result.limited_by_ceiling and loudness < target)


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
