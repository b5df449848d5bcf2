"""Other sample rates, by soxr at its very high quality."""

import numpy as np
import soxr
from numpy.typing import NDArray

from services.music.audio.true_peak import steep_peak, true_peak

Audio = NDArray[np.float32]

QUALITY = "VHQ"


def resampled(audio: Audio, rate: int, wanted: int) -> Audio:
    """Audio [channels, samples] at another rate, of the length that is nearest to its own in seconds."""
    if rate == wanted:
        return audio
    frames = round(audio.shape[1] * wanted / rate)
    out = np.ascontiguousarray(soxr.resample(np.ascontiguousarray(audio.T), rate, wanted, quality=QUALITY).T, dtype=np.float32)
    return out[:, :frames] if out.shape[1] >= frames else np.pad(out, ((0, 0), (0, frames - out.shape[1])))


def highest_peak(audio: Audio, rate: int) -> float:
    """True peak that any meter may read, linear: at eight times the rate (four where it is 96 kHz), and behind a steep low pass."""
    return max(true_peak(audio, 4 if rate > 50_000 else 8), steep_peak(audio))
