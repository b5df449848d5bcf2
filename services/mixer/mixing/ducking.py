"""Ducking keyed by the score's kick notes: exact in time, and deaf to everything else in the drums."""

import numpy as np
from numpy.typing import NDArray

from contracts.music.score import Role, Score
from services.mixer.profiles import Duck

Curve = NDArray[np.float32]

KICKS = (35, 36)


def kick_hits(score: Score) -> list[tuple[float, float]]:
    """(seconds, strength 0-1) of each kick of the drums, in time order."""
    notes = [note for part in score.parts.values() if part.role is Role.DRUMS for note in part.notes if note.pitch in KICKS]
    return [(score.seconds_at(note.start), min(1.0, note.velocity / 100)) for note in sorted(notes)]


def duck_envelope(hits: list[tuple[float, float]], duck: Duck, beat_s: float, rate: int, frames: int) -> Curve:
    """How far to duck at each sample, 0 to 1, [frames].

    Down within the attack, which ends on the kick's onset so that its transient is free; held; then back along a half cosine.
    Where kicks follow closely the deeper curve counts.
    """
    attack, hold = max(1, round(duck.attack_ms * rate / 1000)), round(duck.hold_ms * rate / 1000)
    release = max(1, round(min(duck.release_beats * beat_s, duck.release_max_ms / 1000) * rate))
    fall = np.arange(attack) / attack
    rise = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, release + 1) / release)
    shape = np.concatenate([fall, np.ones(hold), rise]).astype(np.float32)
    envelope = np.zeros(frames, dtype=np.float32)
    for seconds, strength in hits:
        start = round(seconds * rate) - attack
        first, last = max(0, start), min(frames, start + shape.size)
        if last > first:
            part = envelope[first:last]
            np.maximum(part, shape[first - start : last - start] * np.float32(strength), out=part)
    return envelope
