"""Guitar chords for thumb and three fingers: the bass on a low string, third, seventh and colour above it, within four frets."""

from functools import cache
from itertools import product

from contracts.music import Chord
from services.generator.arrangement.voicings import GUITAR_STRINGS, strummed

_BASS_STRINGS = GUITAR_STRINGS[:3]
_UPPER = GUITAR_STRINGS[2:]
_HIGHEST_FRET = 11
_STRETCH = 3


@cache
def finger_shapes(chord: Chord, low: int, high: int) -> tuple[tuple[tuple[int, ...], float], ...]:
    """Four-note shapes with their own cost, best first: bass or root below, then three neighbouring strings of the upper four."""
    steps = [s % 12 for s in chord.intervals]
    third = [s for s in steps if s in (2, 3, 4, 5)][:1]
    seventh = [s for s in steps if s in (9, 10, 11)][:1]
    needed = {(chord.root_class + s) % 12 for s in (*third, *seventh)}
    classes = set(chord.pitch_classes)
    found: dict[tuple[int, ...], float] = {}
    for first, bass_string in enumerate(_BASS_STRINGS):
        for bass_fret in range(_HIGHEST_FRET + 1):
            bass = bass_string + bass_fret
            if bass % 12 != chord.bass_class or not low <= bass <= 55:
                continue
            for strings in (_UPPER[:3], _UPPER[1:]):
                if strings[0] <= bass_string:
                    continue
                _consider(found, (bass, bass_fret), strings, classes, needed, high, 0.6 * first)
    return tuple(sorted(found.items(), key=lambda row: (row[1], row[0]))[:40])


def _consider(
    found: dict[tuple[int, ...], float], low: tuple[int, int], strings: tuple[int, ...], classes: set[int], needed: set[int], high: int,
    extra: float,
) -> None:  # fmt: skip
    """Add the shapes over one bass note, given as pitch and fret, that a left hand can hold."""
    bass, bass_fret = low
    position = max(bass_fret, 1)
    for window in range(max(position - _STRETCH, 1), position + 1):
        reach = [[f for f in (0, *range(window, window + _STRETCH + 1)) if (s + f) % 12 in classes] for s in strings]
        for frets in product(*reach):
            notes = (bass, *(s + f for s, f in zip(strings, frets, strict=True)))
            pressed = [f for f in (bass_fret, *frets) if f > 0]
            if notes[-1] > high or list(notes) != sorted(set(notes)) or (pressed and max(pressed) - min(pressed) > _STRETCH):
                continue
            above = {n % 12 for n in notes[1:]}
            if not needed <= above:
                continue
            cost = 0.25 * max(pressed, default=0) + extra + 1.2 * (3 - len(above)) + (0.8 if bass % 12 in above else 0.0)
            found[notes] = min(cost, found.get(notes, 99.0))


def fingered(chord: Chord, window: tuple[int, int], before: tuple[int, ...] | None) -> tuple[int, ...]:
    """The shape that moves the fingers least; a strummed one where no hand reaches the chord."""
    shapes = finger_shapes(chord, window[0], window[1])
    if not shapes:
        return strummed(chord, window, "open", before)[-4:]
    if before is None or len(before) != 4:
        return shapes[0][0]
    return min(shapes, key=lambda row: (row[1] + 0.5 * sum(abs(a - b) for a, b in zip(row[0][1:], before[1:], strict=True)), row[0]))[0]
