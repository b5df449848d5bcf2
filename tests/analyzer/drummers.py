"""A drummer made of sine and noise, who plays exactly what is written, for ears to be measured on."""

from collections.abc import Callable

import numpy as np

from services.music.audio.onsets import EAR_RATE_HZ

Lateness = Callable[[str, int], float]
RATE = EAR_RATE_HZ


def _kick() -> np.ndarray:
    t = np.arange(round(0.25 * RATE)) / RATE
    return np.sin(2 * np.pi * (52 * t + 2.5 * (1 - np.exp(-t * 60)))) * np.exp(-t * 14) * 0.7


def _snare(rng: np.random.Generator) -> np.ndarray:
    t = np.arange(round(0.2 * RATE)) / RATE
    return (np.sin(2 * np.pi * 190 * t) * np.exp(-t * 25) * 0.35 + rng.normal(0, 0.22, len(t)) * np.exp(-t * 22)) * 0.8


def _hat(rng: np.random.Generator) -> np.ndarray:
    t = np.arange(round(0.06 * RATE)) / RATE
    noise = np.diff(rng.normal(0, 1, len(t) + 2), 2)
    return noise * np.exp(-t * 70) * 0.06


def play(
    pattern: dict[str, tuple[int, ...]],
    bpm: float | Callable[[float], float] = 100.0,
    bars: int = 12,
    steps: int = 16,
    beats: int = 4,
    late_s: Lateness = lambda _, __: 0.0,
    rests: tuple[int, ...] = (),
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Samples [n], times of the beats, times per voice. `pattern`: steps of the bar; `late_s` by voice and step; `rests`: silent bars.

    `bpm` may be a function of the beat number.
    """
    rng = np.random.default_rng(5)
    speed = bpm if callable(bpm) else (lambda _: bpm)
    fine = np.arange(bars * beats * 24 + 1) / 24
    clock = 0.3 + np.concatenate([[0.0], np.cumsum([60 / speed(b) / 24 for b in fine[:-1]])])
    out = np.zeros(round((clock[-1] + 1.0) * RATE))
    times: dict[str, list[float]] = {voice: [] for voice in pattern}
    for bar in range(bars):
        for voice, places in pattern.items() if bar not in rests else ():
            for step in places:
                time = float(np.interp(bar * beats + step * beats / steps, fine, clock)) + late_s(voice, step)
                sound = {"kick": _kick, "snare": lambda: _snare(rng), "hat": lambda: _hat(rng)}[voice]() * rng.uniform(0.85, 1.0)
                start = round(time * RATE)
                out[start : start + len(sound)] += sound[: len(out) - start]
                times[voice].append(time)
    out += rng.normal(0, 1e-4, len(out))
    return out.astype(np.float32), clock[::24][: bars * beats], {voice: np.asarray(t) for voice, t in times.items()}
