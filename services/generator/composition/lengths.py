"""How many bars each section gets so that the song has exactly the bars it should."""

import math
from functools import lru_cache

import numpy as np

from services.generator.composition.functions import HOOKS, function_of
from services.music.packs.form_table import FormTable

# Common lengths where a style says nothing (Harmonix Set, 912 songs).
_COMMON: dict[str, dict[int, float]] = {
    "intro": {4: 4, 8: 3, 2: 1}, "verse": {8: 5, 16: 3, 12: 1}, "prechorus": {8: 5, 4: 3}, "chorus": {8: 5, 16: 2, 12: 0.6},
    "postchorus": {8: 4, 4: 3}, "bridge": {8: 5, 16: 1, 12: 1, 4: 1}, "solo": {8: 4, 16: 2, 12: 1}, "breakdown": {8: 4, 4: 2, 16: 2},
    "build": {8: 5, 4: 3}, "drop": {16: 5, 8: 3}, "head": {32: 4, 16: 2, 12: 1}, "theme": {8: 4, 16: 4}, "contrast": {8: 3, 16: 3},
    "groove": {16: 5, 8: 4}, "outro": {4: 3, 8: 3, 2: 1},
}  # fmt: skip
_SAMPLES = 24
_NEVER = 1e9


class Lengths:
    """Costs (natural log) of section lengths in one style."""

    def __init__(self, table: FormTable) -> None:
        self.table = table
        self.cost = lru_cache(maxsize=8192)(self._cost)

    def weights(self, label: str) -> dict[int, float]:
        """Length in bars -> weight for a label, by the style or by common use."""
        function = function_of(label)
        return self.table.lengths.get(label) or self.table.lengths.get(function) or _COMMON[function]

    def _cost(self, label: str, bars: int) -> float:
        weights = self.weights(label)
        if bars in weights:
            return -math.log(weights[bars] / sum(weights.values()))
        flexible = function_of(label) in ("intro", "outro")
        nearest = min(abs(bars - known) for known in weights)
        cost = 2.0 + 0.25 * nearest + 0.5 * max(0, bars - max(weights)) + (1.5 if bars == 1 else 0.0)
        cost += 1.5 * (bars > 8) * (function_of(label) == "outro")
        if bars % 4:
            cost += self.table.odd_cost * (0.35 if flexible else 1.0) * (0.6 if bars % 2 == 0 else 1.0)
        return cost

    def fit(self, labels: list[str], fixed: list[int | None], bars: int, draw: np.random.Generator) -> tuple[float, list[int]]:
        """The lengths that sum to `bars` with the least cost; returns it and them. Stated lengths (`fixed`) stay.

        Long songs first draw one length per function, so that a returning section is as long as it was, then spread
        the difference; short ones are fitted directly.
        """
        if bars > 24:
            best = min((self._around(labels, fixed, bars, base) for base in self._bases(labels, bars, draw)), default=(_NEVER, []))
            if best[0] < _NEVER:
                return best
        longest = min(bars, 256)
        tables: list[dict[int, float]] = []
        for label, stated in zip(labels, fixed, strict=True):
            tables.append({stated: 0.0} if stated else {n: self.cost(label, n) for n in range(1, longest + 1)})
        return _spread(tables, bars)

    def _bases(self, labels: list[str], bars: int, draw: np.random.Generator) -> list[dict[str, int]]:
        names = sorted(set(labels))
        ranked: list[tuple[float, int, dict[str, int]]] = []
        for index in range(_SAMPLES * 2):
            base: dict[str, int] = {}
            for name in names:
                weights = self.weights(name)
                share = np.array(list(weights.values())) / sum(weights.values())
                base[name] = int(draw.choice(list(weights), p=share))
            gap = abs(bars - sum(base[label] for label in labels))
            ranked.append((0.3 * gap, index, base))
        return [base for _, _, base in sorted(ranked)[: _SAMPLES // 3]]

    def _around(self, labels: list[str], fixed: list[int | None], bars: int, base: dict[str, int]) -> tuple[float, list[int]]:
        last_hook = max((i for i, label in enumerate(labels) if function_of(label) in HOOKS), default=-1)
        tables: list[dict[int, float]] = []
        for index, (label, stated) in enumerate(zip(labels, fixed, strict=True)):
            if stated:
                tables.append({stated: 0.0})
                continue
            own = base[label]
            flexible = function_of(label) in ("intro", "outro")
            table: dict[int, float] = {}
            for bars_here in range(max(1, own - 8), own + 9):
                if flexible:
                    table[bars_here] = self.cost(label, bars_here) * 0.7
                else:
                    table[bars_here] = self.cost(label, own) * 0.5 + self._deviation(bars_here - own)
            if index == last_hook and label in labels[:index]:
                table[own * 2] = self.cost(label, own) * 0.5 + 1.2
            tables.append(table)
        return _spread(tables, bars)

    def _deviation(self, bars: int) -> float:
        if bars == 0:
            return 0.0
        if bars % 4 == 0:
            return 2.2 + 0.1 * abs(bars)
        return self.table.odd_cost * (0.7 if bars % 2 == 0 or bars == 1 else 1.0) + 0.25 * abs(bars)


def _spread(tables: list[dict[int, float]], bars: int) -> tuple[float, list[int]]:
    """The choice of one length per table that sums to `bars` with least cost (shortest path over the bars used)."""
    front: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    remaining = [min(table) for table in tables]
    for index, table in enumerate(tables):
        room = bars - sum(remaining[index + 1 :])
        reached: dict[int, tuple[float, tuple[int, ...]]] = {}
        for used, (cost, chosen) in front.items():
            for length, price in table.items():
                total = used + length
                if total <= room and (total not in reached or cost + price < reached[total][0]):
                    reached[total] = (cost + price, (*chosen, length))
        front = reached
    cost, lengths = front.get(bars, (_NEVER, ()))
    return cost, list(lengths)
