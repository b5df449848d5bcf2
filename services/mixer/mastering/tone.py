"""Tonal balance: a linear-phase equaliser that leads the master's spectrum towards the genre's corridor."""

import numpy as np
from numpy.typing import NDArray

from services.mixer.corridor import anchored, deviation_db
from services.mixer.profiles import Tone

Bands = NDArray[np.float64]

TAPS = 4095
VALID_HZ = (50.0, 15_000.0)
DEAD_ZONE_DB = 0.5
ABSENT_DB = 14.0


def drawn_to(centres_hz: Bands, corridor: Bands, reference: tuple[Bands, Bands], share: float) -> Bands:
    """A corridor drawn by `share` (0-1) to a reference's third-octave spectrum (centres in Hz, dB)."""
    theirs = np.interp(np.log2(centres_hz), np.log2(reference[0]), reference[1])
    theirs = corridor + anchored(centres_hz, theirs - corridor)
    # A band-limited reference (8 kHz, a telephone) says nothing about what it lacks.
    return np.asarray(corridor + share * np.clip(theirs - corridor, -10, 10))


def equaliser_db(centres_hz: Bands, level_db: Bands, corridor: Bands, tone: Tone, strength: float | None = None) -> Bands:
    """Gain per band in dB that leads towards the corridor, smooth over an octave, at most `tone.most_db` either way.

    A band in which the song has next to nothing (a flute's bass) is not raised: that would only bring up noise.
    """
    error = deviation_db(centres_hz, level_db, corridor)
    wanted = -np.sign(error) * np.maximum(np.abs(error) - DEAD_ZONE_DB, 0)
    wanted *= tone.strength if strength is None else strength
    presence = np.clip((ABSENT_DB + 6 + error) / 6, 0, 1)
    wanted = np.where(wanted > 0, wanted * presence, wanted)
    wanted = np.where((centres_hz < VALID_HZ[0]) | (centres_hz > VALID_HZ[1]), np.minimum(wanted, 0.5), wanted)
    wanted = np.clip(wanted, -1.5 * tone.most_db, 1.5 * tone.most_db)
    kernel = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    smooth = np.convolve(np.pad(wanted, 2, mode="edge"), kernel, mode="valid")
    return np.asarray(np.clip(smooth, -tone.most_db, tone.most_db))


def linear_phase(centres_hz: Bands, gains_db: Bands, rate: int, taps: int = TAPS) -> NDArray[np.float32]:
    """Impulse response [taps], symmetric, of the gains drawn as a line over log frequency. Its delay is (taps - 1) / 2."""
    size = 4 * (taps + 1)
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / rate), 1.0)
    gain = 10 ** (np.interp(np.log2(frequency), np.log2(centres_hz), gains_db) / 20)
    response = np.roll(np.fft.irfft(gain, size), taps // 2)[:taps]
    return np.asarray(response * np.blackman(taps + 2)[1:-1], dtype=np.float32)
