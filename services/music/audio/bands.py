"""What is struck, by register: onset strength of low, middle and high bands, and how much the harmony changes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

from services.music.audio.onsets import EAR_RATE_HZ, HOP, Envelope, mel_frames

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
HOP_S = HOP / EAR_RATE_HZ
REGISTERS = ((0, 3), (3, 9), (9, 29), (31, 40))
"""Mel bands of bass (to 150 Hz), low middle (to 600), high middle (to 4 kHz) and treble (5 kHz up)."""
_LAG = 2
_SWELL_LAG = 8
"""Frames over which what swells is compared: pads and bowed strings are 80 ms and more on their way up."""
_CHROMA_FFT = 4096
_CHROMA_HOP = 4 * HOP
_CHROMA_HZ = (60.0, 2000.0)
_SPAN_S = 0.7


@dataclass(frozen=True)
class Struck:
    """Onset strength. `bands` [5, frames]: four registers and the change of harmony, each 1 on average; `envelope` of all."""

    envelope: Envelope
    bands: Array

    @property
    def hop_s(self) -> float:
        """Seconds between frames."""
        return self.envelope.hop_s


def _flux(mel: Array, lag: int) -> Array:
    """Rise against `lag` frames before, at the frame at which the shortest lag has a stroke."""
    before = maximum_filter1d(mel, 3, axis=0)
    flux = np.zeros_like(mel)
    early = (lag - _LAG) // 2
    flux[:, _LAG + early : mel.shape[1] - early] = np.maximum(mel[:, lag:] - before[:, :-lag], 0)
    return flux


def _even(values: Array, span_s: float = 4.0) -> Array:
    """Divided by its own local mean, so that soft passages count; what is all but silent stays so."""
    local = uniform_filter1d(values, max(3, round(span_s / HOP_S)), axis=-1)
    floor = 0.2 * values.mean(axis=-1, keepdims=True) + 1e-6
    out = np.minimum(values / (local + floor), 12.0)
    return np.asarray(out / (out.mean(axis=-1, keepdims=True) + 1e-9), np.float32)


def _pitch_classes() -> Array:
    """[12, bins]: which pitch class a Fourier bin belongs to, weaker off its centre."""
    hz = np.fft.rfftfreq(_CHROMA_FFT, 1 / EAR_RATE_HZ)
    pitch = 69 + 12 * np.log2(np.maximum(hz, 1.0) / 440)
    away = (pitch[None] - np.arange(12)[:, None] + 6) % 12 - 6
    inside = (hz >= _CHROMA_HZ[0]) & (hz <= _CHROMA_HZ[1])
    return np.asarray(np.exp(-0.5 * (away / 0.4) ** 2) * inside, np.float32)


def harmonic_change(mono: Array, frames: int) -> Array:
    """How unlike the pitch classes of the 0.7 s before are to those of the 0.7 s after, [frames] at HOP; 0 in silence."""
    padded = np.pad(mono, (_CHROMA_FFT // 2, _CHROMA_FFT // 2))
    window = np.hanning(_CHROMA_FFT).astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(padded, _CHROMA_FFT)[::_CHROMA_HOP]
    bank, chroma = _pitch_classes(), np.empty((12, len(views)), np.float32)
    for start in range(0, len(views), 512):
        spectrum = np.abs(np.fft.rfft(views[start : start + 512] * window, axis=1)).astype(np.float32)
        chroma[:, start : start + len(spectrum)] = bank @ np.sqrt(spectrum).T
    chroma -= chroma.mean(axis=0, keepdims=True)
    span = max(2, round(_SPAN_S / (4 * HOP_S)))
    total = np.cumsum(np.pad(chroma, ((0, 0), (span, span))), axis=1)
    means = total[:, span:] - total[:, :-span]
    before, after = means[:, : chroma.shape[1]], means[:, -chroma.shape[1] :]
    power = np.sqrt((before**2).sum(axis=0) * (after**2).sum(axis=0))
    change = np.where(power > 1e-3 * float(power.max(initial=0.0)) + 1e-9, 1 - (before * after).sum(axis=0) / (power + 1e-9), 0.0)
    return np.asarray(np.interp(np.arange(frames), np.arange(len(change)) * 4, change), np.float32)


def hear_struck(mono: Array, *, swells: bool = False) -> Struck:
    """Onset strength of a mono signal [samples] at EAR_RATE_HZ by register; `swells`: of slow beginnings and changes of harmony, too."""
    if len(mono) < 2 * _CHROMA_FFT:
        mono = np.pad(mono, (0, 2 * _CHROMA_FFT - len(mono)))
    mel = mel_frames(mono)
    if swells:
        mel = np.asarray(uniform_filter1d(mel, 3, axis=1), np.float32)
    flux = _flux(mel, _SWELL_LAG if swells else _LAG)
    rows = [_even(flux[low:high].mean(axis=0)) for low, high in REGISTERS]
    change = _even(gaussian_filter1d(harmonic_change(mono, mel.shape[1]), 2), 12.0)
    if swells:
        rows = [0.5 * (row + change) for row in rows]
    return Struck(Envelope(flux.mean(axis=0), HOP_S), np.stack([*rows, change]))
