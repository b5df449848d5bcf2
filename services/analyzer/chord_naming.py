"""From states to chords with names: spelled in the key, with the bass where it is another, numerals, and how sure they are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.features import HeardChord
from contracts.music.chord import Chord
from contracts.music.key import Key
from services.analyzer.chord_grid import Grid
from services.analyzer.chord_model import QUALITIES, STATES
from services.analyzer.key_spans import Keys
from services.music.theory.analysis import read_chord
from services.music.theory.modulation import spans_of
from services.music.theory.roman import numeral_of, spell_class

Heard = npt.NDArray[np.float32]

NO_CHORD = "N"
BASS_SHARE = 0.6
"""Share of the bass that another chord note must have to be named."""
_THIRDS = (("", "7", "maj7"), ("m", "m7", "m7b5"), ("sus4", "5"))


@dataclass(frozen=True)
class NamedChord:
    """A chord for a time; `chord` is None where there is none."""

    heard: HeardChord
    chord: Chord | None


def named_chords(path: npt.NDArray[np.int64], heard: Heard, grid: Grid, bass: Heard, keys: Keys) -> list[NamedChord]:
    """The chords of a path of states, in order.

    Args:
        path: the state of each stretch; STATES is no chord.
        heard: log probability of each chord [stretches, STATES].
        grid: where stretches begin.
        bass: pitch classes of the bass [stretches, 12].
        keys: the keys in force.
    """
    runs = spans_of([int(state) for state in path])
    ends = [*[start for start, _ in runs[1:]], len(path)]
    chords: list[Chord | None] = []
    for (start, state), end in zip(runs, ends, strict=True):
        chords.append(None if state == STATES else _chord(state, bass[start:end], keys.at(float(grid.edges_s[start]), grid)))
    numerals = _numerals(chords, [float(grid.edges_s[start]) for start, _ in runs], [float(grid.edges_s[end]) for end in ends], grid, keys)
    found = []
    for chord, roman, (start, state), end in zip(chords, numerals, runs, ends, strict=True):
        first, last = round(float(grid.edges_s[start]), 3), round(float(grid.edges_s[end]), 3)
        name = NO_CHORD if chord is None else str(chord)
        heard_chord = HeardChord(start_s=first, end_s=last, symbol=name, roman=roman, confidence=_sure(state, heard[start:end]))
        found.append(NamedChord(heard_chord, chord))
    return found


def _numerals(chords: list[Chord | None], starts_s: list[float], ends_s: list[float], grid: Grid, keys: Keys) -> list[str]:
    """The numeral of each chord in the key in force, empty where there is no chord.

    Where the tonic itself has a minor seventh most of the time, as in a blues, it is no dominant of anything.
    """
    at_home = {True: 0.0, False: 0.0}
    for chord, start, end in zip(chords, starts_s, ends_s, strict=True):
        if chord is not None and chord.root_class == keys.at(start, grid).tonic_class:
            at_home[chord.quality == "7"] += end - start
    found = []
    for index, (chord, start) in enumerate(zip(chords, starts_s, strict=True)):
        key = keys.at(start, grid)
        if chord is None:
            found.append("")
        elif at_home[True] > at_home[False] and chord.root_class == key.tonic_class:
            found.append(numeral_of(chord, key))
        else:
            before, after = chords[index - 1] if index else None, chords[index + 1] if index + 1 < len(chords) else None
            found.append(read_chord(chord, key, before, after).numeral)
    return found


def _chord(state: int, bass: Heard, key: Key) -> Chord:
    root, quality = divmod(state, len(QUALITIES))
    chord = Chord(spell_class(key, root), QUALITIES[quality])
    low = bass.sum(axis=0)
    lowest = int(low.argmax())
    if lowest != root and lowest in chord.pitch_classes and low[lowest] >= BASS_SHARE * low.sum():
        return Chord(chord.root, chord.quality, spell_class(key, lowest))
    return chord


def _sure(state: int, heard: Heard) -> float:
    """How likely root and third are on the average of the chord's stretches."""
    if state == STATES:
        return 0.8
    root, quality = divmod(state, len(QUALITIES))
    third = next(names for names in _THIRDS if QUALITIES[quality] in names)
    own = [root * len(QUALITIES) + QUALITIES.index(name) for name in third]
    return round(float(np.exp(heard[:, own]).sum(axis=1).mean()), 3)


__all__ = ["NO_CHORD", "NamedChord", "named_chords"]
