"""The chord check passes songs that play their chords, in every colour, and fails songs that play others."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from contracts.music.chord import Chord
from contracts.music.score import Part, Role
from services.qa.checks.chords import LEAST_SHARE, ChordSpan, check_chords, chord_spans, is_heard

SONGS = {
    "axis": ("C major", ("C", "G", "Am", "F")),
    "sevenths": ("C major", ("Dm7", "G7", "Cmaj7", "A7")),
    "slash basses": ("C major", ("C", "G/B", "Am", "F/A")),
    "blues": ("C major", ("C7", "F7", "C7", "G7")),
    "power chords": ("E minor", ("E5", "G5", "D5", "A5")),
    "suspended and added": ("C major", ("Csus4", "Cadd9", "Fmaj9", "G7sus4")),
    "half diminished": ("C minor", ("Dm7b5", "G7", "Cm7", "Abmaj7")),
    "minor": ("C minor", ("Cm", "Ab", "Eb", "Bb")),
    "borrowed": ("C major", ("C", "Ab", "Fm", "C")),
    "relatives": ("C major", ("C", "Am", "C", "Am")),
}
OTHERS = {
    "axis": ("F", "Dm", "G", "C"),
    "minor": ("Fm", "Gm", "Bb", "Cm"),
    "sevenths": ("G7", "Cmaj7", "F", "Dm7"),
    "borrowed": ("Dm", "G", "C", "Bb"),
}


@pytest.mark.parametrize("name", SONGS)
def test_songs_that_play_their_chords_pass(name, chords) -> None:
    """With a melody of passing notes over them, in several keys."""
    key, symbols = SONGS[name]
    score, heard, asked = chords(key, symbols)
    check = check_chords(heard, score, asked, None)
    assert check is not None
    assert check.passed, check
    assert float(check.measured) > 0.85


@pytest.mark.parametrize("name", OTHERS)
def test_songs_that_play_other_chords_of_the_same_key_fail(name, chords) -> None:
    """The key is right, the chords are not: nearly all their time is lost."""
    key, symbols = SONGS[name]
    _, heard, asked = chords(key, OTHERS[name])
    score, _, _ = chords(key, symbols)
    check = check_chords(heard, score, asked, None)
    assert check is not None
    assert not check.passed
    assert float(check.measured) < 0.55


def test_major_for_minor_fails(chords) -> None:
    """A third that is wrong is a wrong chord, although two of three notes are right."""
    _, heard, asked = chords("C minor", ("Cm", "Fm", "Gm", "Cm"))
    score, _, _ = chords("C major", ("C", "F", "G", "C"))
    check = check_chords(heard, score, asked, None)
    assert check is not None
    assert not check.passed


@pytest.mark.parametrize("semitones", [1, 2, 5, 7, 11])
def test_a_song_moved_by_an_interval_fails(semitones, chords) -> None:
    """Every chord is another one then."""
    score, heard, asked = chords("C major", SONGS["axis"][1], semitones=semitones)
    check = check_chords(heard, score, asked, None)
    assert check is not None
    assert not check.passed


def test_the_share_is_of_time(chords) -> None:
    """One wrong chord of four costs a quarter: the song passes and says so."""
    _, heard, asked = chords("C major", ("C", "G", "Dm", "F"))
    score, _, _ = chords("C major", ("C", "G", "B", "F"))
    check = check_chords(heard, score, asked, None)
    assert check is not None
    assert LEAST_SHARE <= float(check.measured) <= 0.8


def test_absent_where_there_is_nothing_to_hear(chords) -> None:
    """No pitched part, or chords too few to judge: no check."""
    score, heard, asked = chords("C major", ("C", "G"), bars=2)
    assert len(chord_spans(score, None, asked.tempo_bpm)) == 2
    assert check_chords(heard, score, asked, None) is None
    assert check_chords(SimpleNamespace(harmony=None, bass=None), score, asked, None) is None


def test_a_score_whose_band_plays_other_chords_than_are_written_fails(chords) -> None:
    """The band's notes are the yardstick only where they are the written chord's: changed symbols over the same notes fail."""
    score, heard, asked = chords("C major", SONGS["axis"][1])
    section = score.sections["verse_1"]
    moved = tuple(c.model_copy(update={"symbol": s}) for c, s in zip(section.chords, ("Dm", "F", "G", "Em") * 2, strict=True))
    lying = score.model_copy(update={"sections": {"verse_1": section.model_copy(update={"chords": moved})}})
    check = check_chords(heard, lying, asked, None)
    assert check is not None
    assert not check.passed


def test_a_chord_that_nobody_plays_is_left_out(chords) -> None:
    """Where only the tune sounds there is no chord to judge."""
    score, heard, asked = chords("C major", SONGS["axis"][1])
    tune: dict[str, Part] = {name: part for name, part in score.parts.items() if part.role is Role.MELODY}
    assert check_chords(heard, score.model_copy(update={"parts": tune}), asked, None) is None


def test_a_walking_bass_and_a_shell_are_heard_as_what_they_play() -> None:
    """Root and seventh in the band, a bass on the third and a passing note: heard so; a fourth higher it is another chord."""
    span = ChordSpan(0.0, 2.0, Chord.parse("C7"), {60: 1.0, 70: 1.0}, {40: 1.0, 41: 0.5}, {79: 1.0})
    sound, low = np.zeros(12), np.zeros(12)
    sound[[0, 10, 7, 4]], low[[4, 5]] = (1.0, 0.9, 1.1, 0.4), (1.0, 0.5)
    assert is_heard(span, sound, low) is True
    wrong = np.roll(sound, 5)
    wrong[7] = 1.1
    assert is_heard(span, wrong, np.roll(low, 5)) is False
    assert is_heard(replace(span, band={}, bass={}), sound, low) is None
