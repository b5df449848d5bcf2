"""The corridor is the ruler of `make eval-sound`: fixed before the mixes were tuned, and held here band by band."""

import json
from pathlib import Path

import numpy as np

from services.mixer.corridor import corridor_db, deviation_db
from services.mixer.profiles import Tone, profiles
from services.music.audio.spectrum import third_octave_centres

_FROZEN = Path(__file__).parent / "corridor.json"


def _bands() -> np.ndarray:
    centres = third_octave_centres(48_000)
    return centres[(centres > 60) & (centres < 13_000)]


def test_no_corridor_has_moved() -> None:
    """Every genre's corridor is the one that was fixed, within a hundredth of a decibel, in all 24 bands from 63 Hz to 12.5 kHz."""
    frozen = json.loads(_FROZEN.read_text("utf-8"))
    assert sorted(frozen) == sorted(profiles())
    for genre, profile in profiles().items():
        np.testing.assert_allclose(corridor_db(_bands(), profile.tone), frozen[genre], atol=0.011, err_msg=genre)


def test_offsets_are_at_most_six_decibels() -> None:
    """No genre stands over 6 dB from released music in any band."""
    for genre, profile in profiles().items():
        away = corridor_db(_bands(), profile.tone) - corridor_db(_bands(), Tone())
        assert np.abs(away).max() <= 6.0, genre


def test_deviation_ignores_level() -> None:
    """A record's deviation from the corridor is the same at any level, and nought where it follows the curve."""
    centres = _bands()
    curve = corridor_db(centres, profiles()["rock"].tone)
    bump = np.where(np.isclose(centres, 1000.0), 4.0, 0.0)
    for gain_db in (-30.0, 0.0, 12.0):
        np.testing.assert_allclose(deviation_db(centres, curve + bump + gain_db, curve), bump, atol=1e-9)
