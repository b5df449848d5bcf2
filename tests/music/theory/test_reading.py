"""Theory of pieces whose truth is in the textbooks: numerals, keys, cadences, scales, rhythm, motifs, phrases and form."""

from dataclasses import replace

import numpy as np
import pytest

from contracts.music import Key, Meter, Note
from services.music.theory.crossing import cross_rhythms, pulses
from services.music.theory.leading import least_motion, parallels
from services.music.theory.metre import inner_metric_weight
from services.music.theory.piece import Line
from services.music.theory.reading import read_theory
from services.music.theory.scale_use import scale_of
from services.music.theory.syncopation import complexity, divisions, lhl, weights
from tests.music.theory.pieces import line, piece, progression, romans, theory

CLAVES = {
    "shiko": (0, 4, 6, 10, 12),
    "son": (0, 3, 6, 10, 12),
    "soukous": (0, 3, 6, 10, 11),
    "rumba": (0, 3, 7, 10, 12),
    "bossa-nova": (0, 3, 6, 10, 13),
    "gahu": (0, 3, 6, 10, 14),
}


# Harmony


@pytest.mark.parametrize(
    ("chords", "key", "numerals"),
    [
        ("C Am Dm7 G7 C F G7 C", "C major", "I vi ii7 V7 I IV V7 I"),
        ("Am F Dm E7 Am Dm E7 Am", "A minor", "i bVI iv V7 i iv V7 i"),
        ("C A7 Dm G7 C D7 G7 C", "C major", "I V7/ii ii V7 I V7/V V7 I"),
        ("C F Fm C G7 C F C", "C major", "I IV iv I V7 I IV I"),
        ("Bb Gm Eb F7 Bb Gm F7 Bb", "Bb major", "I vi IV V7 I vi V7 I"),
    ],
)
def test_textbook_progressions(chords: str, key: str, numerals: str) -> None:
    """Diatonic, applied and borrowed chords are read as harmony books write them."""
    read = theory(chords)
    assert (read.key, romans(read)) == (key, numerals)


def test_functions_and_origins() -> None:
    """A dominant of the dominant prepares it; a minor subdominant in major is borrowed, a secondary dominant applied."""
    read = theory("C D7 G7 C Fm C G7 C")
    by_symbol = {c.symbol: (c.function, c.origin) for c in read.chords}
    assert by_symbol["D7"] == ("predominant", "applied")
    assert by_symbol["Fm"] == ("predominant", "borrowed")
    assert by_symbol["G7"] == ("dominant", "diatonic")
    assert sum(read.functions.values()) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("semitones", range(1, 12))
def test_analysis_moves_with_the_piece(semitones: int) -> None:
    """Transposed, a piece has the same numerals, functions, cadences, phrases and form; its key moves with it."""
    chords = progression("C Am Dm7 G7 C F G7 C C Am D7 G7 C F G7 C")
    tune = line("melody", "melody", [(p, q) for p, q in zip([72, 74, 76, 77, 79, 77, 76, 74] * 8, [1.0] * 64, strict=True)])
    plain = read_theory(piece(chords, tune))
    moved = tuple(replace(t, chord=t.chord.transpose(semitones, Key("C").transpose(semitones))) for t in chords)
    higher = Line("melody", "melody", tuple(n._replace(pitch=n.pitch + semitones) for n in tune.notes))
    read = read_theory(piece(moved, higher))
    assert (romans(read), read.functions, read.form, read.phrases) == (romans(plain), plain.functions, plain.form, plain.phrases)
    assert [(c.bar, c.kind, c.strength) for c in read.cadences] == [(c.bar, c.kind, c.strength) for c in plain.cadences]
    assert read.voice_leading is not None
    assert plain.voice_leading is not None
    assert read.voice_leading.least_semitones == plain.voice_leading.least_semitones
    assert [Key.parse(area.key).tonic_class for area in read.keys] == [semitones]


def test_modulation_to_the_dominant_with_its_pivot() -> None:
    """Eight bars in C, eight in G: two areas, related as home and dominant, joined by a chord that both own."""
    read = theory("C F G7 C Am F G7 C Am D7 G Em Am D7 G C D7 G D7 G")
    assert [(a.key, a.relation) for a in read.keys] == [("C major", "home"), ("G major", "dominant")]
    entered = read.keys[1]
    assert 8 <= entered.bar <= 10
    assert entered.pivot is not None
    assert (entered.pivot.symbol, entered.pivot.roman_before, entered.pivot.roman_after) in [("Am", "vi", "ii"), ("C", "I", "IV")]


def test_direct_modulation_up_a_semitone() -> None:
    """A last chorus a semitone higher is a key area without a pivot."""
    read = theory("C Am F G7 C Am F G7 C F G7 C Db Bbm Gb Ab7 Db Bbm Gb Ab7 Db Gb Ab7 Db")
    assert [(a.key, a.entry) for a in read.keys] == [("C major", "beginning"), ("Db major", "direct")]
    assert read.keys[1].bar == 13


