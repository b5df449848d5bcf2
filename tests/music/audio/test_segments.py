"""Bars, bands over time and the cut into sections: truths of signals whose division is known."""

import numpy as np
import pytest

from services.music.audio.band_frames import band_frames
from services.music.audio.bars import bar_edges, hear_bars
from services.music.audio.onsets import EAR_RATE_HZ
from services.music.audio.segments import cut, divide, section_likeness
from services.music.audio.spectrum import stereo_spectrum

BAR_S = 1.0


def piece(form: str) -> np.ndarray:
    """A bar per letter of `form`, each letter with a chord, colour and beat of its own; a dot is silence."""
    rng, t = np.random.default_rng(3), np.arange(int(BAR_S * EAR_RATE_HZ)) / EAR_RATE_HZ
    bars = {}
    for number, letter in enumerate(sorted(set(form))):
        hz = 110 * 2 ** (number * 5 / 12)
        tone = sum(np.sin(2 * np.pi * hz * k * t) / k ** (1 + number % 3) for k in range(1, 12)) * 0.1
        for beat in np.arange(0, 1, 1 / (2 + 2 * (number % 3))):
            at = int(beat * len(t))
            tone[at : at + 900] += rng.normal(0, 0.1 + 0.1 * (number % 2), 900)[: len(t) - at]
        bars[letter] = tone * (letter != ".")
    return np.concatenate([bars[letter] for letter in form]).astype(np.float32)


def test_sections_begin_where_the_music_changes_and_share_a_likeness_where_it_returns() -> None:
    """AABBAACC in eights: every border on its bar, A like A, and unlike B and C."""
    form = "A" * 8 + "B" * 8 + "A" * 8 + "C" * 8
    bars = hear_bars(piece(form), np.arange(len(form)) * BAR_S)
    found = cut(bars)
    assert found.starts == (0, 8, 16, 24)
    assert min(found.confidence) > 0.5
    likeness = section_likeness(bars, found.starts)
    assert likeness[0, 2] > 0.6
    assert max(likeness[0, 1], likeness[0, 3], likeness[1, 3]) < 0


def test_a_piece_that_does_not_change_is_not_cut() -> None:
    """One bar sixteen times, silence, and three bars are one section each."""
    assert cut(hear_bars(piece("A" * 16), np.arange(16) * BAR_S)).starts == (0,)
    assert cut(hear_bars(piece("." * 12), np.arange(12) * BAR_S)).starts == (0,)
    assert cut(hear_bars(piece("AAA"), np.arange(3) * BAR_S)).starts == (0,)


def test_the_length_of_sections_decides_between_borders_that_are_equally_likely() -> None:
    """Without evidence but one weak hint the cut keeps eights; a strong border at an odd place is kept."""
    hint = np.full(32, -3.0)
    hint[[8, 9, 16, 24]] = 2.0
    assert divide(hint) == (0, 8, 16, 24)
    odd = np.full(32, -6.0)
    odd[11] = 12.0
    assert 11 in divide(odd)


def test_bars_reach_from_the_first_sound_to_the_last() -> None:
    """Downbeats from 2 s on in 10 s of sound: bar lines go on before and after by as much as half a bar sounds."""
    assert bar_edges(np.array([2.0, 4.0, 6.0]), 10.4) == pytest.approx([0, 2, 4, 6, 8, 10])
    assert bar_edges(np.array([0.9, 2.9]), 5.0) == pytest.approx([0.9, 2.9, 4.9])


@pytest.mark.parametrize("rate", [22_050, 48_000])
def test_bands_over_time_add_up_to_the_spectrum_of_the_whole(rate) -> None:
    """Their mean is the long-term spectrum within 0.01 dB, left and right follow from middle, side and cross."""
    rng = np.random.default_rng(1)
    audio = rng.normal(0, 0.1, (2, 5 * rate)).astype(np.float32)
    audio[1] *= 0.5
    frames = band_frames(audio, rate)
    _, level, _ = stereo_spectrum(audio, rate)
    assert np.abs(frames.level_db() - level).max() < 0.01
    middle, side, cross = (rows.mean(axis=0).sum() for rows in (frames.middle, frames.side, frames.cross))
    left, right = (middle + side) / 2 + cross, (middle + side) / 2 - cross
    assert left / right == pytest.approx(4.0, rel=0.02)
    assert np.isfinite(band_frames(np.zeros((2, 100), np.float32), rate).level_db()).all()
