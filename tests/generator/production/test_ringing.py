"""The last chord: struck strings ring on through the tail, held tones are let go one by one, other endings stay as written."""

import numpy as np
import pytest

from contracts.music import Part
from services.generator.production.curves import SAMPLE_RATE_HZ, Floats
from services.generator.production.planning import plan_stems
from services.generator.production.rendering import render_stem
from tests.generator.production.listening import SHELF, level_db, line, needs_debian, needs_synths, score

TAIL_S = 2.0


def played(part: Part, ending: str) -> tuple[Floats, int]:
    """The stem of a bar-long chord at the end of a song, and the frame of its last bar line."""
    song = score(part, bars=1, tail_s=TAIL_S).model_copy(update={"ending": ending})
    return render_stem(song, "part", plan_stems(song, None, SHELF)["part"], SHELF), round(song.music_s * SAMPLE_RATE_HZ)


def fall_db(patch: str, ending: str, after_s: float) -> float:
    """How far the level has fallen some time after the last bar line, dB."""
    audio, close = played(line(patch, (0, 4, 48, 100), (0, 4, 55, 100)), ending)
    size, at = SAMPLE_RATE_HZ // 20, close + round(after_s * SAMPLE_RATE_HZ)
    return level_db(audio[:, close - 2 * size : close - size]) - level_db(audio[:, at : at + size])


@needs_debian
@pytest.mark.parametrize("patch", ["piano_grand", "guitar_steel", pytest.param("electric_bass_finger", marks=needs_synths)])
def test_what_is_struck_rings_through_the_tail(patch: str) -> None:
    """Half a second after the last bar line no more than 15 dB are gone, and at the end of the file nothing is left to be cut."""
    assert fall_db(patch, "natural", 0.5) < 15.0
    assert fall_db(patch, "natural", 1.9) > 30.0
    assert fall_db(patch, "cut", 0.5) > fall_db(patch, "natural", 0.5) + 2.0


@needs_debian
def test_held_tones_are_let_go_softly() -> None:
    """A bowed chord falls by steps of less than 14 dB in 50 ms, and is gone after a second."""
    audio, close = played(line("violin_solo", (0, 4, 67, 90)), "natural")
    size = SAMPLE_RATE_HZ // 20
    levels = [level_db(audio[:, at : at + size]) for at in range(close - 4 * size, close + 14 * size, size)]
    heard = [level for level in levels if level > levels[0] - 50.0]
    assert min(np.diff(heard)) > -14.0
    assert fall_db("violin_solo", "natural", 1.2) > 30.0


@needs_debian
@pytest.mark.parametrize("tail_s", [1.0, 3.5])
def test_a_longer_tail_holds_the_chord_for_longer(tail_s: float) -> None:
    """A held tone is let go by shares of the tail: after a tenth of it, it still sounds, and at its end nothing is left."""
    song = score(line("violin_solo", (0, 4, 67, 90)), bars=1, tail_s=tail_s)
    audio, close = render_stem(song, "part", plan_stems(song, None, SHELF)["part"], SHELF), round(song.music_s * SAMPLE_RATE_HZ)
    size = SAMPLE_RATE_HZ // 20
    before, held, last = (level_db(audio[:, at : at + size]) for at in (close - 8 * size, close + round(0.1 * tail_s * 48_000), -2 * size))
    assert before - held < 18.0
    assert before - last > 35.0


def test_the_score_stays_as_written() -> None:
    """Playing changes no note of the score, and a part that rests before the end is left alone."""
    part = line("piano_grand", (0, 1, 60, 90))
    song = score(part, bars=1, tail_s=TAIL_S)
    before = song.model_dump_json()
    render_stem(song, "part", plan_stems(song, None, SHELF)["part"], SHELF)
    assert song.model_dump_json() == before
