"""The balance of tone: levels and bands of the channels that lead their sum to the genre's corridor, before any mastering.

A search over what an engineer would turn: at most a few bands per channel, each of a few decibels, and the fader by little. Every step
takes what brings the sum nearest; the cost of a turned knob keeps those at rest that would gain next to nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contracts.sound import Bell
from services.mixer.corridor import deviation_db
from services.mixer.mixing.filters import bell_section
from services.music.audio.loudness import k_weighting

Bands = NDArray[np.float64]

RATE = 48_000
JUDGED_HZ = (50.0, 13_000.0)
FREE_DB = 1.0
ABSENT_DB = 15.0
"""So far under the corridor nobody plays, and no equaliser helps."""
STEPS_DB = (-6.0, -4.5, -3.0, -1.5, 1.5, 3.0, 4.5, 6.0)
WIDTHS_Q = (0.7, 1.4, 2.8, 4.3)
HIGH_SHELF_HZ, LOW_SHELF_HZ = 6000.0, 85.0
HIGH_END_HZ, LOW_END_HZ = 7000.0, 120.0
MOST_BANDS = 5
MOST_STEPS = 40
MOST_DB = 7.5
NARROW_Q = 2.0
MOST_NARROW_RAISED_DB = 3.0
"""How far narrow bands together may raise a frequency: a resonance that is made is heard, one that is taken away is not."""
MOST_FRONT_BANDS = 3
MOST_FRONT_DB = 4.5
"""How far a lead's few bands may turn a frequency; it keeps its tone, and is raised by broad ones alone."""
RAISED_COST = 1.5
"""How much dearer it is to raise a band than to lower one."""
LEVEL_STEP_DB = 0.5
WORST = 4
OWNERS = 3
KNOB_COST = 0.02
PEAK_COST = 0.05
"""How much more a single wide miss counts than many small ones."""


@dataclass
class Desk:
    """Powers per third octave of each channel at its level in the mix, and what has been turned so far."""

    centres_hz: Bands
    powers: dict[str, Bands]
    corridor_db: Bands
    reach_db: dict[str, float]
    """How far each channel's fader may move, dB."""
    stiff: dict[str, float]
    """How unwilling each channel's equaliser is: 1 for accompaniment, more for what should keep its tone."""
    fronts: frozenset[str] = frozenset()
    """The channels in front, whose tone is touched least."""
    bells: dict[str, list[Bell]] = field(default_factory=dict)
    gains_db: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.judged = (self.centres_hz >= JUDGED_HZ[0]) & (self.centres_hz <= JUDGED_HZ[1])
        self.loudness = k_weights(self.centres_hz)
        self.powers = dict(self.powers)
        self.bells = {name: [] for name in self.powers}
        self.gains_db = dict.fromkeys(self.powers, 0.0)

    def away_db(self, total: Bands) -> Bands:
        """How far a sum stands above the corridor, dB per band."""
        return deviation_db(self.centres_hz, 10 * np.log10(np.maximum(total, 1e-14)), self.corridor_db)

    def cost(self, total: Bands) -> float:
        """What a sum lies over 1 dB from the corridor, where anybody plays."""
        missed = np.maximum(np.abs(self.away_db(total)[self.judged]) - FREE_DB, 0) ** 2
        return float(np.mean(missed) + PEAK_COST * np.mean(missed**2)) if missed.size else 0.0

    def balance(self) -> None:
        """Turn knobs until nothing is gained by any of them."""
        total = np.sum(list(self.powers.values()), axis=0)
        self.judged &= self.away_db(total) > -ABSENT_DB
        for _ in range(MOST_STEPS):
            total = np.sum(list(self.powers.values()), axis=0)
            best, choice = self.cost(total), None
            for name, powers, turned, price in self._moves(total):
                cost = self.cost(total - self.powers[name] + powers) + price
                if cost < best - 1e-9:
                    best, choice = cost, (name, powers, turned)
            if choice is None:
                return
            name, self.powers[choice[0]], turned = choice
            if isinstance(turned, Bell):
                self.bells[name].append(turned)
            else:
                self.gains_db[name] += turned

    def _moves(self, total: Bands) -> Iterator[tuple[str, Bands, Bell | float, float]]:
        """What may be turned next: (channel, its powers then, the knob, its price)."""
        away = np.where(self.judged, self.away_db(total), 0.0)
        for name in self.powers:
            for step in (-LEVEL_STEP_DB, LEVEL_STEP_DB):
                if abs(self.gains_db[name] + step) <= self.reach_db[name]:
                    yield name, self.powers[name] * 10 ** (step / 10), step, KNOB_COST * step**2
        for index in np.argsort(-np.abs(away), kind="stable")[:WORST]:
            for name in sorted(self.powers, key=lambda name: -float(self.powers[name][index]))[:OWNERS]:
                if len(self.bells[name]) < (MOST_FRONT_BANDS if name in self.fronts else MOST_BANDS) and self.powers[name][index] > 0:
                    yield from self._bands(name, round(float(self.centres_hz[index]), 1), raised=away[index] < 0)

    def _bands(self, name: str, hz: float, *, raised: bool) -> Iterator[tuple[str, Bands, Bell, float]]:
        turned = response_db(self.bells[name], self.centres_hz)
        price = KNOB_COST * self.stiff[name] * (RAISED_COST if raised else 1.0)
        most_db = MOST_FRONT_DB if name in self.fronts else MOST_DB
        for db in STEPS_DB:
            for bell in _shapes(hz, db) if (db > 0) == raised else ():
                response = response_db([bell], self.centres_hz)
                if np.abs(turned + response).max() <= most_db + 0.01 and self._may_turn(name, bell):
                    yield name, self._at_level(self.powers[name], response), bell, price * (db / 3) ** 2

    def _may_turn(self, name: str, bell: Bell) -> bool:
        """Whether a channel may have this band: what is narrow is raised by little, and not at all in a lead."""
        if bell.db < 0 or not _is_narrow(bell):
            return True
        narrow = [one for one in (*self.bells[name], bell) if one.db > 0 and _is_narrow(one)]
        return name not in self.fronts and float(response_db(narrow, self.centres_hz).max()) <= MOST_NARROW_RAISED_DB + 0.01

    def _at_level(self, powers: Bands, response: Bands) -> Bands:
        """Powers after an equaliser, with the fader brought to the same loudness, as the mix does."""
        after = powers * 10 ** (response / 10)
        return np.asarray(after * ((powers @ self.loudness) / max(float(after @ self.loudness), 1e-30)))


