"""Width of the master: a gain per band on the difference of left and right, the same for every stem, so that stems still sum.

By itself it only guards what must survive in mono: below 150 Hz left and right are nearly alike, and in no band does the
difference reach the middle. With a reference it also goes towards that record's width, within limits.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from services.mixer.mastering.tone import linear_phase, odd_taps

Bands = NDArray[np.float64]

TAPS = 4095
BASS_HZ = 150.0
EDGE = 2 ** (2 / 3)
"""The guard of the bass reaches two thirds of an octave further: the filter's slope lies there, and a meter's."""
BASS_MOST_DB = -12.0
"""Side over middle: a correlation of .88 where the channels are equally loud; at least .8 is asked."""
SIDE_MOST_DB = -1.0
MONO_DB = 24.0
"""As far as a side is ever lowered."""
WIDEN_MOST_DB = 4.0
NARROW_MOST_DB = 6.0
ABSENT_DB = (-36.0, -26.0)
"""Under the first a band has no width that could be raised; from the second on it may be raised fully."""
LEAST_DB = 0.25


@numba.njit(cache=True, nogil=True)
def turn(audio, scale, out):  # type: ignore[no-untyped-def]
    """Fill `out` with (sum, difference) of the two channels times `scale`; `out` may be `audio`. Twice gives 2 scale² of the input."""
    for n in range(audio.shape[1]):
        left, right = audio[0, n], audio[1, n]
        out[0, n] = (left + right) * scale
        out[1, n] = (left - right) * scale


def guard_db(centres_hz: Bands, level_db: Bands, side_db: Bands) -> Bands:
    """Gain of the side per band in dB, at most 0, that keeps a record alive in mono: one for the whole bass, one per band above.

    `level_db` is the level per band, `side_db` side over middle.
    """
    guard = np.minimum(0.0, SIDE_MOST_DB - side_db)
    bass = centres_hz < BASS_HZ * EDGE
    power, ratio = 10 ** (level_db[bass] / 10), 10 ** (side_db[bass] / 10)
    middle, side = (power / (1 + ratio)).sum(), (power * ratio / (1 + ratio)).sum()
    over = 10 * np.log10(max(side, 1e-20) / max(middle, 1e-20)) - BASS_MOST_DB if bass.any() else 0.0
    guard[bass] = -min(max(float(over), 0.0), MONO_DB)
    return np.asarray(guard)


def matching_width_db(centres_hz: Bands, side_db: Bands, reference_hz: Bands, reference_db: Bands, share: float) -> Bands:
    """Gain of the side per band in dB towards a reference's width, smooth over an octave; bass is never widened.

    What has no width is not raised, and a reference that is mono (or says nothing beyond its reach) is no wish for a mono record
    beyond `NARROW_MOST_DB`.
    """
    theirs = np.interp(np.log2(centres_hz), np.log2(reference_hz), reference_db)
    wanted = share * (theirs - side_db)
    presence = np.clip((side_db - ABSENT_DB[0]) / (ABSENT_DB[1] - ABSENT_DB[0]), 0, 1)
    wanted = np.where(wanted > 0, wanted * presence, wanted)
    wanted = np.where(centres_hz < BASS_HZ * EDGE, np.minimum(wanted, 0.0), wanted)
    wanted = np.clip(wanted, -NARROW_MOST_DB, WIDEN_MOST_DB)
    smooth = np.convolve(np.pad(wanted, 2, mode="edge"), [0.1, 0.2, 0.4, 0.2, 0.1], mode="valid")
    return np.asarray(smooth)


def width_db(centres_hz: Bands, level_db: Bands, side_db: Bands, wanted_db: Bands | None = None) -> Bands:
    """The side's gain per band in dB: what is wanted, and never more than mono allows."""
    wanted = np.zeros(centres_hz.size) if wanted_db is None else wanted_db
    return np.asarray(wanted + guard_db(centres_hz, level_db, side_db + wanted))


def width_response(centres_hz: Bands, gains_db: Bands, rate: int) -> NDArray[np.float32] | None:
    """Linear-phase response for the side, so that it stays in phase with the middle; None where it would change next to nothing."""
    if np.abs(gains_db).max(initial=0.0) < LEAST_DB:
        return None
    return linear_phase(centres_hz, gains_db, rate, odd_taps(TAPS, rate))
