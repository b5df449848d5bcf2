"""True peak: long resampling as the truth, and what is skipped could not have won. The EBU's cases are in `test_ebu`."""

import math

import numpy as np
import pytest
from scipy.signal import resample_poly

from services.music.audio import true_peak
from tests.music.audio.test_ebu import sine

RATE = 48_000


def test_noise_agrees_with_a_long_resampler():
    """Eight-fold reading of white noise within 0.2 dB of scipy's resampler with 512 taps per phase."""
    noise = (np.random.default_rng(5).standard_normal((2, RATE)) * 0.1).astype(np.float32)
    fine = resample_poly(noise.astype(np.float64), 16, 1, axis=1, window=np.asarray(_long_filter(16)))
    assert true_peak.true_peak_dbtp(noise, RATE, 8) == pytest.approx(20 * math.log10(np.abs(fine).max()), abs=0.2)


def _long_filter(factor):
    from scipy.signal import firwin

    return firwin(512 * factor + 1, 1 / factor, window=("kaiser", 8.0))


def _materials():
    """Noise that grows, noise whose highs are gone, clipped noise, and samples that alternate: [2, samples] each."""
    noise = np.random.default_rng(6).standard_normal((2, 20_001))
    dull = np.cumsum(noise, axis=1) - np.cumsum(noise, axis=1).mean(axis=1, keepdims=True)
    alternating = np.tile(np.where(np.arange(20_001) // 2 % 2, 1.0, -1.0), (2, 1)) * np.linspace(0.1, 1, 20_001)
    signals = {
        "growing": noise * np.linspace(0.01, 1, 20_001),
        "dull": dull,
        "clipped": np.clip(noise, -0.5, 0.5),
        "alternating": alternating,
    }
    return {name: (0.9 * signal / np.abs(signal).max()).astype(np.float32) for name, signal in signals.items()}


@pytest.mark.parametrize("name", ["growing", "dull", "clipped", "alternating"])
@pytest.mark.parametrize("oversample", [4, 8])
def test_skipping_what_cannot_win_changes_nothing(name, oversample):
    """The meter equals the maximum of the full curve, and the curve over any floor is the full curve."""
    audio = _materials()[name]
    full = true_peak.peak_curve(audio, oversample)
    assert true_peak.true_peak(audio, oversample) == float(full.max())
    for floor in (0.3, 0.6, 0.9):
        over = full > floor
        assert np.array_equal(true_peak.peak_curve(audio, oversample, floor)[over], full[over])


def test_the_curve_lies_between_its_samples():
    """An inter-sample peak is told at the sample before it."""
    audio = sine(4, 0.5, 45)[:, 1000:1100]
    curve = true_peak.peak_curve(audio, 8)
    assert (curve >= np.abs(audio).max(axis=0) - 1e-7).all()
    assert curve[40:60].max() == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("samples", [0, 1, 3, 600])
def test_silence_reads_minus_infinity(samples):
    """No peak, no NaN, at any length."""
    assert true_peak.true_peak_dbtp(np.zeros((2, samples), dtype=np.float32), RATE) == -math.inf


def test_low_rates_are_oversampled_more():
    """At 12 kHz a four-fold meter would stop at 48 kHz; the reading still finds the peak of fs/4."""
    assert true_peak.true_peak_dbtp(sine(4, 0.5, 45), 12_000) == pytest.approx(-6.02, abs=0.1)
