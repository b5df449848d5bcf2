"""Long-term spectrum per third octave, and the curve that released music follows."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

Audio = NDArray[np.float32]
Bands = NDArray[np.float64]

FLOOR_DB = -120.0
LOWEST_BAND, HIGHEST_BAND = -16, 13  # 25 Hz to 20 kHz, in third octaves from 1 kHz
FRAME_S = 0.34
TONE_HZ = (60.0, 12_000.0)
"""Where two records' tone is compared."""
REACH = 0.45
"""Share of a file's sample rate up to which its spectrum says something."""
FULL_RECORD_DB = 10.0
FULL_RECORD_SHARE = 0.75
"""Measured: a pop song 1.0, a string orchestra .96, a jazz trio with a deep bass .78, a solo trumpet .35."""
EMPTY_UNDER_DB = 15.0
EMPTY_DB = -70.0
"""A band this far below the sum of all holds no music."""


def third_octave_centres(rate: int) -> Bands:
    """Exact base-two centres in Hz from 25 Hz to 20 kHz, as far as their upper edge lies below Nyquist."""
    centres = 1000.0 * 2.0 ** (np.arange(LOWEST_BAND, HIGHEST_BAND + 1) / 3)
    return np.asarray(centres[centres * 2 ** (1 / 6) < rate / 2])


def band_weights(rate: int, size: int) -> NDArray[np.float32]:
    """Share of each FFT bin in each band, [bands, bins]; a bin on an edge is divided."""
    centres, width = third_octave_centres(rate), rate / size
    bins = np.arange(size // 2 + 1) * width
    low, high = centres[:, None] * 2 ** (-1 / 6), centres[:, None] * 2 ** (1 / 6)
    covered = np.minimum(bins + width / 2, high) - np.maximum(bins - width / 2, low)
    return np.asarray(np.clip(covered / width, 0, 1), dtype=np.float32)


def _frame_powers(audio: Audio, rate: int, hop: float) -> tuple[Bands, Bands]:
    """Mean power per third octave of each channel: (centres in Hz, [channels, bands]). Hann frames of 0.34 s, `hop` in frames."""
    # As long at every rate: 16384 samples at 48 kHz. Other lengths would put single notes at an edge into other bands.
    size = 2 * max(128, round(8192 * rate / 48_000))
    channels = np.atleast_2d(audio)
    if channels.shape[-1] < size:
        channels = np.pad(channels, ((0, 0), (0, size - channels.shape[-1])))
    window = np.hanning(size).astype(np.float32)
    power = np.zeros((channels.shape[0], size // 2 + 1))
    starts = range(0, channels.shape[-1] - size + 1, max(1, int(size * hop)))
    for start in starts:
        spectrum = rfft(channels[:, start : start + size] * window, axis=-1)
        power += spectrum.real**2 + spectrum.imag**2
    power *= 2.0 / (len(starts) * float(np.sum(window**2)) * size)
    return third_octave_centres(rate), np.asarray(power @ band_weights(rate, size).T)


def band_powers(audio: Audio, rate: int, hop: float = 1.0) -> tuple[Bands, Bands]:
    """Mean power per third octave over all channels: (centres in Hz, power). Hann frames of 0.34 s, `hop` in frames."""
    centres, powers = _frame_powers(audio, rate, hop)
    return centres, np.asarray(powers.sum(axis=0))


def relative_db(power: Bands) -> Bands:
    """Power per band as dB relative to the sum of all, -120 dB for silence."""
    total = float(power.sum())
    if total <= 0:
        return np.full(power.size, FLOOR_DB)
    return np.asarray(10 * np.log10(np.maximum(power / total, 10 ** (FLOOR_DB / 10))))


def third_octave_spectrum(audio: Audio, rate: int) -> tuple[Bands, Bands]:
    """Long-term spectrum: (centres in Hz, level per third octave in dB relative to the sum of all bands). Silence: -120 dB."""
    centres, power = band_powers(audio, rate, hop=0.5)
    return centres, relative_db(power)


def stereo_spectrum(audio: Audio, rate: int) -> tuple[Bands, Bands, Bands]:
    """(centres in Hz, long-term spectrum in dB as `third_octave_spectrum`, side over middle per band in dB) of [2, samples].

    Side over middle is -120 dB where the channels are alike, 0 where they have nothing in common, and stays within 40 dB above that.
    """
    middle_side = np.stack([audio[0] + audio[1], audio[0] - audio[1]]) * np.float32(np.sqrt(0.5))
    centres, (middle, side) = _frame_powers(middle_side, rate, hop=0.5)
    level = relative_db(middle + side)
    ratio = np.clip(side / np.maximum(middle, 1e-20), 10 ** (FLOOR_DB / 10), 1e4)
    return centres, level, np.asarray(np.where(level > FLOOR_DB, 10 * np.log10(ratio), FLOOR_DB))


def released_music_db(frequency_hz: Bands) -> Bands:
    """Level per third octave of released popular music, dB (Elowsson & Friberg 2017, 12,345 tracks); valid 94 Hz to 15.7 kHz.

    Their curve, -4.5 dB per octave where pink noise has -3, is a level per hertz; a band as wide as its frequency adds 3 dB per octave.
    """
    x = 60 * np.log2(np.asarray(frequency_hz) / 30.0)
    return np.asarray(-0.000183 * x**2 + 0.0213 * x - 16.735 + 10 * np.log10(np.asarray(frequency_hz) / 1000.0))


def is_full_record(centres_hz: Bands, level_db: Bands) -> bool:
    """Whether three of four bands sound and lie within 10 dB of the curve of released music: a band, and no solo trumpet."""
    away = level_db - released_music_db(centres_hz)
    near = np.abs(away - np.median(away)) <= FULL_RECORD_DB
    return float(np.mean(near & (level_db > EMPTY_DB))) >= FULL_RECORD_SHARE


def empty_bands_hz(centres_hz: Bands, level_db: Bands) -> tuple[int, ...]:
    """Centres between 60 Hz and 12 kHz where a song lies over 15 dB under released music: registers that nobody plays in."""
    centres, low_hz, high_hz = np.asarray(centres_hz), *TONE_HZ
    inside = (centres >= low_hz) & (centres <= high_hz)
    if not inside.any():
        return ()
    away = (np.asarray(level_db) - released_music_db(centres))[inside]
    return tuple(round(float(hz)) for hz in centres[inside][away - np.median(away) < -EMPTY_UNDER_DB])
