"""Chromatic and contrapuntal devices on a progression: applied dominants, borrowed chords, substitutes, stepwise basses, cadence bars.

Each takes the bars of a progression in numerals and returns the changed bars, or None where it has no place. `first` is the
earliest bar that may change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from contracts.music import Key
from services.generator.composition.unit_writer import HOLD, Bars
from services.music.packs.harmony_table import Device
from services.music.theory.roman import parse_numeral, plain

_C = Key("C")
# What a dominant seventh is applied to -> it, by third of the key; with how often real songs do so.
_APPLIED = {
    "major": {"V": ("II7", 4.0), "vi": ("III7", 3.5), "ii": ("VI7", 3.0), "IV": ("I7", 2.0), "iii": ("VII7", 0.4)},
    "minor": {"iv": ("I7", 3.0), "V": ("II7", 2.0), "bVI": ("bIII7", 1.5), "bVII": ("IV7", 1.5)},
}
# Chord and the one after it -> what is borrowed in its place.
_BORROWED = {
    "major": {("IV", "I"): "IV iv", ("IV", "V"): "IV iv", ("vi", "V"): "bVI", ("ii", "V"): "iiø7", ("V", "I"): "bVII", ("I", "IV"): "I v"},
    "minor": {("iv", "i"): "IV", ("v", "i"): "V", ("bVII", "i"): "bVII V", ("iv", "v"): "IV", ("bIII", "iv"): "bIII+"},
}
_PASSING = {
    ("I", "ii"): "#i°7", ("IV", "V"): "#iv°7", ("V", "vi"): "#v°7", ("ii", "iii"): "#ii°7", ("IV", "I"): "#iv°7",
    ("bVI", "bVII"): "vi°7", ("bVII", "i"): "vii°7", ("iv", "V"): "#iv°7", ("iv", "v"): "#iv°7",
}  # fmt: skip
_SEVENTHS = {"I": "maj7", "IV": "maj7", "bIII": "maj7", "bVI": "maj7", "bVII": "7", "V": "7", "Vsus4": ""}
_BEFORE = {"V": ("IV", "ii", "vi"), "bVII": ("bVI", "iv"), "v": ("iv", "bVI"), "IV": ("V", "vi"), "bVI": ("bVII",)}


@dataclass(frozen=True)
class Place:
    """One token of a progression that is no hold."""

    bar: int
    index: int
    name: str
    """The plain numeral."""
    alone: bool
    """Whether it has its bar for itself."""


def places(bars: Bars) -> list[Place]:
    """The chords of a progression in order."""
    return [Place(b, i, plain(n), len(bar) == 1) for b, bar in enumerate(bars) for i, n in enumerate(bar) if n != HOLD]


def applied(bars: Bars, third: str, first: int, draw: np.random.Generator) -> Bars | None:
    """A dominant seventh of the chord that comes next, in the second half of the bar before it."""
    options: list[tuple[float, Place, str]] = []
    for here, after in _neighbours(bars, first):
        rule = _APPLIED[third].get(after.name)
        # The target stands on a bar line, and the bar before keeps half of itself, or is a chord on the same root.
        if rule and after.index == 0 and (here.alone or here.index == 1 == len(bars[here.bar]) - 1) and here.name != after.name:
            options.append((rule[1], here, rule[0]))
    picked = _picked(options, draw)
    if picked is None:
        return None
    here, numeral = picked
    same_root = plain(numeral).upper() == here.name.upper()
    if here.alone and not (same_root and here.name.islower()) and not (here.name == "I" and numeral == "I7"):
        return _with(bars, here.bar, [bars[here.bar][0], numeral])
    return _with(bars, here.bar, [*bars[here.bar][: here.index], numeral])


def borrowed(bars: Bars, third: str, first: int, draw: np.random.Generator) -> Bars | None:
    """A chord of the parallel key in place of the key's own."""
    options = [
        (1.5 if (here.name, after.name) in (("IV", "I"), ("iv", "i")) else 0.6, here, _BORROWED[third][here.name, after.name])
        for here, after in _neighbours(bars, first)
        if here.alone and (here.name, after.name) in _BORROWED[third]
    ]
    picked = _picked(options, draw)
    if picked is None:
        return None
    here, text = picked
    return _with(bars, here.bar, dressed(text, bars[here.bar][0]).split())


def tritone(bars: Bars, _third: str, first: int, draw: np.random.Generator) -> Bars | None:
    """The dominant a tritone away where the dominant goes home: the bass slides down a semitone."""
    options = [
        (1.0, here, "bII7")
        for here, after in _neighbours(bars, first)
        if here.name == "V" and after.name.upper() == "I" and not bars[here.bar][here.index].endswith("sus4")
    ]
    picked = _picked(options, draw)
    if picked is None:
        return None
    here = picked[0]
    row = list(bars[here.bar])
    if here.alone and draw.random() < 0.5:
        return _with(bars, here.bar, [row[0], "bII7"])
    row[here.index] = "bII7"
    return _with(bars, here.bar, row)


