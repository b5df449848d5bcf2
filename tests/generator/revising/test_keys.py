"""Another key: transposed there and back again; into another mode by scale degree, as a musician would harmonise it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.edits import KeyEdit, MoodEdit
from contracts.music import Chord, Key, Role
from services.generator.revising.degrees import KeyChange
from services.generator.revising.song import unpitched
from tests.generator.revising.songs import STYLES, Made, made, untouched

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@given(st.sampled_from(TONICS), st.sampled_from(TONICS), st.integers(0, 127), st.sampled_from(("minor", "major")))
def test_there_and_back_is_where_one_began(one: str, other: str, pitch: int, mode: str) -> None:
    """For every pair of keys of one mode, and for notes of the scale between major and minor too."""
    there, back = KeyChange(Key(one, mode), Key(other, mode)), KeyChange(Key(other, mode), Key(one, mode))
    assert back.pitch(there.pitch(pitch)) == pitch
    major, minor = Key(one, "major"), Key(one, "minor")
    if pitch % 12 in major.pitch_classes:
        assert KeyChange(minor, major).pitch(KeyChange(major, minor).pitch(pitch)) == pitch


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("C major", "C minor", "C F G7 Am Dm7 Em", "Cm Fm G7 Ab Dm7b5 Eb"),
        ("C major", "C minor", "Dm Cmaj7 E7 C/E", "Fm Cm7 Eb7 Cm/Eb"),
        ("A minor", "A major", "Am F G C E7 Dm", "A F#m E C#m E7 D"),
        ("C major", "A minor", "C F G", "Am Dm E"),
        ("C major", "D dorian", "C F Am7", "Dm G Bm7b5"),
    ],
)
def test_chords_take_the_quality_of_the_new_mode(old: str, new: str, before: str, after: str) -> None:
    """Dominants stay dominants, applied dominants keep their quality, and no triad turns diminished."""
    change = KeyChange(Key.parse(old), Key.parse(new))
    assert " ".join(str(change.chord(Chord.parse(chord))) for chord in before.split()) == after


@pytest.mark.parametrize("style", STYLES)
def test_a_song_goes_to_another_key_and_back(style: str) -> None:
    """Rhythm, velocities and drums stay; a part that could be moved plainly is, note for note, what it was when it is back."""
    song = made(style)
    there = song.edited(KeyEdit(key="C minor"))
    back = Made(there.brief, there.sheet, there.score).edited(KeyEdit(key="A minor")).score
    assert (there.score.key, back.key, there.brief.key.value) == ("C minor", "A minor", "C minor")
    assert {n for n, p in song.score.parts.items() if unpitched(p)} <= untouched(song.score, there.score)
    for name, part in song.score.parts.items():
        other = there.score.parts[name]
        assert [(n.start, n.duration, n.velocity) for n in part.notes] == [(n.start, n.duration, n.velocity) for n in other.notes]
        if part.role is not Role.FX and not unpitched(part):
            assert {(b.pitch - a.pitch) % 12 for a, b in zip(part.notes, other.notes, strict=True)} == {3}
        assert [n.pitch % 12 for n in back.parts[name].notes] == [n.pitch % 12 for n in part.notes]
    same = sum(back.parts[name].notes == part.notes for name, part in song.score.parts.items())
    assert same >= len(song.score.parts) - 2
    assert back.sections == song.score.sections


@settings(max_examples=6, deadline=None)
@given(st.sampled_from(("dorian", "major", "phrygian", "mixolydian")))
def test_in_another_mode_the_band_plays_its_scale(mode: str) -> None:
    """Of the notes of chords and bass, those foreign to the new scale are no more than were foreign to the old one, and few."""
    song = made("pop")
    new = song.edited(KeyEdit(key=f"A {mode}")).score
    for name, part in song.score.parts.items():
        if part.role in (Role.HARMONY, Role.PAD, Role.BASS):
            assert _foreign(new, name) <= _foreign(song.score, name) + 0.08


def _foreign(score, name) -> float:
    classes = score.key_value.pitch_classes
    notes = score.parts[name].notes
    return sum(n.pitch % 12 not in classes for n in notes) / len(notes)


def test_sad_is_minor_slower_and_softer() -> None:
    """The same form and the same tune by degree; the brief says what is asked now."""
    song = made("pop", "C major")
    sad = song.edited(MoodEdit(mood="sad", words="same but sad"))
    assert (sad.score.key, sad.brief.moods.value, sad.brief.key.evidence) == ("C minor", ("sad",), "same but sad")
    assert 0.85 * song.score.tempo_bpm < sad.score.tempo_bpm < song.score.tempo_bpm
    assert list(sad.score.sections) == list(song.score.sections)
    assert [n.start for n in sad.score.parts["melody"].notes] == [n.start for n in song.score.parts["melody"].notes]
    assert sad.brief.duration_s.value == pytest.approx(sad.score.duration_s, abs=1e-3)