def test_dorian_vamp_and_mixolydian_vamp() -> None:
    """Dm7 G7 over and over from D is dorian, not C major; D C G D is mixolydian."""
    assert theory("Dm7 G7 " * 8).key == "D dorian"
    assert theory("D C G D " * 4).key == "D mixolydian"


def test_a_twelve_bar_blues() -> None:
    """Twelve bars of I, IV and V sevenths, twice: a blues on its own tonic, not on its subdominant."""
    read = theory("C7 F7 C7 C7 F7 F7 C7 C7 G7 F7 C7 G7 " * 2)
    assert (read.key or "")[:2] == "C "
    assert read.form.kind == "twelve-bar blues"
    assert next(c.roman for c in read.chords if c.symbol == "F7") == "IV7"


# Cadences


@pytest.mark.parametrize(
    ("chords", "top", "kind", "strength"),
    [
        ("C F G7 C", 72, "authentic", "perfect"),
        ("C F G7 C", 76, "authentic", "imperfect"),
        ("C F G7/B C", 72, "authentic", "imperfect"),
        ("C G F C", 72, "plagal", ""),
        ("C F Dm G", 74, "half", ""),
        ("C F G7 Am", 72, "deceptive", ""),
    ],
)
def test_how_a_phrase_ends(chords: str, top: int, kind: str, strength: str) -> None:
    """Authentic perfect needs dominant and tonic on their roots and the tonic on top; the others by their two chords."""
    full = f"C F G7 C {chords}" if kind != "authentic" else f"C Am Dm G {chords}"
    tune = line(
        "melody",
        "melody",
        [(72, 2.0), (76, 2.0), (77, 4.0), (79, 4.0), (76, 3.0), (None, 1.0), (72, 2.0), (76, 2.0), (77, 4.0), (74, 4.0), (top, 4.0)],
    )
    last = read_theory(piece(progression(full), tune, home="C major")).cadences[-1]
    assert (last.bar, last.kind, last.strength) == (8, kind, strength)


def test_a_chorale_in_four_parts() -> None:
    """Four single lines in quarters: chords, no parallels, small steps, and a perfect cadence at each end of its two phrases."""
    chords = progression("C F/C C G/B C F G C C F C F C/G G C C", 1.0)
    soprano = [72, 72, 72, 74, 76, 77, 74, 72, 76, 77, 76, 77, 76, 74, 72, 72]
    alto = [67, 69, 67, 67, 67, 69, 67, 67, 67, 69, 67, 69, 67, 67, 67, 67]
    tenor = [64, 65, 64, 62, 60, 60, 59, 64, 60, 60, 60, 60, 60, 59, 64, 64]
    bass = [48, 48, 48, 47, 48, 53, 55, 48, 48, 53, 48, 53, 55, 55, 48, 48]
    lines = [
        line(name, role, [(p, 1.0) for p in pitches])
        for name, role, pitches in (
            ("soprano", "melody", soprano),
            ("alto", "other", alto),
            ("tenor", "other", tenor),
            ("bass", "bass", bass),
        )
    ]
    read = read_theory(replace(piece((), *lines), chords=chords))
    assert read.key == "C major"
    assert read.cadences[-1].kind == "authentic"
    assert read.voice_leading is not None
    assert read.voice_leading.parallels == 0
    assert read.voice_leading.played_semitones is not None
    assert read.voice_leading.played_semitones < 8


# Voices


def test_least_voice_leading() -> None:
    """Tymoczko's examples: C to A minor moves one voice two semitones, C to E minor one, C to C sharp major three; none to itself."""
    major, minor_a, minor_e = (0, 4, 7), (0, 4, 9), (4, 7, 11)
    assert [least_motion(major, other) for other in (major, minor_a, minor_e, (1, 5, 8))] == [0, 2, 1, 3]
    assert least_motion((0, 4, 7), (2, 5, 7, 11)) == least_motion((2, 5, 7, 11), (0, 4, 7)) == 4


def test_parallel_fifths_are_counted() -> None:
    """Two lines that move in fifths between others are faulty; contrary motion is not."""
    upper = line("a", "other", [(67, 1), (69, 1), (71, 1), (72, 1), (71, 1), (69, 1), (67, 1), (72, 1)])
    lower = line("b", "other", [(60, 1), (62, 1), (55, 1), (57, 1), (56, 1), (60, 1), (52, 1), (57, 1)])
    assert parallels([upper, lower]) == 1


# Rhythm


