"""The tempo check hears the tempo of the audio, whatever the feel, and absents itself where there is nothing to hear."""

from collections.abc import Callable

import numpy as np
import pytest

from services.music.audio.onsets import EAR_RATE_HZ, Envelope, onset_envelope
from services.qa.checks.tempo import check_tempo, fit_grid, grid_of

Sound = Callable[..., tuple[object, Envelope, object]]

FEELS = [
    (60, "straight", "4/4", True), (75, "swing", "4/4", True), (90, "straight", "6/8", True), (110, "straight", "7/8", True),
    (126, "sparse", "4/4", True), (140, "half-time", "4/4", True), (174, "straight", "4/4", True), (200, "straight", "3/4", True),
    (68, "straight", "4/4", False), (132, "swing", "4/4", False),
]  # fmt: skip


@pytest.mark.parametrize(("tempo", "feel", "meter", "drums"), FEELS)
def test_a_correct_song_passes_and_one_three_percent_faster_fails(tempo, feel, meter, drums, sound) -> None:
    """At any tempo and feel the measured tempo is right within 0.3 BPM, also of a song that plays 3 % too fast."""
    score, envelope, asked = sound(tempo=tempo, feel=feel, meter=meter, drums=drums)
    check, _ = check_tempo(envelope, score, asked)
    assert check is not None
    assert check.passed
    assert check.measured == pytest.approx(tempo, abs=0.3)
    score, envelope, asked = sound(tempo=tempo, feel=feel, meter=meter, drums=drums, speed=1.04)
    check, _ = check_tempo(envelope, score, asked)
    assert check is not None
    assert not check.passed
    assert check.measured is None or check.measured == pytest.approx(1.04 * tempo, abs=0.3)


@pytest.mark.parametrize("speed", [0.85, 0.97, 1.1, 1.18])
def test_measures_any_tempo_within_twenty_percent(speed, sound) -> None:
    """A song slower or faster by up to a fifth is not only failed: its own tempo is told."""
    score, envelope, asked = sound(tempo=120, speed=speed)
    check, _ = check_tempo(envelope, score, asked)
    assert check is not None
    assert check.measured == pytest.approx(120 * speed, abs=0.3)


def test_a_score_written_at_another_tempo_fails(sound) -> None:
    """The grid is laid out at the tempo that was asked, not at the one that the score claims."""
    score, envelope, asked = sound(tempo=128)
    check, _ = check_tempo(envelope, score, type(asked)(**{**asked.__dict__, "tempo_bpm": 120.0}))
    assert check is not None
    assert check.measured == pytest.approx(128, abs=0.3)
    assert not check.passed


def test_absent_without_onsets(sound) -> None:
    """A drone has no tempo to hear: the check is absent, neither passed nor failed."""
    score, _, asked = sound(tempo=100, drums=False)
    t = np.arange(20 * EAR_RATE_HZ) / EAR_RATE_HZ
    drone = onset_envelope((0.2 * np.sin(2 * np.pi * 110 * t) * np.minimum(t / 4, 1)).astype(np.float32))
    assert check_tempo(drone, score, asked) == (None, None)


def test_drums_at_random_times_fail(sound) -> None:
    """Where drums are written but no stretch of their rhythm is in the audio, the check fails and says so."""
    score, _, asked = sound(tempo=100)
    rng = np.random.default_rng(3)
    clicks = np.zeros(30 * EAR_RATE_HZ, np.float32)
    for start in rng.integers(0, len(clicks) - 2000, 90):
        clicks[start : start + 2000] += rng.normal(0, 0.2, 2000) * np.exp(-np.arange(2000) / 300)
    check, fit = check_tempo(onset_envelope(clicks), score, asked)
    assert check is not None
    assert not check.passed
    assert fit is None


def test_the_latency_of_attacks_does_not_matter(sound) -> None:
    """Audio that starts 60 ms late is at the same tempo."""
    score, envelope, asked = sound(tempo=120)
    late = Envelope(np.concatenate([np.zeros(6, np.float32), envelope.values]), envelope.hop_s)
    fit = fit_grid(late, *grid_of(score, asked.tempo_bpm))
    assert fit is not None
    assert fit.scale == pytest.approx(1.0, abs=1e-3)
    assert fit.latency_s == pytest.approx(0.06, abs=0.03)
