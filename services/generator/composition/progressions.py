"""Which progression each part of a song has: the style's own units and those that a family's model writes, chosen against each other."""

import math
from dataclasses import dataclass

import numpy as np

from contracts.music import Key
from services.generator.composition.chord_model import ChordModel, learned
from services.generator.composition.colours import darkness
from services.generator.composition.unit_writer import HOLD, Bars, UnitWriter
from services.generator.feeling import Feeling
from services.music.packs.harmony_table import HarmonyTable, HarmonyUnit, modal_tables
from services.music.rng import rng
from services.music.theory.roman import numerals_to_bars, plain

# A function without progressions of its own borrows from these, in order.
BORROWS = {
    "intro": ("verse", "groove", "chorus"), "outro": ("chorus", "verse"), "solo": ("head", "verse", "chorus"),
    "breakdown": ("verse", "chorus"),
    "build": ("prechorus", "chorus"), "drop": ("chorus",), "postchorus": ("chorus",), "groove": ("verse",), "head": ("verse",),
    "theme": ("verse",), "contrast": ("bridge",), "prechorus": ("bridge",),
}  # fmt: skip
# How often a section begins on the tonic where no family says (Billboard), and how often a chorus brings a new chord.
_HOME = {"verse": 0.8, "chorus": 0.58, "prechorus": 0.25, "bridge": 0.18}
_ADDS = 0.65
_LEANS = 0.85  # progressions lean to the tonic by themselves: the wish for it is drawn a little less often
_WRITTEN = 6  # progressions that the model offers for each place
_PACED = 0.4
_LONG_BAR_S, _SHORT_BAR_S = 2.7, 1.7
_FOLLOWS = 0.55  # how much of the model's surprise in bits counts against a unit of the style


_PACE_BITS = 1.5  # halvings of a progression's weight for each octave that its harmonic rhythm lies away from the reference's


@dataclass(frozen=True)
class Unit:
    """A chosen progression: its bars, and whether the model wrote it."""

    bars: Bars
    written: bool


class Progressions:
    """The progressions of one song. One style, one seed; keys may change between major-like and minor-like."""

    def __init__(
        self,
        table: HarmonyTable,
        seed: int,
        feeling: Feeling,
        bar_s: float,
        heard: frozenset[str] = frozenset(),
        pace: float | None = None,
    ) -> None:
        self.table, self.seed, self.feeling, self.bar_s, self.pace = table, seed, feeling, bar_s, pace
        self.heard = set(heard)
        """Plain numerals of the song so far; at first those of chords that the user stated."""
        self.used: list[Bars] = []

    def model(self, key: Key) -> ChordModel | None:
        """The family's model for a key; modes have none."""
        if not self.table.family or key.mode not in ("major", "minor"):
            return None
        return learned()[f"{self.table.family}_{key.mode}"]

    def choose(self, name: str, function: str, length: int, key: Key) -> Unit:
        """The progression of a place in the song, named by function and phrase letter."""
        draw = rng(self.seed, "composition", "harmony", "unit", name)
        model = self.model(key)
        if model is not None and length >= 4 and draw.random() < self.table.learned:
            unit = Unit(self._written(model, function, 8 if length >= 8 else 4, key, draw), written=True)
        else:
            unit = Unit(self._of_style(model, function, length, key, draw), written=False)
        if self.pace is not None:
            unit = Unit(at_pace(unit.bars, length, self.pace), unit.written)
        self.used.append(unit.bars)
        self.heard |= {plain(n) for bar in unit.bars for n in bar if n != HOLD}
        return unit

    # --- the style's own ----------------------------------------------------------------------------------------------

    def candidates(self, function: str, key: Key) -> list[HarmonyUnit]:
        """The style's units for a function in a mode."""
        units = [u for u in self.table.units if u.mode == key.mode]
        if not units and key.mode in modal_tables():
            units = [HarmonyUnit(mode=key.mode, bars=bars) for bars in modal_tables()[key.mode].units]
        for name in (function, *BORROWS.get(function, ())):
            found = [u for u in units if name in u.use]
            if found:
                return found
        return [u for u in units if not u.use] or units or [HarmonyUnit(bars="I | IV | V | I")]

    def _of_style(self, model: ChordModel | None, function: str, length: int, key: Key, draw: np.random.Generator) -> Bars:
        units = self.candidates(function, key)
        options = [numerals_to_bars(u.bars) for u in units]
        wishes = self._wishes(model, function, key)
        surprise = [model.bits(runs_of(bars), function) if model else 0.0 for bars in options]
        mean = sum(surprise) / len(surprise)
        weights = []
        for unit, bars, bits in zip(units, options, surprise, strict=True):
            weight = unit.weight * self._welcome(bars, wishes, key) * self._keeps_pace(bars, self.table.bars_per_chord)
            weight *= 2.0 ** (-_FOLLOWS * self.table.model_weight * (bits - mean))
            if length % len(bars) and len(bars) % length:
                weight *= 0.3
            if len(bars) > length:
                weight *= 0.3
            weights.append(weight)
        share = np.array(weights) / sum(weights)
        chosen = options[int(draw.choice(len(options), p=share))]
        return self._paced([list(bar) for bar in chosen for _ in range(self.table.bars_per_chord)], draw)

    def _paced(self, bars: Bars, draw: np.random.Generator) -> Bars:
        """Where bars are long, chords may come twice as fast, where they are short, half as fast: a chord lasts one to four seconds."""
        moved = draw.random() < _PACED
        if self.table.loops or not moved or len(bars) not in (4, 8) or any(len(bar) > 1 for bar in bars):
            return bars
        if self.bar_s > _LONG_BAR_S and len({bar[0] for bar in bars}) > 2:
            return [[*bars[i], *bars[i + 1]] if bars[i] != bars[i + 1] else bars[i] for i in range(0, len(bars), 2)]
        if self.bar_s < _SHORT_BAR_S and len(bars) == 4:
            return [list(bar) for bar in bars for _ in range(2)]
        return bars

    def _keeps_pace(self, bars: Bars, held: int) -> float:
        """How near a progression, each bar held so often, comes to the harmonic rhythm of a reference: 1 without one."""
        if self.pace is None:
            return 1.0
        return float(2.0 ** (-_PACE_BITS * abs(math.log2(changes_in(bars) / held / self.pace))))

    # --- the model's ---------------------------------------------------------------------------------------------------

    def _written(self, model: ChordModel, function: str, bars: int, key: Key, draw: np.random.Generator) -> Bars:
        writer = UnitWriter(model, self.table.family, self.bar_s, loops=self.table.loops)
        options = [writer.write(function, bars, sorted(self.heard), draw, writer.end_for(function, draw)) for _ in range(_WRITTEN)]
        wishes = self._wishes(model, function, key)
        weights = np.array([self._welcome(option, wishes, key) * _grown(option, function, minor=key.is_minor) for option in options])
        weights *= np.array([self._keeps_pace(option, 1) for option in options])
        if not weights.any():
            return options[0]
        return options[int(draw.choice(len(options), p=weights / weights.sum()))]

    # --- both ----------------------------------------------------------------------------------------------------------

    def _wishes(self, model: ChordModel | None, function: str, key: Key) -> tuple[bool | None, bool | None]:
        """What this song wants of a function: to begin at home or not, to bring a chord that was not heard yet or not."""
        home: bool | None = None
        if function in _HOME and (model is not None or not self.table.loops):
            share = _HOME[function]
            if model is not None:
                starts = model.tables["starts"].get(function, {})
                share = starts.get("i" if key.is_minor else "I", share)
            home = bool(rng(self.seed, "composition", "harmony", "home", function).random() < _LEANS * share)
        adds = bool(rng(self.seed, "composition", "harmony", "adds").random() < _ADDS) if function == "chorus" and self.heard else None
        return home, adds

    def _welcome(self, bars: Bars, wishes: tuple[bool | None, bool | None], key: Key) -> float:
        """How well a progression goes with the song so far and its mood."""
        numerals = [n for bar in bars for n in bar if n != HOLD]
        names = {plain(n) for n in numerals}
        home, adds = wishes
        weight = 0.08 if bars in self.used else 1.0
        tonic = "i" if key.is_minor else "I"
        if home is not None and (plain(numerals[0]) == tonic) is not home:
            weight *= 0.1
        new = bool(names - self.heard)
        if adds is not None and new is not adds:
            weight *= 0.25
        elif adds is None and self.used and new:
            weight *= 1.4
        return weight * math.exp(-5.0 * self.feeling.brightness * (darkness(numerals) - 0.4))