def _is_narrow(bell: Bell) -> bool:
    return bell.shape == "peak" and bell.q > NARROW_Q


def _shapes(hz: float, db: float) -> list[Bell]:
    """The bands that may be turned at a frequency: bells, and shelves at the ends of the spectrum."""
    bells = [Bell(hz=hz, db=db, q=q) for q in WIDTHS_Q]
    if hz >= HIGH_SHELF_HZ:
        bells.append(Bell(hz=round(hz / 1.4, 1), db=db, q=0.7, shape="high_shelf"))
    if hz <= LOW_SHELF_HZ:
        bells.append(Bell(hz=round(hz * 1.4, 1), db=db, q=0.7, shape="low_shelf"))
    return bells


def k_weights(centres_hz: Bands) -> Bands:
    """Power gain of K weighting (BS.1770) at each frequency."""
    z = np.exp(-2j * np.pi * np.asarray(centres_hz) / RATE)
    gain = np.ones(z.size)
    for b0, b1, b2, a1, a2 in k_weighting(RATE):
        gain *= np.abs((b0 + b1 * z + b2 * z * z) / (1 + a1 * z + a2 * z * z)) ** 2
    return gain


def response_db(bells: list[Bell] | tuple[Bell, ...], hz: Bands) -> Bands:
    """Gain of equaliser bands at each frequency, dB (the strip's own)."""
    total = np.zeros(np.asarray(hz).size)
    z = np.exp(-2j * np.pi * np.asarray(hz) / RATE)
    for bell in bells:
        b0, b1, b2, a1, a2 = bell_section(bell, RATE)
        total += 20 * np.log10(np.abs((b0 + b1 * z + b2 * z * z) / (1 + a1 * z + a2 * z * z)))
    return total


def ends_db(hz: Bands, low_db: float, high_db: float) -> Bands:
    """What the shelves of `low_end_db` and `high_end_db` do to a sum, dB at each frequency."""
    return response_db(end_shelves(low_db, high_db), hz)


def end_shelves(low_db: float, high_db: float) -> tuple[Bell, ...]:
    """The bands that turn the ends of the spectrum, where they are asked for: below 120 Hz and above 7 kHz."""
    low = (Bell(hz=LOW_END_HZ, db=low_db, q=0.7, shape="low_shelf"),) if low_db else ()
    return (*low, Bell(hz=HIGH_END_HZ, db=high_db, q=0.7, shape="high_shelf")) if high_db else low