@pytest.mark.parametrize(("name", "published"), [("shiko", 2), ("son", 4), ("soukous", 6), ("rumba", 5), ("bossa-nova", 6), ("gahu", 5)])
def test_complexity_of_the_claves_is_the_published_one(name: str, published: int) -> None:
    """Metrical complexity of six timelines as Toussaint (2002) lists them."""
    assert complexity(CLAVES[name], weights((2, 2, 2, 2))) == published


def test_longuet_higgins_and_lee() -> None:
    """Weights of 4/4 and 6/8 as published; quarters have none; the son clave holds over a beat and over the half bar, 2 and 2."""
    weight = weights((2, 2, 2, 2))
    assert weight == (0, -4, -3, -4, -2, -4, -3, -4, -1, -4, -3, -4, -2, -4, -3, -4)
    assert weights(tuple(divisions(Meter.parse("6/8")))) == (0, -3, -2, -3, -2, -3, -1, -3, -2, -3, -2, -3)
    assert lhl((0, 4, 8, 12), weight, 16) == [0, 0, 0, 0]
    assert lhl(CLAVES["son"], weight, 16) == [0, 2, 2, 0, 0]
    assert lhl((2, 6, 10, 14), weight, 17) == [1, 2, 1, 3]


@pytest.mark.parametrize(("fast", "slow", "quarters"), [(3, 2, 2), (4, 3, 3), (5, 4, 4), (3, 4, 4)])
def test_cross_rhythms_between_parts(fast: int, slow: int, quarters: int) -> None:
    """Even strokes, so many against so many in the same time, are named by their ratio; the same pulse twice is none."""
    one = line("one", "other", [(60, quarters / fast)] * (fast * 8))
    other = line("other", "other", [(67, quarters / slow)] * (slow * 8))
    ratio = f"{max(fast, slow)}:{min(fast, slow)}"
    found = cross_rhythms(piece((), one, other))
    assert [c.ratio for c in found if set(c.parts) == {"one", "other"}] == [ratio]
    twins = cross_rhythms(piece((), one, Line("twin", "other", one.notes)))
    assert not [c for c in twins if set(c.parts) == {"one", "twin"}]


def test_even_eighths_over_quarters_are_no_cross_rhythm() -> None:
    """One pulse divides the other: a hierarchy. A tresillo is no even pulse for long enough."""
    eighths = line("hat", "other", [(70, 0.5)] * 32)
    tresillo = line("bass", "bass", [(40, 1.5), (40, 1.5), (40, 1.0)] * 4)
    quarters = line("chords", "chords", [(60, 1.0)] * 16)
    assert cross_rhythms(piece((), eighths, tresillo, quarters)) == ()


def test_pulses_end_where_the_distance_changes() -> None:
    """Three even strokes, then three others."""
    assert [(p.start, p.end, p.period) for p in pulses("x", [0, 10, 20, 50, 80, 110])] == [(0, 20, 10.0), (20, 110, 30.0)]


def test_inner_metric_weight_of_volks_kind() -> None:
    """A chain of four strokes counts its length squared for each; the chain of every second stroke lies in it and counts nothing."""
    struck = np.array([True, True, True, True, False, False, False, False])
    assert inner_metric_weight(struck, 8).tolist() == [9, 9, 9, 9, 0, 0, 0, 0]
    waltz = np.array([True, False, False, True, False, True] * 8)
    folded = inner_metric_weight(waltz, 12).reshape(-1, 6).mean(axis=0)
    assert folded[3] == folded.max()


def test_metre_of_three_and_of_four() -> None:
    """Accents every third quarter are most alike a bar of three later, and the heaviest place is the first beat."""
    waltz = line("melody", "melody", [(48, 1.0), (72, 0.5), (74, 0.5), (72, 1.0)] * 12)
    strong = Line("melody", "melody", tuple(n._replace(velocity=120 if n.start % 2880 == 0 else 60) for n in waltz.notes))
    read = read_theory(piece((), strong, meter="3/4")).metre
    assert read is not None
    levels = {level.name: level.autocorrelation for level in read.levels}
    assert levels["bar"] == max(levels[name] for name in ("beat", "bar"))
    assert levels["bar"] > 0.8 > levels["beat"]


# Scales, motifs, phrases, form


@pytest.mark.parametrize(
    ("pitches", "home", "scale"),
    [
        ([60, 62, 64, 67, 69], "C major", "major pentatonic"),
        ([57, 60, 62, 64, 67], "A minor", "minor pentatonic"),
        ([60, 63, 65, 66, 67, 70], "C minor", "minor blues"),
        ([62, 64, 65, 67, 69, 71, 72], "D dorian", "dorian"),
        ([67, 69, 71, 72, 74, 76, 77], "G major", "mixolydian"),
        ([57, 59, 60, 62, 64, 65, 68], "A minor", "harmonic minor"),
        ([60, 62, 64, 65, 67, 69, 71], "C major", "major"),
        ([60, 62, 64, 66, 68, 70], "C major", "whole-tone"),
    ],
)
def test_scales(pitches: list[int], home: str, scale: str) -> None:
    """A line that plays all notes of a scale and no other draws on that scale."""
    use = scale_of([Note(i * 480, 480, p, 90) for i, p in enumerate(pitches * 3)], Key.parse(home), "melody")
    assert use is not None
    assert (use.scale, use.coverage) == (scale, 1.0)


