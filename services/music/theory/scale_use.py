"""Which scale a line or a piece draws its notes from: seven modes, harmonic and melodic minor, pentatonic, blues, symmetric ones."""

from collections.abc import Sequence

import numpy as np

from contracts.music import MODES, Key, Note
from contracts.theory import ScaleUse
from services.music.theory.piece import Piece
from services.music.theory.roman import spell_class
from services.music.theory.scales import BLUES_MAJOR, BLUES_MINOR, PENTATONIC_MAJOR, PENTATONIC_MINOR

SCALES: dict[str, tuple[int, ...]] = {
    "major pentatonic": PENTATONIC_MAJOR,
    "minor pentatonic": PENTATONIC_MINOR,
    "minor blues": BLUES_MINOR,
    "major blues": (0, 2, 3, 4, 7, 9),
    "whole-tone": (0, 2, 4, 6, 8, 10),
    **MODES,
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
    "phrygian dominant": (0, 1, 4, 5, 7, 8, 10),
    "blues with both thirds": BLUES_MAJOR,
    "octatonic": (0, 2, 3, 5, 6, 8, 9, 11),
}
_ALLOWED_OUTSIDE = 0.04
_UNUSED = 0.045
"""What each note of a scale costs that is (nearly) never played."""
_RARE = {"whole-tone": 0.02, "locrian": 0.03, "octatonic": 0.04, "phrygian dominant": 0.02, "blues with both thirds": 0.02}
_PRESENT = 0.01


def scale_of(notes: Sequence[Note], key: Key, name: str) -> ScaleUse | None:
    """The scale on the key's tonic that holds most of what sounds with the fewest notes unused; None below four notes' worth."""
    shares = np.zeros(12)
    for note in notes:
        shares[(note.pitch - key.tonic_class) % 12] += min(note.duration, 3840)
    if len(notes) < 4 or (shares > 0).sum() < 3:
        return None
    shares /= shares.sum()
    ranked = sorted(
        ((_fit(shares, steps) - _RARE.get(scale, 0.0) + _own(scale, key), scale) for scale, steps in SCALES.items()), reverse=True
    )
    (best, scale), (second, _) = ranked[0], ranked[1]
    steps = SCALES[scale]
    return ScaleUse(
        part=name,
        scale=scale,
        tonic=key.tonic,
        classes=tuple(spell_class(key, (key.tonic_class + s) % 12) for s in steps),
        coverage=round(float(min(1.0, shares[list(steps)].sum())), 3),
        confidence=round(float(np.clip(0.45 + 6 * (best - second), 0.1, 1.0)), 3),
    )


def _fit(shares: np.ndarray[tuple[int], np.dtype[np.float64]], steps: Sequence[int]) -> float:
    inside = float(shares[list(steps)].sum())
    unused = sum(float(shares[s]) < _PRESENT for s in steps)
    return inside - _UNUSED * unused - max(0.0, 1 - inside - _ALLOWED_OUTSIDE)


def _own(scale: str, key: Key) -> float:
    """The key's own mode is preferred where two scales say the same."""
    return 0.01 if scale == key.mode else 0.0


def scales_of(piece: Piece, home: Key, areas: Sequence[tuple[int, Key, float]]) -> tuple[ScaleUse, ...]:
    """The scale of all that has a pitch, and of each melody, counter-melody and bass, in the home key's stretches."""
    ends = [start for start, _, _ in areas[1:]] + [piece.bars]
    at_home = [(a * piece.bar_ticks, b * piece.bar_ticks) for (a, key, _), b in zip(areas, ends, strict=True) if key.tonic == home.tonic]

    def inside(notes: Sequence[Note]) -> list[Note]:
        return [n for n in notes if any(a <= n.start < b for a, b in at_home)]

    found = [scale_of(inside([n for line in piece.pitched for n in line.notes]), home, "all")]
    found += [scale_of(inside(line.notes), home, line.name) for line in piece.of("melody", "counter", "bass")]
    return tuple(use for use in found if use is not None)
