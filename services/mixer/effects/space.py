"""Echoes and rooms."""

import math

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample, sosfilt

from services.mixer.convolution import convolve
from services.mixer.effects.effect import Audio, Effect, Song, board, mixed, pedal
from services.mixer.effects.filters import held_hz
from services.mixer.effects.kernels import gate_curve, level
from services.mixer.effects.parameters import file, number, whole
from services.music.audio.levels import linear
from services.music.rng import rng

NOISE_RATE = 48_000
PREDELAY_S = 0.004


@numba.njit(cache=True, nogil=True)
def _echoes(dry, delay, feedback, cross, smooth, cut, out):  # type: ignore[no-untyped-def]
    """Two delay lines; each echo passes a one-pole low pass (`smooth`) and high pass (`cut`). `cross` 1: they feed each other."""
    low = np.zeros(2)
    base = np.zeros(2)
    for n in range(dry.shape[1]):
        for side in range(2):
            x = 0.0
            if n >= delay:
                own, other = np.float64(out[side, n - delay]), np.float64(out[1 - side, n - delay])
                middle = 0.5 * (np.float64(dry[0, n - delay]) + np.float64(dry[1, n - delay]))
                x = feedback * ((1 - cross) * own + cross * other)
                x += (1 - cross) * np.float64(dry[side, n - delay])
                if side == 0:
                    x += cross * middle
            low[side] += smooth * (x - low[side])
            base[side] += cut * (low[side] - base[side])
            if abs(low[side]) < 1e-20:
                low[side] = 0.0
                base[side] = 0.0
            out[side, n] = low[side] - base[side]


def _echoed(audio: Audio, rate: int, seconds: float, *, feedback: float, ping_pong: float, low_hz: float, high_hz: float) -> Audio:
    """What an echo gives, without the dry sound."""
    smooth, cut = (1 - math.exp(-2 * math.pi * hz / rate) for hz in (high_hz, low_hz))
    out = np.zeros_like(audio)
    longest_s = audio.shape[1] / rate + 1  # an echo that comes later is not heard
    _echoes(audio, max(1, round(min(seconds, longest_s) * rate)), feedback, ping_pong, smooth, cut, out)
    return out


def delay(
    audio: Audio, rate: int, *, time_ms: float, feedback: float, ping_pong: float, low_hz: float, high_hz: float, mix: float
) -> Audio:
    """An echo by time."""
    wet = _echoed(audio, rate, time_ms / 1000, feedback=feedback, ping_pong=ping_pong, low_hz=low_hz, high_hz=high_hz)
    return mixed(audio, wet, mix)


def tempo_delay(
    audio: Audio,
    rate: int,
    *,
    song: Song,
    beats: float,
    bpm: float,
    feedback: float,
    ping_pong: float,
    low_hz: float,
    high_hz: float,
    mix: float,
) -> Audio:
    """An echo by beats of the song."""
    seconds = beats * 60 / (bpm or song.bpm)
    wet = _echoed(audio, rate, seconds, feedback=feedback, ping_pong=ping_pong, low_hz=low_hz, high_hz=high_hz)
    return mixed(audio, wet, mix)


def reverb(audio: Audio, rate: int, *, size: float, damping: float, width: float, predelay_ms: float, low_hz: float, mix: float) -> Audio:
    """Pedalboard's reverb (Freeverb), with a pre-delay and without the mud below a corner."""
    fed = np.zeros_like(audio)
    late = round(predelay_ms * rate / 1000)
    if late < audio.shape[1]:
        fed[:, late:] = audio[:, : audio.shape[1] - late]
    fed = np.asarray(sosfilt(butter(1, held_hz(low_hz, rate), "high", fs=rate, output="sos"), fed, axis=-1), dtype=np.float32)
    # The library's own factor for wet is 3.
    wet = board(fed, rate, pedal("Reverb", room_size=size, damping=damping, wet_level=1 / 3, dry_level=0.0, width=width))
    return mixed(audio, wet, mix)


def convolution(audio: Audio, rate: int, *, response: Audio | None, mix: float, predelay_ms: float) -> Audio:
    """Filtered by a recorded room; the response is brought to an energy of 1, so that the level stays about the same."""
    if response is None or not response.shape[1]:
        return audio
    # The same filter has less energy per tap at a higher rate: what it has at 48 kHz counts.
    energy = math.sqrt(float(np.square(response, dtype=np.float64).sum(axis=1).mean()) * rate / NOISE_RATE)
    if energy < 1e-9:
        return mixed(audio, np.zeros_like(audio), mix)
    late = np.zeros((2, round(predelay_ms * rate / 1000)), dtype=np.float32)
    return mixed(audio, convolve(audio, np.concatenate([late, response / np.float32(energy)], axis=1)), mix)