def diminished(bars: Bars, _third: str, first: int, draw: np.random.Generator) -> Bars | None:
    """A diminished seventh between two chords a tone apart: the bass climbs by semitones."""
    options = [
        (1.0, here, _PASSING[here.name, after.name])
        for here, after in _neighbours(bars, first)
        if here.alone and after.index == 0 and (here.name, after.name) in _PASSING
    ]
    picked = _picked(options, draw)
    return None if picked is None else _with(bars, picked[0].bar, [bars[picked[0].bar][0], picked[1]])


def bass_line(bars: Bars, _third: str, first: int, draw: np.random.Generator) -> Bars | None:
    """An inversion that makes the bass walk by step: through three chords (I V/3 vi, vi I/5 IV), or into the next one.

    The latter as in I I/3 IV, i i/b7 bVI, I I/maj7 vi.
    """
    found = places(bars)
    options: list[tuple[float, Place, str]] = []
    for k in range(len(found) - 1):
        here = found[k]
        token = bars[here.bar][here.index]
        if here.bar < first or "/" in token or any(word in token for word in ("sus", "°", "ø", "5", "add", "+")):
            continue
        after = _bass(bars, found[k + 1])
        for member, worth in (("3", 1.0), ("5", 0.45)):
            low = parse_numeral(f"{token}/{member}", _C).bass_class
            if k and _step(_bass(bars, found[k - 1]), low) * _step(low, after) > 0:
                options.append((worth * (1.0 if here.index or member == "3" else 0.6), here, f"{token}/{member}"))
        for member, worth in (("3", 0.5), ("b7" if here.name.islower() else "maj7", 0.4)):
            low = parse_numeral(f"{token}/{member}", _C).bass_class
            falls = member == "3" or _step(_bass(bars, here), low) * _step(low, after) > 0
            if here.alone and _step(low, after) and falls and found[k + 1].index == 0:
                options.append((worth, here, f"{token} {token}/{member}"))
    picked = _picked(options, draw)
    if picked is None:
        return None
    here, text = picked
    row = list(bars[here.bar])
    row[here.index : here.index + 1] = text.split()
    return _with(bars, here.bar, row)


def split(bars: Bars, third: str, first: int, draw: np.random.Generator) -> Bars | None:
    """The harmony quickens before a cadence: another chord on the way in the last bar of four."""
    options: list[tuple[float, Place, str]] = []
    found = places(bars)
    for k, here in enumerate(found):
        before = found[k - 1].name if k else ""
        if here.alone and here.bar >= first and here.bar % 4 == 3:
            ways = [
                w
                for w in _BEFORE.get(here.name, ())
                if w != before and (third == "major" or (w not in ("ii", "vi", "IV") and here.name != "IV"))
            ]
            token = bars[here.bar][0]
            options += [(1.0 / (i + 1), here, f"{dressed(way, token)} {token}") for i, way in enumerate(ways)]
    picked = _picked(options, draw)
    return None if picked is None else _with(bars, picked[0].bar, picked[1].split())


def suspended(bars: Bars, _third: str, first: int, draw: np.random.Generator) -> Bars | None:
    """The dominant's fourth resolves inside its bar."""
    options = [
        (1.0, here, "V7sus4 V7" if "7" in bars[here.bar][0] else "Vsus4 V")
        for here in places(bars)
        if here.alone and here.name == "V" and here.bar >= first
    ]
    picked = _picked(options, draw)
    return None if picked is None else _with(bars, picked[0].bar, picked[1].split())


DEVICES: dict[Device, Callable[[Bars, str, int, np.random.Generator], Bars | None]] = {
    "secondary": applied,
    "borrowed": borrowed,
    "tritone": tritone,
    "diminished": diminished,
    "bass_line": bass_line,
    "split": split,
    "suspended": suspended,
}
CHROMATIC: frozenset[Device] = frozenset({"secondary", "borrowed", "tritone", "diminished"})


def dressed(numerals: str, like: str) -> str:
    """Plain numerals with sevenths where the chord whose place they take has one."""
    if not any(mark in like for mark in ("7", "9", "13")):
        return numerals
    return " ".join(n + _SEVENTHS.get(n, "7" if n[-1] in "ivV" and n.lstrip("b#")[0] in "ivV" else "") for n in numerals.split())


def _neighbours(bars: Bars, first: int) -> list[tuple[Place, Place]]:
    found = [p for p in places(bars) if p.bar >= first]
    return list(pairwise(found))


def _picked(options: Sequence[tuple[float, Place, str]], draw: np.random.Generator) -> tuple[Place, str] | None:
    """One option by weight; later bars are likelier: changes gather at ends (POP909: .2 at the head of a phrase, .5 in its last bar)."""
    if not options:
        return None
    weights = np.array([weight * (1.0 + 0.25 * here.bar) for weight, here, _ in options])
    _, here, text = options[int(draw.choice(len(options), p=weights / weights.sum()))]
    return here, text


def _bass(bars: Bars, here: Place) -> int:
    return parse_numeral(bars[here.bar][here.index], _C).bass_class


def _step(low: int, high: int) -> int:
    """The step from one pitch class to another, 0 where it is more than a tone."""
    move = (high - low + 6) % 12 - 6
    return move if abs(move) in (1, 2) else 0


def _with(bars: Bars, index: int, row: list[str]) -> Bars:
    return [row if b == index else list(bar) for b, bar in enumerate(bars)]