def test_a_motif_comes_back_changed() -> None:
    """A figure, its transposition, its inversion, and it in notes twice as long, each found where it is."""
    figure = [(60, 1.0), (64, 0.5), (62, 0.5), (67, 2.0)]
    up = [(67, 1.0), (71, 0.5), (69, 0.5), (74, 2.0)]
    upside_down = [(72, 1.0), (69, 0.5), (71, 0.5), (65, 2.0)]
    slow = [(60, 2.0), (64, 1.0), (62, 1.0), (67, 4.0)]
    tune = line("melody", "melody", [*figure, *figure, *up, *upside_down, *slow, (60, 4.0)])
    (motif, *_) = read_theory(piece(progression("C C G F C C C"), tune, home="C major")).motifs
    uses = {use.bar: use.relation for use in motif.uses}
    assert {1: "exact", 2: "exact", 3: "transposed", 4: "inverted", 5: "augmented"}.items() <= uses.items()


def test_a_period() -> None:
    """Four bars that end on the dominant, the same four bars ending on the tonic: antecedent and consequent."""
    idea = [(67, 1.0), (69, 1.0), (67, 1.0), (64, 1.0), (65, 2.0), (62, 2.0), (64, 1.0), (65, 1.0), (64, 1.0), (60, 1.0)]
    tune = line("melody", "melody", [*idea, (62, 3.0), (None, 1.0), *idea[:-1], (62, 1.0), (60, 3.0), (None, 1.0)])
    read = read_theory(piece(progression("C G7 C G C G7 G7 C"), tune, home="C major"))
    assert [(g.kind, g.bar, g.parts) for g in read.groups] == [("period", 1, (4, 4))]
    assert [p.cadence for p in read.phrases] == ["half", "authentic"]


def test_a_sentence() -> None:
    """Two bars, the two bars again on another degree, four bars that run on to a cadence."""
    idea = [(67, 1.0), (72, 1.0), (76, 1.0), (74, 1.0), (72, 3.0), (None, 1.0)]
    again = [(67, 1.0), (71, 1.0), (77, 1.0), (76, 1.0), (74, 3.0), (None, 1.0)]
    runs = [(76, 0.5), (77, 0.5), (79, 0.5), (77, 0.5), (76, 0.5), (74, 0.5), (72, 0.5), (71, 0.5)]
    tune = line("melody", "melody", [*idea, *again, *runs, *runs, (72, 2.0), (71, 2.0), (72, 3.0), (None, 1.0)])
    read = read_theory(piece(progression("C C G7 G7 C F G7 C"), tune, home="C major"))
    assert [(g.kind, g.bar, g.parts) for g in read.groups] == [("sentence", 1, (2, 2, 4))]


def test_form_of_a_song_without_markers() -> None:
    """Verses and choruses that differ in chords, tune and band are found at their bars and share letters where they come back."""
    verse, chorus = "C Am F G7 C Am F G7", "F G7 Em Am F G7 C C"
    chords = progression(" ".join([verse, chorus, verse, chorus]))
    quiet = [(60 + p, 1.0) for p in (0, 2, 4, 2, 4, 5, 4, 2)] * 4
    loud = [(72 + p, 0.5) for p in (0, 0, 4, 4, 7, 7, 4, 2)] * 8
    tune = line("melody", "melody", [*quiet, *loud, *quiet, *loud])
    drums = Line(
        "drums",
        "drums",
        tuple(
            Note(bar * 3840 + beat * 960, 100, 36 if beat % 2 == 0 else 38, 100)
            for bar in (*range(8, 16), *range(24, 32))
            for beat in range(4)
        ),
    )
    read = read_theory(piece(chords, tune, drums))
    assert [(s.bar, s.bars, s.letter) for s in read.form.sections] == [(1, 8, "A"), (9, 8, "B"), (17, 8, "A"), (25, 8, "B")]
    assert read.form.kind == "verse and chorus"


def test_drums_alone_have_no_key_but_a_metre() -> None:
    """What is not there is not invented."""
    drums = Line("drums", "drums", tuple(Note(i * 480, 100, 36 if i % 4 == 0 else 42, 100) for i in range(64)))
    read = read_theory(piece((), drums))
    assert (read.key, read.chords, read.scales, read.motifs, read.phrases) == (None, (), (), (), ())
    assert read.metre is not None