def _dense_noise(decay_s: float, rate: int, seed: int) -> NDArray[np.float64]:
    """A bright room's response [2, taps], of energy 1 at 48 kHz; the same room at every sample rate."""
    taps = round(decay_s * 1.2 * NOISE_RATE)
    noise = rng(seed, "mixer", "gated reverb").standard_normal((2, taps)) * 10 ** (-3 * np.arange(taps) / NOISE_RATE / decay_s)
    noise[:, : round(PREDELAY_S * NOISE_RATE)] = 0
    noise = sosfilt(butter(2, (180, 9000), "band", fs=NOISE_RATE, output="sos"), noise, axis=-1)
    noise /= np.sqrt(np.square(noise).sum(axis=1, keepdims=True))
    return np.asarray(resample(noise, max(1, round(taps * rate / NOISE_RATE)), axis=-1) * (NOISE_RATE / rate))


def gated_reverb(
    audio: Audio, rate: int, *, decay_s: float, hold_ms: float, release_ms: float, threshold_db: float, amount: float, seed: int
) -> Audio:
    """A big bright room that is cut off while it still sounds: the snare of the eighties. Opened by the dry sound."""
    wet = convolve(audio, _dense_noise(decay_s, rate, seed).astype(np.float32))
    curve = gate_curve(
        level(audio),
        rate,
        threshold_db=threshold_db,
        hysteresis_db=3.0,
        hold_ms=hold_ms,
        attack_ms=1.0,
        release_ms=release_ms,
        floor_db=-120.0,
    )
    return np.asarray(audio + wet * (curve * linear(amount)), dtype=np.float32)


_FEEDBACK = number("feedback", 0.35, 0, 0.95, "", "how much of each echo comes again")
_PING_PONG = number("ping_pong", 0.0, 0, 1, "", "1: first left, then right")
_LOW = number("low_hz", 150, 10, 2000, "Hz", "echoes lose what lies below")
_HIGH = number("high_hz", 6000, 300, 24_000, "Hz", "echoes lose what lies above")
_MIX = number("mix", 0.3, 0, 1, "", "0 dry, 1 wet")

EFFECTS = (
    Effect(
        "delay",
        "space",
        "an echo by time",
        (number("time_ms", 350, 1, 5000, "ms", "between echoes"), _FEEDBACK, _PING_PONG, _LOW, _HIGH, _MIX),
        delay,
    ),
    Effect(
        "tempo_delay",
        "space",
        "an echo in time with the song",
        (
            number("beats", 0.75, 0.03125, 16, "beats", "between echoes"),
            number("bpm", 0, 0, 999, "per minute", "tempo; 0 takes the song's, which is 120 for a file"),
            _FEEDBACK,
            _PING_PONG,
            _LOW,
            _HIGH,
            _MIX,
        ),
        tempo_delay,
        wants_song=True,
    ),
    Effect(
        "reverb",
        "space",
        "a room",
        (
            number("size", 0.5, 0, 1, "", "0 small, 1 endless"),
            number("damping", 0.5, 0, 1, "", "1 dark"),
            number("width", 1, 0, 1, "", "0 mono"),
            number("predelay_ms", 10, 0, 250, "ms", "before it answers"),
            number("low_hz", 150, 10, 2000, "Hz", "it answers nothing below"),
            number("mix", 0.25, 0, 1, "", "0 dry, 1 wet"),
        ),
        reverb,
    ),
    Effect(
        "convolution",
        "space",
        "a recorded room or cabinet, from a file",
        (
            file("response", "the impulse response"),
            number("mix", 0.3, 0, 1, "", "0 dry, 1 wet"),
            number("predelay_ms", 0, 0, 250, "ms", "before it answers"),
        ),
        convolution,
    ),
    Effect(
        "gated_reverb",
        "space",
        "a big room cut off while it sounds: the snare of the eighties",
        (
            number("decay_s", 2.4, 0.2, 6, "s", "of the room"),
            number("hold_ms", 200, 10, 2000, "ms", "how long it stays open after the sound"),
            number("release_ms", 25, 1, 1000, "ms", "how fast it closes"),
            number("threshold_db", -20, -80, 0, "dBFS", "of the dry sound, at which it opens"),
            number("amount", -3, -60, 12, "dB", "level of the room, beside the dry sound"),
            whole("seed", 0, 0, 2**31 - 1, "", "another seed, another room"),
        ),
        gated_reverb,
    ),
)
