"""The tonal half of the ears: tuning, key and keys, chords with numerals, cadences, harmonic rhythm, from one keygram."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.features import Cadence, HeardChord, KeySpan, Measured
from contracts.music.key import Key
from services.analyzer.chord_grid import Grid, grid_of
from services.analyzer.chord_model import learned, seen_from_roots, stretches_of
from services.analyzer.chord_naming import NamedChord, named_chords
from services.analyzer.chord_path import chord_path
from services.analyzer.key_spans import Keys, find_keys
from services.analyzer.repetition import with_repetitions
from services.analyzer.rhythm import Rhythm
from services.music.audio.keygram import CLASSES, Grams, both_keygrams
from services.music.audio.onsets import EAR_RATE_HZ
from services.music.theory.cadences import Timed, changes, joined, phrase_cadences

Array = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]

SILENT = 0.03
"""A stretch with less of the median stretch's sound has no chord."""
PITCHLESS = 0.1
"""Steadiness below which nothing has a pitch: drums .02, noise .01, the least of 66 songs .34."""
_ENOUGH = 0.5
"""Mean confidence of the chords below which the key is less sure than its evidence says: a lone tone has no key."""
PHRASE_BARS = 4
_PLAIN_BAR_BEATS = 4
_HELD_BARS = 1.9
_TAIL_S, _FADE_S = 0.15, 5.0
_DEAD, _FULL = 0.12, 0.45


@dataclass(frozen=True)
class Harmony:
    """What sounds together. `chroma_by_beat` [12, beats]: pitch classes of what sounds in each heard beat, at most 1."""

    key: Key
    key_confidence: float
    keys: tuple[KeySpan, ...]
    tuning: Measured
    chords: tuple[HeardChord, ...]
    cadences: tuple[Cadence, ...]
    harmonic_rhythm: Measured | None
    chroma_by_beat: Array
    gram: Grams
    """What was read, for others to read on."""


def hear_harmony(mono: Array, rhythm: Rhythm) -> Harmony | None:
    """The harmony of a mono signal [samples] at EAR_RATE_HZ; None where no pitch is heard."""
    grams = both_keygrams(mono, EAR_RATE_HZ)
    beats = rhythm.pulse.beats_s if rhythm.pulse is not None else np.zeros(0)
    downbeats = np.asarray(getattr(rhythm, "downbeats_s", ()), np.float64)
    return harmony_in(grams, beats, downbeats, len(mono) / EAR_RATE_HZ)


def harmony_in(grams: Grams, beats_s: Times, downbeats_s: Times, duration_s: float) -> Harmony | None:
    """The harmony of keygrams on a grid of beats."""
    grid = grid_of(beats_s, downbeats_s, duration_s)
    sound = stretches_of(grams, grid.edges_s)
    level = sound.keys.sum(axis=1)
    if not (level > 0).any() or grams.whole.steadiness < PITCHLESS:
        return None
    silent = level <= SILENT * float(np.median(level[level > 0]))
    classes, bass = sound.classes, sound.bass
    heard = with_repetitions(learned().log_likely(seen_from_roots(sound)), classes, bass)
    found = find_keys(heard, grid, silent, classes, bass, ended=_ends(grams))
    path = chord_path(heard, grid, found.by_stretch, silent)
    chords = named_chords(path, heard, grid, bass, found)
    believed = min(1.0, _mean_sure(chords) / _ENOUGH)
    return Harmony(
        key=found.key,
        key_confidence=round(believed * found.confidence, 3),
        keys=tuple(span.model_copy(update={"confidence": round(believed * span.confidence, 3)}) for span in found.spans(grid)),
        tuning=Measured(
            value=round(100 * grams.whole.tuning, 1), unit="cents", confidence=round(min(1.0, 2.5 * grams.whole.steadiness), 3)
        ),
        chords=tuple(chord.heard for chord in chords),
        cadences=_cadences(chords, grid, downbeats_s, beats_s, found),
        harmonic_rhythm=_changes_per_bar(chords, downbeats_s, beats_s),
        chroma_by_beat=_by_beat(classes, grid, len(beats_s)),
        gram=grams,
    )


