"""Voice leading keeps its rules."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.music import Chord, Key
from services.generator.composition import compose
from services.music.theory.roman import numerals_to_bars, parse_numeral
from services.music.theory.voicing import VoicingRules, has_parallel_perfects, voice_leading_size, voice_progression
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
