"""What happens to the channels of a sampler, in time: the language between the player and the engines."""

from typing import NamedTuple

import numpy as np

from services.generator.production.curves import SAMPLE_RATE_HZ

BEND_RANGE = 12.0
"""Semitones that a full pitch wheel means here."""


class Event(NamedTuple):
    """Something that happens to a channel. `order` is the order in which kinds take effect at one sample.

    Kinds: `off` and `on` (key, velocity), `cc` (number in key), `bend` (semitones), `filter` (cents added to the low-pass),
    `tune` (cents), `skip` (milliseconds of the sample's beginning left out of the next notes), `attack` and `release` (length
    against the preset's own, of the next notes), `program` (bank in key, program in value: another preset of the same soundfont).
    """

    sample: int
    order: int
    kind: str
    channel: int
    key: int
    value: float


_ORDER = {kind: place for place, kind in enumerate(("off", "program", "cc", "bend", "filter", "tune", "skip", "attack", "release", "on"))}


def event(sample: int, kind: str, channel: int, key: int, value: float) -> Event:
    """An event at a sample, never before the song begins."""
    return Event(max(sample, 0), _ORDER[kind], kind, channel, key, value)


def changes(kind: str, times: np.ndarray, channel: int, key: int, values: np.ndarray, *, least: float = 0.5) -> list[Event]:
    """Events where a curve, sampled at `times` in seconds, has moved by at least `least` since the last one."""
    kept: list[Event] = []
    last = None
    samples = np.rint(times * SAMPLE_RATE_HZ).astype(int)
    for sample, value in zip(samples.tolist(), values.tolist(), strict=True):
        if last is None or abs(value - last) >= least:
            kept.append(event(sample, kind, channel, key, value))
            last = value
    return kept
