"""Tonal balance: a linear-phase equaliser that leads the master's spectrum towards the genre's corridor."""

import numpy as np
from numpy.typing import NDArray

from services.mixer.profiles import Tone
from services.music.audio.spectrum import released_music_db

Bands = NDArray[np.float64]

TAPS = 4095
ANCHOR_HZ = (100.0, 8000.0)
VALID_HZ = (50.0, 15_000.0)
DEAD_ZONE_DB = 0.5
ABSENT_DB = 14.0


def corridor_db(centres_hz: Bands, tone: Tone) -> Bands:
    """The middle of the genre's corridor, dB per third octave: released music, tilted at the ends."""
    # The curve is measured down to 94 Hz; below, music falls away again (a bass seldom sounds under 40 Hz).
    base = released_music_db(np.maximum(centres_hz, 94.0))
    base = base - 5.0 * np.maximum(0, np.log2(55.0 / centres_hz))
    low = tone.low_db * np.clip(np.log2(200.0 / centres_hz), 0, 1)
    high = tone.high_db * np.clip(np.log2(centres_hz / 3000.0), 0, 1)
    mid = tone.mid_db * np.clip(1 - np.abs(np.log2(centres_hz / 1200.0)) / 2, 0, 1)
    return np.asarray(base + low + mid + high)


def drawn_to(centres_hz: Bands, corridor: Bands, reference: tuple[Bands, Bands], share: float) -> Bands:
    """A corridor drawn by `share` (0-1) to a reference's third-octave spectrum (centres in Hz, dB)."""
    theirs = np.interp(np.log2(centres_hz), np.log2(reference[0]), reference[1])
    anchor = (centres_hz >= ANCHOR_HZ[0]) & (centres_hz <= ANCHOR_HZ[1])
    theirs = theirs - np.median((theirs - corridor)[anchor])
    # A band-limited reference (8 kHz, a telephone) says nothing about what it lacks.
    return np.asarray(corridor + share * np.clip(theirs - corridor, -10, 10))


def deviation_db(centres_hz: Bands, level_db: Bands, corridor: Bands) -> Bands:
    """How far a spectrum stands above the corridor, dB per band, with both aligned between 100 Hz and 8 kHz."""
    error = level_db - corridor
    anchor = (centres_hz >= ANCHOR_HZ[0]) & (centres_hz <= ANCHOR_HZ[1])
    return np.asarray(error - np.median(error[anchor]))


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
