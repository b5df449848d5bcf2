"""Subtractive equalising from measurement: who hides whom, among all stems that share a band."""

import numpy as np
from numpy.typing import NDArray

from contracts.music.score import Role
from contracts.sound import Bell

Bands = NDArray[np.float64]

KICK_HZ = (40.0, 110.0)
BASS_HZ = (60.0, 320.0)
LEAD_HZ = (450.0, 4200.0)
REST_HZ = (200.0, 5000.0)
KICK_MARGIN_DB = 3.0
LEAST_CUT_DB = 0.5
MOST_CUTS = 2
APART_OCTAVES = 1.0
SHARE = 0.4
"""Of what a stem stands over the line under whom it hides; the rest of it is left to loudness and place."""

# Who gives way to whom: (victim's roles, the band in which it must be heard, how far others should stay under it there in dB).
FRONT: tuple[tuple[tuple[Role, ...], tuple[float, float], float], ...] = (
    ((Role.MELODY, Role.VOCAL), LEAD_HZ, 5.0),
    ((Role.BASS,), BASS_HZ, 4.0),
    ((Role.COUNTER,), REST_HZ, 2.0),
    ((Role.HARMONY,), REST_HZ, 0.0),
)
RANK = {
    Role.MELODY: 0, Role.VOCAL: 0, Role.DRUMS: 1, Role.BASS: 1, Role.COUNTER: 2,
    Role.PERCUSSION: 3, Role.HARMONY: 3, Role.PAD: 4, Role.FX: 5,
}  # fmt: skip
GIVING_WAY = (Role.COUNTER, Role.HARMONY, Role.PAD, Role.FX)


def _db(power: Bands) -> Bands:
    return np.asarray(10 * np.log10(np.maximum(power, 1e-14)))


def cuts(centres_hz: Bands, powers: dict[str, Bands], roles: dict[str, Role], most_db: float) -> dict[str, list[Bell]]:
    """Cuts per stem that hides another one which stands before it. Powers per third octave at mix level."""
    found: dict[str, list[Bell]] = {name: [] for name in powers}
    drums = next((name for name in powers if roles[name] is Role.DRUMS), None)
    for name, own in powers.items():
        if roles[name] is Role.BASS and drums:
            bell = bass_cut(centres_hz, powers[drums], own, most_db)
            found[name] += [bell] if bell else []
        if roles[name] in GIVING_WAY:
            found[name] += _way_given(centres_hz, _hidden_db(centres_hz, name, powers, roles), most_db)
    return found


def _hidden_db(centres_hz: Bands, name: str, powers: dict[str, Bands], roles: dict[str, Role]) -> Bands:
    """How far a stem stands in the way, dB per band: over the line under the stem that it hides most, weighed by what that has there."""
    excess, own = np.zeros(centres_hz.size), _db(powers[name])
    for victims, (low, high), margin_db in FRONT:
        zone = (centres_hz >= low) & (centres_hz <= high)
        for other, theirs in powers.items():
            top = float(theirs[zone].max(initial=0.0))
            if roles[other] not in victims or RANK[roles[other]] >= RANK[roles[name]] or top <= 1e-12:
                continue
            over = np.maximum(own - _db(theirs) + margin_db, 0) * np.sqrt(theirs / top)
            excess = np.maximum(excess, np.where(zone, over, 0.0))
    return excess


def _way_given(centres_hz: Bands, excess: Bands, most_db: float) -> list[Bell]:
    """At most two cuts where a stem hides most, an octave apart."""
    bells = []
    left = excess.copy()
    for _ in range(MOST_CUTS):
        index = int(np.argmax(left))
        depth = min(SHARE * float(left[index]), most_db)
        if depth < LEAST_CUT_DB:
            break
        bells.append(Bell(hz=round(float(centres_hz[index]), 1), db=-round(depth, 2), q=1.0))
        left[np.abs(np.log2(centres_hz / centres_hz[index])) < APART_OCTAVES] = 0.0
    return bells


def bass_cut(centres_hz: Bands, drums: Bands, bass: Bands, most_db: float) -> Bell | None:
    """A cut in the bass where the kick is strongest, as deep as the bass covers it; None where they do not meet.

    Powers per third octave at mix level. The cut is half of what the bass stands above a line 3 dB under the kick.
    """
    zone = (centres_hz >= KICK_HZ[0]) & (centres_hz <= KICK_HZ[1])
    if not zone.any() or drums[zone].max() <= 1e-12:
        return None
    index = int(np.flatnonzero(zone)[np.argmax(drums[zone])])
    cut = min(0.5 * float(_db(bass)[index] - _db(drums)[index] + KICK_MARGIN_DB), most_db)
    if cut < LEAST_CUT_DB:
        return None
    return Bell(hz=round(float(centres_hz[index]), 1), db=-round(cut, 2), q=1.2)
