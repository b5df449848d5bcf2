"""What single notes of an instrument are measured by: pitch, steps at their ends, brightness, how much strokes differ."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_toeplitz
from scipy.signal import butter, lfilter, sosfiltfilt

Samples = NDArray[np.floating]
RATE_HZ = 48_000
LAG_S, FRAME_S = 0.025, 0.1
"""The autocorrelation is read about this far out (at most seven periods: further the count is lost), in frames of this length.
The mean over the frames is the pitch around which a vibrato swings."""
SEARCH_CENTS = 80
FINE_HZ = 400.0
"""From here up the autocorrelation is interpolated eightfold: its peak is only a few samples wide."""
ORDER = 32
OWN = 1.26
FLOOR_DB = -120.0


def cents_off(tone: Samples, expected_hz: float, *, partials: float = 3.5) -> float:
    """How far a tone [n] is from a frequency: the peak of its autocorrelation near a whole number of periods, interpolated.

    The tone is limited to its first partials, so that the stretched upper ones of strings do not count; of bars and drums, which
    have no harmonics, to the fundamental (`partials` 1.35). Searched within 80 cents.
    """
    band = (0.75 * expected_hz, min(partials * expected_hz, 0.45 * RATE_HZ))
    filtered = sosfiltfilt(butter(3, band, "bandpass", fs=RATE_HZ, output="sos"), tone)
    frame = round(max(FRAME_S, 6.0 / expected_hz) * RATE_HZ)
    found, weights = [], []
    for start in range(0, max(filtered.size - frame, 0) + 1, frame // 4):
        heard = filtered[start : start + frame]
        found.append(_frame_cents(heard, expected_hz))
        weights.append(float(np.square(heard).sum()) + 1e-18)
    return float(np.average(found, weights=weights))


def _frame_cents(heard: Samples, expected_hz: float) -> float:
    size = 1 << int(np.ceil(np.log2(2 * heard.size)))
    finer = 8 if expected_hz > FINE_HZ else 1
    power = np.abs(np.fft.rfft(heard, size)) ** 2
    correlation = np.fft.irfft(power, size * finer)[: heard.size * finer] / (np.arange(heard.size * finer, 0, -1) / finer)
    periods = int(np.clip(round(LAG_S * expected_hz), 3, 7))
    around = 2.0 ** (min(SEARCH_CENTS, 540 / periods) / 1200)
    centre = periods * RATE_HZ * finer / expected_hz
    low, high = int(centre / around), int(np.ceil(centre * around)) + 1
    at = low + int(np.argmax(correlation[low : high + 1]))
    left, middle, right = correlation[at - 1 : at + 2]
    bend = left - 2.0 * middle + right
    exact = at + (0.5 * (left - right) / bend if bend < 0 else 0.0)
    return float(-1200.0 * np.log2(exact / centre))


def step_db(before: Samples, around: Samples, peak: float) -> float:
    """The largest step of the waveform at the end of a note, in dB against the note's peak; FLOOR_DB where there is none.

    A step cannot be predicted: a linear predictor (order 32), fitted to the sound just `before` the end, leaves of a step of height h
    an error of h at one sample. What it leaves in `before` itself is the sound's own noise: only what exceeds its peak by 2 dB counts.
    """
    if peak <= 0.0:
        return FLOOR_DB
    windowed = before * np.hanning(before.size)
    size = 1 << int(np.ceil(np.log2(2 * windowed.size)))
    correlation = np.fft.irfft(np.abs(np.fft.rfft(windowed, size)) ** 2, size)[: ORDER + 1]
    if correlation[0] <= 0.0:
        return FLOOR_DB
    correlation[0] *= 1.0 + 1e-9
    predictor = np.concatenate(([1.0], -solve_toeplitz(correlation[:-1], correlation[1:])))
    error = np.abs(lfilter(predictor, 1.0, np.concatenate([before, around])))
    own, ending = float(error[ORDER : before.size].max()), float(error[before.size :].max())
    return max(float(20.0 * np.log10((ending - own) / peak)), FLOOR_DB) if ending > OWN * own else FLOOR_DB


def centroid_hz(tone: Samples) -> float:
    """Centre of the amplitude spectrum from 30 Hz to 16 kHz, through a Hann window."""
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(tone.size)))
    bins = np.fft.rfftfreq(tone.size, 1 / RATE_HZ)
    heard = (bins >= 30.0) & (bins <= 16_000.0)
    total = float(spectrum[heard].sum())
    return float((spectrum[heard] * bins[heard]).sum() / total) if total > 0.0 else 0.0


def thirds_db(tone: Samples) -> Samples:
    """Levels of the third-octave bands from 100 Hz to 10 kHz."""
    power = np.abs(np.fft.rfft(tone * np.hanning(tone.size))) ** 2
    bins = np.fft.rfftfreq(tone.size, 1 / RATE_HZ)
    centres = 1000.0 * 2.0 ** (np.arange(-10, 11) / 3)
    bands = [power[(bins >= c * 2 ** (-1 / 6)) & (bins < c * 2 ** (1 / 6))].sum() for c in centres]
    return np.asarray(10.0 * np.log10(np.array(bands) + 1e-15))


def strokes_apart(strokes: list[Samples]) -> tuple[float, float]:
    """How much strokes of one pitch and velocity differ from one to the next: of level in dB, and of tone.

    The tone's difference is the mean over third octaves within 30 dB of the strongest, after taking out the level's.
    """
    levels = np.array([10.0 * np.log10(np.mean(np.square(one)) + 1e-15) for one in strokes])
    tones = np.array([thirds_db(one) for one in strokes]) - levels[:, None]
    heard = tones.mean(axis=0) > tones.mean(axis=0).max() - 30.0
    return float(np.abs(np.diff(levels)).mean()), float(np.abs(np.diff(tones[:, heard], axis=0)).mean())
