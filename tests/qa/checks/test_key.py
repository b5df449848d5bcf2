"""The key check passes every correct key, chromatic music included, and fails every transposition."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from contracts.music.chord import Chord
from contracts.music.key import Key
from services.qa.checks.key import check_key

PROGRESSIONS = {
    "axis": ("C major", ("C", "G", "Am", "F")),
    "begins on the sixth": ("C major", ("Am", "F", "C", "G")),
    "secondary dominants": ("C major", ("C", "E7", "Am", "D7")),
    "borrowed minor four": ("C major", ("C", "Ab", "Fm", "C")),
    "blues": ("C major", ("C7", "F7", "C7", "G7")),
    "two five one": ("C major", ("Dm7", "G7", "Cmaj7", "A7")),
    "minor with major dominant": ("C minor", ("Cm", "Fm", "G7", "Cm")),
    "minor, natural": ("C minor", ("Cm", "Ab", "Eb", "Bb")),
    "minor, neapolitan": ("C minor", ("Cm", "Db", "G7", "Cm")),
    "dorian vamp": ("C dorian", ("Cm7", "F7")),
    "mixolydian": ("C mixolydian", ("C", "Bb", "F", "C")),
    "lydian": ("C lydian", ("C", "D", "C", "Bm")),
    "phrygian": ("C phrygian", ("Cm", "Db", "Cm", "Bbm")),
}


def moved(name: str, tonic: int) -> tuple[str, tuple[str, ...]]:
    """A progression moved to another tonic."""
    key_text, symbols = PROGRESSIONS[name]
    key = Key.parse(key_text).transpose(tonic)
    return str(key), tuple(str(Chord.parse(symbol).transpose(tonic, key)) for symbol in symbols)


@pytest.mark.parametrize("name", PROGRESSIONS)
def test_correct_songs_pass_on_every_third_tonic(name, chords) -> None:
    """Sevenths on the tonic, borrowed chords, major dominants and modes are no reason to fail."""
    for tonic in (0, 3, 7, 10):
        key, symbols = moved(name, tonic)
        score, heard, asked = chords(key, symbols)
        check = check_key(heard, score, asked, None)
        assert check is not None
        assert check.passed, (key, check)
        assert check.measured == key


@pytest.mark.parametrize("name", ["axis", "blues", "dorian vamp", "minor with major dominant"])
def test_a_song_moved_by_any_interval_fails_and_its_key_is_told(name, chords) -> None:
    """One to eleven semitones: the check fails and names the tonic that sounds."""
    key, symbols = moved(name, 2)
    for semitones in range(1, 12):
        score, heard, asked = chords(key, symbols, semitones=semitones)
        check = check_key(heard, score, asked, None)
        assert check is not None
        assert not check.passed, semitones
        assert Key.parse(str(check.measured)).tonic_class == (asked.key.tonic_class + semitones) % 12


def test_the_relative_and_the_parallel_key_are_other_keys(chords) -> None:
    """A song in C major passes neither as C minor nor as A minor, and one in C minor not as C major."""
    for name, other in (("axis", "C minor"), ("axis", "A minor"), ("minor, natural", "C major")):
        key, symbols = moved(name, 0)
        score, heard, asked = chords(key, symbols)
        check = check_key(heard, score, replace(asked, key=Key.parse(other)), None)
        assert check is not None
        assert not check.passed
        assert check.measured == key


def test_a_score_in_another_key_than_asked_fails(chords) -> None:
    """The degrees of the score are laid out from the asked tonic, not from the score's."""
    score, heard, asked = chords("G major", ("G", "D", "Em", "C"))
    check = check_key(heard, score, replace(asked, key=Key.parse("C major")), None)
    assert check is not None
    assert not check.passed
    assert check.measured == "G major"


def test_absent_without_pitch(chords) -> None:
    """Drums have no key: the check is absent."""
    score, _, asked = chords("C major", ("C",))
    assert check_key(SimpleNamespace(harmony=None, bass=None), score, asked, None) is None
