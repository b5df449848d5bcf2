"""Which keys of a piano sound: spectral peaks moved onto the keys, averaged over stretches of time, explained by notes.

The explanation is that of Mauch & Dixon, "Approximate Note Transcription for the Improved Identification of Difficult Chords"
(ISMIR 2010): nonnegative least squares over notes with geometrically falling overtones. Theirs is by spectral bin; here it is
by key, of peaks, so that drums, which have few steady peaks, weigh little; and all stretches are solved at once by
multiplicative steps (Lee & Seung 2001).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import soxr

from services.music.audio.chroma import Peaks, Register, spectral_peaks, tuning_semitones

Array = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]

WHOLE = Register(rate_hz=11_025, low_hz=27.0, high_hz=4200.0, fft=4096, hop=512)
"""All of a piano: frames of 0.37 s every 46 ms."""
LOW = Register(rate_hz=2756, low_hz=27.0, high_hz=420.0, fft=512, hop=64)
"""The bass and its first overtones: frames of 0.19 s every 23 ms, short enough for fast notes."""
LOWEST, KEYS = 21, 88
CLASSES = 12
_DECAY, _PARTIALS = 0.75, 10
_STEPS, _SPARSE = 40, 0.02


@dataclass(frozen=True)
class Keygram:
    """`values` [frames, KEYS]: root of magnitude of the peaks at each key from A0 up. `tuning` in semitones from A = 440 Hz.

    `steadiness` (0–1): how closely the peaks agree in that tuning.
    """

    values: Array
    hop_s: float
    tuning: float
    steadiness: float

    def between(self, edges_s: Times) -> Array:
        """Mean over each stretch between two times in seconds: [stretches, KEYS]. A stretch has one frame at least."""
        sums = np.vstack([np.zeros((1, KEYS)), np.cumsum(self.values, axis=0, dtype=np.float64)])
        edges = np.clip(np.round(np.asarray(edges_s) / self.hop_s).astype(np.int64), 0, len(self.values))
        start = np.minimum(edges[:-1], len(self.values) - 1)
        end = np.maximum(edges[1:], start + 1)
        return np.asarray((sums[end] - sums[start]) / (end - start)[:, None], np.float32)


@dataclass(frozen=True)
class Grams:
    """Keygrams of one signal: of the whole range and, read faster, of the bass."""

    whole: Keygram
    low: Keygram


def keygram(mono: Array, register: Register = WHOLE, prominence: float = 1.0, tuning: float | None = None) -> Keygram:
    """The keys that sound in a mono signal [samples] at the register's rate; `tuning` in semitones where it is known."""
    peaks = spectral_peaks(mono, register, prominence=prominence)
    tuning = tuning_semitones(peaks) if tuning is None else tuning
    pitch = peaks.midi - tuning
    key = np.round(pitch).astype(np.int64)
    inside = (key >= LOWEST) & (key < LOWEST + KEYS)
    weight = np.sqrt(peaks.magnitude) * np.cos(np.pi * (pitch - key)) ** 2
    flat = np.bincount(peaks.frame[inside] * KEYS + key[inside] - LOWEST, weights=weight[inside], minlength=peaks.frames * KEYS)
    return Keygram(flat.reshape(peaks.frames, KEYS).astype(np.float32), peaks.hop_s, tuning, _steadiness(peaks))


def both_keygrams(mono: Array, rate_hz: int) -> Grams:
    """Both keygrams of a mono signal [samples] at any rate. In the bass everything is loud: there a peak need not stand out."""
    whole = keygram(np.asarray(soxr.resample(mono, rate_hz, WHOLE.rate_hz, quality="MQ"), np.float32))
    low = np.asarray(soxr.resample(mono, rate_hz, LOW.rate_hz, quality="MQ"), np.float32)
    return Grams(whole, keygram(low, LOW, prominence=0.0, tuning=whole.tuning))


def _steadiness(peaks: Peaks) -> float:
    """Length of the mean direction of the peaks' deviations from the semitones: 1 where all agree."""
    weight = np.sqrt(peaks.magnitude)
    total = float(weight.sum())
    return float(abs(np.sum(weight * np.exp(2j * np.pi * peaks.midi))) / total) if total > 0 else 0.0


@cache
def _dictionary() -> Array:
    """Each note as the keys that its overtones fall on: [KEYS, notes], unit columns."""
    notes = np.zeros((KEYS, KEYS), np.float32)
    for partial in range(1, _PARTIALS + 1):
        step = round(12 * np.log2(partial))
        notes[np.arange(step, KEYS), np.arange(KEYS - step)] += _DECAY ** (partial - 1)
    return np.asarray(notes / np.linalg.norm(notes, axis=0), np.float32)


def notes_in(keys: Array) -> Array:
    """The notes that explain stretches of a keygram [stretches, KEYS], never negative."""
    notes = _dictionary()
    seen, own = notes.T @ keys.T, notes.T @ notes
    found = 0.01 + 0.5 * keys.T
    for _ in range(_STEPS):
        found *= seen / (own @ found + _SPARSE)
    return np.asarray(found.T, np.float32)


def classes_of(keys: Array, low: int, high: int, fade: int) -> Array:
    """Pitch classes [stretches, 12] of the keys between two MIDI numbers, fading in and out over `fade` keys."""
    midi = np.arange(LOWEST, LOWEST + KEYS)
    weight = np.clip(np.minimum(midi - low + 1, high + 1 - midi) / fade, 0.0, 1.0)
    padded = np.zeros((len(keys), 9 * CLASSES), np.float32)
    padded[:, LOWEST % CLASSES : LOWEST % CLASSES + KEYS] = keys * weight
    return np.asarray(padded.reshape(len(keys), -1, CLASSES).sum(axis=1), np.float32)
