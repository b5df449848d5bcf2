"""One voice heard in a mix or in a stem: the bass line and the main melody, as notes.

What sounds in each frame is explained by notes with overtones; the line is the path through them that is loudest and leaps
least (Viterbi, as in Salamon & Gómez 2012, by note instead of by cent). Starts are moved to the onsets that are heard near them.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import soxr
from scipy.ndimage import uniform_filter1d

from contracts.features import HeardLine, HeardNote
from contracts.music.key import Key
from services.analyzer.rhythm import Rhythm
from services.music.audio.chroma import Register
from services.music.audio.keygram import LOW, LOWEST, Grams, Keygram, both_keygrams, keygram, notes_in

Array = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Voice:
    """What is followed: MIDI range, the register it is read in, and how the path is chosen.

    `prominence`: by how many nepers a peak must stand out; `rest`: share of the loudest usual salience below which nothing is
    heard; `leap`: cost per semitone, up to an octave; `change`: cost of any new note; `outside`: share taken from notes outside
    the key; `high`: what each octave upward adds.
    """

    low: int
    high_end: int
    register: Register
    prominence: float
    rest: float
    leap: float
    change: float
    outside: float
    high: float
    shortest_s: float
    how: str


# Chosen on half of the rendered songs that the ears were developed with.
BASS = Voice(23, 60, LOW, 0.0, 0.4, 0.016, 1.1, 0.2, -0.22, 0.1, "lowest notes of the mix")
MELODY = Voice(
    57, 86, Register(rate_hz=11_025, low_hz=130.0, high_hz=4200.0, fft=2048, hop=256), 2.0, 0.39, 0.035, 1.8, 0.2, 0.22, 0.05,
    "loudest voice of the mix",
)  # fmt: skip
_SNAP_S = 0.12
_AGAIN_S = 0.12
_LEAST_NOTES = 4


def hear_bass(mono: Array, rate_hz: int, rhythm: Rhythm, key: Key | None, gram: Grams | None = None) -> HeardLine | None:
    """The bass line of a mono signal [samples]; None where none is heard. `gram`: its keygrams, where they are at hand."""
    return _line((gram or both_keygrams(mono, rate_hz)).low, BASS, rhythm, key)


def hear_melody(mono: Array, rate_hz: int, rhythm: Rhythm, key: Key | None) -> HeardLine | None:
    """The main melody of a mono signal [samples]; None where none is heard."""
    return _line(_gram(mono, rate_hz, MELODY), MELODY, rhythm, key)


def _gram(mono: Array, rate_hz: int, voice: Voice) -> Keygram:
    rate = voice.register.rate_hz
    return keygram(np.asarray(soxr.resample(mono, rate_hz, rate, quality="MQ"), np.float32), voice.register, voice.prominence)


def _line(gram: Keygram, voice: Voice, rhythm: Rhythm, key: Key | None) -> HeardLine | None:
    salience = _salience(gram, voice, key)
    if not salience.any():
        return None
    path = _path(salience, voice)
    notes = _notes(path, salience, gram.hop_s, voice, np.asarray(rhythm.onsets_s, np.float64))
    if len(notes) < _LEAST_NOTES:
        return None
    heard = np.flatnonzero(path >= 0)
    own = salience[heard, path[heard]]
    beside = np.where(np.arange(salience.shape[1]) == path[heard][:, None], 0.0, salience[heard]).max(axis=1)
    sure = float(np.clip((own - 0.6 * beside) / np.maximum(own, 1e-9), 0, 1).mean())
    pitches = [pitch for _, _, pitch in notes]
    return HeardLine(
        notes=tuple(notes), low=min(pitches), high=max(pitches), contour=_contour(notes, rhythm), how=voice.how, confidence=round(sure, 3)
    )


def _salience(gram: Keygram, voice: Voice, key: Key | None) -> Times:
    """How strongly each note of the range is heard [frames, notes], about 1 where the voice is loud."""
    found = notes_in(gram.values)[:, voice.low - LOWEST : voice.high_end + 1 - LOWEST].astype(np.float64)
    top = np.sqrt(np.maximum(found, 0.0))
    midi = np.arange(voice.low, voice.high_end + 1)
    tilt = 1 + voice.high * (midi - midi.mean()) / 12
    if key is not None:
        tilt = tilt * np.where(np.isin(midi % 12, key.pitch_classes), 1.0, 1.0 - voice.outside)
    top = np.asarray(uniform_filter1d(top, 3, axis=0)) * np.maximum(tilt, 0.2)
    loud = float(np.quantile(top.max(axis=1), 0.9))
    return np.asarray(np.minimum(top / max(loud, 1e-9), 1.5))


def _path(salience: Times, voice: Voice) -> npt.NDArray[np.int64]:
    """The note of each frame, −1 where it rests."""
    frames, size = salience.shape
    apart = np.abs(np.arange(size)[:, None] - np.arange(size))
    cost = np.zeros((size + 1, size + 1))
    cost[:size, :size] = np.where(apart > 0, voice.change + voice.leap * np.minimum(apart, 12), 0.0)
    cost[size, :size] = cost[:size, size] = voice.change / 2
    sound = np.hstack([salience - voice.rest, np.zeros((frames, 1))])
    score = sound[0].copy()
    back = np.zeros((frames, size + 1), np.int16)
    own = np.arange(size + 1)
    for frame in range(1, frames):
        moved = score[:, None] - cost
        back[frame] = moved.argmax(axis=0)
        score = moved[back[frame], own] + sound[frame]
    state = int(score.argmax())
    path = np.empty(frames, np.int64)
    for frame in range(frames - 1, -1, -1):
        path[frame] = state if state < size else -1
        state = int(back[frame, state])
    return path


def _notes(path: npt.NDArray[np.int64], salience: Times, hop_s: float, voice: Voice, onsets_s: Times) -> list[HeardNote]:
    """Runs of the path as notes in seconds, their starts at onsets, cut where one note is struck again."""
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    found: list[HeardNote] = []
    for start, end in pairwise(edges):
        if path[start] < 0:
            continue
        strength = salience[start:end, path[start]]
        for first, last in _strokes(strength, start, end, hop_s, onsets_s):
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


def _strokes(strength: Times, start: int, end: int, hop_s: float, onsets_s: Times) -> list[tuple[float, float]]:
    """A run in seconds, cut at onsets where the note itself grows again."""
    cuts = [start * hop_s]
    for onset in onsets_s[(onsets_s > start * hop_s + _AGAIN_S) & (onsets_s < end * hop_s - _AGAIN_S / 2)]:
        frame = round(float(onset) / hop_s) - start
        before = strength[max(0, frame - 3) : frame + 1].min(initial=9.0)
        after = strength[frame : frame + 5].max(initial=0.0)
        if onset - cuts[-1] >= _AGAIN_S and after > 1.25 * before:
            cuts.append(float(onset))
    return list(zip(cuts, [*cuts[1:], end * hop_s], strict=True))


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
