"""Musical values against hand-worked truth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import BadInput
from contracts.music import MODES, PPQ, Chord, ChordEvent, Key, Meter, Note, Part, Pitch, Role, Score, Section


@pytest.mark.parametrize(
    ("text", "shown"),
    [("F minor", "F minor"), ("Am", "A minor"), ("Eb", "Eb major"), ("d dorian", "D dorian"), ("F# m", "F# minor"), ("B♭ dur", "Bb major")],
)
def test_keys_are_read_in_their_spellings(text: str, shown: str) -> None:
    """A key shows as tonic and mode."""
    assert str(Key.parse(text)) == shown


@pytest.mark.parametrize("text", ["H minor", "F minorish", "", "12", "F  # # minor"])
def test_what_is_no_key_is_refused(text: str) -> None:
    """The error names the field."""
    with pytest.raises(BadInput, match="key"):
        Key.parse(text)


@given(st.sampled_from(sorted(MODES)), st.integers(0, 11), st.integers(-12, 12))
def test_transposition_moves_every_degree(mode: str, tonic: int, by: int) -> None:
    """Transposing a key moves its pitch classes."""
    key = Key("C", mode).transpose(tonic)
    assert key.transpose(by).pitch_classes == tuple((pc + by) % 12 for pc in key.pitch_classes)


@pytest.mark.parametrize(
    ("symbol", "classes"),
    [
        ("C", (0, 4, 7)),
        ("Fm7", (5, 8, 0, 3)),
        ("Bbmaj7", (10, 2, 5, 9)),
        ("G7sus4", (7, 0, 2, 5)),
        ("Bm7b5", (11, 2, 5, 9)),
        ("C6/9", (0, 4, 7, 9, 2)),
    ],
)
def test_chords_hold_their_notes(symbol: str, classes: tuple[int, ...]) -> None:
    """Pitch classes in stacking order."""
    assert Chord.parse(symbol).pitch_classes == classes


@pytest.mark.parametrize(
    ("symbol", "key", "roman"),
    [
        ("Fm7", "F minor", "i7"), ("Db", "F minor", "bVI"),
        ("Bbmaj7", "F major", "IVmaj7"), ("G7", "C major", "V7"), ("Bdim", "C major", "vii°"),
        ("E/G#", "A minor", "V/G#"), ("F#m7b5", "E minor", "iiø7"),
        ("Eb", "C mixolydian", "bIII"),
    ],
)  # fmt: skip
def test_roman_numerals(symbol: str, key: str, roman: str) -> None:
    """Degrees are counted against the parallel major scale."""
    assert Chord.parse(symbol).roman(Key.parse(key)) == roman


@pytest.mark.parametrize("symbol", ["H7", "Cmaj77", "", "C/", "c minor"])
def test_what_is_no_chord_is_refused(symbol: str) -> None:
    """The error names the symbol."""
    with pytest.raises(BadInput, match="chords"):
        Chord.parse(symbol)


@pytest.mark.parametrize(
    ("text", "bar", "beat", "beats"),
    [
        ("4/4", 3840, 960, 4),
        ("6/8", 2880, 1440, 2),
        ("7/8", 3360, 960, 3.5),
        ("12/8", 5760, 1440, 4),
        ("2/2", 3840, 1920, 2),
        ("3/4", 2880, 960, 3),
    ],
)
def test_bpm_counts_the_felt_beat(text: str, bar: int, beat: int, beats: float) -> None:
    """Dotted quarters in compound meters, quarters in 7/8, halves in 2/2."""
    meter = Meter.parse(text)
    assert (meter.ticks_per_bar, meter.ticks_per_beat, meter.beats_per_bar) == (bar, beat, beats)


@pytest.mark.parametrize(("name", "midi"), [("C4", 60), ("A4", 69), ("F#2", 42), ("Bb-1", 10)])
def test_pitches_in_scientific_notation(name: str, midi: int) -> None:
    """Middle C is 60."""
    assert Pitch.parse(name).midi == midi


def song() -> Score:
    sections = {
        "verse_1": Section(label="verse", start_bar=1, bars=2, energy=0.4, key="C major", chords=(ChordEvent(bar=1, beat=1, symbol="C"),)),
        "chorus_1": Section(
            label="chorus", start_bar=3, bars=2, energy=0.8, key="C major", chords=(ChordEvent(bar=3, beat=3, symbol="G"),)
        ),
    }
    parts = {"bass": Part(role=Role.BASS, instrument="bass_guitar", notes=(Note(960, 10, 40, 90), Note(0, 10, 36, 90)))}
    return Score(tempo_bpm=120, tempo_map=((0, 120.0), (2 * 4 * PPQ, 60.0)), key="C major", sections=sections, parts=parts, tail_s=1.5)


def test_time_follows_the_tempo_map() -> None:
    """Two bars at 120 and two at 60 last 4 s and 8 s."""
    assert song().seconds_at(2 * 4 * PPQ) == pytest.approx(4.0)
    assert song().duration_s == pytest.approx(4.0 + 8.0 + 1.5)


def test_sections_and_chords_are_found_by_tick() -> None:
    """A section begins at its bar line, a chord at its beat."""
    score = song()
    assert score.section_at(2 * 4 * PPQ) == "chorus_1"
    before, at = score.chord_at(score.bar_tick(3, 3) - 1), score.chord_at(score.bar_tick(3, 3))
    assert (before and before.symbol, at and at.symbol) == ("C", "G")


def test_notes_are_kept_in_time_order_and_round_trip() -> None:
    """score.json holds notes as [start, duration, pitch, velocity]."""
    score = song()
    assert score.parts["bass"].notes[0].start == 0
    assert Score.model_validate_json(score.to_json()) == score
    assert b'"notes":[[0,10,36,90],[960,10,40,90]]' in score.to_json()
