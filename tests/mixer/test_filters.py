"""The strip's filters: what they do to tones is what their formulae say, at any rate, and silence costs and gives nothing."""

import numpy as np
import pedalboard
import pytest

from contracts.sound import Bell
from services.mixer.mixing.filters import bell_section, cascade, highpass_section, lowpass_section

RATE = 48_000
BELLS = [
    Bell(hz=80.0, db=6.0, q=1.4),
    Bell(hz=1000.0, db=-4.5, q=0.7),
    Bell(hz=120.0, db=3.0, q=0.7, shape="low_shelf"),
    Bell(hz=7000.0, db=-6.0, q=0.7, shape="high_shelf"),
]


def noise(samples=24_000, seed=4):
    return (0.1 * np.random.default_rng(seed).standard_normal((2, samples))).astype(np.float32)


def gain_db(section, hz, rate=RATE):
    """Gain at a frequency, measured on the impulse response."""
    impulse = np.zeros((2, rate), dtype=np.float32)
    impulse[:, 0] = 1.0
    response = cascade(impulse, [section])[0].astype(np.float64)
    return 20 * np.log10(np.abs(response @ np.exp(-2j * np.pi * hz / rate * np.arange(rate))))


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_bands_do_what_they_say_at_every_rate(rate):
    """A bell has its gain at its centre and none two decades away; a shelf half of it at its corner and all of it beyond."""
    assert gain_db(bell_section(Bell(hz=1000.0, db=6.0, q=1.4), rate), 1000.0, rate) == pytest.approx(6.0, abs=0.01)
    assert gain_db(bell_section(Bell(hz=1000.0, db=6.0, q=1.4), rate), 10.0, rate) == pytest.approx(0.0, abs=0.05)
    shelf = bell_section(Bell(hz=500.0, db=-8.0, q=0.7, shape="low_shelf"), rate)
    assert [gain_db(shelf, hz, rate) for hz in (20.0, 500.0, 12_000.0)] == pytest.approx([-8.0, -4.0, 0.0], abs=0.1)


@pytest.mark.parametrize(
    ("section", "corner", "beyond"), [(highpass_section(200.0, RATE), 200.0, 50.0), (lowpass_section(2000.0, RATE), 2000.0, 8000.0)]
)
def test_passes_fall_12_db_per_octave(section, corner, beyond):
    """Two of first order: 6 dB at the corner, and 24 two octaves beyond, but for the warping of the top."""
    assert gain_db(section, corner) == pytest.approx(-6.02, abs=0.05)
    assert gain_db(section, beyond) == pytest.approx(-24.6, abs=2.0)


def test_a_cascade_is_its_sections_one_after_the_other():
    """To the rounding of the samples between them."""
    audio, sections = noise(), [highpass_section(60.0, RATE), *(bell_section(bell, RATE) for bell in BELLS)]
    singly = audio * np.float32(10 ** (6 / 20))
    for section in sections:
        singly = cascade(singly, [section])
    assert np.abs(cascade(audio, sections, gain_db=6.0) - singly).max() < 1e-6


def test_it_sounds_as_the_plug_ins_that_stood_here_before():
    """Pedalboard's filters hold their coefficients in single precision: what differs lies 60 dB under the sound."""
    kinds = {"peak": pedalboard.PeakFilter, "low_shelf": pedalboard.LowShelfFilter, "high_shelf": pedalboard.HighShelfFilter}
    board = pedalboard.Pedalboard([kinds[bell.shape](cutoff_frequency_hz=bell.hz, gain_db=bell.db, q=bell.q) for bell in BELLS])
    audio = noise()
    theirs, ours = board(audio, RATE), cascade(audio, [bell_section(bell, RATE) for bell in BELLS])
    assert np.abs(ours - theirs).max() < 1e-3 * np.abs(theirs).max()


def test_drive_is_a_tanh_at_unity_for_what_is_soft():
    audio = noise()
    assert np.abs(cascade(audio, [], drive_db=12.0) - np.tanh(audio * 10**0.6) / 10**0.6).max() < 1e-6
    assert np.abs(cascade(audio * np.float32(1e-3), [], drive_db=12.0) - audio * np.float32(1e-3)).max() < 1e-7


def test_silence_stays_silence_and_a_sound_after_it_is_filtered_alike():
    """Filters at rest wait for free; a sound that begins later is the same sound later."""
    audio, sections = noise(), [bell_section(bell, RATE) for bell in BELLS]
    silence = np.zeros((2, 1000), dtype=np.float32)
    assert not cascade(silence, sections).any()
    late = cascade(np.concatenate([silence, audio], axis=1), sections)
    assert not late[:, :1000].any()
    assert np.array_equal(late[:, 1000:], cascade(audio, sections))


def test_what_has_died_away_is_at_rest():
    """Long after a click nothing is left, not even numbers too small to hear, which would slow everything."""
    audio = np.zeros((2, 3 * RATE), dtype=np.float32)
    audio[0, 10] = 1.0
    out = cascade(audio, [highpass_section(40.0, RATE), *(bell_section(bell, RATE) for bell in BELLS)])
    assert out[0].any()
    assert not out[:, -RATE:].any()
    assert not out[1].any()
