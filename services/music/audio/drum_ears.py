"""Which drum is struck: a small learned model over what each register does, then over what the other bars have at that place."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from services.music.audio.strikes import HOP_S, LOW_EDGES_HZ, REGISTERS, Strikes, magnitude

Floats = npt.NDArray[np.float64]
VOICES = ("kick", "snare", "hat")
PLACES = 48
_NEAR_S = 0.04
_LOWS = len(LOW_EDGES_HZ) - 1
GROUPS = {"kick": slice(0, 4), "snare": slice(_LOWS, REGISTERS - 3), "hat": slice(REGISTERS - 4, REGISTERS)}
"""Registers in which each voice's stroke is timed."""
HEIGHT = {"kick": 0.3, "snare": 0.5, "hat": 0.5}
"""Share of the rise at which the stroke is: a kick's lowest registers are slow to fill."""


@dataclass(frozen=True)
class Layer:
    """One hidden layer beside a linear path, to three odds. `hidden` [units, in + 1], `out` [3, units], `linear` [3, in + 1]."""

    mean: Floats
    scale: Floats
    hidden: Floats
    out: Floats
    linear: Floats

    def odds(self, rows: npt.NDArray[np.floating[Any]]) -> Floats:
        """Log odds [rows, voices], in the precision of the rows and weights."""
        z = (rows - self.mean) / self.scale
        return np.asarray(
            np.tanh(z @ self.hidden[:, :-1].T + self.hidden[:, -1]) @ self.out.T + z @ self.linear[:, :-1].T + self.linear[:, -1]
        )

    def probabilities(self, rows: Floats) -> Floats:
        """[rows, voices] 0–1."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.odds(rows), -30, 30))))


@dataclass(frozen=True)
class DrumModel:
    """First what is heard at a stroke, then together with what is heard at the same place of other bars."""

    alone: Layer
    together: Layer


def places_in_bars(times_s: Floats, downbeats_s: Floats) -> Floats:
    """Bars since the first downbeat, fractions are places in the bar; extrapolated outside."""
    bars = np.arange(len(downbeats_s), dtype=np.float64)
    inside = np.interp(times_s, downbeats_s, bars)
    length = float(np.median(np.diff(downbeats_s)))
    inside = np.where(times_s < downbeats_s[0], (times_s - downbeats_s[0]) / length, inside)
    return np.asarray(np.where(times_s > downbeats_s[-1], bars[-1] + (times_s - downbeats_s[-1]) / length, inside))


def company(times_s: Floats, likely: Floats, downbeats_s: Floats) -> Floats:
    """What other bars have at the place of each stroke: over all bars, and in the bar before and after, [strokes, 6]."""
    out = np.zeros((len(times_s), 6))
    if len(downbeats_s) < 3 or not len(times_s):
        return out
    places = places_in_bars(times_s, downbeats_s)
    slots = np.rint((places - np.floor(places)) * PLACES).astype(int) % PLACES
    folded = np.zeros((PLACES, 3))
    np.add.at(folded, slots, likely)
    folded /= len(downbeats_s)
    spread = folded + 0.7 * np.roll(folded, 1, axis=0) + 0.7 * np.roll(folded, -1, axis=0)
    out[:, :3] = np.clip(spread[slots] - likely / len(downbeats_s), 0, 1)
    bar_s = float(np.median(np.diff(downbeats_s)))
    for shift in (-bar_s, bar_s) if len(times_s) > 1 else ():
        right = np.clip(np.searchsorted(times_s, times_s + shift), 1, len(times_s) - 1)
        nearer = np.abs(times_s[right] - times_s - shift) < np.abs(times_s[right - 1] - times_s - shift)
        index = np.where(nearer, right, right - 1)
        close = np.abs(times_s[index] - times_s - shift) < _NEAR_S
        out[:, 3:] += 0.5 * np.where(close[:, None], likely[index], 0.0)
    return out


def tell_drums(strikes: Strikes, downbeats_s: Floats, model: DrumModel) -> Floats:
    """How likely each stroke is a kick, a snare and a hat, [strokes, 3]."""
    if not len(strikes.at):
        return np.zeros((0, 3))
    alone = model.alone.probabilities(strikes.rows)
    around = company(strikes.at * HOP_S, alone, downbeats_s)
    return model.together.probabilities(np.hstack([strikes.rows, around, alone]))


def timed(strikes: Strikes, chosen: npt.NDArray[np.int_], voice: str) -> tuple[Floats, Floats]:
    """Seconds and strength of strokes of one voice: where its registers are part of the way up.

    The middle of a symmetric window's rise over a sudden attack is the attack, however long the window is.
    """
    level = magnitude(strikes, GROUPS[voice])
    if not len(chosen):
        return np.zeros(0), np.zeros(0)
    padded = np.pad(level, (10, 10), mode="edge")
    window = padded[strikes.at[chosen].astype(int)[:, None] + np.arange(21)]
    base_at = np.argmin(window[:, :11], axis=1)
    rows = np.arange(len(window))
    base = window[rows, base_at]
    peak_at = 9 + np.argmax(window[:, 9:17], axis=1)
    peak = window[rows, peak_at]
    half = base + HEIGHT[voice] * (peak - base)
    places = np.arange(21)
    below = (window < half[:, None]) & (places < peak_at[:, None])
    last = np.where(below.any(axis=1), 20 - np.argmax(below[:, ::-1], axis=1), np.maximum(peak_at - 1, 0))
    before, after = window[rows, last], window[rows, np.minimum(last + 1, 20)]
    part = np.clip((half - before) / np.maximum(after - before, 1e-9), 0, 1)
    times = (strikes.at[chosen] - 10 + last + part) * HOP_S
    order = np.argsort(times, kind="stable")
    return times[order], (peak - base)[order]
