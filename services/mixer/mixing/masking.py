"""Subtractive equalising from measurement: make room for the kick under the bass, and for the lead among the rest."""

import numpy as np
from numpy.typing import NDArray

from contracts.sound import Bell
from services.mixer.corridor import deviation_db

Bands = NDArray[np.float64]

KICK_HZ = (40.0, 110.0)
LEAD_HZ = (450.0, 4200.0)
LEAD_MARGIN_DB = 5.0
LEAST_CUT_DB = 0.5
BUILD_UP_HZ = (140.0, 7000.0)
BUILD_UP_DB = 4.0
MOST_BUILD_UPS = 3


def _db(power: Bands) -> Bands:
    return np.asarray(10 * np.log10(np.maximum(power, 1e-14)))


def bass_cut(centres_hz: Bands, drums: Bands, bass: Bands, most_db: float) -> Bell | None:
    """A cut in the bass where the kick is strongest, as deep as the bass covers it; None where they do not meet.

    Powers per third octave at mix level. The cut is half of what the bass stands above a line 3 dB under the kick.
    """
    zone = (centres_hz >= KICK_HZ[0]) & (centres_hz <= KICK_HZ[1])
    if not zone.any() or drums[zone].max() <= 1e-12:
        return None
    index = int(np.flatnonzero(zone)[np.argmax(drums[zone])])
    cut = min(0.5 * float(_db(bass)[index] - _db(drums)[index] + 3.0), most_db)
    if cut < LEAST_CUT_DB:
        return None
    return Bell(hz=round(float(centres_hz[index]), 1), db=-round(cut, 2), q=1.2)


def lead_cut(centres_hz: Bands, lead: Bands, other: Bands, most_db: float) -> Bell | None:
    """A cut in an accompanying stem around the third octave where it hides the lead most; None where it does not.

    Each band weighs with what the lead has there; the cut is 0.4 of the excess over a line 5 dB under the lead.
    """
    zone = np.flatnonzero((centres_hz >= LEAD_HZ[0]) & (centres_hz <= LEAD_HZ[1]))
    if zone.size == 0 or lead[zone].max() <= 1e-12:
        return None
    excess = _db(other)[zone] - _db(lead)[zone] + LEAD_MARGIN_DB
    weight = lead[zone] / lead[zone].max()
    index = int(np.argmax(np.maximum(excess, 0) * np.sqrt(weight)))
    cut = min(0.4 * float(excess[index]), most_db)
    if cut < LEAST_CUT_DB:
        return None
    return Bell(hz=round(float(centres_hz[zone[index]]), 1), db=-round(cut, 2), q=1.0)


def build_ups(centres_hz: Bands, powers: dict[str, Bands], corridor: Bands, most_db: float) -> list[tuple[str, Bell]]:
    """Cuts (stem, band) where stems pile up: where their sum stands more than 4 dB over the genre's corridor.

    The stem that has most there is cut by half of the excess over 2 dB. At most three, at least two thirds of an octave apart.
    """
    total = np.sum(list(powers.values()), axis=0)
    error = deviation_db(centres_hz, _db(total), corridor)
    error = np.where((centres_hz >= BUILD_UP_HZ[0]) & (centres_hz <= BUILD_UP_HZ[1]), error, -np.inf)
    cuts: list[tuple[str, Bell]] = []
    for _ in range(MOST_BUILD_UPS):
        index = int(np.argmax(error))
        if not error[index] > BUILD_UP_DB:
            break
        owner = max(powers, key=lambda name: float(powers[name][index]))
        depth = min(0.5 * (float(error[index]) - 2.0), most_db)
        cuts.append((owner, Bell(hz=round(float(centres_hz[index]), 1), db=-round(depth, 2), q=1.4)))
        error[max(index - 2, 0) : index + 3] = -np.inf
    return cuts
