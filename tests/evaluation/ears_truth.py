"""What is true of a rendered song, read from its score: beats, key, chords, form, drums, lines, players. Times in seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from contracts.music import Chord, Key, Note, Part, Role, Score
from services.music.packs.instruments import instruments

Array = npt.NDArray[np.float64]
Line = tuple[Array, Array]
"""Spans [notes, 2] in seconds and MIDI pitches [notes]."""
VOICES = {"kick": (35, 36), "snare": (38, 40, 37, 39), "hat": (42, 44, 46)}
"""General MIDI keys of each voice."""
EITHER = (51, 53, 59, 54, 69, 70, 82, 49, 57, 55, 52)
"""Rides, shakers and cymbals: who calls them a hat is neither right nor wrong."""
NO_FAMILY = ("fx", "tuned_percussion")
_HARTE = {(0, 4, 7): "maj", (0, 3, 7): "min", (0, 3, 6): "dim", (0, 4, 8): "aug", (0, 2, 7): "sus2", (0, 5, 7): "sus4", (0, 7): "5"}
_SHIFTED_KEYS = {"dorian": "minor", "phrygian": "minor", "locrian": "minor", "lydian": "major", "mixolydian": "major"}
_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_LEAST_SWUNG = 12


@dataclass(frozen=True)
class SongTruth:
    """The truth of one song."""

    style: str
    tempo_bpm: float
    meter: str
    key: str
    music_s: float
    beats_s: Array
    downbeats_s: Array
    chords: tuple[Array, list[str]]
    sections: tuple[Array, list[str]]
    swing: tuple[int, float] | None
    drums: dict[str, Array]
    either_s: Array
    bass: Line
    melody: Line
    families: frozenset[str]


def truth_of(score: Score, style: str) -> SongTruth:
    """Read a score. `style` is the genre that was asked for."""
    meter = score.meter_value
    drums = _drums(score)
    sections = list(score.sections.values())
    edges = [score.seconds_at(score.bar_tick(one.start_bar)) for one in sections] + [score.music_s]
    return SongTruth(
        style=style,
        tempo_bpm=score.tempo_bpm,
        meter=score.meter,
        key=plain_key(score.key),
        music_s=score.music_s,
        beats_s=_times(score, np.arange(0, score.end_tick, meter.ticks_per_beat)),
        downbeats_s=_times(score, np.arange(0, score.end_tick, meter.ticks_per_bar)),
        chords=_chords(score),
        sections=(np.array(list(pairwise(edges))), [one.label for one in sections]),
        swing=_swing(score),
        drums={name: _strokes(score, drums, keys) for name, keys in VOICES.items()},
        either_s=_strokes(score, drums, EITHER),
        bass=_line(score, _parts(score, Role.BASS)),
        melody=_line(score, _parts(score, Role.MELODY, Role.VOCAL)),
        families=frozenset(_family(part) for part in score.parts.values() if part.notes) - set(NO_FAMILY),
    )


def plain_key(text: str) -> str:
    """A key as mir_eval writes it: "C# minor" -> "Db minor"; a mode counts as the scale that shares its third."""
    key = Key.parse(text)
    return f"{_NAMES[key.tonic_class]} {_SHIFTED_KEYS.get(key.mode, key.mode)}"


def harte(symbol: str) -> str:
    """A chord symbol as mir_eval writes it, by root and triad; "N" stays."""
    if symbol == "N":
        return "N"
    chord = Chord.parse(symbol)
    triad = tuple(step for step in chord.intervals if step <= 8)
    return f"{_NAMES[chord.root_class]}:{_HARTE.get(triad[:3], _HARTE.get(triad[:2], 'maj'))}"


def _times(score: Score, ticks: Iterable[float]) -> Array:
    return np.array([score.seconds_at(float(tick)) for tick in ticks])


def _parts(score: Score, *roles: Role) -> list[Part]:
    return [part for part in score.parts.values() if part.role in roles]


def _drums(score: Score) -> list[Note]:
    return [note for part in _parts(score, Role.DRUMS) for note in part.notes]


def _strokes(score: Score, notes: list[Note], keys: tuple[int, ...]) -> Array:
    """Onsets of some keys, strokes within 10 ms as one."""
    times = np.unique(np.round(_times(score, sorted(note.start for note in notes if note.pitch in keys)), 4))
    return times[np.concatenate([[True], np.diff(times) > 0.01])] if len(times) else times


def _chords(score: Score) -> tuple[Array, list[str]]:
    events = score.chord_events()
    ticks = [score.bar_tick(event.bar, event.beat) for event in events] + [score.end_tick]
    times = _times(score, ticks)
    spans = [(a, b, harte(event.symbol)) for a, b, event in zip(times[:-1], times[1:], events, strict=True) if b - a > 1e-6]
    return np.array([(a, b) for a, b, _ in spans]).reshape(-1, 2), [label for _, _, label in spans]


def _line(score: Score, parts: list[Part]) -> Line:
    """All notes of some parts."""
    notes = sorted(note for part in parts for note in part.notes)
    spans = np.array([(score.seconds_at(n.start), max(score.seconds_at(n.end), score.seconds_at(n.start) + 0.02)) for n in notes])
    return spans.reshape(-1, 2), np.array([float(n.pitch) for n in notes])


def _swing(score: Score) -> tuple[int, float] | None:
    """Division and ratio as played: where strokes between the beats lie. None where hardly any are."""
    beat = score.meter_value.ticks_per_beat
    notes = _drums(score) or [note for part in score.parts.values() if part.role is not Role.FX for note in part.notes]
    if score.meter_value.is_compound:
        return None
    phases = np.array([note.start % beat / beat for note in notes])
    eighth, sixteenth = _ratio(phases), _ratio((phases * 2) % 1.0)
    if sixteenth and sixteenth > 1.1 and (eighth is None or eighth < 1.1):
        return 16, sixteenth
    return (8, eighth) if eighth else None


def _ratio(phases: Array) -> float | None:
    """First part over second, from the phases near the middle of the division."""
    near = phases[(phases > 0.42) & (phases < 0.76)]
    if len(near) < _LEAST_SWUNG:
        return None
    middle = float(np.median(near))
    return middle / (1 - middle)


@cache
def _families() -> dict[str, str]:
    return {name: one.family for name, one in instruments().items()}


def _family(part: Part) -> str:
    return _families().get(part.instrument, "fx")
