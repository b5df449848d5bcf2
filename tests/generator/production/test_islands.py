"""Silence is not rendered, what repeats is rendered once, and what was heard stays where it was."""

import numpy as np

from contracts.music import PPQ, Note, Part, Role, Score, Section
from services.generator.production import faust
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats
from services.generator.production.islands import Island, assembled, islands
from tests.generator.production.listening import needs_synths

BAR_S = 2.0


def song(*bars: int, patch: str = "impact") -> Score:
    """A hit of one beat in each of the named bars of 120 BPM, in a song of 16 bars."""
    notes = tuple(Note((bar - 1) * 4 * PPQ, PPQ, 60, 100) for bar in bars)
    part = Part(role=Role.FX, instrument="synthesizer", patch=patch, notes=notes)
    return Score(tempo_bpm=120.0, sections={"a": Section(label="a", start_bar=1, bars=16, energy=0.5, key="C major")}, parts={"hits": part})


def test_long_rests_part_a_song_and_short_ones_do_not() -> None:
    """Bars 1 and 2 sound together; bar 9 comes after four seconds of silence and more; none holds another's notes."""
    score = song(1, 2, 9)
    found = islands(score.parts["hits"].notes, Clock(score), release_s=1.0)
    assert [len(island.notes) for island in found] == [2, 1]
    assert found[1].start == round(8 * BAR_S * SAMPLE_RATE_HZ)
    assert found[0].stop <= found[1].start


def test_what_repeats_is_rendered_once_and_a_ringing_island_is_not_cut() -> None:
    """Three islands of two contents take two renderings; one that still sounds at its end refuses the whole."""
    made: list[Island] = []
    places = [Island(0, 4800, ()), Island(9600, 14400, ()), Island(19200, 24000, ())]

    def render(island: Island) -> Floats:
        made.append(island)
        return np.concatenate([np.ones((2, 2400)), np.zeros((2, 2400))], axis=1).astype(np.float32)

    audio = assembled(places, 30000, lambda island: island.start > 0, render)
    assert audio is not None
    assert len(made) == 2
    assert np.flatnonzero(audio[0]).tolist() == [at for island in places for at in range(island.start, island.start + 2400)]
    assert assembled(places, 30000, lambda _: 0, lambda _: np.ones((2, 4800), dtype=np.float32)) is None


@needs_synths
def test_a_hit_is_where_it_was_and_sounds_each_time_the_same() -> None:
    """Four hits far apart: each begins on its bar, and all are the same samples."""
    score = song(1, 5, 9, 13)
    clock, part = Clock(score), score.parts["hits"]
    from services.generator.production.sounds import Synth, sounds

    sound = sounds()["impact"]
    assert isinstance(sound, Synth)
    audio = faust.play(part, "impact", sound, clock)
    hits = [audio[:, start : start + SAMPLE_RATE_HZ] for start in (clock.sample(note.start) for note in part.notes)]
    assert float(np.abs(hits[0]).max()) > 0.01
    assert all(np.array_equal(hits[0], hit) for hit in hits[1:])
