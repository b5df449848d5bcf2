"""Single drums of a stem at another level: measured, on the drum machine and on a sampler."""

import numpy as np
import pytest

from contracts.edits import LevelEdit
from contracts.music import Score
from services.generator.production.piece_levels import by_force
from services.generator.production.planning import plan_stems
from services.generator.production.rendering import render_stem
from services.music.pieces import PIECES
from tests.generator.revising.songs import made

RATE = 48_000


def _rendered(score: Score) -> tuple[np.ndarray, str]:
    plan = plan_stems(score)["drums"]
    return render_stem(score, "drums", plan).astype(np.float64), plan.digest


def _only(score: Score, piece: str) -> Score:
    """The song with one drum of its kit and nobody else."""
    drums = score.parts["drums"]
    return score.model_copy(
        update={"parts": {"drums": drums.model_copy(update={"notes": tuple(n for n in drums.notes if n.pitch in PIECES[piece])})}}
    )


@pytest.mark.parametrize("style", ["house", "pop"])
def test_a_drum_is_as_much_softer_as_asked_in_its_place_and_all_else_is_as_it_was(style: str) -> None:
    """Hats 6 dB softer in one section: alone they measure 6 dB less there; before and after it the stem has the same samples."""
    song = made(style, duration_s=20.0)
    edit = LevelEdit(parts=("drums",), pieces=("hihat",), sections=(song.inner,), db=-6)
    after = song.edited(edit).score
    section = after.sections[song.inner]
    start, end = (round(after.seconds_at(after.bar_tick(bar)) * RATE) for bar in (section.start_bar, section.end_bar))
    (one, first), (other, second) = _rendered(song.score), _rendered(after)
    assert first != second
    outside = np.r_[0 : start - RATE // 5, end + RATE // 2 : one.shape[1]]
    assert float(np.abs(one[:, outside] - other[:, outside]).max()) < 1e-6  # a sampler's room is an FFT: it rounds
    hats = [_rendered(_only(score, "hihat"))[0][:, start:end] for score in (song.score, after)]
    levels = [float(np.sqrt(np.mean(np.square(sound)))) for sound in hats]
    assert 20 * np.log10(levels[1] / levels[0]) == pytest.approx(-6.0, abs=0.6)  # the house kit saturates a little


def test_who_cannot_be_told_apart_is_played_with_more_or_less_force() -> None:
    """For instruments of the user's own: 20 log of the velocity's square, up to the hardest stroke; nothing moved is the same part."""
    song = made("pop", duration_s=20.0)
    drums = song.score.parts["drums"]
    assert by_force(drums) is drums
    moved = song.edited(LevelEdit(parts=("drums",), pieces=("kick",), db=-6)).score.parts["drums"]
    played = by_force(moved)
    pairs = [(a, b) for a, b in zip(moved.notes, played.notes, strict=True) if a.velocity != b.velocity]
    assert {a.pitch for a, _ in pairs} <= PIECES["kick"]
    assert all(b.velocity == round(a.velocity * 10 ** (-6 / 40)) for a, b in pairs)
    assert len(pairs) == sum(n.pitch in PIECES["kick"] for n in moved.notes)
