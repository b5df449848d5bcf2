"""What the channels' equalisers and faders do for the sum: first those that hide others give way, then the whole is led to the corridor."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.music.score import Part, Role
from contracts.sound import Bell
from services.mixer.corridor import corridor_db
from services.mixer.mixing import masking
from services.mixer.mixing.balance import Desk, response_db
from services.mixer.profiles import Profile, Space, Strip

Bands = NDArray[np.float64]

STIFF = {Role.MELODY: 4.0, Role.VOCAL: 4.0, Role.BASS: 1.5, Role.DRUMS: 1.5}
REACH_DB = {Role.MELODY: 0.0, Role.VOCAL: 0.0, Role.FX: 0.0}
NO_SEND_DB = -50.0


@dataclass(frozen=True)
class Tuning:
    """What was found for one part: decibels on its fader, and bands of its equaliser."""

    level_db: float = 0.0
    masked: tuple[Bell, ...] = ()
    balanced: tuple[Bell, ...] = ()


def tuned(parts: dict[str, Part], powers: dict[str, Bands], centres_hz: Bands, profile: Profile) -> dict[str, Tuning]:
    """Levels and bands per part.

    Args:
        parts: all that have been measured.
        powers: per third octave behind the strip and at mix level, of those that sound.
        centres_hz: of the third octaves.
        profile: the genre's sound, with the corridor that is aimed at.
    """
    if not powers:
        return {}
    strips = {name: profile.strip(parts[name].role, parts[name].instrument, parts[name].patch) for name in powers}
    cuts = masking.cuts(centres_hz, powers, {name: parts[name].role for name in powers}, profile.masking_most_db)
    heard = {
        name: own * 10 ** (response_db(cuts[name], centres_hz) / 10) * _with_spaces(centres_hz, strips[name], profile)
        for name, own in powers.items()
    }
    desk = Desk(
        centres_hz,
        heard,
        corridor_db(centres_hz, profile.tone),
        reach_db={name: REACH_DB.get(parts[name].role, profile.balance_most_db) for name in powers},
        stiff={name: STIFF.get(parts[name].role, 1.0) for name in powers},
    )
    desk.balance()
    return {name: Tuning(round(desk.gains_db[name], 3), tuple(cuts[name]), tuple(desk.bells[name])) for name in powers}


def _with_spaces(centres_hz: Bands, strip: Strip, profile: Profile) -> Bands:
    """Power with what comes back from the spaces over the dry power, per band: their responses have unit energy."""
    total = np.ones(centres_hz.size)
    for level_db, space in ((strip.room_db, profile.room), (strip.hall_db, profile.hall)):
        if level_db > NO_SEND_DB:
            total += 10 ** (level_db / 10) * _passed(centres_hz, space)
    return total


def _passed(centres_hz: Bands, space: Space) -> Bands:
    """Power share that a space lets through at each frequency: second-order corners."""
    low, high = (centres_hz / space.low_cut_hz) ** 4, (centres_hz / space.high_cut_hz) ** 4
    return np.asarray(low / (1 + low) / (1 + high))
