"""Calm songs broaden into their last chord: as much as their style says, in the length that was asked, and never against a stated tempo."""

from itertools import pairwise

import pytest

from contracts.brief import Source, Stated
from contracts.edits import EndingEdit, LengthEdit
from contracts.music import Score
from services.generator.composition import compose
from services.generator.composition.slowing import longer_beats, ritard_for, ritard_of, slowing, unslowed
from services.generator.revising import revise
from services.music.packs.genres import genre
from tests.generator.composition.briefs import brief
from tests.generator.composition.test_resizing import remade, song

CALM = ("gospel", "classical", "folk", "blues")


@pytest.mark.parametrize("style", CALM)
def test_a_calm_song_slows_and_is_as_long_as_was_asked(style: str) -> None:
    """Every step of the bar before the last chord is slower than the one before it, and what the slowing takes is made room for."""
    score = compose(brief(style, duration_s=45.0), 3).score
    assert 0.04 <= ritard_of(score) <= genre(style).form.ritard + 1e-9
    assert all(one[1] > other[1] for one, other in pairwise(score.tempo_map))
    assert score.tempo_map[1][0] == score.end_tick - 2 * score.meter_value.ticks_per_bar
    assert score.duration_s == pytest.approx(45.0, abs=1e-3)


def test_a_stated_tempo_a_machine_and_a_fast_song_keep_time() -> None:
    """Who says 80 bpm gets 80 bpm to the last bar line; a house track and a song at 150 do not slow, nor does one that loops."""
    assert compose(brief("gospel", tempo_bpm=80.0), 3).score.tempo_map == ()
    assert compose(brief("house"), 3).score.tempo_map == ()
    loop = Stated[str](value="loop", source=Source.STATED)
    assert compose(brief("gospel").model_copy(update={"ending": loop}), 3).score.tempo_map == ()
    fast = brief("jazz").model_copy(update={"tempo_bpm": Stated[float](value=152.0, source=Source.INFERRED)})
    assert ritard_for(fast, genre("jazz").form) == 0.0
    assert ritard_for(brief("gospel"), genre("gospel").form, steady=True) == 0.0


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
def test_the_room_for_a_slowing_is_what_it_takes(meter: str) -> None:
    """`longer_beats` before the notes are written is what the tempos then take."""
    steady = compose(brief("folk", meter=meter, tempo_bpm=80.0, duration_s=40.0), 1).score
    slow = steady.model_copy(update={"tempo_map": slowing(steady, 0.25)})
    bar = steady.meter_value.ticks_per_bar / steady.meter_value.ticks_per_beat
    assert slow.music_s - steady.music_s == pytest.approx(longer_beats(0.25, bar) * 60.0 / 80.0, abs=1e-3)
    assert (ritard_of(slow), unslowed(slow), ritard_of(steady)) == (0.25, (), 0.0)


def slowed(duration_s: float = 40.0) -> Score:
    made = song("folk", duration_s)
    assert ritard_of(made) > 0.0
    return made


@pytest.mark.parametrize("duration_s", [26.0, 60.0])
def test_a_resized_song_slows_at_its_new_end_only(duration_s: float) -> None:
    """Shortened or extended, the tempos fall at the end and nowhere else."""
    again = remade(slowed(), "folk", duration_s)
    assert ritard_of(again) > 0.0
    assert unslowed(again) == ()
    assert again.duration_s == pytest.approx(duration_s, abs=again.meter_value.bar_seconds(again.tempo_bpm))


def test_edits_keep_the_slowing_at_the_end() -> None:
    """A longer form slows in its new last bars, a loop does not slow, and a song that gets its ending back slows again."""
    wanted, made = brief("folk", duration_s=40.0), slowed()
    longer = revise(made, (LengthEdit(bars=made.bars + 8),), wanted, 5).score
    assert ritard_of(longer) == ritard_of(made)
    assert unslowed(longer) == ()
    loop = revise(made, (EndingEdit(ending="loop"),), wanted, 5)
    assert loop.score.tempo_map == ()
    assert ritard_of(revise(loop.score, (EndingEdit(ending="natural"),), loop.brief, 5).score) == ritard_of(made)
