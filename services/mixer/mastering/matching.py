"""Matching the tone of a reference that is a full record: the user's stated wish, so it may go further than the genre's corridor.

Per third octave, at full strength, within a limit of its own. The equaliser is linear and every stem passes it, so that
stems still sum to the master. What the song has not is not raised, and where the reference says nothing (under 50 Hz, over
its own band width) the genre's corridor holds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.mixer.corridor import anchored, deviation_db
from services.mixer.mastering.tone import VALID_HZ, linear_phase, odd_taps
from services.music.audio.spectrum import released_music_db

Bands = NDArray[np.float64]

MOST_DB = 9.0
"""Enough for what separates two full records (within 10 dB of the curve of released music each, mostly 3 to 8 dB apart);
more would raise what was mixed to be in the background, and its noise."""
CUT_SHARE = 1.5
CUT_MOST_DB = 15.0
"""Lowering brings up no noise, so it may go further: by half, and this far (a metal mix like a dark jazz trio: similarity .88, was .69)."""
ABSENT_DB = (-26.0, -16.0)
"""Under the first, against the curve of released music, the song has nothing to raise; from the second on it may be raised fully."""
FADE_OCTAVES = 1.0
TAPS = 8191
"""170 ms: a third octave at 100 Hz is 23 Hz wide, and 4095 taps blur by 35 Hz."""
_ROUNDS = 6


@dataclass(frozen=True)
class Match:
    """A reference's third-octave spectrum (centres in Hz, dB), up to where it says something, and how far the equaliser may go."""

    centres_hz: Bands
    level_db: Bands
    reach_hz: float
    most_db: float = MOST_DB
    share: float = 1.0


def cut_most_db(most_db: float) -> float:
    """How far a band may be lowered where it may be raised by `most_db`."""
    return min(CUT_SHARE * most_db, max(CUT_MOST_DB, most_db))


def matched_target(centres_hz: Bands, corridor_db: Bands, match: Match) -> Bands:
    """The spectrum to be reached, dB per band: the reference's inside its reach, the corridor an octave beyond it."""
    theirs = np.interp(np.log2(centres_hz), np.log2(match.centres_hz), match.level_db)
    top = min(VALID_HZ[1], match.reach_hz)
    known = (centres_hz >= VALID_HZ[0]) & (centres_hz <= top)
    apart = anchored(centres_hz[known], (theirs - corridor_db)[known])
    beyond = np.maximum(np.log2(VALID_HZ[0] / centres_hz), np.log2(centres_hz / top))
    held = np.interp(np.log2(centres_hz), np.log2(centres_hz[known]), apart)
    return np.asarray(corridor_db + held * np.clip(1 - np.maximum(beyond, 0) / FADE_OCTAVES, 0, 1))


def matching_db(centres_hz: Bands, level_db: Bands, target_db: Bands, match: Match) -> Bands:
    """Gain per band in dB that leads a song's spectrum to the target: raised by at most `match.most_db`, lowered by `cut_most_db` of it."""
    wanted = -match.share * deviation_db(centres_hz, level_db, target_db)
    stands = anchored(centres_hz, level_db - released_music_db(np.maximum(centres_hz, 94.0)))
    presence = np.clip((stands - ABSENT_DB[0]) / (ABSENT_DB[1] - ABSENT_DB[0]), 0, 1)
    wanted = np.where(wanted > 0, wanted * presence, wanted)
    known = (centres_hz >= VALID_HZ[0]) & (centres_hz <= VALID_HZ[1])
    wanted = np.where(known, wanted, np.minimum(wanted, 0.5))
    wanted = wanted + common_db(wanted[known], match.most_db)
    return np.asarray(np.clip(wanted, -cut_most_db(match.most_db), match.most_db))


def common_db(wanted_db: Bands, most_db: float) -> float:
    """A cut of all bands, which the loudness takes back, that brings most of what is wanted within the limits; 0 where all of it is.

    A bass 18 dB over the rest is had by raising it by 9 and lowering the rest by as much (a dark jazz trio as the reference of a pop
    song: similarity .96, was .80). Never a gain: it would raise what is not there.
    """
    shifts = -np.arange(0.0, cut_most_db(most_db) + 0.25, 0.5)
    moved = wanted_db[None, :] + shifts[:, None]
    lost = ((moved - np.clip(moved, -cut_most_db(most_db), most_db)) ** 2).mean(axis=1) - 1e-3 * shifts
    return float(shifts[int(np.argmin(lost))])


def band_gains_db(centres_hz: Bands, response: NDArray[np.float32], rate: int) -> Bands:
    """What a filter does to each third octave of pink noise, dB: its power gain averaged over the band's width in octaves."""
    size = 1 << 17
    power = np.abs(np.fft.rfft(response.astype(np.float64), size)) ** 2
    spread = np.linspace(-1 / 6, 1 / 6, 33)
    at = np.minimum(centres_hz[:, None] * 2**spread, rate / 2)
    return np.asarray(10 * np.log10(np.maximum(np.interp(at, np.fft.rfftfreq(size, 1 / rate), power).mean(axis=1), 1e-12)))


def matching_filter(centres_hz: Bands, gains_db: Bands, rate: int) -> NDArray[np.float32]:
    """Linear-phase response [TAPS] whose mean gain in each band is the one asked, as far as neighbours allow it.

    The line between two bands and the finite length blur steep steps; what is missing is added and drawn again.
    """
    asked, limit, taps = gains_db.copy(), float(np.abs(gains_db).max()) + 3.0, odd_taps(TAPS, rate)
    for _ in range(_ROUNDS):
        reached = band_gains_db(centres_hz, linear_phase(centres_hz, asked, rate, taps), rate)
        asked = np.clip(asked + 0.7 * (gains_db - reached), -limit, limit)
    return linear_phase(centres_hz, asked, rate, taps)
