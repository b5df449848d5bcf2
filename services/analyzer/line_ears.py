"""Which of the notes that sound is the tune, or the bass: a small learned model that looks at every note in the same way.

For each moment and each note of the range it weighs what sounds at the note, at its overtones, its octaves and its neighbours, before
and after, and how high it lies; the weights are the same for all notes, so that no key and no pitch is favoured. Learned from our own
songs by `services.analyzer.training.line_ears`.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from contracts.music.key import Key
from services.music.audio.drum_ears import Layer
from services.music.audio.keygram import LOWEST, Keygram, notes_in

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
NOTES_AT = (-24, -19, -12, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 12, 19, 24)
_KEYS_AT = (-12, -1, 0, 1, 12, 19, 24, 28, 31, 34, 36)
_FRAMES_AT = (-12, -6, -3, -1, 1, 3, 6, 12)
_RISES_AT = (-4, -2, 2, 4, 8)
_MEANS = (43, 172)
"""Frames over which a note's mean is taken: one second and four."""
_EDGE = 36
_BLOCK = 2048
FEATURES = len(NOTES_AT) + len(_KEYS_AT) + len(_FRAMES_AT) + len(_RISES_AT) + len(_MEANS) + 9


@dataclass(frozen=True)
class Sounding:
    """What sounds, about 1 where it is loud: `notes` that explain it, `keys` of the spectrum [frames, keys and edges], `struck`."""

    notes: Array
    keys: Array
    struck: Array


def sounding(gram: Keygram, onsets_s: Floats) -> Sounding:
    """A keygram as the model looks at it, with the onsets of the whole mix in seconds."""
    notes = np.sqrt(np.maximum(notes_in(gram.values), 0.0))
    struck = np.zeros(len(notes), np.float32)
    at = np.clip(np.rint(np.asarray(onsets_s) / gram.hop_s).astype(int), 0, max(0, len(notes) - 1))
    struck[at] = 1.0
    return Sounding(_even(notes), _even(gram.values), np.asarray(3 * uniform_filter1d(struck, 3), np.float32))


def _even(values: Array) -> Array:
    """About 1 where it is loud, with an edge of silence on either side."""
    loud = float(np.quantile(values.max(axis=1), 0.9)) if len(values) else 1.0
    return np.pad(np.minimum(values / max(loud, 1e-9), 2.0), ((0, 0), (_EDGE, _EDGE))).astype(np.float32)


def rows_of(heard: Sounding, low: int, high: int, key: Key | None, frames: slice) -> Array:
    """What is known of each note from `low` to `high` (MIDI) in some frames, [frames, notes, FEATURES]."""
    count, size = len(heard.notes), high - low + 1
    at = np.arange(count)[frames]
    first = low - LOWEST + _EDGE
    out = np.empty((len(at), size, FEATURES), np.float32)
    own = slice(first, first + size)
    column = 0
    for offset in NOTES_AT:
        out[:, :, column] = heard.notes[at, first + offset : first + offset + size]
        column += 1
    for offset in _KEYS_AT:
        out[:, :, column] = heard.keys[at, first + offset : first + offset + size]
        column += 1
    for values, steps in ((heard.notes, _FRAMES_AT), (heard.keys, _RISES_AT)):
        for step in steps:
            out[:, :, column] = values[np.clip(at + step, 0, count - 1), own]
            column += 1
    for span in _MEANS:
        out[:, :, column] = uniform_filter1d(heard.notes[:, own], span, axis=0)[at]
        column += 1
    now = heard.notes[at, own]
    height = (np.arange(low, high + 1) - (low + high) / 2) / 12
    out[:, :, column] = height
    out[:, :, column + 1] = height**2
    out[:, :, column + 2] = 1.0 if key is None else np.isin(np.arange(low, high + 1) % 12, key.pitch_classes)
    out[:, :, column + 3] = now.max(axis=1, keepdims=True)
    out[:, :, column + 4] = heard.notes[at].sum(axis=1, keepdims=True) / 4
    out[:, :, column + 5] = _beyond(now[:, ::-1])[:, ::-1]
    out[:, :, column + 6] = _beyond(now)
    for index, step in enumerate((0, 2)):
        out[:, :, column + 7 + index] = heard.struck[np.clip(at + step, 0, count - 1), None]
    return out


def _beyond(now: Array) -> Array:
    """The greatest of all notes below each, [frames, notes]."""
    return np.pad(np.maximum.accumulate(now, axis=1), ((0, 0), (1, 0)))[:, :-1]


def likely(heard: Sounding, low: int, high: int, key: Key | None, layer: Layer) -> Floats:
    """Log odds that each note is the line's, and that it begins about there, [frames, notes, 2]."""
    out = np.empty((len(heard.notes), high - low + 1, 2))
    for start in range(0, len(out), _BLOCK):
        rows = rows_of(heard, low, high, key, slice(start, start + _BLOCK))
        out[start : start + len(rows)] = layer.odds(rows.reshape(-1, FEATURES)).reshape(*rows.shape[:2], 2)
    return out


@cache
def line_ears(name: str) -> Layer:
    """The learned weights of "bass" or "melody"."""
    table = json.loads(files("services.analyzer.learned").joinpath("lines.json").read_text("utf-8"))[name]
    weights: dict[str, Any] = {part: np.asarray(values, np.float32) for part, values in table.items()}
    return Layer(**weights)
