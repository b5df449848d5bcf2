"""Beats, bars, meter and swing of a drummer who plays what is written."""

import numpy as np
import pytest

from services.analyzer.rhythm import hear_rhythm
from services.music.audio.onsets import EAR_RATE_HZ
from tests.analyzer.drummers import play

ROCK = {"kick": (0, 8, 10), "snare": (4, 12), "hat": (0, 2, 4, 6, 8, 10, 12, 14)}


def hits(heard: np.ndarray, truth: np.ndarray, reach_s: float = 0.035) -> float:
    """F-measure of times within a reach."""
    near = np.abs(heard[:, None] - truth[None]) <= reach_s
    return 2 * near.any(axis=0).sum() / (len(heard) + len(truth))


@pytest.mark.parametrize("bpm", [84.0, 100.0, 123.4])
def test_a_backbeat_tells_the_octave_the_beats_and_the_bar(bpm: float) -> None:
    """The written tempo within 0.1 BPM, every beat, and the bar begins on a kick, not on a snare (which of two, a loop leaves open)."""
    samples, beats, _ = play(ROCK, bpm, bars=14)
    rhythm = hear_rhythm(samples)
    assert rhythm.pulse is not None
    assert rhythm.pulse.bpm == pytest.approx(bpm, abs=0.1)
    assert hits(rhythm.pulse.beats_s, beats) > 0.97
    assert max(hits(rhythm.downbeats_s, beats[::4]), hits(rhythm.downbeats_s, beats[2::4])) > 0.95
    assert rhythm.meter == "4/4"
    assert all(abs(other - bpm) > 2 for other, _ in rhythm.candidates)


@pytest.mark.parametrize("speed", [lambda b: 100 + 0.4 * b, lambda b: 130 - 0.5 * b, lambda b: 110 + 6 * np.sin(b / 6)])
def test_a_moving_tempo_is_followed_and_less_sure(speed) -> None:
    """Faster, slower, to and fro: the beats stay with the drummer, and the one number for the tempo is less sure."""
    samples, beats, _ = play(ROCK, speed, bars=16)
    rhythm = hear_rhythm(samples)
    assert rhythm.pulse is not None
    assert hits(rhythm.pulse.beats_s, beats, 0.07) > 0.95
    assert rhythm.pulse.confidence < 0.6


def test_beats_go_on_through_breaks() -> None:
    """Three silent bars have beats, too, where the drummer comes back on them; nothing before the first or after the last bar."""
    samples, beats, _ = play(ROCK, 100.0, bars=14, rests=(4, 5, 9))
    rhythm = hear_rhythm(samples)
    assert rhythm.pulse is not None
    assert hits(rhythm.pulse.beats_s, beats) > 0.97


@pytest.mark.parametrize("share", [0.5, 0.58, 0.64])
def test_swung_eighths_and_sixteenths_are_measured(share: float) -> None:
    """The ratio of long to short within a tenth, and which of them are swung: sixteenths at 92 are eighths at 184."""
    beat = 60 / 96
    eighths, _, _ = play(ROCK, 96.0, late_s=lambda _, step: (share - 0.5) * beat if step % 4 == 2 else 0.0)
    swing = hear_rhythm(eighths).swing
    assert swing is not None
    assert swing.ratio == pytest.approx(share / (1 - share), rel=0.1)
    assert swing.division == 8
    busy = {"kick": (0, 6, 8), "snare": (4, 12), "hat": tuple(range(16))}
    sixteenths, _, _ = play(busy, 92.0, late_s=lambda _, step: (share - 0.5) * 60 / 92 / 2 if step % 2 else 0.0)
    rhythm = hear_rhythm(sixteenths)
    swing = rhythm.swing
    assert rhythm.pulse is not None
    assert swing is not None
    if share > 0.55:
        assert swing.division == (16 if rhythm.pulse.bpm < 130 else 8)
        assert swing.ratio == pytest.approx(share / (1 - share), rel=0.12)


def test_little_is_not_believed_much() -> None:
    """A few strokes in five seconds give a guess, and it says so; strokes at random are no steady pulse."""
    samples, _, _ = play({"kick": (0, 6, 11)}, 90.0, bars=2)
    rhythm = hear_rhythm(samples)
    assert rhythm.pulse is None or rhythm.pulse.confidence < 0.4
    rng = np.random.default_rng(3)
    chance = np.zeros(30 * EAR_RATE_HZ, np.float32)
    for time in np.cumsum(rng.uniform(0.1, 0.9, 50)):
        start = int(time * EAR_RATE_HZ)
        chance[start : start + 800] += (rng.normal(0, 0.3, 800) * np.exp(-np.arange(800) / 120))[: max(0, len(chance) - start)]
    rhythm = hear_rhythm(chance)
    assert rhythm.pulse is None or rhythm.pulse.confidence < 0.45


def test_pads_that_nobody_strikes_have_a_pulse() -> None:
    """Chords that swell for a third of a second, two beats each: the tempo or its half, and not believed fully."""
    bpm, seconds = 72.0, 40
    t = np.arange(seconds * EAR_RATE_HZ) / EAR_RATE_HZ
    pads = np.zeros(len(t))
    for index, start in enumerate(np.arange(0.0, seconds - 2.0, 120 / bpm)):
        since = t - start
        swell = np.clip(since / 0.35, 0, 1) * np.exp(-np.maximum(since - 1.2, 0) * 3) * (since > 0)
        chord = [(57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62)][index % 4]
        pads += 0.05 * swell * sum(np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t) for pitch in chord)
    rhythm = hear_rhythm(pads.astype(np.float32))
    assert rhythm.pulse is not None
    assert min(abs(np.log2(rhythm.pulse.bpm / bpm / octave)) for octave in (0.5, 1.0, 2.0)) < 0.02
    assert rhythm.pulse.confidence < 0.9
