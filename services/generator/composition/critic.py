"""The critic: measures a melody and says how far it lies from real songs.

Definitions: pitch-class entropy and grooving similarity after Wu & Yang, *The Jazz Transformer* (2020), with 16 slots a bar;
empty beats and notes per beat after MusPy; repetition by exact earlier bars and by zlib of (pitch, inter-onset) pairs.
A learned model can take this class's place: it needs `judge` only.
"""

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from contracts.music import Note
from services.generator.composition.grid import STEP, Grid
from services.generator.composition.habits import habits
from services.music.packs.melody_table import MelodyTable

Band = tuple[float, float, float]
"""5 %, median and 95 % of real songs."""

# Melodies of POP909 (880 songs); repetition from 834 songs of it.
BANDS: dict[str, Band] = {
    "entropy": (2.26, 2.54, 3.11),
    "entropy_1": (1.02, 1.52, 1.86),
    "entropy_4": (1.95, 2.21, 2.46),
    "groove": (0.56, 0.72, 0.81),
    "groove_adjacent": (0.63, 0.77, 0.87),
    "scale": (0.86, 1.0, 1.0),
    "empty_beats": (0.13, 0.24, 0.38),
    "notes_per_beat": (0.65, 1.08, 1.76),
    "range": (14.0, 18.0, 24.0),
    "earlier_bars": (0.45, 0.57, 0.8),
    "compression": (3.1, 4.37, 5.7),
    "strong_chord_tones": (0.66, 0.77, 0.88),
    "leaps": (0.06, 0.14, 0.24),
}


@dataclass(frozen=True)
class Line:
    """What the critic hears: notes, the bars that exist, and per note whether it belongs to its chord and key."""

    notes: Sequence[Note]
    bars: int
    grid: Grid
    in_chord: Sequence[bool]
    in_key: Sequence[bool]


@dataclass(frozen=True)
class Judgement:
    """Each feature with its distance from the median in half-widths of its band; 1 is the band's edge."""

    features: dict[str, float]
    distances: dict[str, float]

    @property
    def cost(self) -> float:
        """The worst distance counts most, then the mean: one gross fault spoils a song."""
        values = sorted(self.distances.values())
        return (values[-1] + sum(values) / len(values)) if values else 99.0


class Critic(Protocol):
    """Whatever judges a melody."""

    def judge(self, line: Line) -> Judgement:
        """How good a line is: the lower the cost the better."""


class BandCritic:
    """Judges by the bands of real songs, with density and air moved to where the style has them."""

    def __init__(self, table: MelodyTable) -> None:
        self.bands = {**BANDS, "notes_per_beat": table.notes_per_beat, "empty_beats": table.empty_beats}
        low, high = table.span
        self.bands["range"] = (low - 1.0, (low + high) / 2, high + 2.0)

    def judge(self, line: Line) -> Judgement:
        """Measure every feature and its distance from the band's median."""
        features = measure(line)
        return Judgement(features, {name: _distance(features[name], self.bands[name]) for name in features if name in self.bands})


class WishCritic:
    """Judges by what one song wants to be: the distance to its own point among real songs, and dearly what lies outside them all."""

    def __init__(self, table: MelodyTable, wish: dict[str, float]) -> None:
        self.bands = BandCritic(table).bands
        songs = habits().songs
        spread = np.sqrt(np.diag(songs.covariance))
        self.wish, self.spread = wish, dict(zip(songs.names, map(float, spread), strict=True))

    def judge(self, line: Line) -> Judgement:
        """Distances from the wish in deviations; a value outside its band counts three times its excess more."""
        features = measure(line)
        distances = {}
        for name, value in features.items():
            low, _, high = self.bands[name]
            outside = max(low - value, value - high, 0.0) / max(high - low, 1e-6)
            near = abs(value - self.wish[name]) / max(self.spread[name], 0.02)
            distances[name] = (0.0 if name == "scale" else 0.4 * near) + (1.5 + 6.0 * outside if outside > 0 else 0.0)
        return Judgement(features, distances)


def dullness(pitches: Sequence[int]) -> float:
    """Cost of a hook that nobody would hum: one pitch hammered, fewer than three pitches, nothing that marks it."""
    if len(pitches) < 2:
        return 0.0
    longest = run = 1
    for a, b in pairwise(pitches):
        run = run + 1 if a == b else 1
        longest = max(longest, run)
    marked = longest == 3 or any(abs(b - a) >= 5 for a, b in pairwise(pitches))
    return 0.6 * max(0, longest - 3) + max(0, 3 - len(set(pitches))) + (0.0 if marked else 0.25)


