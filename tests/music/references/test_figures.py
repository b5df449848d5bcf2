"""Whose tune: twelve notes with the same intervals and durations are found in any key, at any tempo, and nothing else is."""

import numpy as np

from contracts.features import Features, HeardLine, Measured
from contracts.music import PPQ
from contracts.music.score import Note
from services.music.references.figures import FIGURE, line_heard, line_written, tune_from, tune_of

PITCHES = (60, 62, 64, 67, 65, 64, 62, 64, 60, 59, 62, 67, 69, 67)
BEATS = (0, 0.5, 1, 2, 2.5, 3, 3.5, 4, 5, 5.5, 6, 7, 7.5, 8)
TUNE = list(zip(map(float, BEATS), PITCHES, strict=True))


def test_a_figure_is_found_in_another_key_and_at_half_and_twice_the_tempo() -> None:
    """A tempo heard an octave off, or a transposition, hides nobody's tune."""
    theirs = tune_from([TUNE])
    for octave in (0.5, 1.0, 2.0):
        ours = [(3 + onset * octave, pitch - 7) for onset, pitch in TUNE]
        assert theirs.shared(ours), octave


def test_swung_notes_are_the_same_tune_as_straight_ones() -> None:
    """Eighths two to one: on the grid of eighths both are one figure."""
    swung = [(int(onset) + (2 / 3 if onset % 1 else 0.0), pitch) for onset, pitch in TUNE]
    assert tune_from([TUNE]).shared(swung)


def test_one_other_interval_or_duration_in_twelve_is_another_figure() -> None:
    """Eleven notes alike are no figure: the check is exact."""
    theirs = tune_from([TUNE[:FIGURE]])
    other_pitch = [(onset, pitch + (index == 6)) for index, (onset, pitch) in enumerate(TUNE[:FIGURE])]
    later = [(onset + (1.0 if index >= 6 else 0.0), pitch) for index, (onset, pitch) in enumerate(TUNE[:FIGURE])]
    assert theirs.shared(TUNE[:FIGURE])
    assert not theirs.shared(other_pitch)
    assert not theirs.shared(later)


def test_a_drone_belongs_to_nobody() -> None:
    """Eighths on one note, and on root and fifth, are in half of all bass lines."""
    for pitches in ((36,), (36, 43)):
        line = [(0.5 * i, pitches[i % len(pitches)]) for i in range(32)]
        assert not tune_from([line])


def test_a_heard_line_lies_on_the_beats_that_were_heard() -> None:
    """Notes in seconds over beats that hurry: the same figure as the written line; without beats the tempo counts."""
    beats = np.cumsum(np.concatenate([[1.0], np.linspace(0.62, 0.55, 14)]))
    seconds = np.interp(BEATS, np.arange(beats.size), beats) + np.random.default_rng(1).normal(0, 0.012, len(BEATS))
    notes = tuple((float(at), 0.2, pitch) for at, pitch in zip(seconds, PITCHES, strict=True))
    melody = HeardLine(notes=notes, low=59, high=69, confidence=0.7)
    shape = {"duration_s": 30, "sample_rate_hz": 48_000, "channels": 2, "analyzed_s": 30, "melody": melody}
    written = line_written([Note(round(b * PPQ), 200, p + 5, 90) for b, p in TUNE])
    assert tune_of(Features(**shape, beats_s=tuple(beats.tolist()))).shared(written)
    steady = HeardLine(notes=tuple((b * 0.5, 0.2, p) for b, p in TUNE), low=59, high=69)
    known = Features(**{**shape, "melody": steady}, tempo_bpm=Measured(value=120, unit="bpm"))
    assert tune_of(known).shared(written)
    assert line_heard(steady, Features(**shape)) == []


def test_two_tunes_of_chance_share_nothing() -> None:
    """Two hundred lines of sixty notes in one scale and one rhythm: a shared figure is no accident."""
    rng = np.random.default_rng(3)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14])
    lines = [[(i * 0.5, 60 + int(scale[rng.integers(9)])) for i in range(60)] for _ in range(200)]
    theirs = tune_from(lines[:1])
    assert not any(theirs.shared(line) for line in lines[1:])
