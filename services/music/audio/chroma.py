"""Pitch classes in sound: chromagrams by spectral peaks, tuning, and a blind estimate of the key.

Peaks are interpolated, so that one bass note is told from its neighbour although a Fourier bin is wider than a semitone there.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from contracts.music.key import Key
from contracts.music.pitch import FLAT_NAMES

Array = npt.NDArray[np.float32]
Chroma = npt.NDArray[np.float64]

# Key profiles of Albrecht & Shanahan, "The Use of Large Corpora to Train a New Type of Key-Finding Algorithm" (2013).
MAJOR_PROFILE = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR_PROFILE = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)


@dataclass(frozen=True)
class Register:
    """Which part of the spectrum is read, and how finely. `hop` and `fft` in samples at `rate_hz`."""

    rate_hz: int
    low_hz: float
    high_hz: float
    fft: int
    hop: int

    @property
    def hop_s(self) -> float:
        """Seconds between frames."""
        return self.hop / self.rate_hz


HARMONY = Register(rate_hz=11_025, low_hz=110.0, high_hz=2000.0, fft=4096, hop=1024)
"""Chords and melody: A2 to B6, frames of 0.37 s every 93 ms."""
BASS = Register(rate_hz=2756, low_hz=30.0, high_hz=262.0, fft=1024, hop=256)
"""The bass: B0 to C4, frames of 0.37 s every 93 ms."""

_SIDEBAND_HZ = 22.0
_PARTIAL_STEPS = tuple(12 * float(np.log2(number)) for number in (2, 3, 4, 5))
"""Semitones of a note's partials above it."""
_BLUR, _AGREED, _AGREEING = 1.6, 0.45, 2
"""How far a blurred fundamental may lie from its note, and within how much how many partials must agree, in semitones."""


@dataclass(frozen=True)
class Peaks:
    """Spectral peaks: frame number, pitch in fractional MIDI numbers, magnitude; three arrays of one length."""

    frame: npt.NDArray[np.int64]
    midi: npt.NDArray[np.float64]
    magnitude: npt.NDArray[np.float64]
    frames: int
    hop_s: float


def spectral_peaks(mono: Array, register: Register, floor_db: float = -45.0, prominence: float = 1.0) -> Peaks:
    """Peaks of each frame of a mono signal [samples] at the register's rate, above `floor_db` of the loudest moment's.

    `prominence`: by how many nepers a peak stands over what is around it.
    """
    size, hop = register.fft, register.hop
    padded = np.pad(mono.astype(np.float32), (size // 2, size // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    width = register.rate_hz / size
    first, last = max(1, int(register.low_hz / width)), min(size // 2 - 1, int(register.high_hz / width) + 1)
    found: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]] = []
    for start in range(0, len(frames), 256):
        log = np.log(np.abs(np.fft.rfft(frames[start : start + 256] * window, axis=1))[:, first - 1 : last + 2] + 1e-9)
        middle, left, right = log[:, 1:-1], log[:, :-2], log[:, 2:]
        near = np.maximum(maximum_filter1d(middle, 9, axis=1), -20.0)
        local = uniform_filter1d(middle, 61, axis=1)
        row, column = np.nonzero((middle > left) & (middle >= right) & (middle > near - 2.0) & (middle > local + prominence))
        a, b, c = left[row, column], middle[row, column], right[row, column]
        shift = np.clip(0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9), -0.5, 0.5)
        found.append((row + start, (column + first + shift) * width, np.exp(b)))
    frame, hz, magnitude = (np.concatenate(part) for part in zip(*found, strict=True))
    keep = (magnitude > 1e-4) & (magnitude > magnitude.max(initial=0.0) * 10 ** (floor_db / 20))
    midi = 69 + 12 * np.log2(np.maximum(hz, 1.0) / 440.0)
    return Peaks(frame[keep], midi[keep], magnitude[keep].astype(np.float64), len(frames), register.hop_s)


def tuning_semitones(peaks: Peaks) -> float:
    """How far the music stands from A = 440 Hz, −0.5 to 0.5 semitone: circular mean of the peaks' deviations."""
    if not len(peaks.midi):
        return 0.0
    turn = np.sum(np.sqrt(peaks.magnitude) * np.exp(2j * np.pi * peaks.midi))
    return float(np.angle(turn) / (2 * np.pi)) if abs(turn) > 0 else 0.0


