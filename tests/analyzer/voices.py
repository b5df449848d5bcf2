"""Sung tones whose notes are known: a glottal-like sound through formants, with vibrato, glides, breath and human timing."""

from collections.abc import Sequence

import numpy as np

RATE = 22_050
Sung = list[tuple[float, float, int]]


def performed(pitches: Sequence[int | None], beats: Sequence[float], bpm: float, *, seed: int = 0, jitter_s: float = 0.012) -> Sung:
    """(start, duration, pitch) in seconds, each start a little early or late; None rests."""
    draw, out, at = np.random.default_rng(seed), Sung(), 0.0
    for pitch, length in zip(pitches, beats, strict=True):
        if pitch is not None:
            out.append((0.35 + at * 60 / bpm + draw.normal(0, jitter_s), length * 60 / bpm, pitch))
        at += length
    return out


def voice(notes: Sung, *, cents: float = 0.0, seed: int = 0, formants: tuple[float, float] = (300.0, 1100.0)) -> np.ndarray:
    """The sound [samples] at RATE, peak 0.6."""
    draw = np.random.default_rng(seed)
    size = int((notes[-1][0] + notes[-1][1] + 0.6) * RATE)
    pitch, level, before = np.zeros(size), np.zeros(size), None
    for start, length, midi in notes:
        a, b = int(start * RATE), int((start + length - 0.04) * RATE)
        time = np.arange(b - a) / RATE
        curve = midi + cents / 100 + 0.3 * np.sin(2 * np.pi * 5.5 * time + draw.uniform(0, 6)) * np.clip((time - 0.15) / 0.2, 0, 1)
        if before is not None:
            glide = int(0.06 * RATE)
            curve[:glide] = before + (midi + cents / 100 - before) * np.linspace(0, 1, glide) ** 0.7
        pitch[a:b], before = curve, midi + cents / 100
        level[a:b] = np.minimum(1, np.minimum(time / 0.04, (time[-1] - time) / 0.05 + 0.02)) * (0.8 + 0.2 * draw.random())
    held = np.maximum.accumulate(np.where(pitch > 0, np.arange(size), 0))
    hz = 440 * 2 ** ((np.where(pitch[held] > 0, pitch[held], 60) - 69) / 12)
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    out = np.zeros(size)
    for k in range(1, 16):
        near = sum(g / (1 + ((hz * k - f) / 280) ** 2) for g, f in zip((1.0, 0.4), formants, strict=True)) + 0.05
        out += np.where(hz * k < 0.45 * RATE, near / k**1.3, 0) * np.sin(k * phase)
    out *= level
    return (out / np.abs(out).max() * 0.6 + draw.normal(0, 0.003, size)).astype(np.float32)
