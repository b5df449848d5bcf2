"""The curves of one held note: swell, passage out of the note before and into the next, vibrato, slide."""

import numpy as np

from contracts.music import Note
from services.generator.production.curves import Clock
from services.music.packs.sound_table import Legato, Vibrato

CONTROL_STEP_S = 0.005
"""So that a control, which has 127 steps, moves by one at a time."""
FINE_STEP_S = 0.004
"""Three blocks of FluidSynth: passages between notes."""
VIBRATO_STEP_S = 0.008
SHORT_S = 0.3
"""Notes shorter than this have no swell of their own."""
SETTLE_S = 0.35
"""How long a vibrato takes to reach its depth."""


class Held:
    """A written control in time, slewed over 30 ms so that steps do not click."""

    def __init__(self, points: tuple[tuple[int, float], ...], clock: Clock) -> None:
        seconds = np.array([clock.seconds(tick) for tick, _ in points])
        values = np.array([value for _, value in points], dtype=float)
        before = np.concatenate(([values[0]], values[:-1]))
        ramps_at = np.concatenate(([-1.0], np.stack([seconds, seconds + 0.03], axis=1).ravel()))
        self._at = np.maximum.accumulate(ramps_at)
        self._values = np.concatenate(([values[0]], np.stack([before, values], axis=1).ravel()))

    def at(self, times: np.ndarray) -> np.ndarray:
        """Values at some times in seconds."""
        return np.asarray(np.interp(times, self._at, self._values))


def grid(length_s: float, *, begin_s: float = 0.0, close_s: float = 0.0) -> np.ndarray:
    """Times of control within a note: coarse in the middle, fine for `begin_s` at its start and `close_s` at its end."""
    coarse = np.arange(0.0, length_s, max(CONTROL_STEP_S, length_s / 400))
    fine = [np.arange(0.0, min(begin_s, length_s), FINE_STEP_S)] if begin_s else []
    fine += [np.arange(max(length_s - close_s, 0.0), length_s, FINE_STEP_S), np.array([length_s])] if close_s else []
    return np.unique(np.concatenate([coarse, *fine])) if fine else coarse


def swell(time_s: np.ndarray, length_s: float, *, bowed: bool, firm: bool, into: bool, out: bool) -> np.ndarray:
    """Shape of a held note, about 0.6 to 1: a soft start, the middle fullest, easing before the end.

    Args:
        time_s: times within the note.
        length_s: its length.
        bowed: rises more slowly than a blown note.
        firm: begins at once (staccato).
        into: slurred from the note before, so without a start of its own.
        out: slurred to the next, so without an end of its own.
    """
    if length_s < SHORT_S:
        return np.full_like(time_s, 1.0 if firm else 0.94)
    rise = 0.22 if bowed else 0.12
    onset = 1.0 if into else 0.74 + 0.26 * np.sin(0.5 * np.pi * np.clip(time_s / min(rise, length_s / 2), 0, 1))
    bloom = 1.0 + 0.06 * np.sin(np.pi * np.clip(time_s / length_s, 0, 1)) if length_s > 0.8 else 1.0
    ease = 1.0 if out else 1.0 - 0.25 * np.clip((time_s - 0.75 * length_s) / (0.25 * length_s), 0, 1) ** 2
    return np.asarray(np.broadcast_to(onset * bloom * ease / 1.06, time_s.shape))


def passage(time_s: np.ndarray, length_s: float, fade_s: float, *, into: bool, out: bool) -> np.ndarray:
    """Gain of a tone that passes out of the one before and into the next, of equal power; 1 between."""
    gain = np.ones_like(time_s)
    if into:
        gain *= np.sin(0.5 * np.pi * np.clip(time_s / fade_s, 0.0, 1.0))
    if out:
        gain *= np.sin(0.5 * np.pi * np.clip((length_s - time_s) / fade_s, 0.0, 1.0))
    return gain


def vibrato(rule: Vibrato, length_s: float, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, cents and the swing of level in dB of a note's vibrato; later, wider, faster or slower by what was drawn [3]."""
    after = rule.after_s * float(np.clip(1.0 + 0.25 * draws[0], 0.5, 1.6))
    if length_s < after + 0.25:
        return np.empty(0), np.empty(0), np.empty(0)
    time = np.arange(after, length_s, VIBRATO_STEP_S)
    rate = rule.hz * float(np.clip(1.0 + 0.05 * draws[1], 0.88, 1.12))
    drift = 1.0 + 0.04 * np.sin(2 * np.pi * 0.7 * time + draws[2])
    depth = np.clip((time - after) / SETTLE_S, 0.0, 1.0) ** 1.5 * float(np.clip(1.0 + 0.2 * draws[2], 0.6, 1.4))
    wave = np.sin(2 * np.pi * np.cumsum(rate * drift) * VIBRATO_STEP_S)
    return time, rule.cents * depth * wave, rule.tremor_db * depth * (0.5 + 0.5 * wave)


def slide(rule: Legato, before: Note, note: Note, length_s: float, draw: float) -> tuple[np.ndarray, np.ndarray]:
    """Times and cents of the portamento into a slurred note: a part of the way, by players never twice the same."""
    step = note.pitch - before.pitch
    reach = min(rule.slide_cents * float(np.clip(0.75 + 0.35 * draw, 0.2, 1.3)), 45.0 * abs(step))
    span = min(rule.slide_ms / 1000, 0.5 * length_s)
    if reach < 4.0:
        return np.empty(0), np.empty(0)
    time = np.append(np.arange(0.0, span, FINE_STEP_S), span)
    return time, -np.sign(step) * reach * (0.5 + 0.5 * np.cos(np.pi * time / span))
