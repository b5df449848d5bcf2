"""What chords do in a key: their function, where they come from, how phrases end, and which keys a list of chords visits."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from contracts.music import Chord, Key
from services.music.theory.roman import applied_to, numeral_of

Function = Literal["T", "S", "D"]
Origin = Literal["diatonic", "applied", "substitute", "borrowed", "passing", "chromatic"]
Cadence = Literal["authentic", "half", "plagal", "deceptive", "modal", "backdoor", "open"]

# Root above the tonic in semitones -> function (Riemann's three, mediants with the tonic, as in Kostka & Payne).
_FUNCTIONS: tuple[Function, ...] = ("T", "S", "S", "T", "T", "S", "S", "D", "S", "T", "S", "D")
_PARALLEL = {"major": "minor", "minor": "major"}
_SWITCH = 3.0  # what a change of key must gain, in chords that fit
_HOME = 0.35


@dataclass(frozen=True)
class Reading:
    """One chord in its key."""

    chord: Chord
    numeral: str
    """Plain degrees, or what it is applied to: "V7/vi"."""
    function: Function
    origin: Origin


def read_chords_in(chords: Sequence[Chord], key: Key) -> list[Reading]:
    """Each chord with its function and origin, heard with its neighbours."""
    found: list[Reading] = []
    for index, chord in enumerate(chords):
        before = chords[index - 1] if index else None
        after = next((c for c in chords[index + 1 :] if c.root_class != chord.root_class or c.is_minor != chord.is_minor), None)
        found.append(read_chord(chord, key, before, after))
    return found


def read_chord(chord: Chord, key: Key, before: Chord | None = None, after: Chord | None = None) -> Reading:
    """One chord between its neighbours."""
    above = (chord.root_class - key.tonic_class) % 12
    function = _FUNCTIONS[above]
    dominant = 4 in chord.intervals and 10 in chord.intervals
    if above == 10 and (key.is_minor or dominant):
        function = "D"
    if is_own(chord, key):
        return Reading(chord, numeral_of(chord, key), function, "diatonic")
    target = applied_to(chord, after, key) if after is not None else None
    if target is not None:
        return Reading(chord, target, "D", "substitute" if target.startswith("sub") else "applied")
    if above == 1 and dominant and after is not None and after.root_class == key.tonic_class:
        return Reading(chord, f"subV{chord.quality}", "D", "substitute")
    if chord.quality in ("dim", "dim7") and before is not None and after is not None and _passes(before, chord, after):
        return Reading(chord, numeral_of(chord, key), function, "passing")
    if is_own(chord, Key(key.tonic, _PARALLEL["minor" if key.is_minor else "major"])):
        return Reading(chord, numeral_of(chord, key), function, "borrowed")
    return Reading(chord, numeral_of(chord, key), function, "chromatic")


def is_own(chord: Chord, key: Key) -> bool:
    """Whether a chord is made of the key's scale; minor keys own a leading tone over V and a raised sixth or seventh over i."""
    tones = set(chord.pitch_classes)
    if tones <= set(key.pitch_classes):
        return True
    above = (chord.root_class - key.tonic_class) % 12
    raised = set(key.pitch_classes) - {(key.tonic_class + 10) % 12} | {(key.tonic_class + 11) % 12}
    if key.mode != "minor":
        return False
    melodic = set(key.pitch_classes) | {(key.tonic_class + 9) % 12, (key.tonic_class + 11) % 12}
    return (above in (7, 11) and tones <= raised) or (above == 0 and chord.is_minor and tones <= melodic)


def _passes(before: Chord, chord: Chord, after: Chord) -> bool:
    low, middle, high = before.bass_class, chord.bass_class, after.bass_class
    return (middle - low) % 12 == 1 == (high - middle) % 12 or (low - middle) % 12 == 1 == (middle - high) % 12


def cadence(before: Chord, last: Chord, key: Key) -> Cadence:
    """How a phrase ends whose last two chords these are."""
    home, degree = (last.root_class - key.tonic_class) % 12, (before.root_class - key.tonic_class) % 12
    major_third = 4 in before.intervals
    if home == 0:
        if degree in (7, 11) and (major_third or before.quality in ("dim", "dim7", "m7b5") or "sus" in before.quality):
            return "authentic"
        if degree == 1 and major_third and 10 in before.intervals:
            return "authentic"
        if degree == 10 and not key.is_minor and 10 in before.intervals:
            return "backdoor"
        return "plagal" if degree == 5 else "modal" if degree in (1, 7, 10) else "open"
    if home == 7 and 3 not in last.intervals:
        return "half"
    return "deceptive" if degree == 7 and home in (9, 8, 5) and major_third else "open"


def functions_of(chords: Sequence[Chord], key: Key) -> str:
    """The path of functions, repeats joined: "T–S–D–T"."""
    path = [reading.function for reading in read_chords_in(chords, key)]
    return "–".join(path[:1] + [b for a, b in pairwise(path) if a != b])


def key_areas(chords: Sequence[Chord], home: Key | None = None) -> list[tuple[int, Key]]:
    """The keys that a list of chords visits: (index of the first chord, key), by the best path over the 24 keys.

    Chords whose notes lie in a key's scale speak for it, its tonic and dominant more so; `home` is preferred where keys tie.
    """
    keys = [Key("C", mode).transpose(t) for mode in ("major", "minor") for t in range(12)]
    keys = [home if home and (k.mode, k.tonic_class) == (home.mode, home.tonic_class) else k for k in keys]
    scores = [0.2 if k == home else 0.0 for k in keys]
    back: list[list[int]] = []
    for chord in chords:
        best = max(range(len(keys)), key=lambda i: scores[i])
        stay = [i if scores[i] >= scores[best] - _SWITCH else best for i in range(len(keys))]
        back.append(stay)
        scores = [max(scores[i], scores[best] - _SWITCH) + _fit(chord, keys[i]) for i in range(len(keys))]
    state = max(range(len(keys)), key=lambda i: scores[i])
    path: list[int] = []
    for stay in reversed(back):
        path.append(state)
        state = stay[state]
    path.reverse()
    return [(i, keys[k]) for i, k in enumerate(path) if i == 0 or path[i - 1] != k]


def _fit(chord: Chord, key: Key) -> float:
    above = (chord.root_class - key.tonic_class) % 12
    inside = sum(pc in key.pitch_classes for pc in chord.pitch_classes) / len(chord.pitch_classes)
    if is_own(chord, key):
        inside = 1.0
    tonic = _HOME if above == 0 and chord.is_minor == key.is_minor else 0.0
    return inside + tonic + (0.2 if above == 7 and 4 in chord.intervals else 0.0)
