"""Guitar shapes that a hand can hold, and which chord tones matter. Keys are voiced by `services.music.theory.voicing`."""

from functools import cache
from itertools import pairwise, product

from contracts.music import Chord
from services.music.theory.voicing import voice_progression

GUITAR_STRINGS = (40, 45, 50, 55, 59, 64)
MAX_FRET = 12


@cache
def tones(chord: Chord, count: int, colour: str) -> tuple[int, ...]:
    """Pitch classes to voice, most needed first: third and seventh, colour, root, fifth. Slash basses belong to the bass."""
    steps = [s % 12 for s in chord.intervals]
    third = [s for s in steps if s in (2, 3, 4, 5) and s == steps[min(1, len(steps) - 1)]]
    if colour == "power":
        order = [0, *(s for s in steps if s in (6, 7, 8))]
        return tuple((chord.root_class + s) % 12 for s in order)[: max(count, 2)]
    seventh = [s for s in steps[2:] if s in (9, 10, 11)]
    fifth = [s for s in steps if s in (6, 7, 8)]
    high = [s % 12 for s in chord.intervals if s > 12]
    if colour == "rootless":
        ninth = high or ([2] if len(chord.intervals) > 3 and 1 not in steps and 6 not in steps else [])
        order = [*third, *seventh, *ninth, *fifth, 0]
        if len(chord.intervals) <= 3:
            order = [*third, 0, *fifth]
    elif colour == "seventh":
        order = [*third, *seventh, 0, *high, *fifth]
    elif colour == "open":
        order = [0, *fifth, *third, *high, *seventh]
    else:
        order = [*third, 0, *seventh, *fifth, *high]
    unique = list(dict.fromkeys([*order, *steps]))
    return tuple((chord.root_class + s) % 12 for s in unique)[: max(count, 1)]


@cache
def guitar_shapes(chord: Chord, power: bool, low: int, high: int) -> tuple[tuple[int, ...], ...]:
    """Playable shapes, best first: one note per string, four frets, at most four fingers, neighbouring strings, root or slash lowest.

    A power chord always stands on its root: distorted, a fourth growls where a fifth rings.
    """
    classes = set(tones(chord, 2, "power")) if power else {(chord.root_class + s) % 12 for s in chord.intervals}
    needed = classes if power else set(tones(chord, 2, "seventh"))
    found: dict[tuple[int, ...], float] = {}
    for position in range(MAX_FRET):
        per_string = []
        for string in GUITAR_STRINGS:
            frets = [f for f in range(position, position + 4) if (string + f) % 12 in classes]
            if position in (0, 1, 2) and string % 12 in classes and 0 not in frets:
                frets.append(0)
            per_string.append(frets[:2])
        for first in range(4):
            width = 3 if power else 6 - first
            strings = range(first, min(first + width, 6))
            for held in product(*(per_string[s] for s in strings)):
                notes = tuple(GUITAR_STRINGS[s] + f for s, f in zip(strings, held, strict=True))
                if power and notes[0] % 12 != chord.root_class:
                    continue
                _consider(found, notes, held, chord, needed, low, high)
    ranked = sorted(found, key=lambda n: (found[n], n))
    return tuple(ranked[:12])


def _consider(
    found: dict[tuple[int, ...], float], notes: tuple[int, ...], frets: tuple[int, ...], chord: Chord, needed: set[int], low: int, high: int
) -> None:
    """Keep a shape if a hand can hold it."""
    if notes[0] < low or notes[-1] > high or any(b <= a for a, b in pairwise(notes)):
        return
    pressed = [f for f in frets if f > 0]
    barred = min(pressed, default=0)
    fingers = sum(1 for f in pressed if f > barred) + (1 if pressed else 0)
    if fingers > 4 or (0 in frets and max(pressed, default=0) > 4) or not needed <= {n % 12 for n in notes}:
        return
    cost = 0.3 * barred + 0.8 * abs(len(notes) - 5) + (0.0 if notes[0] % 12 == chord.bass_class else 2.5)
    found[notes] = min(cost, found.get(notes, 99.0))


def dropped(chord: Chord, low: int) -> tuple[int, ...]:
    """Root, fifth and octave under one finger, on a guitar whose low strings are tuned down to `low`."""
    root = low + (chord.bass_class - low) % 12
    fifth = next((s % 12 for s in chord.intervals if s % 12 in (6, 8)), 7) if 7 not in {s % 12 for s in chord.intervals} else 7
    return (root, root + fifth, root + 12)


def strummed(chord: Chord, window: tuple[int, int], colour: str, before: tuple[int, ...] | None) -> tuple[int, ...]:
    """A guitar shape near the hand's last position, inside the window where one exists."""
    if colour == "drop":
        return dropped(chord, window[0])
    power = colour == "power" and not {3, 4} & {s % 12 for s in chord.intervals[:1]}
    shapes = guitar_shapes(chord, power, window[0], window[1]) or guitar_shapes(chord, power, 40, 79)
    if not shapes:
        return voice_progression([chord], window[0], window[1], 3, previous=before)[0]
    middle = sum(before) / len(before) if before else None
    return min(shapes, key=lambda n: (0.35 * abs(sum(n) / len(n) - middle) if middle is not None else 0.0) + shapes.index(n) * 0.4)
