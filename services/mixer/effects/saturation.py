"""Distortion and tape. Our own curves run at four times the rate, so that what they make does not fold back."""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

from services.mixer.effects.effect import Audio, Effect, board, mixed, pedal
from services.mixer.effects.filters import HIGHEST, biquad, held_hz
from services.mixer.effects.kernels import follow, level, phase, read_at
from services.mixer.effects.parameters import choice, number, whole
from services.music.audio.levels import linear
from services.music.rng import rng

Signal = NDArray[np.float64]

OVERSAMPLED_TO_HZ = 176_000
BLOCK, REACH = 1 << 18, 64
BIAS = 0.35  # how far a tube's curve stands off its middle: even harmonics


def _shaped(audio: Audio, rate: int, curve: str, drive: float) -> Audio:
    """A curve of gain 1 for small signals after `drive` (linear), oversampled; [2, samples].

    In blocks that overlap by more than the resampling filters reach, so that memory stays small and every block gives the same.
    """
    factor = min(8, max(1, 2 ** math.ceil(math.log2(OVERSAMPLED_TO_HZ / rate))))
    out = np.empty_like(audio)
    for start in range(0, audio.shape[1], BLOCK):
        before = min(start, REACH)
        end = min(audio.shape[1], start + BLOCK)
        part = audio[:, start - before : end + REACH].astype(np.float64)
        up = resample_poly(part, factor, 1, axis=-1) if factor > 1 else part
        bent = _CURVES[curve](np.asarray(up * drive))
        down = resample_poly(bent, 1, factor, axis=-1) if factor > 1 else bent
        out[:, start:end] = down[:, before : before + end - start]
    return out


def _tube(x: Signal) -> Signal:
    return np.asarray((np.tanh(x + BIAS) - math.tanh(BIAS)) / (1 - math.tanh(BIAS) ** 2))


_CURVES: dict[str, Callable[[Signal], Signal]] = {
    "tape": np.tanh,
    "tube": _tube,
    "transistor": lambda x: x / np.power(1 + np.abs(x) ** 4, 0.25),
    "hard": lambda x: np.clip(x, -1, 1),
    "fold": np.sin,
}


@cache
def _fundamental(curve: str, drive: float) -> float:
    """Gain of a curve for the fundamental of a sine that nearly fills it (its describing function)."""
    sine = 0.7 * np.sin(2 * np.pi * (np.arange(512) + 0.5) / 512)
    return float(np.dot(_CURVES[curve](sine * drive), sine) / np.dot(sine, sine))


def saturate(audio: Audio, rate: int, *, drive: float, curve: str, mix: float, output: float) -> Audio:
    """Harmonics of a curve; half of the drive is taken back."""
    wet = _shaped(audio, rate, curve, linear(drive)) * np.float32(linear(output - drive / 2))
    if curve == "tube":
        wet = np.asarray(sosfilt(butter(1, 8, "high", fs=rate, output="sos"), wet, axis=-1), dtype=np.float32)
    return mixed(audio, wet, mix)


def distortion(audio: Audio, rate: int, *, drive: float, output: float, mix: float) -> Audio:
    """Pedalboard's tanh, without oversampling: raw."""
    return mixed(audio, board(audio, rate, pedal("Distortion", drive), pedal("Gain", output)), mix)


def bitcrush(audio: Audio, rate: int, *, bits: float, hz: float, mix: float) -> Audio:
    """Fewer bits, and a sample rate below one's own by holding samples, without a filter."""
    held = audio
    if hz < rate:
        at = np.arange(audio.shape[1])
        held = audio[:, np.ceil(np.floor(at * (hz / rate)) * (rate / hz)).astype(np.int64).clip(0, at)]
    return mixed(audio, board(held, rate, pedal("Bitcrush", bits)), mix)


def exciter(audio: Audio, rate: int, *, hz: float, amount: float, drive: float) -> Audio:
    """Harmonics of the highs alone, added above them: air for what has little. As many for soft sounds as for loud ones."""
    highs = butter(2, held_hz(hz, rate), "high", fs=rate, output="sos")
    source = np.asarray(sosfilt(highs, audio, axis=-1), dtype=np.float32)
    envelope = follow(level(source), 0.5, 60.0, rate) + linear(-90.0)
    even = np.asarray(source / envelope, dtype=np.float32)
    # Without the fundamental: it would cancel the highs near the corner, where the filters turn it.
    made = (_shaped(even, rate, "tube", linear(drive)) - even * np.float32(_fundamental("tube", linear(drive)))) * envelope
    return np.asarray(audio + sosfilt(highs, made, axis=-1) * linear(amount), dtype=np.float32)


def sub_harmonics(audio: Audio, rate: int, *, hz: float, drive: float, amount: float) -> Audio:
    """Harmonics of the lows, so that a bass is heard where it cannot sound; the lows stay as they were."""
    corner = held_hz(hz, rate)
    low = np.asarray(sosfilt(butter(4, corner, "low", fs=rate, output="sos"), audio, axis=-1), dtype=np.float32)
    bent = _shaped(low, rate, "tube", linear(drive)) * np.float32(linear(-drive / 2))
    band = butter(2, (corner, held_hz(min(12 * corner, 3000.0), rate)), "band", fs=rate, output="sos")
    return np.asarray(audio + sosfilt(band, bent, axis=-1) * linear(amount), dtype=np.float32)


