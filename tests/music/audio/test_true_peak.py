"""True peak: cases 15 to 23 of EBU Tech 3341 (tolerance +0.2/-0.4 dB) and long resampling as the truth."""

import math

import numpy as np
import pytest
from scipy.signal import resample_poly

from services.music.audio import true_peak

RATE = 48_000


def sine(ratio, amplitude, phase_deg):
    """Stereo sine at rate/ratio, one second, with 10 ms fades."""
    n = np.arange(RATE)
    fade = np.minimum(1, np.minimum(n, n[::-1]) / (0.01 * RATE))
    wave = amplitude * fade * np.sin(2 * np.pi * n / ratio + math.radians(phase_deg))
    return np.stack([wave, wave]).astype(np.float32)


@pytest.mark.parametrize("oversample", [4, 8])
@pytest.mark.parametrize(
    ("ratio", "amplitude", "phase", "expected"),
    [(4, 0.5, 0, -6.0), (4, 0.5, 45, -6.0), (6, 0.5, 60, -6.0), (8, 0.5, 67.5, -6.0), (4, 1.41, 45, 3.0)],
    ids=["3341-15", "3341-16", "3341-17", "3341-18", "3341-19"],
)
def test_sines_read_as_ebu_3341_asks(ratio, amplitude, phase, expected, oversample):
    """Peaks between the samples are found."""
    reading = true_peak.true_peak_dbtp(sine(ratio, amplitude, phase), RATE, oversample)
    assert expected - 0.4 <= reading <= expected + 0.2


@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_a_burst_reads_the_same_at_any_sampling_instant(offset):
    """Cases 20 to 23: one period of fs/4 at full scale inside fs/6 at half scale, made at 4 fs, reads 0 dBTP."""
    n = np.arange(4 * RATE)
    wave = 0.5 * np.sin(2 * np.pi * n / 24)
    wave[2 * RATE * 4 // 4 : 2 * RATE * 4 // 4 + 16] = np.sin(2 * np.pi * np.arange(16) / 16)
    fade = np.minimum(1, np.minimum(n, n[::-1]) / (0.04 * RATE))
    low = resample_poly(np.roll(wave * fade, offset), 1, 4)
    reading = true_peak.true_peak_dbtp(np.stack([low, low]).astype(np.float32), RATE)
    assert -0.4 <= reading <= 0.2


def test_noise_agrees_with_a_long_resampler():
    """Eight-fold reading of white noise within 0.2 dB of scipy's resampler with 512 taps per phase."""
    noise = (np.random.default_rng(5).standard_normal((2, RATE)) * 0.1).astype(np.float32)
    fine = resample_poly(noise.astype(np.float64), 16, 1, axis=1, window=np.asarray(_long_filter(16)))
    assert true_peak.true_peak_dbtp(noise, RATE, 8) == pytest.approx(20 * math.log10(np.abs(fine).max()), abs=0.2)


def _long_filter(factor):
    from scipy.signal import firwin

    return firwin(512 * factor + 1, 1 / factor, window=("kaiser", 8.0))


def test_skipping_quiet_stretches_changes_nothing():
    """The meter, which skips what cannot win, equals the maximum of the full curve."""
    audio = (np.random.default_rng(6).standard_normal((2, 9001)) * np.linspace(0.01, 1, 9001)).astype(np.float32)
    assert true_peak.true_peak(audio, 8) == float(true_peak.peak_curve(audio, 8).max())


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
