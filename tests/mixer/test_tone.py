"""The mastering equaliser: minimum phase, no delay, towards the corridor, and never more than it may."""

import numpy as np
import pytest

from services.mixer.convolution import convolve
from services.mixer.corridor import corridor_db, deviation_db
from services.mixer.mastering.tone import drawn_to, equaliser_db, linear_phase, minimum_phase
from services.mixer.profiles import Tone, profiles
from services.music.audio.spectrum import released_music_db, third_octave_centres, third_octave_spectrum

RATE = 48_000


def test_convolution_equals_numpy():
    """Overlap-add against the direct sum, with the delay taken out."""
    generator = np.random.default_rng(1)
    audio, response = generator.standard_normal((2, 30_000)).astype(np.float32), generator.standard_normal(301).astype(np.float32)
    direct = np.stack([np.convolve(channel, response)[150 : 150 + 30_000] for channel in audio])
    assert np.abs(convolve(audio, response, delay=150) - direct).max() < 2e-4


def test_a_flat_response_moves_nothing():
    """0 dB everywhere returns the input, sample by sample."""
    centres = third_octave_centres(RATE)
    audio = np.random.default_rng(2).standard_normal((2, 20_000)).astype(np.float32)
    response = linear_phase(centres, np.zeros(centres.size), RATE)
    assert np.abs(convolve(audio, response, delay=response.size // 2) - audio).max() < 1e-4


def test_the_response_has_the_gains_asked():
    """A tilt from +4 to -4 dB is met within 0.3 dB at the band centres from 60 Hz up, and the taps are symmetric."""
    centres = third_octave_centres(RATE)
    gains = np.linspace(4, -4, centres.size)
    response = linear_phase(centres, gains, RATE)
    heard = 20 * np.log10(np.abs(np.fft.rfft(response, 1 << 17)))
    at = np.interp(centres, np.fft.rfftfreq(1 << 17, 1 / RATE), heard)
    assert np.abs(at - gains)[4:].max() < 0.3
    assert np.array_equal(response, response[::-1])


@pytest.mark.parametrize("name", sorted(profiles()))
def test_music_in_its_corridor_is_left_alone(name):
    """A spectrum that is the corridor asks for nothing; one tilted away is led back, within the limit."""
    tone, centres = profiles()[name].tone, third_octave_centres(RATE)
    middle = corridor_db(centres, tone)
    assert np.abs(equaliser_db(centres, middle - 7.0, middle, tone)).max() < 1e-9
    tilted = middle + 6 * np.log2(centres / 1000) / 3
    gains = equaliser_db(centres, tilted, middle, tone)
    assert np.abs(gains).max() <= tone.most_db
    inside = (centres > 100) & (centres < 8000)
    assert np.abs(deviation_db(centres, tilted + gains, middle))[inside].max() < np.abs(deviation_db(centres, tilted, middle))[inside].max()


def test_what_a_song_has_not_is_not_raised():
    """A flute's missing bass stays missing."""
    centres, tone = third_octave_centres(RATE), Tone()
    flute = np.where(centres < 250, -60.0, corridor_db(centres, tone))
    assert np.abs(equaliser_db(centres, flute, corridor_db(centres, tone), tone)[centres < 150]).max() < 0.01


def test_single_bands_are_led_back_by_themselves():
    """A peak of 5 dB and a hole of 4 dB in one third octave each end within 2.2 dB; bands an octave away move by less than 0.6 dB."""
    centres, tone = third_octave_centres(RATE), Tone()
    middle = corridor_db(centres, tone)
    peak, hole = int(np.argmin(np.abs(centres - 500))), int(np.argmin(np.abs(centres - 4000)))
    song = middle.copy()
    song[[peak, hole]] += (5.0, -4.0)
    gains = equaliser_db(centres, song, middle, tone)
    assert np.abs(deviation_db(centres, song + gains, middle))[(centres > 60) & (centres < 13_000)].max() < 2.2
    assert np.abs(gains).max() <= tone.most_db
    assert np.abs(gains[[peak - 3, peak + 3, hole - 3, hole + 3]]).max() < 0.6


def test_a_reference_draws_the_corridor():
    """Half the share, half the way."""
    centres = third_octave_centres(RATE)
    middle = corridor_db(centres, Tone())
    bright = middle + np.where(centres > 8000, 6.0, 0.0)
    assert (drawn_to(centres, middle, (centres, bright), 0.5) - middle)[-2] == pytest.approx(3.0, abs=0.01)


def test_the_spectrum_is_relative_and_finds_a_tone():
    """A 1 kHz tone lies in its band at 0 dB; pink noise is flat per third octave within 1.5 dB."""
    n = np.arange(4 * RATE)
    centres, level = third_octave_spectrum(np.tile(np.sin(2 * np.pi * 1000 * n / RATE), (2, 1)).astype(np.float32), RATE)
    assert centres[np.argmax(level)] == pytest.approx(1000)
    assert level.max() == pytest.approx(0.0, abs=0.05)
    white = np.fft.rfft(np.random.default_rng(3).standard_normal(1 << 20))
    pink = np.fft.irfft(white / np.sqrt(np.maximum(np.arange(white.size), 1)))
    level = third_octave_spectrum(np.stack([pink, pink]).astype(np.float32), RATE)[1]
    assert np.ptp(level[5:-3]) < 1.5


def test_the_curve_of_released_music_is_the_published_one():
    """At 1 kHz: x = 303.5, y = -27.1 dB; -4.5 dB per octave from 89 Hz to 4.5 kHz per hertz are -1.5 per third octave."""
    low, middle, high = released_music_db(np.array([89.0, 1000.0, 4500.0]))
    assert middle == pytest.approx(-27.13, abs=0.02)
    assert (high - low) / np.log2(4500 / 89) == pytest.approx(4.5 * -1 + 3.0, abs=0.1)


def test_minimum_phase_keeps_the_magnitude_and_has_nothing_before_the_hit():
    """Within 0.05 dB of the linear-phase response from 30 Hz to 18 kHz; of a click 99.9 % of the energy comes within 10 ms after it."""
    centres = third_octave_centres(RATE)
    linear = linear_phase(centres, 4 * np.sin(np.arange(centres.size)), RATE)
    causal = minimum_phase(linear)
    one, other = (20 * np.log10(np.abs(np.fft.rfft(response, 1 << 16))) for response in (linear, causal))
    hz = np.fft.rfftfreq(1 << 16, 1 / RATE)
    assert np.abs(one - other)[(hz > 30) & (hz < 18_000)].max() < 0.05
    assert np.argmax(np.abs(causal)) <= 2
    assert np.sum(causal[: RATE // 100] ** 2) > 0.999 * np.sum(causal**2)
