"""A tapped rhythm: the drummer plays it, the band is late where the taps are late."""

import numpy as np
from handwritten_song import brief_of, song_of

from contracts.given import Given, GivenGroove
from contracts.music import PPQ, Meter
from services.generator.arrangement import arrange
from services.generator.arrangement.metre import steps
from services.generator.arrangement.tapped import tapped_in

SIXTEENTH = PPQ // 4
# Two bars: 1, 2 with the clap, "and" of 2 (late), 3 "a", 4.
ONSETS = tuple((bar * 16 + step, late) for bar in (0, 1) for step, late in ((0, 4.0), (4, 4.0), (6, 34.0), (11, 24.0), (12, 4.0)))
GIVEN = Given(source="taps", groove=GivenGroove(bars=2, onsets=tuple((step * SIXTEENTH, late) for step, late in ONSETS)))


def test_taps_become_kick_and_snare() -> None:
    """Taps on beats 2 and 4 are the snare's, all others the kick's, in cells of the meter."""
    tapped = tapped_in(GIVEN, Meter.parse("4/4"))
    assert tapped is not None
    struck = {
        voice: [s.tick // SIXTEENTH for s in steps(p, Meter.parse("4/4"), 0) if s.char != "."] for voice, p in tapped.patterns.items()
    }
    assert struck == {"kick": [0, 6, 11], "snare": [4, 12]}


def test_lateness_is_against_the_taps_on_the_beat() -> None:
    """What is late as a whole is a slow hand, not a feel: only the off-beats' 30 and 20 ms remain, on untapped off-beats too."""
    tapped = tapped_in(GIVEN, Meter.parse("4/4"))
    assert tapped is not None
    assert tapped.at(0) == 0.0
    assert tapped.at(6) == tapped.at(2) == 30.0
    assert tapped.at(11) == 20.0


def test_the_drummer_plays_the_taps_and_the_band_leans_with_them() -> None:
    """In full bars of a chorus the kick strikes where was tapped, and hats on the tapped "and" are late by its lateness."""
    score = arrange(song_of("rock"), brief_of("rock"), 1, given=GIVEN).score
    bar = score.meter_value.ticks_per_bar
    drums = score.parts["drums"].notes
    wanted, late, early = [], [], []
    for number in range(12, 19):
        if number % 4 == 3:
            continue
        kicks = {
            round((n.start - number * bar) / SIXTEENTH)
            for n in drums
            if n.pitch == 36 and number * bar - 60 <= n.start < (number + 1) * bar - 60
        }
        wanted.append({6, 11} <= kicks)
    for n in drums:
        step = round((n.start - 40) / SIXTEENTH)
        if n.pitch in (42, 51) and step % 4 in (0, 2):
            (late if step % 4 == 2 else early).append(n.start - step * SIXTEENTH)
    assert np.mean(wanted) >= 0.8
    per_ms = score.tempo_bpm / 60_000 * PPQ
    assert 18 < (np.mean(late) - np.mean(early)) / per_ms < 40


def test_nothing_tapped_changes_nothing() -> None:
    """Without taps the song is the same as without anything brought."""
    plain = arrange(song_of("pop"), brief_of("pop"), 3).score
    assert arrange(song_of("pop"), brief_of("pop"), 3, given=Given(source="midi")).score == plain
