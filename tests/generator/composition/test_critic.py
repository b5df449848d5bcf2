"""The critic measures what it says."""

import pytest

from contracts.music import Meter, Note
from services.generator.composition.critic import BandCritic, Line, dullness, measure
from services.generator.composition.grid import STEP, Grid
from services.music.packs.melody_table import MelodyTable

GRID = Grid(Meter.parse("4/4"))
BAR = 16 * STEP


def line(notes: list[Note], bars: int) -> Line:
    """A line whose notes all belong to chord and key."""
    return Line(notes, bars, GRID, [True] * len(notes), [True] * len(notes))


def test_one_bar_repeated_is_copy_paste():
    """Eight equal bars: every later bar exact, grooves equal, no rests, two pitch classes make one bit."""
    notes = [Note(b * BAR + i * 960, 960, 60 + 7 * (i % 2), 90) for b in range(8) for i in range(4)]
    found = measure(line(notes, 8))
    assert found["earlier_bars"] == pytest.approx(7 / 8)
    assert found["groove"] == found["groove_adjacent"] == 1.0
    assert found["entropy"] == pytest.approx(1.0)
    assert found["empty_beats"] == 0.0
    assert found["notes_per_beat"] == 1.0
    assert found["range"] == 7


def test_rests_are_empty_beats():
    """A note of one beat in each bar of four leaves three quarters empty."""
    assert measure(line([Note(b * BAR, 960, 60, 90) for b in range(4)], 4))["empty_beats"] == pytest.approx(0.75)


def test_the_mechanical_costs_more_than_the_songlike():
    """A line inside the bands is preferred to one stuck at an end of them; silence is never preferred."""
    critic = BandCritic(MelodyTable())
    machine = [Note(b * BAR + i * 240, 240, 60, 90) for b in range(8) for i in range(16)]
    rhythm = ((0, 2, 4, 6, 8), (0, 4, 6, 12), (2, 4, 6, 8, 10), (0,))
    pitches = (67, 69, 71, 67, 64, 62, 64, 67, 72, 74, 71, 69, 67, 64, 60)
    song: list[Note] = []
    for bar in range(16):
        song += [Note(bar * BAR + s * 240, 400, pitches[(i * 3 + s + bar % 8) % 15], 90) for i, s in enumerate(rhythm[bar % 4])]
    assert critic.judge(line(song, 16)).cost < critic.judge(line(machine, 8)).cost
    assert critic.judge(line([], 8)).cost > critic.judge(line(machine, 8)).cost


def test_a_hammered_note_is_a_dull_hook():
    """One pitch nine times costs more than a short tune with a leap, which costs nothing."""
    assert dullness([64] + [60] * 8) > 3
    assert dullness([67, 69, 72, 67, 64]) == 0
