"""Numerals and chords say the same, in every key, mode, quality and inversion."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import BadInput
from contracts.music import MODES, Chord, Key
from contracts.music.chord import QUALITIES
from contracts.music.pitch import pitch_class
from services.music.theory.analysis import cadence, functions_of, is_own, key_areas, read_chord, read_chords_in
from services.music.theory.roman import applied_to, numeral_of, parse_numeral, plain, spell_class

NAMES = [letter + sign for letter in "ABCDEFG" for sign in ("", "#", "b")]
TONICS = [name for name in NAMES if name not in ("E#", "B#", "Fb", "Cb")]
TARGETS = ("ii", "iii", "IV", "V", "vi", "bVI", "bVII", "iv")
SINGLE = (
    "I", "ii7", "iii", "IV", "V7", "vi", "viiø7", "bII", "bIII", "iv", "v", "bVImaj7", "bVII", "#iv°7", "V7/3", "I/5", "ii7/7", "Vsus4",
    "IV/2",
)  # fmt: skip
keys = st.builds(Key, st.sampled_from(TONICS), st.sampled_from(sorted(MODES)))
chords = st.builds(Chord, st.sampled_from(NAMES), st.sampled_from(sorted(QUALITIES)), st.one_of(st.none(), st.sampled_from(NAMES)))


@settings(max_examples=600, deadline=None, derandomize=True)
@given(chords, keys)
def test_a_chord_comes_back_from_its_numeral(chord, key):
    """Root, quality and bass survive the way to a numeral and back, whatever the key; the second numeral is the first."""
    numeral = numeral_of(chord, key)
    back = parse_numeral(numeral, key)
    assert (back.root_class, back.quality, back.bass_class) == (chord.root_class, chord.quality, chord.bass_class)
    assert numeral_of(parse_numeral(numeral_of(back, key), key), key) == numeral_of(back, key)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    keys,
    st.sampled_from(
        [
            "I",
            "ii7",
            "iii",
            "IV",
            "V7",
            "vi",
            "viiø7",
            "bII",
            "bIII",
            "iv",
            "v",
            "bVImaj7",
            "bVII",
            "#iv°7",
            "V7/3",
            "I/5",
            "ii7/7",
            "Vsus4",
            "IV/2",
        ]
    ),
)
def test_numerals_keep_their_letters(key, numeral):
    """A numeral that is read in a key is told as it was written, and its root lies on the letter of its degree or has a simpler name."""
    chord = parse_numeral(numeral, key)
    told = numeral_of(chord, key)
    assert plain(told).lstrip("b#").lower() == plain(numeral).lstrip("b#").lower() or chord.root == key.spell(chord.root_class)
    assert parse_numeral(told, key) == chord or parse_numeral(told, key).pitch_classes == chord.pitch_classes


@settings(max_examples=300, deadline=None, derandomize=True)
@given(keys, st.sampled_from(["V7", "V", "vii°7", "subV7", "iiø7", "V7b9", "V7/3"]), st.sampled_from(TARGETS))
def test_an_applied_chord_leads_into_its_target(key, head, target):
    """V7/x lies a fifth above x, vii°/x a semitone below, subV7/x a semitone above, ii/x a tone above: in every key."""
    chord, aim = parse_numeral(f"{head}/{target}", key), parse_numeral(target, key)
    above = (chord.root_class - aim.root_class) % 12
    assert above == {"V": 7, "vii": 11, "subV": 1, "ii": 2}[re.match("subV|vii|ii|V", head)[0]]


def test_applied_chords_are_told():
    """The textbook cases in C major: D7 before G, E7/G# before Am, C#°7 before Dm, Ab7 before G; G7 before C is at home."""
    key = Key("C")
    cases = {("D7", "G"): "V7/V", ("E7/G#", "Am"): "V7/3/vi", ("C#dim7", "Dm"): "vii°7/ii", ("Ab7", "G"): "subV7/V", ("C7", "F"): "V7/IV"}
    for (chord, after), told in cases.items():
        assert applied_to(Chord.parse(chord), Chord.parse(after), key) == told
        assert parse_numeral(told, key).pitch_classes == Chord.parse(chord).pitch_classes
    assert applied_to(Chord.parse("G7"), Chord.parse("C"), key) is None
    assert applied_to(Chord.parse("Fm"), Chord.parse("C"), key) is None
    with pytest.raises(BadInput):
        parse_numeral("VIII", key)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(keys, st.integers(0, 11))