def tape(
    audio: Audio,
    rate: int,
    *,
    drive: float,
    wow: float,
    flutter: float,
    bump: float,
    hz: float,
    hiss: float,
    seed: int,
) -> Audio:
    """A tape machine: saturation, a bump of its head, fewer highs, a waver of speed (one for both channels) and hiss."""
    out = _shaped(audio, rate, "tape", linear(drive)) * np.float32(linear(-drive / 2)) if drive > 0 else audio
    sections = [biquad("peak", 70.0, bump, 0.7, rate)]
    if hz < HIGHEST * rate:
        sections.append(butter(2, hz, "low", fs=rate, output="sos"))
    out = np.asarray(sosfilt(np.concatenate(sections), out, axis=-1), dtype=np.float32)
    out = _wavering(out, rate, wow, flutter)
    if hiss > -120:
        noise = rng(seed, "mixer", "tape hiss").standard_normal((audio.shape[1], 2)).T
        out = np.asarray(out + sosfilt(biquad("high_shelf", 4000.0, 6.0, 0.7, rate), noise, axis=-1) * linear(hiss), dtype=np.float32)
    return out


def _wavering(audio: Audio, rate: int, wow: float, flutter: float) -> Audio:
    """Speed deviates by `wow` percent at about 0.6 Hz and by `flutter` percent at about 7 Hz; on average nothing moves."""
    if wow <= 0 and flutter <= 0:
        return audio
    count = audio.shape[1]
    shift = np.zeros(count)
    for percent, hz in ((wow, 0.6), (flutter, 7.3)):
        # Speed is the derivative of position; two sines that share no period, 1.8 times the amplitude of the first at most.
        depth = percent / 100 / (1.8 * 2 * math.pi * hz) * rate
        shift += depth * (np.sin(phase(count, rate, hz)) + 0.3 * np.sin(phase(count, rate, 2.7 * hz)))
    return np.stack([read_at(channel, shift) for channel in audio])


EFFECTS = (
    Effect(
        "saturate",
        "saturation",
        "warmth to fuzz, at four times the rate",
        (
            number("drive", 6, -12, 48, "dB", "gain into the curve"),
            choice("curve", "tape", tuple(_CURVES), "tape: odd harmonics; tube: even ones too; fold: folds back"),
            number("mix", 1, 0, 1, "", "0 dry, 1 wet"),
            number("output", 0, -48, 24, "dB", "gain after it"),
        ),
        saturate,
        ahead_ms=5.0,
    ),
    Effect(
        "distortion",
        "saturation",
        "raw clipping without oversampling",
        (
            number("drive", 18, 0, 60, "dB", "gain into it"),
            number("output", -9, -60, 24, "dB", "gain after it"),
            number("mix", 1, 0, 1, "", "0 dry, 1 wet"),
        ),
        distortion,
    ),
    Effect(
        "bitcrush",
        "saturation",
        "fewer bits and a lower sample rate",
        (
            number("bits", 8, 1, 24, "bits", "depth"),
            number("hz", 192_000, 200, 192_000, "Hz", "rate at which samples are held"),
            number("mix", 1, 0, 1, "", "0 dry, 1 wet"),
        ),
        bitcrush,
    ),
    Effect(
        "exciter",
        "saturation",
        "new harmonics above a corner",
        (
            number("hz", 4500, 500, 14_000, "Hz", "corner"),
            number("amount", 0, -60, 24, "dB", "level of what is added, against the highs"),
            number("drive", 12, 0, 36, "dB", "how many harmonics"),
        ),
        exciter,
        ahead_ms=5.0,
    ),
    Effect(
        "bass_harmonics",
        "saturation",
        "makes a bass heard on small speakers",
        (
            number("hz", 110, 40, 400, "Hz", "what lies below gets harmonics"),
            number("drive", 12, 0, 36, "dB", "how many harmonics"),
            number("amount", -6, -60, 12, "dB", "level of what is added"),
        ),
        sub_harmonics,
        ahead_ms=5.0,
    ),
    Effect(
        "tape",
        "saturation",
        "a tape machine: saturation, bump, highs, wow, flutter, hiss",
        (
            number("drive", 2, 0, 30, "dB", "how hot it is recorded"),
            number("wow", 0.05, 0, 3, "%", "slow waver of speed"),
            number("flutter", 0.03, 0, 2, "%", "quick waver of speed"),
            number("bump", 1.5, 0, 9, "dB", "of the head, at 70 Hz"),
            number("hz", 15_000, 1000, 90_000, "Hz", "where the highs end"),
            number("hiss", -120, -120, -20, "dBFS", "level of the hiss; -120 for none"),
            whole("seed", 0, 0, 2**31 - 1, "", "another seed, another hiss"),
        ),
        tape,
        ahead_ms=60.0,
    ),
)
