"""Voice leading keeps its rules."""

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.music import Chord, Key
from services.generator.composition import compose
from services.music.theory.roman import numerals_to_bars, parse_numeral
from services.music.theory.voicing import (
    VoicingRules,
    candidates,
    has_parallel_perfects,
    path_cost,
    voice_leading_size,
    voice_progression,
)
from tests.generator.composition.briefs import brief

SYMBOLS = ("C", "Am", "F", "G7", "Dm7", "Em", "Bb", "E7", "Fm", "Cmaj7", "Bdim", "F#dim7", "Gsus4", "Ab", "D9", "Csus2")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=10), st.integers(3, 5))
def test_voicings_are_their_chords_inside_the_window(symbols, voices):
    """Each voicing ascends within the window and has only notes of its chord, its third among them."""
    chords = [Chord.parse(s) for s in symbols]
    for chord, voicing in zip(chords, voice_progression(chords, 48, 76, voices), strict=True):
        assert list(voicing) == sorted(set(voicing))
        assert all(48 <= p <= 76 and p % 12 in chord.pitch_classes for p in voicing)
        third = {(chord.root_class + s) % 12 for s in chord.intervals if s in (3, 4)}
        assert not third or third & {p % 12 for p in voicing}


def test_voices_move_little():
    """In a common loop no change moves four voices by more than eight semitones together."""
    voicings = voice_progression([Chord.parse(s) for s in ["C", "G", "Am", "F", "C", "G", "Am", "F"]], 50, 74, 4)
    assert max(voice_leading_size(a, b) for a, b in pairwise(voicings)) <= 8


def test_classical_voicing_has_no_parallel_perfects():
    """Over composed classical harmony the outer voices never move in parallel fifths or octaves."""
    rules = VoicingRules(strict=True, bass_in_lowest=True, span=30)
    for seed in range(4):
        key = ("C major", "A minor", "Eb major", "F# minor")[seed % 4]
        chords = [e.chord for e in compose(brief("classical", key=key, duration_s=90), seed).score.chord_events()]
        assert not any(has_parallel_perfects(a, b) for a, b in pairwise(voice_progression(chords, 40, 79, 4, rules=rules)))


CHORDS = st.builds(
    Chord, st.sampled_from(("C", "D", "Eb", "F#", "G", "A", "Bb")), st.sampled_from(("", "m", "7", "maj7", "m7", "m7b5", "9"))
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(CHORDS, min_size=2, max_size=3), st.sampled_from(((52, 68), (50, 66), (60, 74))), st.booleans())
def test_no_chain_of_voicings_is_smoother(chords, window, strict):
    """Against every chain of the voicings that each chord has in the window, tried one by one, none costs less."""
    rules = VoicingRules(strict=strict)
    low, high = window
    layers = [candidates(chord, low, high, 3, rules) for chord in chords]
    best = min(path_cost(list(chain), chords, low, high, rules) for chain in product(*layers))
    found = voice_progression(chords, low, high, 3, rules=rules)
    assert path_cost(found, chords, low, high, rules) == pytest.approx(best)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(CHORDS, min_size=2, max_size=8))
def test_four_players_stay_in_their_ranges(chords):
    """Voices that are instruments of their own keep to their ranges, in order from low to high."""
    ranges = ((40, 64), (46, 70), (52, 76), (55, 81))
    rules = VoicingRules(ranges=ranges, span=36)
    for voicing in voice_progression(chords, 40, 81, 4, rules=rules):
        assert all(a < b for a, b in pairwise(voicing))
        assert len(voicing) < 4 or all(low <= p <= high for p, (low, high) in zip(voicing, ranges, strict=True))


def test_shapes_lie_as_they_are_called():
    """Close voicings span less than an octave; drop 2 is close again when its lowest voice goes up an octave."""
    chords = [Chord.parse(s) for s in ("Dm7", "G7", "Cmaj7", "Am7", "F#m7b5", "B7")]
    for voicing in voice_progression(chords, 52, 76, 4, rules=VoicingRules(shape="close")):
        assert voicing[-1] - voicing[0] < 12
    for voicing in voice_progression(chords, 48, 74, 4, rules=VoicingRules(shape="drop2")):
        raised = sorted((*voicing[1:], voicing[0] + 12))
        assert raised[-1] - raised[0] < 12
        assert raised[-2] == voicing[0] + 12


@pytest.mark.parametrize("tonic", ["C", "Eb", "F#", "A"])
def test_tendency_tones_resolve(tonic):
    """In a cadence of sevenths every dominant's seventh falls by step or stays; the leading tone, on top, rises."""
    key = Key(tonic)
    chords = [parse_numeral(n, key) for n in ("ii7", "V7", "I", "VI7", "ii7", "V7", "I")]
    voicings = voice_progression(chords, 50, 74, 4)
    for (a, b), chord in zip(pairwise(voicings), chords, strict=False):
        if chord.quality == "7":
            sevenths = [(x, y) for x, y in zip(a, b, strict=True) if x % 12 == (chord.root_class + 10) % 12]
            assert all(y - x in (-2, -1, 0) for x, y in sevenths)
            assert a[-1] % 12 != (chord.root_class + 4) % 12 or b[-1] - a[-1] in (0, 1)


def test_no_mud_below_the_staff():
    """Where the window reaches low, no third lies below C3 and no second below E3."""
    chords = [Chord.parse(s) for s in ("C", "Am7", "F", "G7", "Em", "Dm9")]
    for voicing in voice_progression(chords, 36, 72, 4):
        for lower, upper in pairwise(voicing):
            assert upper - lower > 4 or lower >= 48
            assert upper - lower > 2 or lower >= 52


def test_numerals_round_trip_through_every_key():
    """A numeral becomes a chord whose own numeral is the same."""
    for tonic in ("C", "F#", "Eb", "Ab", "B", "Db"):
        for mode in ("major", "minor"):
            key = Key(tonic, mode)
            for numeral in ("I", "vi", "ii7", "V7", "bVII", "bVImaj7", "iv", "II7", "i9", "Vsus4", "iiø7", "#IV°7".replace("IV", "iv")):
                assert parse_numeral(numeral, key).roman(key).lower() == numeral.lower()
    assert numerals_to_bars("I | ii7 V7 | I") == [["I"], ["ii7", "V7"], ["I"]]
    assert str(parse_numeral("V/3", Key("F#", "major"))) == "C#/E#"
    assert str(parse_numeral("bII7", Key("Eb", "major"))) == "E7"
