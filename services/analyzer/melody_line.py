"""One clean melody out of what a transcriber hears: a path through its pitches, without octave ghosts, slips and vibrato."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from services.analyzer.note_tracking import FRAME_S, LOWEST, PITCHES, Activity

Array = npt.NDArray[np.float32]

_GHOSTS = ((12, 0.75), (19, 0.5), (24, 0.5), (28, 0.3))
"""Overtones in semitones above a note, and how much of the note's salience they are believed to have."""
_REST = 0.26
_SWITCH = 1.6
_SHORTEST_S = 0.07
_AGAIN_S = 0.11
_AGAIN = 0.5
_SLIDE_S = 0.1


class Sung(NamedTuple):
    """A note as it was sung: seconds, MIDI pitch, level 0–1."""

    start_s: float
    end_s: float
    pitch: int
    level: float


def melody_line(activity: Activity, loudness: npt.NDArray[np.float64]) -> list[Sung]:
    """The melody. `loudness` [frames]: level of each frame, any unit."""
    salience = _without_ghosts(activity.note)
    path = _path(salience)
    runs = _runs(path)
    runs = [piece for run in runs for piece in _repeated(run, activity, loudness)]
    runs = _steady(runs)
    runs = [run for run in runs if (run[1] - run[0]) * FRAME_S >= _SHORTEST_S]
    top = float(np.quantile(loudness, 0.98)) or 1.0
    out = []
    for start, end, key in runs:
        level = float(np.clip(loudness[start : min(end, start + 20)].max(initial=0.0) / top, 0.0, 1.0))
        if level > 0.04:
            out.append(Sung(start * FRAME_S, end * FRAME_S, key + LOWEST, level))
    return out


def _without_ghosts(note: Array) -> Array:
    """Salience with the overtones of what sounds below taken off."""
    out = note.copy()
    for distance, share in _GHOSTS:
        out[:, distance:] -= share * note[:, :-distance]
    return np.maximum(out, 0.0)


def _path(salience: Array) -> npt.NDArray[np.int64]:
    """The best key of each frame, −1 where nothing is sung (Viterbi; a change costs _SWITCH frames of full salience)."""
    frames = len(salience)
    score = np.concatenate([salience[0], [_REST]]).astype(np.float64)
    back = np.zeros((frames, PITCHES + 1), np.int32)
    own = np.arange(PITCHES + 1)
    for frame in range(1, frames):
        best = int(score.argmax())
        moved = score[best] - _SWITCH > score
        back[frame] = np.where(moved, best, own)
        score = np.where(moved, score[best] - _SWITCH, score) + np.concatenate([salience[frame], [_REST]])
    state = int(score.argmax())
    path = np.empty(frames, np.int64)
    for frame in range(frames - 1, -1, -1):
        path[frame] = state if state < PITCHES else -1
        state = int(back[frame, state])
    return path


Run = tuple[int, int, int]


def _runs(path: npt.NDArray[np.int64]) -> list[Run]:
    """(first frame, frame after the last, key) of each stretch of one key."""
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    return [(a, b, int(path[a])) for a, b in pairwise(edges) if b > a and path[a] >= 0]


def _repeated(run: Run, activity: Activity, loudness: npt.NDArray[np.float64]) -> list[Run]:
    """A run as its notes: cut where a new onset is heard in it, or the level dips and comes back."""
    start, end, key = run
    gap = round(_AGAIN_S / FRAME_S)
    low, high = max(0, key - 1), key + 2
    onset = activity.onset[start:end, low:high].max(axis=1)
    cuts = [start]
    for frame in range(start + gap, end - gap // 2):
        here = onset[frame - start]
        peak = here >= onset[max(0, frame - start - 3) : frame - start + 4].max()
        first = max(cuts[-1], frame - gap)
        bottom = first + int(loudness[first : frame + 3].argmin())
        before = float(loudness[max(cuts[-1], bottom - 2 * gap) : bottom + 1].max())
        dip = float(loudness[bottom]) / max(min(before, float(loudness[frame : frame + gap].max(initial=0.0))), 1e-9)
        if peak and frame - cuts[-1] >= gap and ((here > _AGAIN and dip < 0.75) or (here > 0.2 and dip < 0.55)):
            cuts.append(frame)
    return [(a, b, key) for a, b in zip(cuts, [*cuts[1:], end], strict=True)]


def _steady(runs: list[Run]) -> list[Run]:
    """Without slides and shakes: a short step on the way belongs to the note it leads to, a short neighbour inside to its note."""
    slide = round(_SLIDE_S / FRAME_S)
    out: list[Run] = []
    for index, run in enumerate(runs):
        start, end, key = run
        after = runs[index + 1] if index + 1 < len(runs) else None
        before = out[-1] if out else None
        short = end - start < slide
        if short and before and after and before[1] == start and after[0] == end:
            if before[2] == after[2] and abs(key - before[2]) <= 2:
                continue
            if min(before[2], after[2]) <= key <= max(before[2], after[2]):
                continue
        if short and after and after[0] == end and abs(after[2] - key) <= 2 and (before is None or before[1] < start):
            continue  # a note that is reached from below or above
        out.append(run)
    return _bridged(out, slide)


def _bridged(runs: list[Run], slide: int) -> list[Run]:
    """The frames of what was left out go to the neighbours; two halves of a shaken note are one."""
    out: list[Run] = []
    for start, end, key in runs:
        if out and 0 < start - out[-1][1] <= slide:
            if out[-1][2] == key:
                out[-1] = (out[-1][0], end, key)
                continue
            out.append((out[-1][1] + (start - out[-1][1]) // 2, end, key))
            continue
        out.append((start, end, key))
    return out
