"""The corridor that a genre's records keep to: released music's long-term spectrum, tilted."""

import numpy as np
from numpy.typing import NDArray

from services.mixer.profiles import Tone
from services.music.audio.spectrum import released_music_db

Bands = NDArray[np.float64]

ANCHOR_HZ = (100.0, 8000.0)


def corridor_db(centres_hz: Bands, tone: Tone) -> Bands:
    """The middle of the genre's corridor, dB per third octave: released music, tilted at the ends."""
    # The curve is measured down to 94 Hz; it is held below that, and falls away where a bass seldom sounds.
    base = released_music_db(np.maximum(centres_hz, 94.0))
    base = base - 7.0 * np.maximum(0, np.log2(50.0 / centres_hz))
    low = tone.low_db * np.clip(np.log2(200.0 / centres_hz), 0, 1)
    high = tone.high_db * np.clip(np.log2(centres_hz / 3000.0), 0, 1)
    mid = tone.mid_db * np.clip(1 - np.abs(np.log2(centres_hz / 1200.0)) / 2, 0, 1)
    return np.asarray(base + low + mid + high)


def anchored(centres_hz: Bands, error_db: Bands) -> Bands:
    """A deviation without its median between 100 Hz and 8 kHz, where all records have something."""
    anchor = (centres_hz >= ANCHOR_HZ[0]) & (centres_hz <= ANCHOR_HZ[1])
    return np.asarray(error_db - np.median(error_db[anchor]))


def deviation_db(centres_hz: Bands, level_db: Bands, corridor: Bands) -> Bands:
    """How far a spectrum stands above the corridor, dB per band, with both aligned between 100 Hz and 8 kHz."""
    return anchored(centres_hz, level_db - corridor)
