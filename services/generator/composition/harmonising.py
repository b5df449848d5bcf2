"""Chords for a tune that has none: the best path through the style's chords, judged by the tune's notes (Viterbi).

What fits is the share of each span's sounding time that is in the chord, heavier on strong beats and long notes; what follows
what is counted in the style's own progressions. A bar may hold two chords where one does not explain it.
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from contracts.music import Chord, ChordEvent, Key, Meter, Note
from services.generator.composition.grid import STEP, Grid
from services.music.packs.harmony_table import HarmonyTable
from services.music.theory.roman import numerals_to_bars, parse_numeral, plain
from services.music.theory.scales import mode_classes

_DIATONIC = {"major": ("I", "ii", "iii", "IV", "V", "vi"), "minor": ("i", "bIII", "iv", "v", "V", "bVI", "bVII")}
_MODAL = {
    "dorian": ("i", "ii", "bIII", "IV", "v", "bVII"), "mixolydian": ("I", "ii", "IV", "v", "vi", "bVII"),
    "lydian": ("I", "II", "iii", "V", "vi"), "phrygian": ("i", "bII", "bIII", "iv", "bVI", "bvii"),
    "locrian": ("i°", "bII", "iv", "bV", "bVI", "bvii"),
}  # fmt: skip
_FOLLOWS = {7: 0.0, 5: 0.0, 0: 0.0, 2: 0.25, 10: 0.25, 3: 0.35, 4: 0.35, 8: 0.35, 9: 0.3, 1: 0.8, 11: 0.8, 6: 1.2}
"""Cost of a root's step upwards in semitones, where the style's progressions say nothing."""
_SMOOTHING = 0.6
_FIT = 5.0
_SPLIT = 1.15
"""What a second chord in a bar must gain."""


def _candidates(key: Key, table: HarmonyTable) -> list[str]:
    """Numerals that a tune in this key may stand on: the mode's triads and what the style's progressions use."""
    base = _MODAL.get(key.mode) or _DIATONIC["minor" if key.is_minor else "major"]
    own = [plain(n) for unit in table.units if unit.mode == key.mode for bar in numerals_to_bars(unit.bars) for n in bar]
    return list(dict.fromkeys([*base, *own]))


def _moves(key: Key, table: HarmonyTable) -> Counter[tuple[str, str]]:
    """How often the style goes from one numeral to another."""
    counts: Counter[tuple[str, str]] = Counter()
    for unit in table.units:
        if unit.mode == key.mode:
            flat = [plain(n) for bar in numerals_to_bars(unit.bars) for n in bar]
            for pair in pairwise([*flat, flat[0]]):
                counts[pair] += unit.weight  # type: ignore[assignment]
    return counts


def _colours(key: Key, table: HarmonyTable) -> dict[str, str]:
    """Each plain numeral as the style writes it most often: ii as ii7 in jazz."""
    counts: Counter[str] = Counter()
    for unit in table.units:
        if unit.mode == key.mode:
            counts.update(n.split("/")[0] for bar in numerals_to_bars(unit.bars) for n in bar)
    return {plain(full): full for full, _ in reversed(counts.most_common())}


class Harmoniser:
    """Finds the chords of one tune in one key and style."""

    def __init__(self, key: Key, meter: Meter, table: HarmonyTable) -> None:
        self.key, self.meter, self.grid = key, meter, Grid(meter)
        self.numerals = _candidates(key, table)
        colours = _colours(key, table)
        self.chords = [parse_numeral(colours.get(numeral, numeral), key) for numeral in self.numerals]
        self.scale = mode_classes(key)
        self.moves = _moves(key, table)
        self.starts = Counter[str]()
        for (first, _), count in self.moves.items():
            self.starts[first] += count
        self.tonic = plain(table.tonic.get("minor" if key.is_minor else "major", "I"))

    def find(self, notes: Sequence[Note], bars: int) -> tuple[ChordEvent, ...]:
        """Chords of `bars` bars, each bar line with one; the last is the tonic where the tune ends on its notes."""
        bar = self.meter.ticks_per_bar
        halves = self._halves()
        spans = [(b * bar + a, b * bar + e) for b in range(bars) for a, e in halves]
        fits = [self._fits(notes, a, e) for a, e in spans]
        path = self._best(fits, len(halves), self._rests(notes, bars))
        events: list[ChordEvent] = []
        for index, choice in enumerate(path):
            inside = index % len(halves)
            if inside and path[index - 1] == choice:
                continue
            beat = 1 + halves[inside][0] / self.meter.ticks_per_beat
            chord = self.chords[choice]
            events.append(ChordEvent(bar=index // len(halves) + 1, beat=beat, symbol=str(chord), roman=chord.roman(self.key)))
        return tuple(events)

    def _halves(self) -> list[tuple[int, int]]:
        """Where in the bar a chord may change, as spans in ticks: the middle pulse too, where the bar has one."""
        bar = self.meter.ticks_per_bar
        middle = next((i for i, w in enumerate(self.grid.weights) if w == 3), None)
        return [(0, bar)] if middle is None or bar < 8 * STEP else [(0, middle * STEP), (middle * STEP, bar)]

    def _fits(self, notes: Sequence[Note], start: int, end: int) -> list[float]:
        """How well each chord carries a span, 0 where nothing sounds; about 1 for chord tones alone, below 0 for clashes."""
        weights: dict[int, float] = {}
        total = 0.0
        for note in notes:
            sounding = min(note.end, end) - max(note.start, start)
            if sounding <= 0:
                continue
            struck = start <= note.start
            strong = 1.0 + 0.45 * self.grid.weight(note.start // STEP) if struck and note.start % STEP == 0 else 0.8
            weight = sounding * strong
            weights[note.pitch % 12] = weights.get(note.pitch % 12, 0.0) + weight
            total += weight
        if not total:
            return [0.0] * len(self.chords)
        return [sum(w * self._taste(pc, chord) for pc, w in weights.items()) / total for chord in self.chords]

    def _taste(self, pc: int, chord: Chord) -> float:
        """One pitch class over a chord: root and third best, sevenths and ninths bearable, a semitone above a chord tone worst."""
        tones = chord.pitch_classes
        if pc in tones:
            return (1.0, 0.95, 0.85)[min(tones.index(pc), 2)]
        over = (pc - chord.root_class) % 12
        if over in (2, 9, 10) and pc in self.scale:
            return -0.05
        return -0.75 if any((pc - tone) % 12 == 1 for tone in tones) else -0.45

    def _rests(self, notes: Sequence[Note], bars: int) -> bool:
        """Whether the tune comes to rest: its last note belongs to the tonic chord."""
        last = max(notes, key=lambda n: (n.end, n.start), default=None)
        home = next((c for n, c in zip(self.numerals, self.chords, strict=True) if n == self.tonic), self.chords[0])
        return last is not None and last.pitch % 12 in home.pitch_classes and last.end > (bars - 2) * self.meter.ticks_per_bar

    def _step(self, before: int, after: int) -> float:
        """Cost of going from one chord to another at a bar line (natural log, smoothed by root motion)."""
        a, b = self.numerals[before], self.numerals[after]
        seen = (self.moves[a, b] + _SMOOTHING * 0.1) / (self.starts[a] + _SMOOTHING)
        motion = _FOLLOWS[(self.chords[after].root_class - self.chords[before].root_class) % 12]
        stay = 0.9 if before == after else 0.0
        return 0.35 * -math.log(max(seen, 1e-4)) + motion + stay

    def _best(self, fits: list[list[float]], per_bar: int, rests: bool) -> list[int]:
        count = len(self.chords)
        home = self.numerals.index(self.tonic) if self.tonic in self.numerals else 0
        costs = [-_FIT * fits[0][i] + (0.0 if i == home else 0.7) for i in range(count)]
        back: list[list[int]] = []
        for index in range(1, len(fits)):
            inside = index % per_bar
            row, origin = [], []
            for after in range(count):
                if inside:
                    step = [0.0 if before == after else _SPLIT + 0.5 * self._step(before, after) for before in range(count)]
                else:
                    step = [self._step(before, after) for before in range(count)]
                best = min(range(count), key=lambda before: (costs[before] + step[before], before))
                row.append(costs[best] + step[best] - _FIT / per_bar * fits[index][after])
                origin.append(best)
            costs, back = row, [*back, origin]
        if rests:
            costs = [c + (0.0 if i == home else 3.0) for i, c in enumerate(costs)]
        path = [min(range(count), key=lambda i: (costs[i], i))]
        for origin in reversed(back):
            path.append(origin[path[-1]])
        return path[::-1]
