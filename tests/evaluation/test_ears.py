"""The measures of `make eval-ears` give full marks to the truth itself and the right loss to what is off by a known amount."""

import numpy as np
import pytest

from contracts.features import DrumVoice, Features, Guess, HeardChord, HeardDrums, HeardLine, HeardSection, Measured, Swing
from contracts.music import ChordEvent, Note, Part, Role, Score, Section
from tests.evaluation.ears import by_style, misses, short_of, table
from tests.evaluation.ears_measures import Scored, score_song
from tests.evaluation.ears_truth import harte, plain_key, truth_of

BAR, BEAT = 3840, 960


def _score() -> Score:
    """Twelve bars at 120: verse and chorus of C and Am, straight eighths on a hat, a bass and a melody, a riser that no family has."""
    chords = tuple(ChordEvent(bar=bar, beat=1.0, symbol="C" if bar % 2 else "Am7") for bar in range(1, 13))
    sections = {
        name: Section(label=name.split("_")[0], start_bar=first, bars=4, energy=0.5, key="C major", chords=chords[first - 1 : first + 3])
        for name, first in (("verse_1", 1), ("chorus", 5), ("verse_2", 9))
    }
    beats = range(0, 12 * BAR, BEAT)
    drums = [Note(t, 120, 36, 100) for t in beats[::2]] + [Note(t, 120, 38, 100) for t in beats[1::2]]
    drums += [Note(t, 120, 42, 80) for t in range(0, 12 * BAR, BEAT // 2)] + [Note(240, 120, 51, 80)]
    parts = {
        "drums": Part(role=Role.DRUMS, instrument="drum_kit", notes=tuple(drums)),
        "bass": Part(role=Role.BASS, instrument="bass_guitar", notes=tuple(Note(t, BEAT, 36 + t // BEAT % 5, 90) for t in beats)),
        "melody": Part(role=Role.MELODY, instrument="flute", notes=tuple(Note(t, BEAT, 72 + t // BEAT % 7, 90) for t in beats)),
        "fx": Part(role=Role.FX, instrument="riser", notes=(Note(0, BEAT, 60, 60),)),
    }
    return Score(genre="pop", tempo_bpm=120.0, key="C major", sections=sections, parts=parts)


TRUTH = truth_of(_score(), "pop")


def _line(line: tuple[np.ndarray, np.ndarray], octaves: int = 0) -> HeardLine:
    notes = tuple((float(a), float(b - a), int(pitch) + 12 * octaves) for (a, b), pitch in zip(*line, strict=True))
    return HeardLine(notes=notes, low=0, high=127)


def _heard(**changes: object) -> Features:
    """Features that say exactly what is true, with some of them changed."""
    spans, labels = TRUTH.sections
    times, symbols = TRUTH.chords
    chords = [(a, b, "C" if s == "C:maj" else "Am") for (a, b), s in zip(times, symbols, strict=True)]
    voices = {name: DrumVoice(per_bar=4.0, strokes_s=tuple(strokes)) for name, strokes in TRUTH.drums.items()}
    truth: dict[str, object] = {
        "duration_s": 26.0, "sample_rate_hz": 48_000, "channels": 2, "analyzed_s": 26.0, "tempo_bpm": Measured(value=120.0, unit="bpm"),
        "beats_s": tuple(TRUTH.beats_s), "downbeats_s": tuple(TRUTH.downbeats_s), "meter": "4/4", "swing": Swing(ratio=1.0),
        "key": "C major", "tuning_cents": Measured(value=2.0, unit="cents"),
        "chords": tuple(HeardChord(start_s=a, end_s=b, symbol=symbol) for a, b, symbol in chords),
        "boundaries_s": tuple(float(a) for a, _ in spans[1:]),
        "sections": tuple(HeardSection(start_s=a, end_s=b, label=s, letter=s[0]) for (a, b), s in zip(spans, labels, strict=True)),
        "drums": HeardDrums(steps_per_bar=16, bars=12, voices=voices), "bass": _line(TRUTH.bass), "melody": _line(TRUTH.melody),
        "families": tuple(Guess(value=name, confidence=0.9) for name in ("drums", "bass", "woodwinds")),
        "genres": (Guess(value="rock", confidence=0.6), Guess(value="pop", confidence=0.3)),
    }  # fmt: skip
    return Features.model_validate(truth | changes)


def test_the_truth_itself_has_full_marks() -> None:
    """Whatever is heard as it is counts 1, in every figure; the second guess of a genre counts among three, not as the first."""
    figures = score_song(1, TRUTH, _heard()).figures
    assert figures.pop("genre first") == 0.0
    assert all(value == pytest.approx(1.0) for value in figures.values()), figures


def test_the_octave_of_the_tempo_costs_the_first_accuracy_only() -> None:
    """Half the tempo, every other beat: Acc1 0, Acc2 1, F two thirds, and full on another level; 5 % off is wrong in both."""
    half = score_song(1, TRUTH, _heard(tempo_bpm=Measured(value=60.0, unit="bpm"), beats_s=tuple(TRUTH.beats_s[::2]))).figures
    assert (half["tempo Acc1"], half["tempo Acc2"]) == (0.0, 1.0)
    assert half["beats F"] == pytest.approx(2 / 3, abs=0.03)
    assert half["beats F, any level"] == 1.0
    off = score_song(1, TRUTH, _heard(tempo_bpm=Measured(value=126.0, unit="bpm"))).figures
    assert (off["tempo Acc1"], off["tempo Acc2"]) == (0.0, 0.0)


def test_keys_weigh_as_in_mirex_and_chords_by_their_time() -> None:
    """The relative minor counts 0.3; with every second chord wrong half the time is right; before the first chord there is none."""
    assert score_song(1, TRUTH, _heard(key="A minor")).figures["key"] == pytest.approx(0.3)
    assert score_song(1, TRUTH, _heard(key=None, chords=())).figures["chords majmin"] == 0.0
    only = tuple(HeardChord(start_s=a, end_s=b, symbol="C") for a, b in TRUTH.chords[0])
    assert score_song(1, TRUTH, _heard(chords=only[4:])).figures["chords majmin"] == pytest.approx(4 / 12)
    assert (harte("Bbm7b5"), harte("G7sus4"), harte("F#"), harte("N"), plain_key("G# dorian")) == (
        "Bb:dim",
        "G:sus4",
        "Gb:maj",
        "N",
        "Ab minor",
    )


def test_borders_two_seconds_off_count_in_the_wide_window_only() -> None:
    """Both borders late by 2 s: nothing within half a second, all within three; without letters or labels nothing repeats."""
    late = score_song(1, TRUTH, _heard(boundaries_s=(10.0, 18.0))).figures
    assert (late["borders F 0.5 s"], late["borders F 3 s"]) == (0.0, 1.0)
    assert score_song(1, TRUTH, _heard(sections=())).figures["labels F"] < 0.8


def test_drums_count_strokes_and_leave_rides_open() -> None:
    """Half of the kicks: F two thirds. A hat heard where a ride plays costs nothing, one where nothing plays does."""
    voices = {name: DrumVoice(per_bar=1.0, strokes_s=tuple(strokes)) for name, strokes in TRUTH.drums.items()}
    voices["kick"] = DrumVoice(per_bar=1.0, strokes_s=tuple(TRUTH.drums["kick"][::2]))
    voices["hat"] = DrumVoice(per_bar=1.0, strokes_s=(*TRUTH.drums["hat"], 0.125))
    heard = score_song(1, TRUTH, _heard(drums=HeardDrums(steps_per_bar=16, bars=12, voices=voices))).figures
    assert heard["kick F"] == pytest.approx(2 / 3, abs=0.01)
    assert heard["hat F"] == 1.0
    voices["hat"] = DrumVoice(per_bar=1.0, strokes_s=(*TRUTH.drums["hat"], 3.125))
    assert score_song(1, TRUTH, _heard(drums=HeardDrums(steps_per_bar=16, bars=12, voices=voices))).figures["hat F"] < 1.0


def test_a_line_an_octave_too_high_is_right_by_its_names_only() -> None:
    """The bass an octave up: no pitch right, every pitch class."""
    figures = score_song(1, TRUTH, _heard(bass=_line(TRUTH.bass, 1))).figures
    assert (figures["bass F"], figures["bass F, any octave"]) == (0.0, 1.0)


def test_swing_is_read_from_the_notes_and_judged_with_its_division() -> None:
    """Hats two thirds into the beat are a ratio of 2 in eighths; straight is then wrong, and so are swung sixteenths."""
    score = _score()
    hats = tuple(Note(t + (640 if t % BEAT else 0) - (480 if t % BEAT else 0), 120, 42, 80) for t in range(0, 12 * BAR, BEAT // 2))
    drums = score.parts["drums"].model_copy(update={"notes": hats})
    truth = truth_of(score.model_copy(update={"parts": score.parts | {"drums": drums}}), "pop")
    assert truth.swing == (8, pytest.approx(2.0))
    assert score_song(1, truth, _heard(swing=Swing(ratio=1.9))).figures["swing"] == 1.0
    assert score_song(1, truth, _heard()).figures["swing"] == 0.0
    assert score_song(1, truth, _heard(swing=Swing(ratio=2.0, division=16))).figures["swing"] == 0.0


def test_the_tables_hold_every_style_and_name_what_is_missed() -> None:
    """Two songs, one of them an octave off: the mean is a half, under the aim, and the song is listed with what was heard."""
    wrong = score_song(2, TRUTH, _heard(tempo_bpm=Measured(value=60.0, unit="bpm")))
    songs: list[Scored] = [score_song(1, TRUTH, _heard()), wrong]
    assert short_of(songs) == ["tempo Acc1 0.500 < 0.95"]
    assert "tempo Acc1                     2   0.500" in table(songs)
    assert "pop                  2        0.50" in by_style(songs)
    assert misses(songs) == ["#2 pop: tempo 60.00 for 120"]
