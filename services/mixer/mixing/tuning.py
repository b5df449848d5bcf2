"""What the channels' equalisers and faders do for the sum: first those that hide others give way, then the whole is led to the corridor."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from contracts.music.score import Part, Role
from contracts.sound import Bell
from services.mixer.corridor import corridor_db
from services.mixer.mixing import masking
from services.mixer.mixing.balance import RATE, Desk, response_db
from services.mixer.mixing.spaces import impulse_response
from services.mixer.profiles import Profile, Space, Strip

Bands = NDArray[np.float64]

STIFF = {Role.MELODY: 4.0, Role.VOCAL: 4.0, Role.BASS: 1.5, Role.DRUMS: 1.5}
REACH_DB = {Role.MELODY: 0.0, Role.VOCAL: 0.0, Role.FX: 0.0, Role.BASS: 1.0}
FRONTS = (Role.MELODY, Role.VOCAL)
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
        reach_db={name: min(REACH_DB.get(parts[name].role, profile.balance_most_db), profile.balance_most_db) for name in powers},
        stiff={name: STIFF.get(parts[name].role, 1.0) for name in powers},
        fronts=frozenset(name for name in powers if parts[name].role in FRONTS),
    )
    desk.balance()
    return {name: Tuning(round(desk.gains_db[name], 3), tuple(cuts[name]), tuple(desk.bells[name])) for name in powers}


def _with_spaces(centres_hz: Bands, strip: Strip, profile: Profile) -> Bands:
    """Power with what comes back from the spaces over the dry power, per band: what comes back does not correlate."""
    total = np.ones(centres_hz.size)
    for level_db, name, space in ((strip.room_db, "return_room", profile.room), (strip.hall_db, "return_hall", profile.hall)):
        if level_db > NO_SEND_DB:
            total += 10 ** (level_db / 10) * _space_power(name, space, tuple(centres_hz))
    return total


@cache
def _space_power(name: str, space: Space, centres_hz: tuple[float, ...]) -> Bands:
    """Mean power gain of a space per third octave."""
    response = impulse_response(name, space, RATE)
    power = (np.abs(np.fft.rfft(response, axis=-1)) ** 2).mean(axis=0)
    edges = np.fft.rfftfreq(response.shape[1], 1 / RATE)
    bands = [(edges >= hz * 2 ** (-1 / 6)) & (edges < hz * 2 ** (1 / 6)) for hz in centres_hz]
    return np.array([float(power[band].mean()) if band.any() else 0.0 for band in bands])
