"""Onsets: where something begins to sound. Own log-mel spectral flux in numpy, without JIT start-up.

The flux is that of Böck & Widmer, "Maximum filter vibrato suppression for onset detection" (DAFx 2013), on 40 mel bands.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

Array = npt.NDArray[np.float32]
EAR_RATE_HZ = 22_050
"""Sample rate of the mono signal that ears work on."""
HOP = 220
"""Samples between frames at EAR_RATE_HZ: about 10 ms."""
FFT = 1024
BANDS = 40
_LAG = 2
_CHUNK_FRAMES = 2048


@dataclass(frozen=True)
class Envelope:
    """Onset strength over time. `values[i]` belongs to the time `i * hop_s`; arbitrary unit, never negative."""

    values: Array
    hop_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.values) * self.hop_s


@cache
def _mel_bank() -> Array:
    """Triangular mel bands [BANDS, FFT // 2 + 1], 30 Hz–11 kHz, unit peak (HTK mel formula)."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (30.0, EAR_RATE_HZ / 2))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(FFT, 1 / EAR_RATE_HZ)
    up = (bins - edges[:-2, None]) / np.maximum(edges[1:-1] - edges[:-2], 1e-9)[:, None]
    down = (edges[2:, None] - bins) / np.maximum(edges[2:] - edges[1:-1], 1e-9)[:, None]
    bank = np.clip(np.minimum(up, down), 0, None)
    nearest = np.argmin(np.abs(bins - edges[1:-1, None]), axis=1)
    bank[np.arange(BANDS), nearest] = np.maximum(bank[np.arange(BANDS), nearest], 0.5)
    return bank.astype(np.float32)


def mel_frames(mono: Array) -> Array:
    """Log-compressed mel magnitudes [BANDS, frames] of a mono signal [samples] at EAR_RATE_HZ."""
    window = np.hanning(FFT + 1)[:-1].astype(np.float32)
    padded = np.pad(mono, (FFT // 2, FFT // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    out = np.empty((BANDS, len(frames)), np.float32)
    bank = _mel_bank()
    for start in range(0, len(frames), _CHUNK_FRAMES):
        spectrum = np.abs(np.fft.rfft(frames[start : start + _CHUNK_FRAMES] * window, axis=1)).astype(np.float32)
        out[:, start : start + len(spectrum)] = np.log1p(10.0 * (bank @ spectrum.T))
    return out


def onset_envelope(mono: Array) -> Envelope:
    """Onset strength of a mono signal [samples] at EAR_RATE_HZ: rise of the mel bands against two frames before."""
    if len(mono) < FFT:
        return Envelope(np.zeros(max(1, len(mono) // HOP), np.float32), HOP / EAR_RATE_HZ)
    mel = mel_frames(mono)
    before = maximum_filter1d(mel, 3, axis=0)
    flux = np.zeros(mel.shape[1], np.float32)
    flux[_LAG:] = np.maximum(mel[:, _LAG:] - before[:, :-_LAG], 0).mean(axis=0)
    return Envelope(flux, HOP / EAR_RATE_HZ)


def pick_onsets(envelope: Envelope, threshold: float = 0.06) -> npt.NDArray[np.float64]:
    """Times of onsets, seconds: local peaks over the moving mean by `threshold` of log magnitude, 50 ms apart."""
    values = gaussian_filter1d(envelope.values, 1.0)
    wide = max(3, round(0.2 / envelope.hop_s))
    floor = uniform_filter1d(values, wide) + threshold
    is_peak = (values == maximum_filter1d(values, max(3, round(0.06 / envelope.hop_s)))) & (values > floor)
    times = np.flatnonzero(is_peak) * envelope.hop_s
    if not len(times):
        return np.zeros(0)
    keep = [float(times[0])]
    for time in times[1:]:
        if time - keep[-1] >= 0.05:
            keep.append(float(time))
    return np.asarray(keep)


def evened(envelope: Envelope, smooth_s: float, span_s: float = 2.0) -> Array:
    """The envelope divided by its own local mean and limited, so that a loud section does not outweigh a soft one."""
    values = gaussian_filter1d(envelope.values, smooth_s / envelope.hop_s).astype(np.float32)
    local = uniform_filter1d(values, max(3, round(span_s / envelope.hop_s)))
    floor = 0.1 * float(values.mean()) + 1e-6
    return np.asarray(np.minimum(values / (local + floor), 6.0), np.float32)
