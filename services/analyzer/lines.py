"""One voice heard in a mix or in a stem: the bass line and the main melody, as notes.

What sounds in each frame is explained by notes with overtones; a learned model says how likely each of them is the line's and begins
there (`line_ears`); the line is the likeliest path through them that leaps little (Viterbi, as in Salamon & Gómez 2012, by note instead
of by cent). Starts are moved to the onsets that are heard near them.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import soxr

from contracts.features import HeardLine, HeardNote
from contracts.music.key import Key
from services.analyzer.line_ears import likely, line_ears, sounding
from services.analyzer.rhythm import Rhythm
from services.music.audio.chroma import Register
from services.music.audio.keygram import LOW, Grams, Keygram, both_keygrams, keygram

Array = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Voice:
    """What is followed: MIDI range, the register it is read in, and how the path is chosen, in log odds.

    `prominence`: by how many nepers a peak must stand out; `rest`: odds under which nothing is heard; `leap`: cost per semitone, up
    to an octave; `change`: cost of any new note; `begin`: how much the odds of a beginning weigh where a note is entered; `again`: odds
    of a beginning from which a note that is held is struck again.
    """

    name: str
    low: int
    high_end: int
    register: Register
    prominence: float
    rest: float
    leap: float
    change: float
    begin: float
    again: float
    shortest_s: float
    how: str


# Chosen on a fifth of the songs that the ears for lines were developed with.
BASS = Voice("bass", 23, 60, LOW, 0.0, -0.7, 0.05, 3.0, 1.0, 0.0, 0.06, "lowest notes of the mix")
MELODY = Voice(
    "melody", 52, 90, Register(rate_hz=11_025, low_hz=130.0, high_hz=4200.0, fft=2048, hop=256), 2.0, -0.7, 0.05, 3.5, 1.0, 0.2, 0.05,
    "loudest voice of the mix",
)  # fmt: skip
_SNAP_S = 0.12
_AGAIN_S = 0.1
_LEAST_NOTES = 4
_MOST_ODDS = 5.0


def hear_bass(mono: Array, rate_hz: int, rhythm: Rhythm, key: Key | None, gram: Grams | None = None) -> HeardLine | None:
    """The bass line of a mono signal [samples]; None where none is heard. `gram`: its keygrams, where they are at hand."""
    return _line((gram or both_keygrams(mono, rate_hz)).low, BASS, rhythm, key)


def hear_melody(mono: Array, rate_hz: int, rhythm: Rhythm, key: Key | None) -> HeardLine | None:
    """The main melody of a mono signal [samples]; None where none is heard."""
    return _line(gram_of(mono, rate_hz, MELODY), MELODY, rhythm, key)


def gram_of(mono: Array, rate_hz: int, voice: Voice) -> Keygram:
    """The keys that sound in a mono signal [samples], read as it suits a voice."""
    rate = voice.register.rate_hz
    return keygram(np.asarray(soxr.resample(mono, rate_hz, rate, quality="MQ"), np.float32), voice.register, voice.prominence)


def _line(gram: Keygram, voice: Voice, rhythm: Rhythm, key: Key | None) -> HeardLine | None:
    if not gram.values.any():
        return None
    onsets_s = np.asarray(rhythm.onsets_s, np.float64)
    odds = np.clip(likely(sounding(gram, onsets_s), voice.low, voice.high_end, key, line_ears(voice.name)), -_MOST_ODDS, _MOST_ODDS)
    path = _path(odds, voice)
    notes = _notes(path, odds[:, :, 1], gram.hop_s, voice, onsets_s)
    if len(notes) < _LEAST_NOTES:
        return None
    heard = np.flatnonzero(path >= 0)
    sure = float((1 / (1 + np.exp(-odds[heard, path[heard], 0]))).mean())
    pitches = [pitch for _, _, pitch in notes]
    return HeardLine(
        notes=tuple(notes), low=min(pitches), high=max(pitches), contour=_contour(notes, rhythm), how=voice.how, confidence=round(sure, 3)
    )


def _path(odds: Times, voice: Voice) -> npt.NDArray[np.int64]:
    """The note of each frame, −1 where it rests, from the odds [frames, notes, 2] that it sounds and begins."""
    frames, size, _ = odds.shape
    apart = np.abs(np.arange(size)[:, None] - np.arange(size))
    cost = np.zeros((size + 1, size + 1))
    cost[:size, :size] = np.where(apart > 0, voice.change + voice.leap * np.minimum(apart, 12), 0.0)
    cost[size, :size] = cost[:size, size] = voice.change / 2
    entered = np.pad((1.0 - np.eye(size + 1))[:, :size], ((0, 0), (0, 1)))
    begins = np.hstack([voice.begin * odds[:, :, 1], np.zeros((frames, 1))])
    sound = np.hstack([odds[:, :, 0] - voice.rest, np.zeros((frames, 1))])
    score = sound[0].copy()
    back = np.zeros((frames, size + 1), np.int16)
    own = np.arange(size + 1)
    for frame in range(1, frames):
        moved = score[:, None] - cost + entered * begins[frame]
        back[frame] = moved.argmax(axis=0)
        score = moved[back[frame], own] + sound[frame]
    state = int(score.argmax())
    path = np.empty(frames, np.int64)
    for frame in range(frames - 1, -1, -1):
        path[frame] = state if state < size else -1
        state = int(back[frame, state])
    return path


def _notes(path: npt.NDArray[np.int64], begins: Times, hop_s: float, voice: Voice, onsets_s: Times) -> list[HeardNote]:
    """Runs of the path as notes in seconds, their starts at onsets, cut where one note is struck again."""
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    found: list[HeardNote] = []
    for start, end in pairwise(edges):
        if path[start] < 0:
            continue
        for first, last in _strokes(begins[start:end, path[start]], voice.again, start, end, hop_s):
            begin = _snapped(first, onsets_s)
            if found and begin < found[-1][0] + found[-1][1]:
                held = begin - found[-1][0]
                if held < voice.shortest_s:
                    begin = found[-1][0] + found[-1][1]
                else:
                    found[-1] = (found[-1][0], round(held, 3), found[-1][2])
            if last - begin >= voice.shortest_s:
                found.append((round(begin, 3), round(last - begin, 3), voice.low + int(path[start])))
    return found


def _strokes(begins: Times, again: float, start: int, end: int, hop_s: float) -> list[tuple[float, float]]:
    """A run in seconds, cut where the odds of a beginning [frames of the run] have a peak."""
    apart = round(_AGAIN_S / hop_s)
    cuts = [0]
    for frame in range(apart, len(begins) - apart // 2):
        near = begins[max(0, frame - 2) : frame + 3]
        if begins[frame] > again and begins[frame] >= near.max() and frame - cuts[-1] >= apart and begins[cuts[-1] : frame].min() < again:
            cuts.append(frame)
    return [((start + a) * hop_s, (start + b) * hop_s) for a, b in zip(cuts, [*cuts[1:], end - start], strict=True)]


def _snapped(time: float, onsets_s: Times) -> float:
    if not len(onsets_s):
        return time
    nearest = float(onsets_s[np.abs(onsets_s - time).argmin()])
    return nearest if abs(nearest - time) <= _SNAP_S else time


def _contour(notes: list[HeardNote], rhythm: Rhythm) -> tuple[float, ...]:
    """Mean pitch in each bar, 0 where it rests."""
    bars = np.asarray(getattr(rhythm, "downbeats_s", ()), np.float64)
    if len(bars) < 2:
        return ()
    edges = np.append(bars, bars[-1] + np.median(np.diff(bars)))
    start = np.array([s for s, _, _ in notes])
    end = start + np.array([d for _, d, _ in notes])
    pitch = np.array([p for _, _, p in notes], np.float64)
    out = []
    for low, high in pairwise(edges.tolist()):
        inside = np.maximum(np.minimum(end, high) - np.maximum(start, low), 0.0)
        out.append(round(float((inside * pitch).sum() / inside.sum()), 1) if inside.sum() > 0.05 else 0.0)
    return tuple(out)
