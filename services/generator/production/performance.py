"""How a player plays the notes on a sampled instrument: events in time, with tone, tuning and breath for every note.

Each pitch has a channel of its own, so that brightness, tuning, vibrato and breath belong to one note.
"""

from typing import NamedTuple

import numpy as np

from contracts.music import Note, Part
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock
from services.generator.production.sounds import Preset, Sampled, tuning_cents
from services.music.rng import rng

HATS = frozenset({42, 44, 46})
"""They choke each other, which soundfonts do within one channel (exclusive class)."""
CHOKES = ((HATS, 42), (frozenset({71, 72}), 71), (frozenset({73, 74}), 73), (frozenset({78, 79}), 78), (frozenset({80, 81}), 80))
BREATH = frozenset({"cc2", "cc11"})
"""Written curves of dynamics: on breath presets they shape each note's own breath."""
CONTROL_STEP_S = 0.01
BEND_RANGE = 12.0
"""Semitones that a full pitch wheel means here."""


class Event(NamedTuple):
    """Something that happens to a channel. Kinds in the order in which they take effect at one sample."""

    sample: int
    order: int
    kind: str
    channel: int
    key: int
    value: float


_ORDER = {"off": 0, "cc": 1, "bend": 2, "filter": 3, "tune": 4, "on": 5}


def perform(part_id: str, part: Part, sound: Sampled, preset: Preset, clock: Clock, *, drums: bool) -> tuple[list[Event], dict[int, int]]:
    """All events in time order, and the channel of each pitch."""
    channels = _channels(part.notes, drums=drums)
    events: list[Event] = []
    draws = rng(0, "production", part_id, "touch").standard_normal((len(part.notes), 2))
    for note, draw in zip(part.notes, draws, strict=True):
        events += _note_events(note, draw, sound, preset, channels[note.pitch], clock, drums=drums)
    if not drums:
        events += _breathing(part, sound, preset, channels, clock)
    events += _part_controls(part, channels, clock, skip=BREATH if preset.breath else frozenset())
    return sorted(events), channels


def _event(sample: int, kind: str, channel: int, key: int, value: float) -> Event:
    return Event(max(sample, 0), _ORDER[kind], kind, channel, key, value)


def _channels(notes: tuple[Note, ...], *, drums: bool) -> dict[int, int]:
    pitches = sorted({note.pitch for note in notes})
    leader = {pitch: next((first for group, first in CHOKES if pitch in group), pitch) if drums else pitch for pitch in pitches}
    numbers = {name: index for index, name in enumerate(sorted(set(leader.values())))}
    return {pitch: numbers[leader[pitch]] for pitch in pitches}


def _note_events(note: Note, draw: np.ndarray, sound: Sampled, preset: Preset, channel: int, clock: Clock, *, drums: bool) -> list[Event]:
    lead = round(sound.lead_ms / 1000 * SAMPLE_RATE_HZ)
    start, end = max(clock.sample(note.start) - lead, 0), clock.sample(note.end)
    velocity = 100 if preset.breath else note.velocity
    closed = max(1.0 - note.velocity / 115.0, 0.0)
    wander = float(np.clip(draw[1] * sound.variation.tune_cents / 2, -sound.variation.tune_cents, sound.variation.tune_cents)) * (0.25 if drums else 1.0)
    tuned = tuning_cents(preset.label).get(note.pitch, 0.0) if sound.corrected else 0.0
    events = [
        _event(start, "filter", channel, 0, min(-sound.tone_cents * closed + 80.0 * draw[0], 0.0)),
        _event(start, "tune", channel, 0, wander + tuned),
        _event(start, "on", channel, note.pitch, velocity),
    ]
    return [*events, _event(max(end, start + 64), "off", channel, note.pitch, 0)]