def chroma_of(peaks: Peaks, tuning: float = 0.0) -> Chroma:
    """Chromagram [12, frames] of spectral peaks: root of magnitude, less the farther a peak lies from its semitone."""
    pitch = peaks.midi - tuning
    nearest = np.round(pitch)
    weight = np.sqrt(peaks.magnitude) * np.cos(np.pi * (pitch - nearest)) ** 2
    out = np.zeros((12, peaks.frames))
    np.add.at(out, (nearest.astype(np.int64) % 12, peaks.frame), weight)
    return out


def bass_chroma(peaks: Peaks, tuning: float = 0.0) -> Chroma:
    """Chromagram [12, frames] of the lowest strong peak of each frame: the bass note.

    Fast repeated notes have sidebands a few hertz below their pitch; so the strongest peak within `_SIDEBAND_HZ` above the lowest
    is taken, which is below the octave of any bass note.
    """
    out = np.zeros((12, peaks.frames))
    if not len(peaks.frame):
        return out
    loudest = np.zeros(peaks.frames)
    np.maximum.at(loudest, peaks.frame, peaks.magnitude)
    strong = peaks.magnitude >= 0.25 * loudest[peaks.frame]
    frame, midi, magnitude = peaks.frame[strong], peaks.midi[strong] - tuning, peaks.magnitude[strong]
    hz = 440.0 * 2 ** ((midi - 69) / 12)
    lowest_hz = np.full(peaks.frames, np.inf)
    np.minimum.at(lowest_hz, frame, hz)
    near = hz <= lowest_hz[frame] + _SIDEBAND_HZ
    frame, midi, magnitude = frame[near], midi[near], magnitude[near]
    order = np.lexsort((-magnitude, frame))
    _, first = np.unique(frame[order], return_index=True)
    lowest = order[first]
    pitch = _by_partials(peaks, frame[lowest], midi[lowest], tuning)
    out[np.round(pitch).astype(np.int64) % 12, frame[lowest]] = np.sqrt(magnitude[lowest])
    return out


def _by_partials(peaks: Peaks, frames: npt.NDArray[np.int64], midi: npt.NDArray[np.float64], tuning: float) -> npt.NDArray[np.float64]:
    """Pitches of bass notes, one a frame, corrected where two or more of their partials agree on another one nearby.

    A short stroke of a low string has few periods: its fundamental is blurred, by more than a semitone where strokes are repeated fast,
    while its partials stand as many times closer to the note as their number.
    """
    told: list[list[float]] = [[] for _ in frames]
    place = {int(frame): index for index, frame in enumerate(frames)}
    for frame, heard in zip(peaks.frame.tolist(), (peaks.midi - tuning).tolist(), strict=True):
        index = place.get(frame)
        if index is None:
            continue
        for step in _PARTIAL_STEPS:
            if abs(heard - step - midi[index]) < _BLUR:
                told[index].append(heard - step)
    pitch = midi.copy()
    for index, found in enumerate(told):
        if len(found) >= _AGREEING and max(found) - min(found) < _AGREED:
            pitch[index] = float(np.median(found))
    return pitch


def estimate_key(chroma: Chroma) -> tuple[Key, float] | None:
    """Blind key: (major or minor key, confidence 0–1) by profile correlation of a mean chroma [12] or chromagram [12, frames].

    The profiles are those of Albrecht & Shanahan (2013), the method is Krumhansl's. None for silence.
    """
    mean = chroma if chroma.ndim == 1 else chroma.mean(axis=1)
    if mean.sum() <= 0 or mean.std() <= 1e-9 * mean.mean():
        return None
    scores: list[tuple[float, int, str]] = []
    for mode, profile in (("major", MAJOR_PROFILE), ("minor", MINOR_PROFILE)):
        scores += [(float(np.corrcoef(mean, np.roll(profile, tonic))[0, 1]), tonic, mode) for tonic in range(12)]
    scores.sort(reverse=True)
    (best, tonic, mode), (second, *_) = scores[0], scores[1]
    confidence = float(np.clip(best, 0, 1) * np.clip(0.5 + 5 * (best - second), 0, 1))
    return Key(FLAT_NAMES[0], mode).transpose(tonic), confidence
