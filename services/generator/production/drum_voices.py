"""The voices of the drum machines: one stroke each, synthesised with numpy.

Every voice is a pure function of its settings, the velocity (0–1) and a generator for its noise; it returns [frames] or
[2, frames] float64 at 48 kHz, with the stroke at sample 0.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from services.generator.production.curves import SAMPLE_RATE_HZ
from services.generator.production.drum_settings import Stroke
from services.music.rng import rng as rng_for

Wave = NDArray[np.float64]
RATE = float(SAMPLE_RATE_HZ)
_MODES = 420
_BANDS = (0.5, 3.0, 7.0, 14.0, 26.0, 48.0, 400.0)
"""Borders of the bands of a plate that die at their own pace, against its lowest mode."""


def _time(seconds: float) -> Wave:
    return np.arange(round(seconds * RATE)) / RATE


def _fade(time: Wave, decay_s: float, curve: float = 1.0) -> Wave:
    """Exponential decay that reaches −60 dB at `decay_s`."""
    return np.asarray(np.exp(-6.9078 * (time / decay_s) ** curve))


def _band(wave: Wave, low_hz: float | None, high_hz: float | None, order: int = 2) -> Wave:
    if low_hz:
        wave = sosfilt(butter(order, min(low_hz, 20000.0), "highpass", fs=RATE, output="sos"), wave)
    if high_hz and high_hz < 23000:
        wave = sosfilt(butter(order, high_hz, "lowpass", fs=RATE, output="sos"), wave)
    return np.asarray(wave)


def _glide(time: Wave, tune_hz: float | Wave, octaves: float, bend_s: float) -> Wave:
    """A sine whose pitch falls by `octaves` into `tune_hz`, which may move itself."""
    frequency = tune_hz * 2.0 ** (octaves * np.exp(-time / max(bend_s, 1e-4) * 3.0))
    return np.asarray(np.sin(2 * np.pi * (np.cumsum(frequency) - frequency[0]) / RATE))


def _saturate(wave: Wave, drive: float) -> Wave:
    return np.asarray(np.tanh(wave * drive) / np.tanh(drive))


def kick(s: Stroke, velocity: float, rng: np.random.Generator) -> Wave:
    """Four layers: a falling sine that settles into its tail, a knock above it, a beater and a click of noise; driven together."""
    time = _time(max(s.decay_s * 1.15, 0.25))
    settled = s.tune_hz * 2.0 ** (s.settle * (np.exp(-time / max(s.decay_s * 0.35, 1e-3)) - 0.15))
    body = _glide(time, settled, s.bend * (0.75 + 0.25 * velocity), s.bend_s) * _fade(time, s.decay_s, 0.9)
    knock = _glide(time, s.tune_hz * 2.3, 0.8 * s.bend, s.bend_s) * _fade(time, s.punch_s) * s.punch * (0.5 + 0.5 * velocity)
    attack = _band(rng.standard_normal(time.size), 0.5 * s.click_hz, s.high_hz) * _fade(time, 0.018) * s.click * velocity**1.5 * 0.5
    beater = np.sin(2 * np.pi * s.click_hz * time) * _fade(time, 0.012) * s.click * 0.35 * velocity
    wave = _saturate(body + knock + attack + beater, s.drive * (0.6 + 0.4 * velocity))
    return _band(wave, 22.0, None, 1)


def snare(s: Stroke, velocity: float, rng: np.random.Generator) -> Wave:
    """Three modes of the shell, the wires that answer a moment later, a crack; harder strokes have more and brighter wires.

    Each stroke falls on another spot: the modes' shares are drawn.
    """
    time = _time(max(s.decay_s, s.noise_s) * 1.2)
    second, third = 0.55 * rng.uniform(0.75, 1.25), 0.22 * rng.uniform(0.6, 1.4)
    shell = _glide(time, s.tune_hz, s.bend, s.bend_s) + second * _glide(time, s.tune_hz * 1.593, s.bend, s.bend_s)
    tone = shell * _fade(time, s.decay_s) + third * _glide(time, s.tune_hz * 2.296, s.bend, s.bend_s) * _fade(time, s.decay_s * 0.5)
    wires = [_band(rng.standard_normal(time.size), s.low_hz, min(s.high_hz * (0.45 + 0.55 * velocity), 20000.0)) for _ in range(2)]
    hiss = (
        np.stack([wires[0], wires[0] * (1 - s.width) + wires[1] * s.width])
        * _fade(time, s.noise_s, 0.8)
        * (1.0 - 0.6 * np.exp(-time * 900.0))
    )
    snap = _band(rng.standard_normal(time.size), 2500.0, None) * _fade(time, 0.02) * s.click * velocity
    return _saturate(tone * 0.7 + hiss * s.noise * (0.35 + 0.65 * velocity) + snap, s.drive * (0.6 + 0.4 * velocity))


def clap(s: Stroke, velocity: float, rng: np.random.Generator) -> Wave:
    """Several hands a few milliseconds apart, then the room of their own tail."""
    time = _time(s.noise_s * 1.3 + 0.06)
    envelope = np.zeros_like(time)
    for hand in range(s.strokes):
        at = hand * s.gap_s * (1.0 + 0.12 * rng.standard_normal()) if hand else 0.0
        past = time - at
        last = hand == s.strokes - 1
        envelope += np.where(past >= 0, _fade(np.maximum(past, 0), s.noise_s if last else 0.03) * (1.0 if last else 0.8), 0.0)
    hands = []
    for _ in range(2):
        noise = rng.standard_normal(time.size)
        hands.append(_band(noise, s.low_hz, s.high_hz) + 0.6 * _band(noise, s.tune_hz * 0.8, s.tune_hz * 1.3))
    wave = np.stack([hands[0], hands[0] * (1 - s.width) + hands[1] * s.width]) * envelope
    return _saturate(wave * 0.8, s.drive) * (0.7 + 0.3 * velocity)


def cymbal(s: Stroke, velocity: float, rng: np.random.Generator) -> Wave:
    """Inharmonic squares as in the analogue machines, and hiss; the top dies before the middle, harder strokes are brighter."""
    time = _time(s.decay_s * 1.1 + 0.02)
    ratios = (1.0, 1.4471, 1.6170, 1.9265, 2.5028, 2.6637)
    sides = []
    for side in range(2):
        phase = rng.random(len(ratios))
        detune = 1.0 + (0.004 * s.width if side else 0.0)
        metal = sum(_square(time, s.tune_hz * ratio * detune, p) for ratio, p in zip(ratios, phase, strict=True))
        hiss = rng.standard_normal(time.size)
        sides.append(np.asarray(metal) * 0.28 * s.metal + hiss * s.noise)
    raw = np.stack([sides[0], sides[0] * (1 - s.width) + sides[1] * s.width])
    top = _band(raw, s.low_hz * 1.6, None) * _fade(time, s.decay_s * 0.55, 0.75)
    middle = _band(raw, s.low_hz, s.low_hz * 1.9) * _fade(time, s.decay_s, 0.75)
    stick = _band(rng.standard_normal(time.size), 3000.0, None) * _fade(time, 0.012) * s.click * velocity
    wave = _band(top * (0.45 + 0.55 * velocity) + 0.8 * middle, None, s.high_hz, 1) + stick
    return np.asarray(wave * (1.0 - np.exp(-time * 4000.0)))


def plate(s: Stroke, velocity: float, rng: np.random.Generator) -> Wave:
    """A bronze plate: hundreds of modes that belong to the instrument, struck on another spot each time.

    The top dies first; hard strokes pour energy upwards a little after the stick (Fletcher and Rossing, The Physics of Musical
    Instruments, 20.3).
    """
    time = _time(s.decay_s * 1.05 + 0.02)
    size = int(2 ** np.ceil(np.log2(time.size)))
    own = rng_for(0, "production", "plate", round(s.low_hz))
    hertz = s.tune_hz * (1.0 + np.sort(own.random(_MODES)) * (18000.0 / s.tune_hz - 1.0)) * own.uniform(0.985, 1.015, _MODES)
    strength = own.rayleigh(0.7, _MODES) * (hertz / 3000.0) ** (-0.55 * (1.2 - 0.5 * velocity))
    bins = np.clip(np.rint(hertz * size / RATE).astype(int), 1, size // 2)
    spots: list[NDArray[np.complex128]] = []
    for _ in range(2):
        spot = np.zeros(size // 2 + 1, dtype=complex)
        np.add.at(spot, bins, strength * rng.uniform(0.65, 1.35, _MODES) * np.exp(2j * np.pi * rng.random(_MODES)))
        spots.append(spot)
    ringing = np.stack([_rung(s, velocity, spot, time, size) for spot in (spots[0], spots[0] * (1 - s.width) + spots[1] * s.width)])
    ringing = _band(ringing, s.low_hz, None)
    ringing *= 0.22 / max(float(np.sqrt(np.mean(ringing[:, : round(0.03 * RATE)] ** 2))), 1e-9)
    hiss = np.stack([rng.standard_normal(time.size) for _ in range(2)]) * _fade(time, s.noise_s, 0.8) * s.noise * 0.3
    stick = _band(rng.standard_normal(time.size), 3500.0, None) * _fade(time, 0.01) * s.click * velocity
    dulled = min(s.high_hz, 20000.0) * (0.55 + 0.45 * velocity)
    wave = _band(ringing * s.metal + _band(hiss, s.low_hz, None) + stick, None, dulled, 1)
    return np.asarray(wave * (1.0 - np.exp(-time * 5000.0)))


def _rung(s: Stroke, velocity: float, spot: NDArray[np.complex128], time: Wave, size: int) -> Wave:
    """The modes of a plate, given as a spectrum of `size` samples, sounding in bands that die at their own pace."""
    line = np.arange(size // 2 + 1) * RATE / size
    wave = np.zeros(time.size)
    for low, high in pairwise(s.tune_hz * np.array(_BANDS)):
        band = np.fft.irfft(np.where((line >= low) & (line < high), spot, 0.0), size)[: time.size] * size
        share = float(np.sqrt(low * high)) / s.tune_hz
        bloom = 1.0 - 0.75 * np.exp(-time / (0.0015 + 0.004 * velocity * min(share / 14.0, 1.5)))
        wave += band * _fade(time, s.decay_s * (3.0 / (3.0 + share)) ** 0.45, 0.8) * bloom
    return wave


def tone(s: Stroke, velocity: float, rng: np.random.Generator) -> Wave:
    """Toms, congas, bongos, claves, blocks, cowbells, bells: a struck resonance with its overtone, a little skin."""
    time = _time(s.decay_s * 1.15 + 0.01)
    body = _glide(time, s.tune_hz, s.bend * (0.6 + 0.4 * velocity), s.bend_s) * _fade(time, s.decay_s)
    over = _glide(time, s.tune_hz * (1.48 if s.metal > 1 else 1.593), s.bend, s.bend_s) * _fade(time, s.decay_s * 0.55) * 0.45 * s.metal
    skin = _band(rng.standard_normal(time.size), s.low_hz, s.high_hz) * _fade(time, s.noise_s) * s.noise * velocity
    tick = _band(rng.standard_normal(time.size), 1800.0, 9000.0) * _fade(time, 0.006) * s.click * velocity
    return _saturate(body + over * (0.5 + 0.5 * velocity) + skin + tick, s.drive * (0.6 + 0.4 * velocity)) * np.minimum(time * 4000.0, 1.0)


def bell(s: Stroke, velocity: float, rng: np.random.Generator) -> Wave:
    """Cowbell, agogo, triangle: two squares a fifth or so apart through a band."""
    time = _time(s.decay_s * 1.15 + 0.01)
    raw = _square(time, s.tune_hz, 0.0) + _square(time, s.tune_hz * 1.483, 0.3)
    wave = _band(raw * 0.4, s.low_hz, s.high_hz) * (0.6 * _fade(time, 0.05) + 0.4 * _fade(time, s.decay_s))
    return np.asarray(wave * (0.8 + 0.2 * rng.random()) * (0.6 + 0.4 * velocity))


def shake(s: Stroke, velocity: float, rng: np.random.Generator) -> Wave:
    """Shaker, tambourine, cabasa, guiro, maracas: bursts of filtered noise with a soft beginning."""
    time = _time(s.gap_s * s.strokes + s.noise_s * 1.2)
    envelope = np.zeros_like(time)
    for grain in range(s.strokes):
        past = np.maximum(time - grain * s.gap_s, 0.0)
        envelope += np.where(
            time >= grain * s.gap_s, (1.0 - np.exp(-past / (0.002 + 0.004 * (1 - velocity)))) * _fade(past, s.noise_s), 0.0
        )
    noises = [_band(rng.standard_normal(time.size), s.low_hz, s.high_hz * (0.6 + 0.4 * velocity)) for _ in range(2)]
    jingle = sum(np.sin(2 * np.pi * f * time + p) for f, p in zip((5230.0, 6870.0, 8410.0, 9950.0), rng.random(4) * 6.28, strict=True))
    base = np.stack([noises[0], noises[0] * (1 - s.width) + noises[1] * s.width])
    return np.asarray((base + 0.12 * (s.metal - 1.0) * np.asarray(jingle)) * envelope)


def _square(time: Wave, hertz: float, phase: float) -> Wave:
    """A square of its first odd partials below 20 kHz: no aliasing."""
    total = np.zeros_like(time)
    for partial in range(1, min(int(20000.0 / hertz), 21) + 1, 2):
        total += np.sin(2 * np.pi * (hertz * partial * time + phase * partial)) / partial
    return total


VOICES: dict[str, Callable[[Stroke, float, np.random.Generator], Wave]] = {
    voice.__name__: voice for voice in (kick, snare, clap, cymbal, plate, tone, bell, shake)
}
