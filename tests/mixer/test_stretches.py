"""What is moved in some bars of one channel: levels and sends, there and nowhere else."""

import numpy as np
import pytest

from contracts.errors import BadInput
from contracts.sound import ChannelEdit, MixEdits, StretchEdit
from services.mixer.mixing.console import RETURNS
from services.mixer.mixing.edits import made_out
from services.mixer.mixing.stretches import moves_db, send_moved
from tests.mixer.band import make_score

RATE = 1000
SCORE = make_score()
FRAMES = round(SCORE.duration_s * RATE)
BAR = 2 * RATE
"""Samples of a bar at 120 bpm."""


def test_a_level_moves_in_its_bars_and_the_half_beat_before_them() -> None:
    """Bars 2 and 3 of the chorus, which begins at bar 5: up to 4 dB from bar 6 to the end of bar 7, 0 elsewhere."""
    moves = moves_db(SCORE, (StretchEdit(section="chorus_1", first=2, last=3, level_db=4),), "level_db", RATE, FRAMES)
    assert moves is not None
    ramp = RATE // 4
    assert not moves[: 5 * BAR - ramp].any()
    assert np.allclose(moves[5 * BAR : 7 * BAR - ramp], 4.0)
    assert not moves[7 * BAR :].any()


def test_stretches_on_the_same_bars_add_up_and_what_lies_behind_the_section_counts_for_nothing() -> None:
    """3 and 3 are 6; bars 40 to 50 of a section of four are none."""
    both = (StretchEdit(section="verse_1", level_db=3), StretchEdit(section="verse_1", first=1, last=4, level_db=3))
    moves = moves_db(SCORE, both, "level_db", RATE, FRAMES)
    assert moves is not None
    assert moves[0] == 6.0
    assert moves_db(SCORE, (StretchEdit(section="verse_1", first=40, last=50, level_db=3),), "level_db", RATE, FRAMES) is None
    assert moves_db(SCORE, both, "reverb_db", RATE, FRAMES) is None


def test_a_send_opens_where_more_is_asked_and_closes_where_none_is() -> None:
    """A closed send opens from a dry throw's level, an open one moves by the dB, -60 dB closes it, and all else stays."""
    moves = np.array([0.0, 6.0, -60.0], dtype=np.float32)
    assert send_moved(None, moves, 0.05) == pytest.approx([0.0, 0.05 * 10**0.3, 0.0], rel=1e-4)
    assert send_moved(np.float32(0.2), moves, 0.05) == pytest.approx([0.2, 0.2 * 10**0.3, 0.0], rel=1e-4)


def test_a_stretch_names_a_section_of_the_song_and_adds_to_that_of_its_role() -> None:
    """Unknown sections are told; a role's stretches hold for its parts beside their own."""
    own, role = StretchEdit(section="verse_1", level_db=1), StretchEdit(section="chorus_1", reverb_db=2)
    edits = MixEdits(channels={"drums": ChannelEdit(stretches=(own,)), "bass": ChannelEdit(stretches=(role,))})
    made = made_out(edits, SCORE, list(SCORE.parts), RETURNS)
    assert (made.channel("drums").stretches, made.channel("bass").stretches) == ((own,), (role,))
    wrong = MixEdits(channels={"drums": ChannelEdit(stretches=(StretchEdit(section="coda", level_db=1),))})
    with pytest.raises(BadInput, match="stretches"):
        made_out(wrong, SCORE, list(SCORE.parts), RETURNS)
    assert made_out(wrong, SCORE, list(SCORE.parts), RETURNS, forgiving=True).channel("drums").stretches == ()