def measure(line: Line) -> dict[str, float]:
    """All features of a melody; empty for fewer than four notes."""
    notes = line.notes
    if len(notes) < 4:
        return {}
    bars = _by_bar(line)
    sounding = [bar for bar in bars if bar]
    grooves = [_groove(bar, line.grid) for bar in bars]
    fours = [_entropy([n.pitch % 12 for bar in bars[i : i + 4] for n in bar]) for i in range(0, len(bars), 4) if any(bars[i : i + 4])]
    steps = [abs(b.pitch - a.pitch) for a, b in pairwise(notes) if b.start - a.start <= 2 * line.grid.beat_steps * STEP]
    strong = [ok for note, ok in zip(notes, line.in_chord, strict=True) if line.grid.weight(note.start // STEP) >= 3]
    pitches = [n.pitch for n in notes]
    return {
        "entropy": _entropy([p % 12 for p in pitches]),
        "entropy_1": _mean([_entropy([n.pitch % 12 for n in bar]) for bar in sounding]),
        "entropy_4": _mean(fours),
        "groove": _all_alike(grooves, line.grid.steps),
        "groove_adjacent": _mean([_similarity(a, b, line.grid.steps) for a, b in pairwise(grooves)]) if len(grooves) > 1 else 1.0,
        "scale": _mean([float(ok) for ok in line.in_key]),
        "empty_beats": _empty_beats(line),
        "notes_per_beat": len(notes) / max(1.0, line.bars * line.grid.steps / line.grid.beat_steps),
        "range": float(max(pitches) - min(pitches)),
        "earlier_bars": _earlier_bars(bars, line.grid),
        "compression": _compression(notes),
        "strong_chord_tones": _mean([float(ok) for ok in strong]) if strong else 0.77,
        "leaps": _mean([float(step >= 5) for step in steps]) if steps else 0.0,
    }


def _by_bar(line: Line) -> list[list[Note]]:
    bars: list[list[Note]] = [[] for _ in range(line.bars)]
    for note in line.notes:
        bars[min(line.bars - 1, note.start // (line.grid.steps * STEP))].append(note)
    return bars


def _groove(bar: Sequence[Note], grid: Grid) -> frozenset[int]:
    return frozenset(note.start // STEP % grid.steps for note in bar)


def _all_alike(grooves: Sequence[frozenset[int]], steps: int) -> float:
    """Mean similarity of all pairs of bars: a slot on which k of n bars begin something differs in k (n - k) pairs."""
    pairs = len(grooves) * (len(grooves) - 1) / 2
    counts = Counter(slot for groove in grooves for slot in groove)
    return 1.0 - sum(k * (len(grooves) - k) for k in counts.values()) / (steps * pairs) if pairs else 1.0


def _similarity(a: frozenset[int], b: frozenset[int], steps: int) -> float:
    return 1.0 - len(a ^ b) / steps


def _entropy(classes: Sequence[int]) -> float:
    counts = Counter(classes)
    total = sum(counts.values())
    return -sum(c / total * math.log2(c / total) for c in counts.values()) if total else 0.0


def _empty_beats(line: Line) -> float:
    beat = line.grid.beat_steps * STEP
    beats = max(1, line.bars * line.grid.steps * STEP // beat)
    sounding: set[int] = set()
    for note in line.notes:
        sounding.update(range(note.start // beat, (note.end - 1) // beat + 1))
    return 1.0 - len({b for b in sounding if b < beats}) / beats


def _earlier_bars(bars: Sequence[Sequence[Note]], grid: Grid) -> float:
    seen: set[tuple[tuple[int, int], ...]] = set()
    repeated = counted = 0
    for bar in bars:
        if len(bar) < 2:
            continue
        shape = tuple((note.start // STEP % grid.steps, note.pitch) for note in bar)
        counted += 1
        repeated += shape in seen
        seen.add(shape)
    return repeated / counted if counted else 0.0


def _compression(notes: Sequence[Note]) -> float:
    data = bytearray()
    for a, b in pairwise(notes):
        data += bytes((a.pitch, min(255, (b.start - a.start) // STEP)))
    return len(data) / max(1, len(zlib.compress(bytes(data), 9)))


def _distance(value: float, band: Band) -> float:
    low, middle, high = band
    half = (high - middle) if value >= middle else (middle - low)
    return abs(value - middle) / max(half, 0.02 * abs(middle), 1e-6)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
