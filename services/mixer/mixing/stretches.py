"""What a user moves in some bars of one channel: its level, and what it sends to the spaces."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from contracts.music.score import Score
from contracts.sound import StretchEdit

Curve = NDArray[np.float32]
RAMP_BEATS = 0.5
"""Faders move in the half beat before the bar line, as they do between sections."""
OF_SENDS = {"return_room": "reverb_db", "return_hall": "reverb_db", "return_delay": "echo_db"}
_CLOSED_DB = -50.0
"""A stretch that takes away so much closes the send."""


def bars_of(score: Score, stretch: StretchEdit) -> tuple[int, int]:
    """First bar of a stretch in the song and the first one after it, within its section."""
    section = score.sections[stretch.section]
    first = min(section.start_bar + stretch.first - 1, section.end_bar)
    return first, min(section.start_bar + stretch.last, section.end_bar) if stretch.last else section.end_bar


def moves_db(score: Score, stretches: Iterable[StretchEdit], field: str, rate: int, frames: int) -> Curve | None:
    """What stretches add in dB over time, [frames]; None where they add nothing. Those that meet go over into each other."""
    by_bar: dict[int, float] = {}
    for one in stretches:
        first, end = bars_of(score, one)
        for bar in range(first, end):
            by_bar[bar] = by_bar.get(bar, 0.0) + getattr(one, field)
    if not any(by_bar.values()):
        return None
    times, values, ramp = [0.0], [by_bar.get(1, 0.0)], RAMP_BEATS * score.meter_value.ticks_per_beat
    for bar in range(2, score.bars + 1):
        if (level := by_bar.get(bar, 0.0)) != values[-1]:
            tick = score.bar_tick(bar)
            times += [score.seconds_at(tick - ramp), score.seconds_at(tick)]
            values += [values[-1], level]
    return np.asarray(np.interp(np.arange(frames) / rate, times, values), dtype=np.float32)


def send_moved(level: Curve | np.float32 | None, moves: Curve, dry: float) -> Curve:
    """A send's linear level with its moves in dB. Where it was closed, it opens from `dry` (linear) for what is added."""
    base = np.zeros_like(moves) if level is None else np.broadcast_to(np.asarray(level, dtype=np.float32), moves.shape)
    opened = np.where(moves > 0, np.maximum(base, np.float32(dry)), base)
    gain = np.where(moves <= _CLOSED_DB, 0.0, 10 ** (moves / 20))
    return np.asarray(np.where(moves == 0, base, opened * gain), dtype=np.float32)
