"""Sixteen bits: the error is white, of constant power, and leaves what is quieter than a step as it was."""

import numpy as np
import pytest

from services.mixer.delivery.dither import to_16_bit

RATE = 48_000
STEP = 1 / 32768


def tone(hz, dbfs, count):
    """A sine on both channels, [2, count]."""
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(count) / RATE)
    return np.stack([wave, wave]).astype(np.float32)


def amplitude_dbfs(samples, hz):
    """Level of a sine in 16-bit samples [count], by projection."""
    turn = np.exp(-2j * np.pi * hz * np.arange(samples.size) / RATE)
    return 20 * np.log10(2 * abs(np.dot(samples * STEP, turn)) / samples.size)


def test_a_tone_of_a_third_of_a_step_is_kept_and_has_no_harmonics():
    """-100 dBFS is lost by rounding alone; with dither it stands at -100, its third and fifth harmonics under -140."""
    count = 11 * RATE
    audio = tone(1000, -100, count)
    assert not np.rint(audio * 32768).any()
    left = to_16_bit(audio, "t")[0].astype(np.float64)
    assert amplitude_dbfs(left, 1000) == pytest.approx(-100, abs=0.15)
    assert max(amplitude_dbfs(left, 3000), amplitude_dbfs(left, 5000)) < -140


@pytest.mark.parametrize("dbfs", [-6, -60, -96])
def test_the_error_is_half_a_step_and_white_whatever_plays(dbfs):
    """1/12 + 1/6 of a step squared, in every octave alike, no more like the music than like the other channel's error."""
    audio = tone(441.3, dbfs, 4 * RATE)
    error = to_16_bit(audio, "t") - audio.astype(np.float64) * 32768
    assert error.std() == pytest.approx(0.5, rel=0.01)
    assert abs(error.mean()) < 0.005
    power = (np.abs(np.fft.rfft(error, axis=1)) ** 2).sum(axis=0)
    hz = np.fft.rfftfreq(error.shape[1], 1 / RATE)
    octaves = [10 * np.log10(power[(hz >= low) & (hz < 2 * low)].mean()) for low in (187.5, 375, 750, 1500, 3000, 6000, 12_000)]
    assert max(octaves) - min(octaves) < 0.7
    assert abs(np.corrcoef(error)[0, 1]) < 0.01
    assert abs(np.corrcoef(error[0], audio[0])[0, 1]) < 0.01


def test_the_noise_depends_on_its_purpose_alone():
    """The same again for the same file, another for another; a shorter song has the beginning of a longer one's."""
    audio = tone(100, -20, 300_000)
    whole = to_16_bit(audio, "a")
    assert np.array_equal(whole, to_16_bit(audio, "a"))
    assert not np.array_equal(whole, to_16_bit(audio, "b"))
    assert np.array_equal(whole[:, :270_000], to_16_bit(audio[:, :270_000], "a"))


def test_full_scale_is_not_passed():
    """A sample at or beyond full scale does not wrap round."""
    samples = to_16_bit(np.array([[1.0, -1.0, 2.0, -2.0]] * 2, dtype=np.float32), "a")
    assert np.abs(samples.astype(int)).max() <= 32767
    assert (np.sign(samples[0]) == [1, -1, 1, -1]).all()
