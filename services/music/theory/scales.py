"""Scales, and which notes of them fit a chord."""

from functools import lru_cache

from contracts.music import MODES, Chord, Key

# Semitones above the tonic. Blues: minor pentatonic with the flat fifth; in major keys the third may be either.
PENTATONIC_MAJOR = (0, 2, 4, 7, 9)
PENTATONIC_MINOR = (0, 3, 5, 7, 10)
BLUES_MINOR = (0, 3, 5, 6, 7, 10)
BLUES_MAJOR = (0, 2, 3, 4, 5, 7, 9, 10)


@lru_cache(maxsize=256)
def mode_classes(key: Key) -> frozenset[int]:
    """Pitch classes of the key's mode."""
    return frozenset((key.tonic_class + step) % 12 for step in MODES[key.mode])


@lru_cache(maxsize=256)
def pentatonic_classes(key: Key) -> frozenset[int]:
    """Pitch classes of the key's pentatonic scale, major or minor by its third, inside the mode where the mode allows it."""
    steps = PENTATONIC_MINOR if key.is_minor else PENTATONIC_MAJOR
    scale = mode_classes(key)
    inside = frozenset((key.tonic_class + s) % 12 for s in steps) & scale
    return inside if len(inside) >= 4 else scale


@lru_cache(maxsize=256)
def blues_classes(key: Key) -> frozenset[int]:
    """Pitch classes of the blues scale on the key's tonic."""
    steps = BLUES_MINOR if key.is_minor else BLUES_MAJOR
    return frozenset((key.tonic_class + s) % 12 for s in steps)


@lru_cache(maxsize=4096)
def chord_scale(key: Key, chord: Chord, base: frozenset[int]) -> frozenset[int]:
    """`base` bent to the chord: chord tones in, and scale notes a semitone from a foreign chord tone out.

    So E7 in C major brings G# and drops G; F minor in C brings Ab and drops A.
    """
    tones = frozenset(chord.pitch_classes)
    foreign = tones - mode_classes(key)
    dropped = {pc for pc in base - tones if any((pc - f) % 12 in (1, 11) for f in foreign)}
    return (base - dropped) | tones


def nearest(pitch: float, classes: frozenset[int], low: int, high: int) -> int:
    """The MIDI pitch of one of `classes` in [low, high] that lies nearest, the lower of two."""
    found = [p for p in range(low, high + 1) if p % 12 in classes]
    if not found:
        return max(low, min(high, round(pitch)))
    return min(found, key=lambda p: (abs(p - pitch), p))


def ladder(classes: frozenset[int], low: int, high: int) -> list[int]:
    """All MIDI pitches of `classes` in [low, high], ascending."""
    return [p for p in range(low, high + 1) if p % 12 in classes]