def _ends(grams: Grams) -> bool:
    """Whether the music comes to an end: it dies away in the last seconds, and was not quiet long before."""
    level = grams.whole.values.sum(axis=1)
    usual = float(np.median(level)) if len(level) else 0.0
    if usual <= 0:
        return False
    tail = max(1, round(_TAIL_S / grams.whole.hop_s))
    before = level[: -round(_FADE_S / grams.whole.hop_s)][-4 * tail :]
    sounding = np.flatnonzero(level > _DEAD * usual)
    dead = len(level) - 1 - int(sounding[-1]) >= tail
    return bool(dead and len(before) and float(before.mean()) > _FULL * usual)


def _timed(chords: list[NamedChord]) -> list[Timed]:
    return [Timed(c.heard.start_s, c.heard.end_s, c.chord) for c in chords if c.chord is not None]


def _bars(downbeats_s: Times, beats_s: Times) -> Times:
    """Bar lines in seconds; every fourth beat where no downbeats are known."""
    return downbeats_s if len(downbeats_s) > 1 else beats_s[::_PLAIN_BAR_BEATS]


def _cadences(chords: list[NamedChord], grid: Grid, downbeats_s: Times, beats_s: Times, keys: Keys) -> tuple[Cadence, ...]:
    """How phrases of four bars end, what is held for two bars, and the whole."""
    bars = _bars(downbeats_s, beats_s)
    timed = _timed(chords)
    if len(bars) < PHRASE_BARS or len(timed) < 2:
        return ()
    first = int(np.searchsorted(bars, timed[0].start - 0.1))
    ends = [float(end) for end in bars[first + PHRASE_BARS :: PHRASE_BARS] if end < timed[-1].end] + [timed[-1].end]
    bar_s = float(np.median(np.diff(bars)))
    ends = sorted({*ends, *(run.end for run in joined(timed) if run.end - run.start >= _HELD_BARS * bar_s)})
    near = 0.3 * bar_s
    sure = {(c.heard.start_s): c.heard.confidence for c in chords}
    starts = np.array([c.heard.start_s for c in chords])
    found = []
    for end in phrase_cadences(timed, ends, lambda time: keys.at(time, grid), near):
        before = chords[max(0, int(np.searchsorted(starts, end.time)) - 1)].heard.confidence
        both = sure.get(end.time, 0.5) * before
        whole = 1.0 if len(downbeats_s) > 1 else 0.6
        found.append(
            Cadence(
                time_s=round(end.time, 3),
                kind=end.kind,
                chords=(str(end.before), str(end.last)),
                confidence=round(both * whole * keys.confidence**0.5, 3),
            )
        )
    return tuple(found)


def _changes_per_bar(chords: list[NamedChord], downbeats_s: Times, beats_s: Times) -> Measured | None:
    bars, timed = _bars(downbeats_s, beats_s), _timed(chords)
    if len(bars) < 2 or not timed:
        return None
    length = sum(chord.end - chord.start for chord in timed)
    count = length / float(np.median(np.diff(bars)))
    return Measured(value=round(changes(timed) / max(count, 1.0), 3), unit="1/bar", confidence=round(_mean_sure(chords), 3))


def _mean_sure(chords: list[NamedChord]) -> float:
    """Mean confidence of the chords over their time."""
    held = [(c.heard.confidence, c.heard.end_s - c.heard.start_s) for c in chords if c.chord is not None]
    return sum(sure * length for sure, length in held) / max(sum(length for _, length in held), 1e-9)


def _by_beat(classes: Array, grid: Grid, beats: int) -> Array:
    out = np.zeros((CLASSES, beats), np.float32)
    held = grid.beat_of >= 0
    np.add.at(out.T, grid.beat_of[held], classes[held])
    return np.asarray(out / np.maximum(out.max(axis=0), 1e-9), np.float32)


__all__ = ["Harmony", "harmony_in", "hear_harmony"]