def _breathing(part: Part, sound: Sampled, preset: Preset, channels: dict[int, int], clock: Clock) -> list[Event]:
    """Swell and vibrato of bowed and blown notes: breath (CC2) or expression (CC11) per note, late vibrato (CC1)."""
    if sound.expression == "struck":
        return []
    points = part.controls.get("cc2") or part.controls.get("cc11")
    written = _Held(points, clock) if points else None
    events = []
    for note in part.notes:
        lead_s = sound.lead_ms / 1000
        channel, start, end = channels[note.pitch], max(clock.seconds(note.start) - lead_s, 0.0), clock.seconds(note.end)
        length = max(end - start, 0.02)
        times = start + np.arange(0.0, length, max(CONTROL_STEP_S, length / 120))
        shape = _swell(times - start, length, bowed=sound.expression == "bowed")
        force = written.at(times) / 127.0 if written else np.ones_like(times)
        control, level = (2, 30.0 + 82.0 * (note.velocity / 127.0)) if preset.breath else (11, 120.0)
        values = np.clip(np.rint(level * shape * force), 1, 127)
        events += _changes(times, control, channel, values)
        if sound.vibrato and length > 0.35 and "cc1" not in part.controls:
            depth = sound.vibrato.cents * 2 * np.clip((times - start - 0.25) / 0.5, 0.0, 1.0)
            events += _changes(times, 1, channel, np.rint(depth))
        elif sound.vibrato:
            events.append(_event(round(start * SAMPLE_RATE_HZ), "cc", channel, 1, 0))
    return events


def _swell(time_s: np.ndarray, length_s: float, *, bowed: bool) -> np.ndarray:
    """Shape of a held note, about 0.6 to 1: a soft start, the middle fullest, easing before the end."""
    if length_s < 0.3:
        return np.full_like(time_s, 0.94)
    rise = 0.22 if bowed else 0.12
    onset = 0.74 + 0.26 * np.sin(0.5 * np.pi * np.clip(time_s / min(rise, length_s / 2), 0, 1))
    bloom = 1.0 + 0.06 * np.sin(np.pi * np.clip(time_s / length_s, 0, 1)) if length_s > 0.8 else 1.0
    ease = 1.0 - 0.25 * np.clip((time_s - 0.75 * length_s) / (0.25 * length_s), 0, 1) ** 2
    return np.asarray(onset * bloom * ease / 1.06)


def _changes(times: np.ndarray, control: int, channel: int, values: np.ndarray) -> list[Event]:
    keep = np.concatenate(([True], values[1:] != values[:-1]))
    samples = np.rint(times * SAMPLE_RATE_HZ).astype(int)
    return [_event(int(s), "cc", channel, control, float(v)) for s, v in zip(samples[keep], values[keep], strict=True)]


class _Held:
    """A held control in time, slewed over 30 ms so that steps do not click."""

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


def _part_controls(part: Part, channels: dict[int, int], clock: Clock, *, skip: frozenset[str]) -> list[Event]:
    """The written controls, to every channel: pedal as steps, cc1 and cc11 slewed, bends linear."""
    events: list[Event] = []
    used = sorted(set(channels.values()))
    for name, number in (("cc64", 64), ("cc1", 1), ("cc11", 11), ("cc2", 2)):
        points = part.controls.get(name)
        if not points or name in skip:
            continue
        if number == 64:
            events += [_event(clock.sample(t), "cc", c, 64, float(round(v))) for t, v in points for c in used]
        else:
            times = _dense([clock.seconds(t) for t, _ in points])
            values = np.clip(np.rint(_Held(points, clock).at(times)), 0, 127)
            events += [event for c in used for event in _changes(times, number, c, values)]
    if bends := part.controls.get("pitch_bend"):
        times = _dense([clock.seconds(t) for t, _ in bends])
        values = np.interp(times, [clock.seconds(t) for t, _ in bends], [v for _, v in bends])
        events += [_event(round(s * SAMPLE_RATE_HZ), "bend", c, 0, float(v)) for c in used for s, v in zip(times, values, strict=True)]
    return events


def _dense(marks: list[float]) -> np.ndarray:
    """Times every 10 ms near the breakpoints."""
    times: set[float] = set()
    for index, mark in enumerate(marks):
        until = marks[index + 1] if index + 1 < len(marks) else mark + 0.05
        times.update(np.round(np.arange(mark, min(until, mark + 20.0), CONTROL_STEP_S), 6).tolist())
    return np.array(sorted(times))