def runs_of(bars: Bars) -> list[tuple[str, int, int]]:
    """(plain numeral, onset, length) in quarters of a bar, equal neighbours joined."""
    runs: list[tuple[str, int, int]] = []
    for index, bar in enumerate(bars):
        for place, token in enumerate(bar):
            start, end = index * 4 + round(4 * place / len(bar)), index * 4 + round(4 * (place + 1) / len(bar))
            name = runs[-1][0] if token == HOLD and runs else plain(token)
            if runs and runs[-1][0] == name:
                runs[-1] = (name, runs[-1][1], end - runs[-1][1])
            elif end > start:
                runs.append((name, start, end - start))
    return runs


def _grown(bars: Bars, function: str, *, minor: bool) -> float:
    """Whether a written progression can carry a section: it moves, does not stand still too long, and knows its home."""
    runs = runs_of(bars)
    names = {name for name, _, _ in runs}
    tonic = "i" if minor else "I"
    if len(names) < 2 or max(size for _, _, size in runs) > 16:
        return 0.0
    weight = 1.0 if len(names) >= 3 else 0.5
    if function not in ("bridge", "contrast", "prechorus", "build") and tonic not in names:
        weight *= 0.15
    stray = sum(size for name, _, size in runs if name not in _DIATONIC[minor]) / (4 * len(bars))
    return weight * math.exp(-8.0 * max(0.0, stray - 0.15))


_DIATONIC = {
    False: frozenset({"I", "ii", "iii", "IV", "V", "vi", "bVII"}),
    True: frozenset({"i", "bIII", "iv", "v", "V", "bVI", "bVII"}),
}


def changes_in(bars: Bars) -> float:
    """Chord changes per bar of a progression that goes round; at least one change in all."""
    chords = [plain(token) for bar in bars for token in bar if token != HOLD]
    changes = sum(a != b for a, b in zip(chords, [*chords[1:], *chords[:1]], strict=True))
    return max(changes, 1) / max(len(bars), 1)


def at_pace(bars: Bars, length: int, pace: float) -> Bars:
    """A progression held twice as long, or passed in half the time, where that brings it nearer to a pace in changes per bar.

    One that would not fit its phrase then keeps every other bar only.
    """
    now = changes_in(bars)
    if pace <= now / math.sqrt(2.0) and len(bars) >= 2 and changes_in(bars[::2]) * len(bars[::2]) > 1:
        held = bars if 2 * len(bars) <= length else bars[::2]
        return [list(bar) for bar in held for _ in range(2)]
    single = all(len(bar) == 1 for bar in bars)
    if pace >= now * math.sqrt(2.0) and single and len(bars) >= 4 and len(bars) % 2 == 0:
        return [[*bars[i], *bars[i + 1]] if bars[i] != bars[i + 1] else list(bars[i]) for i in range(0, len(bars), 2)]
    return bars
