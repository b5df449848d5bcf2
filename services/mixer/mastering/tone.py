"""Tonal balance: an equaliser that leads the master's spectrum towards the genre's corridor.

Its gains are drawn as a linear-phase response and turned into the minimum-phase one of the same magnitude: where a filter is steep,
linear phase rings before a drum (measured, 5 to 20 ms before hits: -22 dB with a matched reference, -40 dB with minimum phase).
"""

import numpy as np
from numpy.typing import NDArray

from services.mixer.corridor import anchored, deviation_db
from services.mixer.profiles import Tone

Bands = NDArray[np.float64]

TAPS = 4095
VALID_HZ = (50.0, 15_000.0)
DEAD_ZONE_DB = 0.5
ABSENT_DB = 14.0
LEFT_DB = 2.0
"""What single bands may keep of their deviation after the smooth pass."""
PASSES = 4


def drawn_to(centres_hz: Bands, corridor: Bands, reference: tuple[Bands, Bands], share: float) -> Bands:
    """A corridor drawn by `share` (0-1) to a reference's third-octave spectrum (centres in Hz, dB)."""
    theirs = np.interp(np.log2(centres_hz), np.log2(reference[0]), reference[1])
    theirs = corridor + anchored(centres_hz, theirs - corridor)
    # A band-limited reference (8 kHz, a telephone) says nothing about what it lacks.
    return np.asarray(corridor + share * np.clip(theirs - corridor, -10, 10))


def equaliser_db(centres_hz: Bands, level_db: Bands, corridor: Bands, tone: Tone, strength: float | None = None) -> Bands:
    """Gain per band in dB that leads towards the corridor, at most `tone.most_db` either way.

    First smooth over an octave; then what single bands still lie over 2 dB away is taken from them alone.
    A band in which the song has next to nothing (a flute's bass) is not raised: that would only bring up noise.
    """
    share = tone.strength if strength is None else strength
    error = deviation_db(centres_hz, level_db, corridor)
    presence = np.clip((ABSENT_DB + 6 + error) / 6, 0, 1)
    wanted = _towards(centres_hz, error, share, presence, DEAD_ZONE_DB)
    wanted = np.clip(wanted, -1.5 * tone.most_db, 1.5 * tone.most_db)
    kernel = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    gains = np.convolve(np.pad(wanted, 2, mode="edge"), kernel, mode="valid")
    gains = np.clip(gains, -tone.most_db, tone.most_db)
    for _ in range(PASSES):
        left = deviation_db(centres_hz, level_db + gains, corridor)
        gains = np.clip(gains + _towards(centres_hz, left, share, presence, LEFT_DB), -tone.most_db, tone.most_db)
    return np.asarray(gains)


def _towards(centres_hz: Bands, error_db: Bands, share: float, presence: Bands, dead_zone_db: float) -> Bands:
    """What would take `share` of the errors beyond a dead zone away; nothing is raised where nobody plays or nothing is known."""
    wanted = -share * np.sign(error_db) * np.maximum(np.abs(error_db) - dead_zone_db, 0)
    wanted = np.where(wanted > 0, wanted * presence, wanted)
    return np.where((centres_hz < VALID_HZ[0]) | (centres_hz > VALID_HZ[1]), np.minimum(wanted, 0.5), wanted)


def linear_phase(centres_hz: Bands, gains_db: Bands, rate: int, taps: int = TAPS) -> NDArray[np.float32]:
    """Impulse response [taps], symmetric, of the gains drawn as a line over log frequency. Its delay is (taps - 1) / 2."""
    size = 4 * (taps + 1)
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / rate), 1.0)
    gain = 10 ** (np.interp(np.log2(frequency), np.log2(centres_hz), gains_db) / 20)
    response = np.roll(np.fft.irfft(gain, size), taps // 2)[:taps]
    return np.asarray(response * np.blackman(taps + 2)[1:-1], dtype=np.float32)


def odd_taps(taps: int, rate: int) -> int:
    """How many taps last as long at `rate` as `taps` do at 48 kHz, an odd number."""
    return round(taps * rate / 48_000) // 2 * 2 + 1


def minimum_phase(response: NDArray[np.float32]) -> NDArray[np.float32]:
    """The causal response [taps] with the magnitude of a linear-phase one [taps], by folding its cepstrum (Oppenheim & Schafer 1975).

    Nothing of it comes before sample 0, so it has no delay to cut. The last quarter is faded, where next to nothing is left.
    """
    size = 1 << (16 * response.size - 1).bit_length()
    magnitude = np.abs(np.fft.rfft(response.astype(np.float64), size))
    cepstrum = np.fft.irfft(np.log(np.maximum(magnitude, 1e-6 * magnitude.max())), size)
    cepstrum[1 : size // 2] *= 2
    cepstrum[size // 2 + 1 :] = 0
    causal = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), size)[: response.size]
    fade = response.size // 4
    causal[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(fade) / fade)
    return np.asarray(causal, dtype=np.float32)
