"""Chords in notes: templates against what sounds in each beat, the best path by Viterbi; every change to the beat."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from contracts.music import Chord, ChordEvent, Key, Meter, Note
from contracts.music.chord import QUALITIES
from services.music.theory.roman import parse_numeral

Array = npt.NDArray[np.float64]

_QUALITIES = ("", "m", "7", "m7", "maj7", "dim", "sus4", "sus2", "m7b5", "aug", "6", "m6", "add9", "dim7", "7sus4", "9", "m9", "maj9", "5")
_RARE = {
    "": 0.0, "m": 0.0, "7": 0.02, "m7": 0.02, "maj7": 0.03, "dim": 0.05, "sus4": 0.05, "sus2": 0.06, "m7b5": 0.06, "aug": 0.08, "6": 0.07,
    "m6": 0.08, "add9": 0.08, "dim7": 0.08, "7sus4": 0.09, "9": 0.1, "m9": 0.1, "maj9": 0.1, "5": 0.1,
}  # fmt: skip
_CHANGE, _CHANGE_INSIDE = 0.12, 0.3
_FOREIGN, _MISSING, _ROOT = 1.0, 0.16, 0.14
_DEGREES = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")
_LEAST = 0.02
"""A note of a smaller share of a beat's sound is not there."""


def _templates() -> tuple[list[tuple[int, str]], Array]:
    """(root, quality) of each state, and its pitch classes [states, 12]."""
    states = [(root, quality) for quality in _QUALITIES for root in range(12)]
    rows = np.zeros((len(states), 12))
    for row, (root, quality) in zip(rows, states, strict=True):
        row[[(root + step) % 12 for step in QUALITIES[quality]]] = 1.0
    return states, rows


def beat_classes(notes: Sequence[Note], beats: int, beat_ticks: int) -> Array:
    """Sounding time of each pitch class in each beat [beats, 12], a struck note a little heavier than a held one."""
    out = np.zeros((beats, 12))
    for note in notes:
        for beat in range(max(0, note.start // beat_ticks), min(beats, -(-note.end // beat_ticks))):
            start, end = beat * beat_ticks, (beat + 1) * beat_ticks
            sounding = min(note.end, end) - max(note.start, start)
            out[beat, note.pitch % 12] += max(0, sounding) * (1.25 if start <= note.start < end else 1.0)
    return out


def lowest_classes(notes: Sequence[Note], beats: int, beat_ticks: int) -> list[int | None]:
    """Pitch class of the lowest note that sounds in each beat for a quarter of it at least."""
    lowest: list[int | None] = [None] * beats
    for note in notes:
        for beat in range(max(0, note.start // beat_ticks), min(beats, -(-note.end // beat_ticks))):
            sounding = min(note.end, (beat + 1) * beat_ticks) - max(note.start, beat * beat_ticks)
            known = lowest[beat]
            if sounding >= beat_ticks // 4 and (known is None or note.pitch < known):
                lowest[beat] = note.pitch
    return [None if pitch is None else pitch % 12 for pitch in lowest]


def find_chords(notes: Sequence[Note], tune: Sequence[Note], bars: int, meter: Meter, key: Key) -> tuple[ChordEvent, ...]:
    """The chords that `notes` make, with the tune counted lightly. Empty where no two pitch classes sound together."""
    per_bar = int(meter.beats_per_bar) if meter.beats_per_bar == int(meter.beats_per_bar) else 1
    beat_ticks = meter.ticks_per_bar // per_bar
    beats = bars * per_bar
    classes = beat_classes(notes, beats, beat_ticks) + 0.15 * beat_classes(tune, beats, beat_ticks)
    total = classes.sum(axis=1, keepdims=True)
    share = np.where(total > 0, classes / np.maximum(total, 1e-9), 0.0)
    if not ((share > _LEAST).sum(axis=1) >= 2).any():
        return ()
    bass = lowest_classes(notes, beats, beat_ticks)
    states, rows = _templates()
    path = _path(_fits(share, bass, states, rows), per_bar)
    return _events(path, states, bass, per_bar, key, meter)


def _fits(share: Array, bass: list[int | None], states: list[tuple[int, str]], rows: Array) -> Array:
    """How well each state explains each beat [beats, states]."""
    inside = share @ rows.T
    missing = (share <= _LEAST).astype(float) @ rows.T
    rare = np.array([_RARE[quality] for _, quality in states])
    fits = inside - _FOREIGN * (1 - inside) - _MISSING * missing - rare
    roots = np.array([root for root, _ in states])
    for beat, pc in enumerate(bass):
        if pc is not None:
            fits[beat] += _ROOT * (roots == pc)
    fits[share.sum(axis=1) == 0] = 0.0
    return np.asarray(fits, np.float64)


def _path(fits: Array, per_bar: int) -> list[int]:
    """The best states by Viterbi; a change costs less at a bar line."""
    score = fits[0].copy()
    back: list[tuple[npt.NDArray[np.bool_], int]] = []
    for beat in range(1, len(fits)):
        best = int(score.argmax())
        cost = _CHANGE if beat % per_bar == 0 else _CHANGE_INSIDE
        moved = score[best] - cost > score
        back.append((moved, best))
        score = np.where(moved, score[best] - cost, score) + fits[beat]
    path = [int(score.argmax())]
    for moved, best in reversed(back):
        path.append(best if moved[path[-1]] else path[-1])
    return path[::-1]


def _spelled(pc: int, key: Key) -> str:
    """Name of a root as its degree is written: flat thirds, sixths and sevenths, a sharp fourth."""
    return parse_numeral(_DEGREES[(pc - key.tonic_class) % 12], key).root


def _events(
    path: list[int], states: list[tuple[int, str]], bass: list[int | None], per_bar: int, key: Key, meter: Meter
) -> tuple[ChordEvent, ...]:
    """Chord events: at every change of chord or bass, and at each bar line."""
    events: list[ChordEvent] = []
    before = ""
    for beat, state in enumerate(path):
        root, quality = states[state]
        run = next((b for b in range(beat, -1, -1) if path[b] != state), -1) + 1
        low = bass[run] if beat % per_bar and bass[beat] is None else bass[beat]
        inverted = (
            low is not None and low != root and low in {(root + s) % 12 for s in QUALITIES[quality][:4]} and (beat - run) % per_bar == 0
        )
        chord = Chord(_spelled(root, key), quality, _spelled(low, key) if inverted and low is not None else None)
        symbol = str(chord)
        if (beat - run) % per_bar and events and states[path[beat - 1]] == (root, quality):
            symbol = before
        if beat % per_bar == 0 or symbol != before:
            place = 1 + (beat % per_bar) * meter.ticks_per_bar / per_bar / meter.ticks_per_beat
            events.append(ChordEvent(bar=beat // per_bar + 1, beat=place, symbol=symbol, roman=Chord.parse(symbol).roman(key)))
        before = symbol
    return tuple(events)
