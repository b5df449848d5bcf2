"""Third octaves over time, middle and side: one pass from which a whole file's tone, each section's and the width are read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from services.music.audio.spectrum import Audio, Bands, band_weights, relative_db, third_octave_centres

_FRAMES = 64


@dataclass(frozen=True)
class BandFrames:
    """Mean power per frame and third octave, [frames, bands] each, at `times_s` (middles of frames).

    `middle` and `side` are those of (L + R) / √2 and (L − R) / √2, `cross` the real part of one times the other's conjugate:
    |L|² = (middle + side) / 2 + cross, |R|² = (middle + side) / 2 − cross, Re(L R*) = (middle − side) / 2.
    """

    centres_hz: Bands
    times_s: Bands
    middle: Bands
    side: Bands
    cross: Bands

    def between(self, start_s: float, end_s: float) -> NDArray[np.bool_]:
        """Which frames lie in a stretch of time; the nearest one where none does."""
        inside = (self.times_s >= start_s) & (self.times_s < end_s)
        if not inside.any():
            inside[int(np.argmin(np.abs(self.times_s - (start_s + end_s) / 2)))] = True
        return inside

    def level_db(self, frames: NDArray[np.bool_] | slice = slice(None)) -> Bands:
        """Level per band in dB relative to the sum of all bands, of some frames, [bands]."""
        return relative_db((self.middle[frames] + self.side[frames]).mean(axis=0))


def band_frames(audio: Audio, rate: int) -> BandFrames:
    """Bands of audio [2, samples] in Hann frames of 0.34 s that overlap by half; a shorter file is one frame."""
    size = 2 * max(128, round(8192 * rate / 48_000))
    if audio.shape[1] < size:
        audio = np.pad(audio, ((0, 0), (0, size - audio.shape[1])))
    window = np.hanning(size).astype(np.float32)
    weights = band_weights(rate, size).T * np.float32(2.0 / (float(np.sum(window**2)) * size))
    starts = np.arange(0, audio.shape[1] - size + 1, size // 2)
    views = np.lib.stride_tricks.sliding_window_view(audio, size, axis=1)
    rows = [np.empty((len(starts), weights.shape[1])) for _ in range(3)]
    for at in range(0, len(starts), _FRAMES):
        piece = views[:, starts[at : at + _FRAMES]] * window
        left, right = rfft(piece[0], axis=-1), rfft(piece[1], axis=-1)
        middle, side = left + right, left - right
        products = (np.abs(middle) ** 2, np.abs(side) ** 2, (middle * side.conj()).real)
        for row, product in zip(rows, products, strict=True):
            row[at : at + len(piece[0])] = product @ weights / 2
    return BandFrames(third_octave_centres(rate), (starts + size / 2) / rate, *rows)
