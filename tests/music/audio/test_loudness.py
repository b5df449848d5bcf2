"""Loudness: the cases of EBU Tech 3341 and 3342 that can be synthesised (tolerance 0.1 LU, range 1 LU), and libebur128 (0.02 LU)."""

import math

import numpy as np
import pyebur128
import pytest

from services.music.audio import loudness

RATE = 48_000
REF = pyebur128.MeasurementMode


def tone(*pieces, rate=RATE):
    """Stereo 1 kHz sine in phase: pieces of (seconds, peak dBFS)."""
    amplitude = np.concatenate([np.full(round(s * rate), 10 ** (db / 20) if db > -200 else 0.0) for s, db in pieces])
    wave = amplitude * np.sin(2 * np.pi * 1000 * np.arange(amplitude.size) / rate)
    return np.stack([wave, wave]).astype(np.float32)


def reference(audio, rate, mode, read):
    """What libebur128 reads."""
    state = pyebur128.R128State(audio.shape[0], rate, mode)
    state.add_frames(np.ascontiguousarray(audio.T, dtype=np.float32).ravel(), audio.shape[1])
    return read(state)


@pytest.mark.parametrize(
    "pieces",
    [
        [(20, -23)],
        [(10, -36), (60, -23), (10, -36)],
        [(10, -72), (10, -36), (60, -23), (10, -36), (10, -72)],
        [(20, -26), (20.1, -20), (20, -26)],
    ],
    ids=["3341-1", "3341-3", "3341-4", "3341-5"],
)
def test_integrated_gates_as_ebu_3341_asks(pieces):
    """Cases 1, 3, 4 and 5 read -23.0 LUFS."""
    assert loudness.integrated_lufs(tone(*pieces), RATE) == pytest.approx(-23.0, abs=0.1)


def test_a_quieter_tone_reads_quieter_on_all_three_scales():
    """Case 2: -33.0 LUFS momentary, short-term and integrated."""
    audio = tone((20, -33))
    readings = [loudness.integrated_lufs(audio, RATE), loudness.short_term_lufs(audio, RATE)[5], loudness.momentary_lufs(audio, RATE)[5]]
    assert readings == pytest.approx([-33.0] * 3, abs=0.1)


def test_surround_channels_weigh_more():
    """Case 6: five channels with L, R -28, C -24, Ls, Rs -30 dBFS read -23.0 LUFS."""
    sine = np.sin(2 * np.pi * 1000 * np.arange(20 * RATE) / RATE)
    audio = np.stack([sine * 10 ** (db / 20) for db in (-28, -28, -24, -30, -30)]).astype(np.float32)
    assert loudness.integrated_lufs(audio, RATE) == pytest.approx(-23.0, abs=0.1)


def test_short_term_is_constant_over_its_own_period():
    """Case 9: pieces that repeat every 3 s read -23.0 LUFS short-term at every instant."""
    readings = loudness.short_term_lufs(tone(*[(1.34, -20), (1.66, -30)] * 5), RATE)
    assert np.abs(readings + 23.0).max() < 0.1


def test_momentary_is_constant_over_its_own_period():
    """Case 12: pieces that repeat every 400 ms read -23.0 LUFS momentary at every instant."""
    readings = loudness.momentary_lufs(tone(*[(0.18, -20), (0.22, -30)] * 25), RATE, hop_s=0.01)
    assert np.abs(readings + 23.0).max() < 0.1


@pytest.mark.parametrize("index", [0, 1, 7, 13, 19])
def test_windows_find_a_tone_wherever_it_begins(index):
    """Cases 10 and 13: the highest short-term and momentary reading is -23.0 LUFS for any start."""
    short = loudness.short_term_lufs(tone((index * 0.15, -300), (3, -23), (1, -300)), RATE)
    momentary = loudness.momentary_lufs(tone((index * 0.02, -300), (0.4, -23), (1, -300)), RATE, hop_s=0.01)
    assert [short.max(), momentary.max()] == pytest.approx([-23.0, -23.0], abs=0.1)


@pytest.mark.parametrize(
    ("levels", "expected"), [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20), ((-50, -35, -20, -35, -50), 15)], ids=str
)
def test_loudness_range_as_ebu_3342_asks(levels, expected):
    """Cases 1 to 4 of EBU 3342: within 1 LU."""
    assert loudness.loudness_range(tone(*[(20, level) for level in levels]), RATE) == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
def test_agrees_with_libebur128_on_moving_noise(rate):
    """Integrated within 0.02 LU, range within 0.7 LU (its windows step by 1 s, ours by 0.1 s), on moving noise, at four rates."""
    generator = np.random.default_rng(3)
    envelope = 10 ** (np.interp(np.arange(30 * rate), np.linspace(0, 30 * rate, 7), [-40, -12, -30, -10, -18, -50, -15]) / 20)
    audio = (generator.standard_normal((2, 30 * rate)) * envelope * 0.3).astype(np.float32)
    assert loudness.integrated_lufs(audio, rate) == pytest.approx(
        reference(audio, rate, REF.MODE_I, pyebur128.get_loudness_global), abs=0.02
    )
    assert loudness.loudness_range(audio, rate) == pytest.approx(
        reference(audio, rate, REF.MODE_LRA, pyebur128.get_loudness_range), abs=0.7
    )


def test_mono_is_one_channel():
    """A mono signal reads 3.01 LU below the same signal on two channels."""
    audio = tone((5, -20))
    assert loudness.integrated_lufs(audio[:1], RATE) == pytest.approx(loudness.integrated_lufs(audio, RATE) - 3.01, abs=0.01)


@pytest.mark.parametrize("samples", [0, 1, 100, 5000, RATE * 4])
def test_silence_and_shortness_are_never_nan(samples):
    """Silence of any length reads -inf and a range of 0."""
    audio = np.zeros((2, samples), dtype=np.float32)
    assert loudness.integrated_lufs(audio, RATE) == -math.inf
    assert loudness.loudness_range(audio, RATE) == 0.0
