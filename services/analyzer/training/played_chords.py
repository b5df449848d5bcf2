"""Plain bands that play known chords: sums of sines with random timbres, voicings, rhythms, drums and tunes.

Rendered songs have our own instruments only; ears that were taught by them alone take a bare third for another chord. These
bands have every root and quality alike and no instrument at all.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.music.chord import QUALITIES as INTERVALS
from services.analyzer.chord_model import QUALITIES

Array = npt.NDArray[np.float32]

RATE_HZ = 11_025
_SHARES = (0.24, 0.22, 0.13, 0.1, 0.13, 0.06, 0.05, 0.07)
"""How often each of QUALITIES is played."""
_BEATS = 64


@dataclass(frozen=True)
class Played:
    """Sound [samples] at RATE_HZ, its beats in seconds, and the state of each beat."""

    mono: Array
    beats_s: npt.NDArray[np.float64]
    states: npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Timbre:
    """Level of each partial, decay per second, attack in seconds."""

    partials: npt.NDArray[np.float64]
    decay: float
    attack_s: float


def _timbre(rng: np.random.Generator) -> _Timbre:
    count = int(rng.integers(2, 12))
    levels = np.arange(1, count + 1) ** -rng.uniform(0.5, 2.2) * rng.uniform(0.4, 1.0, count)
    if rng.random() < 0.2:
        levels[1::2] *= 0.1
    return _Timbre(levels, rng.uniform(0.3, 5.0), rng.uniform(0.003, 0.05))


def _add(out: npt.NDArray[np.float64], start_s: float, length_s: float, midi: float, level: float, timbre: _Timbre) -> None:
    first = round(start_s * RATE_HZ)
    t = np.arange(min(round(length_s * RATE_HZ), len(out) - first)) / RATE_HZ
    hz = 440 * 2 ** ((midi - 69) / 12)
    partials = [(k + 1, own) for k, own in enumerate(timbre.partials) if hz * (k + 1) < 0.45 * RATE_HZ]
    wave = np.sum([own * np.sin(2 * np.pi * hz * k * t) for k, own in partials], axis=0)
    shape = np.minimum(1, t / timbre.attack_s) * np.exp(-timbre.decay * t) * np.minimum(1, (length_s - t) * 60)
    out[first : first + len(t)] += level * wave * shape


def play(seed: int) -> Played:
    """A band of its own for each seed."""
    rng = np.random.default_rng(seed)
    beat = 60 / rng.uniform(70, 170)
    out = np.zeros(round((_BEATS * beat + 0.5) * RATE_HZ))
    cents, harmony, bass, tune = rng.uniform(-0.3, 0.3), _timbre(rng), _timbre(rng), _timbre(rng)
    style, with_bass, with_tune, drums = rng.integers(0, 4), rng.random() < 0.85, rng.random() < 0.6, rng.random() < 0.6
    bass_level, tune_level, centre = rng.uniform(0.5, 2.5), rng.uniform(0.3, 1.5), rng.integers(50, 66)
    states: list[int] = []
    root = int(rng.integers(0, 12))
    while len(states) < _BEATS:
        length = int(min(rng.choice([2, 4, 4, 8]), _BEATS - len(states)))
        root = int(root + rng.choice([5, 7, 2, 9, 3, 10, 8, 4, 1], p=[0.28, 0.2, 0.12, 0.1, 0.08, 0.08, 0.06, 0.05, 0.03])) % 12
        quality = int(rng.choice(len(QUALITIES), p=_SHARES))
        tones = [(root + step) % 12 for step in INTERVALS[QUALITIES[quality]]]
        voiced = [int(centre + (tone - centre) % 12) for tone in tones] + (
            [int(centre + 12 + (tones[0] - centre) % 12)] if rng.random() < 0.4 else []
        )
        start = len(states) * beat
        for pitch_index, pitch in enumerate(voiced):
            for at, held in _strokes(int(style), length, pitch_index, len(voiced)):
                _add(out, start + at * beat, held * beat, pitch + cents, 0.3, harmony)
        if with_bass:
            low = tones[0] if rng.random() < 0.87 else tones[int(rng.integers(1, min(3, len(tones))))]
            step = float(rng.choice([0.5, 1.0, 2.0, length]))
            for at in np.arange(0, length, step):
                _add(out, start + at * beat, min(step, length - at) * beat * 0.95, 28 + (low - 28) % 12 + cents, 0.3 * bass_level, bass)
        if with_tune:
            for at in np.arange(0, length, 0.5):
                if rng.random() < 0.6:
                    tone = rng.choice(tones) if rng.random() < 0.7 else (root + rng.choice([2, 5, 9])) % 12
                    _add(out, start + at * beat, 0.5 * beat, 67 + (tone - 67) % 12 + cents, 0.3 * tune_level, tune)
        states += [root * len(QUALITIES) + quality] * length
    if drums:
        for index in range(2 * _BEATS):
            noise = rng.normal(0, 0.4, round(0.12 * RATE_HZ)) * np.exp(-np.arange(round(0.12 * RATE_HZ)) / RATE_HZ * rng.uniform(20, 60))
            first = round(index * beat / 2 * RATE_HZ)
            out[first : first + len(noise)] += noise
    return Played(
        (out / np.abs(out).max() * 0.7).astype(np.float32), np.asarray(np.arange(_BEATS) * beat, np.float64), np.array(states[:_BEATS])
    )


def _strokes(style: int, length: int, index: int, voices: int) -> list[tuple[float, float]]:
    """When a chord note is struck and how long it is held, in beats: held, struck each beat, off-beats, broken."""
    if style == 0:
        return [(0.0, float(length))]
    if style == 1:
        return [(float(at), 0.9) for at in range(length)]
    if style == 2:
        return [(at + 0.5, 0.4) for at in range(length)]
    return [(at / 2, 0.8) for at in range(2 * length) if at % voices == index]
