"""Our loudness meter beside libebur128 and pyloudnorm on real and moving material; what is silent or short is never NaN."""

import math
import os
import warnings
from pathlib import Path

import numpy as np
import pyebur128
import pyloudnorm
import pytest
import soundfile

from services.music.audio import loudness, true_peak
from tests.mixer.band import make_stems
from tests.music.audio.test_ebu import tone

RATE = 48_000
REF = pyebur128.MeasurementMode
RECORDINGS = os.environ.get("HOUSEBAND_RECORDINGS")
"""A folder of recordings (wav, flac, ogg) to be read too; without it only our own band is."""


def reference(audio, rate, mode, read):
    """What libebur128 reads."""
    state = pyebur128.R128State(audio.shape[0], rate, mode)
    state.add_frames(np.ascontiguousarray(audio.T, dtype=np.float32).ravel(), audio.shape[1])
    return read(state)


def moving_noise(rate, channels=2, seconds=30):
    """Noise whose level moves between -50 and -10 dB."""
    generator = np.random.default_rng(3)
    envelope = 10 ** (np.interp(np.arange(seconds * rate), np.linspace(0, seconds * rate, 7), [-40, -12, -30, -10, -18, -50, -15]) / 20)
    return (generator.standard_normal((channels, seconds * rate)) * envelope * 0.3).astype(np.float32)


@pytest.mark.parametrize(("rate", "channels"), [(22_050, 2), (44_100, 1), (44_100, 2), (48_000, 2), (48_000, 5), (48_000, 6), (96_000, 2)])
def test_agrees_with_libebur128_on_moving_noise(rate, channels):
    """Integrated within 0.02 LU, range within 0.7 LU (its windows step by 1 s, ours by 0.1 s)."""
    audio = moving_noise(rate, channels)
    readings = loudness.read_meter(audio, rate)
    assert readings.integrated_lufs == pytest.approx(reference(audio, rate, REF.MODE_I, pyebur128.get_loudness_global), abs=0.02)
    assert readings.range_lu == pytest.approx(reference(audio, rate, REF.MODE_LRA, pyebur128.get_loudness_range), abs=0.7)


def _programmes():
    """Our own band, as a number of seconds, and the recordings."""
    return [8.0, *sorted(path for path in Path(RECORDINGS).iterdir() if path.suffix in (".wav", ".flac", ".ogg"))] if RECORDINGS else [8.0]


@pytest.mark.parametrize("programme", _programmes(), ids=str)
def test_agrees_with_other_meters_on_programmes(programme):
    """In place of the EBU's recorded ones: 0.01 LU to libebur128, 0.06 LU to pyloudnorm, true peak 0.05 dB to libebur128's.

    pyloudnorm's filter reads 0.04 LU less on music.
    """
    if isinstance(programme, float):
        audio, rate = sum(make_stems(programme).values()), RATE
    else:
        samples, rate = soundfile.read(programme, dtype="float32", always_2d=True, frames=30 * 44_100)
        audio = np.ascontiguousarray(samples.T)
    ours = loudness.integrated_lufs(audio, rate)
    assert ours == pytest.approx(reference(audio, rate, REF.MODE_I, pyebur128.get_loudness_global), abs=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ours == pytest.approx(pyloudnorm.Meter(rate).integrated_loudness(audio.T), abs=0.06)
    peaks = reference(audio, rate, REF.MODE_TRUE_PEAK, lambda state: [pyebur128.get_true_peak(state, c) for c in range(len(audio))])
    assert true_peak.true_peak_dbtp(audio, rate) == pytest.approx(20 * math.log10(max(peaks)), abs=0.05)


def test_mono_is_one_channel():
    """A mono signal reads 3.01 LU below the same signal on two channels."""
    audio = tone((5, -20))
    assert loudness.integrated_lufs(audio[:1], RATE) == pytest.approx(loudness.integrated_lufs(audio, RATE) - 3.01, abs=0.01)


def test_one_pass_reads_what_the_single_measures_read():
    """The readings of one pass are those of the functions that each measure one thing."""
    audio = moving_noise(RATE, seconds=12)
    readings = loudness.read_meter(audio, RATE)
    assert readings.integrated_lufs == loudness.integrated_lufs(audio, RATE)
    assert readings.range_lu == loudness.loudness_range(audio, RATE)
    assert readings.most_momentary_lufs == loudness.momentary_lufs(audio, RATE, hop_s=0.01).max()
    assert readings.most_short_term_lufs == loudness.short_term_lufs(audio, RATE, hop_s=0.01).max()


@pytest.mark.parametrize("samples", [0, 1, 100, 5000, RATE * 4])
def test_silence_and_shortness_are_never_nan(samples):
    """Silence of any length reads -inf and a range of 0."""
    readings = loudness.read_meter(np.zeros((2, samples), dtype=np.float32), RATE)
    assert readings == loudness.Readings(-math.inf, 0.0, -math.inf, -math.inf)
