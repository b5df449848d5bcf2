"""Width of the master: a gain per band on the difference of left and right, the same for every stem, so that stems still sum.

By itself it only guards what must survive in mono: below 150 Hz left and right are nearly alike, and in no band does the
difference reach the middle. With a reference it also goes towards that record's width, within limits.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from services.mixer.mastering.tone import linear_phase

Bands = NDArray[np.float64]

TAPS = 2047
BASS_HZ = 150.0
BASS_MOST_DB = -12.0
"""Side over middle: a correlation of .88 where the channels are equally loud; at least .8 is asked."""
SIDE_MOST_DB = -1.0
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


def guard_db(centres_hz: Bands, side_db: Bands) -> Bands:
    """Gain of the side per band in dB, at most 0, that keeps a record alive in mono. `side_db` is side over middle."""
    # The bands that straddle 150 Hz belong to the bass: their filters reach below it.
    most = np.where(centres_hz < BASS_HZ * 2 ** (1 / 3), BASS_MOST_DB, SIDE_MOST_DB)
    return np.asarray(np.minimum(0.0, most - side_db))


def matching_width_db(centres_hz: Bands, side_db: Bands, reference_hz: Bands, reference_db: Bands, share: float) -> Bands:
    """Gain of the side per band in dB towards a reference's width, smooth over an octave; bass is never widened.

    What has no width is not raised, and a reference that is mono (or says nothing beyond its reach) is no wish for a mono record
    beyond `NARROW_MOST_DB`.
    """
    theirs = np.interp(np.log2(centres_hz), np.log2(reference_hz), reference_db)
    wanted = share * (theirs - side_db)
    presence = np.clip((side_db - ABSENT_DB[0]) / (ABSENT_DB[1] - ABSENT_DB[0]), 0, 1)
    wanted = np.where(wanted > 0, wanted * presence, wanted)
    wanted = np.where(centres_hz < BASS_HZ * 2 ** (1 / 3), np.minimum(wanted, 0.0), wanted)
    wanted = np.clip(wanted, -NARROW_MOST_DB, WIDEN_MOST_DB)
    smooth = np.convolve(np.pad(wanted, 2, mode="edge"), [0.1, 0.2, 0.4, 0.2, 0.1], mode="valid")
    return np.asarray(smooth)


def width_db(centres_hz: Bands, side_db: Bands, wanted_db: Bands | None = None) -> Bands:
    """The side's gain per band in dB: what is wanted, and never more than mono allows."""
    wanted = np.zeros(centres_hz.size) if wanted_db is None else wanted_db
    return np.asarray(wanted + guard_db(centres_hz, side_db + wanted))


def width_response(centres_hz: Bands, gains_db: Bands, rate: int) -> NDArray[np.float32] | None:
    """Linear-phase response for the side, so that it stays in phase with the middle; None where it would change next to nothing."""
    if np.abs(gains_db).max(initial=0.0) < LEAST_DB:
        return None
    return linear_phase(centres_hz, gains_db, rate, round(TAPS * rate / 48_000) // 2 * 2 + 1)
