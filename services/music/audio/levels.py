"""Levels of a signal: peaks, RMS, crest, DC and how alike its two channels are. Silence gives -inf dB or a neutral value, never NaN."""

import math

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]


def decibels(linear: float) -> float:
    """20 log10 of a magnitude; -inf for 0."""
    return 20 * math.log10(linear) if linear > 0 else -math.inf


def linear(decibel: float) -> float:
    """Amplitude factor of decibels."""
    return float(10 ** (decibel / 20))


def sample_peak_dbfs(audio: Audio) -> float:
    """Highest sample magnitude in dBFS."""
    return decibels(float(np.max(np.abs(audio)))) if audio.size else -math.inf


def rms_dbfs(audio: Audio) -> float:
    """Root mean square over all channels in dBFS (a full-scale square wave is 0)."""
    return decibels(math.sqrt(float(np.mean(np.square(audio, dtype=np.float64))))) if audio.size else -math.inf


def crest_db(audio: Audio) -> float:
    """Peak to RMS in dB; 0 for silence."""
    peak = sample_peak_dbfs(audio)
    return peak - rms_dbfs(audio) if math.isfinite(peak) else 0.0


def dc_dbfs(audio: Audio) -> float:
    """The largest mean of a channel, in dBFS."""
    return decibels(float(np.max(np.abs(np.mean(audio, axis=-1, dtype=np.float64))))) if audio.size else -math.inf


def clipped_samples(audio: Audio, full_scale: float = 1.0) -> int:
    """How many samples reach `full_scale`."""
    return int(np.count_nonzero(np.abs(audio) >= full_scale))


def correlation(audio: Audio) -> float:
    """Correlation of left and right, -1 to 1 (without their means taken out, as meters show it); 1 for mono and for silence."""
    if audio.ndim < 2 or audio.shape[0] < 2 or audio.size == 0:
        return 1.0
    left, right = audio[0], audio[1]
    energy = math.sqrt(float(np.dot(left, left)) * float(np.dot(right, right)))
    return float(np.dot(left, right)) / energy if energy > 1e-20 else 1.0


def low_correlation(audio: Audio, rate: int, below_hz: float = 150.0) -> float:
    """Correlation of left and right below a frequency (fourth-order Butterworth low pass); 1 for silence."""
    from scipy.signal import butter, resample_poly, sosfilt

    factor = max(1, int(rate // (16 * below_hz)))
    # Thinned first: 150 Hz needs no 48 kHz, and the filter is exact at the lower rate.
    thin = resample_poly(audio, 1, factor, axis=-1) if factor > 1 else audio
    low = sosfilt(butter(4, below_hz, fs=rate / factor, output="sos"), thin, axis=-1)
    return correlation(np.asarray(low, dtype=np.float64))
