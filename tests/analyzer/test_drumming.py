"""Which drums play, where in the bar, and how late: a drummer whose every stroke is known."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from services.analyzer.drumming import hear_drums
from services.analyzer.players import drum_kit_plays
from services.analyzer.rhythm import hear_rhythm
from services.analyzer.sound_model import SoundEars
from services.analyzer.sound_profile import SoundProfile
from services.music.audio.onsets import EAR_RATE_HZ
from tests.analyzer.drummers import play
from tests.analyzer.test_rhythm import hits

ROCK = {"kick": (0, 8, 10), "snare": (4, 12), "hat": (0, 2, 4, 6, 8, 10, 12, 14)}
LATE_S = {2: 0.015, 6: 0.015, 10: 0.020, 14: -0.010}


def heard(**how):
    samples, _, strokes = play(how.pop("pattern", ROCK), bars=14, **how)
    return hear_drums(samples, EAR_RATE_HZ, hear_rhythm(samples)), strokes


def test_kick_snare_and_hat_are_told_apart() -> None:
    """Each voice's strokes within 50 ms, its steps of the bar, and how many there are in a bar."""
    drums, strokes = heard()
    assert drums is not None
    assert drums.steps_per_bar == 16
    for voice, least in (("kick", 0.95), ("snare", 0.8), ("hat", 0.6)):
        assert hits(np.asarray(drums.voices[voice].strokes_s), strokes[voice], 0.05) > least
    assert [step for step, share in enumerate(drums.voices["kick"].pattern) if share > 0.5] == [0, 8, 10]
    snare = drums.voices["snare"].pattern
    assert snare[4] > 0.8
    assert snare[12] > 0.8
    assert drums.confidence > 0.5


@pytest.mark.parametrize("voice", ["kick", "hat"])
def test_micro_timing_is_recovered_per_step(voice: str) -> None:
    """What is played early and late between the beats is heard so within 5 ms."""
    drums, _ = heard(late_s=lambda _, step: LATE_S.get(step, 0.0))
    assert drums is not None
    found = drums.voices[voice]
    checked = 0
    for step in range(16):
        if found.pattern[step] > 0.4 and step in ROCK[voice]:
            assert found.late_ms[step] == pytest.approx(1000 * LATE_S.get(step, 0.0), abs=6.0)
            checked += 1
    assert checked >= 3


def test_swing_lies_on_the_grid_that_fits() -> None:
    """Triplet eighths are steps of a grid of twelve, on time."""
    beat = 0.6
    drums, _ = heard(bpm=100.0, late_s=lambda _, step: beat / 6 if step % 4 == 2 else 0.0)
    assert drums is not None
    assert drums.steps_per_bar == 12
    hat = drums.voices["hat"]
    assert max(abs(late) for late, share in zip(hat.late_ms, hat.pattern, strict=True) if share > 0.5) < 8


def test_without_drums_nothing_is_made_up() -> None:
    """Long tones and silence have no drum pattern."""
    t = np.arange(20 * EAR_RATE_HZ) / EAR_RATE_HZ
    swell = (0.5 + 0.5 * np.sin(2 * np.pi * t / 2.4)) ** 2
    tones = (sum(np.sin(2 * np.pi * hz * t) for hz in (220, 277, 330)) * 0.1 * swell).astype(np.float32)
    for samples in (tones, np.zeros(8 * EAR_RATE_HZ, np.float32)):
        assert hear_drums(samples, EAR_RATE_HZ, hear_rhythm(samples)) is None


@pytest.mark.parametrize(
    ("style", "struck", "strange", "kit"),
    [("house", 0.97, 1.0, True), ("house", 0.3, 1.0, False), ("salsa", 0.97, 1.0, False), ("house", 0.3, 4.0, True)],
)
def test_a_kit_needs_a_struck_sound_and_a_style_that_has_one(style: str, struck: float, strange: float, kit: bool) -> None:
    """Hand percussion and plucked strings are no kit; of a sound unlike all that was learned from that is not told."""
    profile = SoundProfile(np.zeros(1), np.zeros(1), 0.0)
    ears = SimpleNamespace(families_of=lambda _: {"drums": struck}, strangeness=lambda _: strange)
    assert drum_kit_plays(cast("SoundEars", ears), profile, [(style, 1.0)]) is kit