def test_a_spelled_note_is_that_note(key, pc):
    """A name sounds as its pitch class; the seven notes of a key have seven letters where single accidentals allow it."""
    assert pitch_class(spell_class(key, pc)) == pc
    names = [spell_class(key, p) for p in key.pitch_classes]
    simple = all(name not in ("Cb", "Fb", "E#", "B#") for name in names)
    if key.tonic in ("C", "G", "F", "D", "Bb", "Eb", "A", "F#", "Gb") and key.mode == "major" and simple:
        assert len({name[0] for name in names}) == 7


def test_enharmonics_follow_the_key():
    """The same key on the piano is F# in E minor and Gb in Db major; the leading tone of C minor is B, the third of A major C#."""
    assert spell_class(Key("E", "minor"), 6) == "F#"
    assert spell_class(Key("Db"), 6) == "Gb"
    assert spell_class(Key("C", "minor"), 11) == "B"
    assert spell_class(Key("F#"), 5) == "E#"
    assert [spell_class(Key("Gb"), p) for p in Key("Gb").pitch_classes] == ["Gb", "Ab", "Bb", "Cb", "Db", "Eb", "F"]


def test_chords_are_read_with_their_neighbours():
    """Functions, applied dominants, borrowed chords, substitutes and passing chords of a progression that has them all."""
    symbols = ["C", "C#dim7", "Dm7", "Db7", "C", "E7", "Am", "Fm", "C", "D7", "G7", "C"]
    readings = read_chords_in([Chord.parse(s) for s in symbols], Key("C"))
    told = {str(r.chord): (r.numeral, r.origin) for r in readings}
    assert told["C#dim7"] == ("vii°7/ii", "applied")
    assert told["Db7"] == ("subV7", "substitute")
    assert told["E7"] == ("V7/vi", "applied")
    assert told["Fm"] == ("iv", "borrowed")
    assert told["D7"] == ("V7/V", "applied")
    assert functions_of([Chord.parse(s) for s in ["C", "F", "G", "C", "Am", "Dm", "G", "C"]], Key("C")) == "T–S–D–T–S–D–T"
    assert read_chord(Chord.parse("E"), Key("A", "minor")).origin == "diatonic"
    assert is_own(Chord.parse("Am6"), Key("A", "minor"))


def test_cadences_have_names():
    """V–I closes, IV–I is plagal, V–vi deceptive, x–V half, bVII–i modal, bVII7–I the back door; in minor as in major."""
    c, a = Key("C"), Key("A", "minor")
    cases = [
        ("G7", "C", c, "authentic"), ("F", "C", c, "plagal"), ("G", "Am", c, "deceptive"), ("Dm", "G", c, "half"),
        ("Bb7", "C", c, "backdoor"),
        ("E7", "Am", a, "authentic"), ("Dm", "Am", a, "plagal"), ("E", "F", a, "deceptive"), ("Dm", "E", a, "half"),
        ("G", "Am", a, "modal"),
        ("C", "F", c, "open"), ("Db7", "C", c, "authentic"), ("Gsus4", "C", c, "authentic"),
    ]  # fmt: skip
    for before, last, key, name in cases:
        assert cadence(Chord.parse(before), Chord.parse(last), key) == name, (before, last)


def test_key_areas_follow_a_modulation():
    """Eight bars in C, eight in A flat, eight in C: two changes where they are, and none where only one chord is borrowed."""
    home = ["C", "Am", "F", "G", "C", "Am", "Dm", "G7"]
    away = ["Ab", "Fm", "Db", "Eb7", "Ab", "Fm", "Bbm", "Eb7", "Ab"]
    areas = key_areas([Chord.parse(s) for s in home + away + home], Key("C"))
    assert [str(key) for _, key in areas] == ["C major", "Ab major", "C major"]
    assert abs(areas[1][0] - len(home)) <= 1
    assert abs(areas[2][0] - len(home + away)) <= 1
    assert len(key_areas([Chord.parse(s) for s in ["C", "Am", "Fm", "G", "C", "D7", "G", "C"]], Key("C"))) == 1
