"""How many bars each section gets so that the song has exactly the bars it should."""

import math
from functools import lru_cache

import numpy as np

from services.generator.composition.functions import HOOKS, function_of
from services.generator.composition.succession import learned_lengths
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
_KEPT = 80  # partial sums that stay in the search
_LAME = 2.0  # an odd bar at the end is the last chord's, at the start it is a stumble
_EDGE = 0.16  # share of a song from which on an entrance or an ending is too long for it
_CUT_SHORT = 3.0


class Lengths:
    """Costs (natural log) of section lengths in one style."""

    def __init__(self, table: FormTable) -> None:
        self.table = table
        self._weights: dict[str, dict[int, float]] = {}
        self.cost = lru_cache(maxsize=8192)(self._cost)

    def least(self, label: str) -> float:
        """Cost of the label's commonest length: what a fit is measured against."""
        weights = self.weights(label)
        return -math.log(max(weights.values()) / sum(weights.values()))

    def usual(self, label: str) -> float:
        """Mean length of a label in bars."""
        weights = self.weights(label)
        return sum(n * w for n, w in weights.items()) / sum(weights.values())

    def weights(self, label: str) -> dict[int, float]:
        """Length in bars -> weight for a label, by the style or by common use, with what real songs of its family have."""
        known = self._weights.get(label)
        if known is None:
            function = function_of(label)
            own = self.table.lengths.get(label) or self.table.lengths.get(function) or _COMMON[function]
            known = self._weights[label] = _blended(own, learned_lengths(self.table.family, function), self.table.learned)
        return known

    def _cost(self, label: str, bars: int) -> float:
        weights = self.weights(label)
        if bars in weights:
            return -math.log(weights[bars] / sum(weights.values()))
        flexible = function_of(label) in ("intro", "outro")
        nearest = min(abs(bars - known) for known in weights)
        cost = 2.0 + 0.25 * nearest + 0.5 * max(0, bars - max(weights)) + (1.5 if bars == 1 else 0.0)
        cost += 1.5 * (bars > 8) * (function_of(label) == "outro") + 0.4 * max(0, bars - 8) * (bars % 4 > 0 and flexible)
        if bars % 4:
            cost += self.table.odd_cost * (0.35 if flexible else 1.0) * (0.6 if bars % 2 == 0 else 1.0)
        if bars % 2 and function_of(label) == "intro":
            cost += _LAME if bars > 1 else 3 * _LAME
        return cost

    def _short_cost(self, label: str, bars: int) -> float:
        """Lengths in a piece of half a minute: an entrance and an ending of a bar or two, the body in twos and fours."""
        if function_of(label) in ("intro", "outro", "build"):
            return {1: 0.9, 2: 0.3, 3: 1.6, 4: 0.4}.get(bars, 1.5 + 0.4 * bars)
        longest = max(self.weights(label))
        cost = {1: 3.0, 2: 1.5, 3: 2.0, 4: 0.3, 6: 1.2, 8: 0.2, 12: 0.9, 16: 0.6}.get(bars, 2.2 + 0.05 * bars)
        return cost + 0.3 * max(0, bars - longest)

    def fit_short(self, labels: list[str], bars: int) -> tuple[float, list[int]]:
        """As `fit`, for a piece of a few bars."""
        return spread([{n: self._short_cost(label, n) for n in range(1, bars + 1)} for label in labels], bars)

    def fit(self, labels: list[str], fixed: list[int | None], bars: int, draw: np.random.Generator) -> tuple[float, list[int]]:
        """The lengths that sum to `bars` with the least cost; returns it and them. Stated lengths (`fixed`) stay.

        Long songs first draw one length per function, so that a returning section is as long as it was, then spread
        the difference; short ones are fitted directly.
        """
        if bars > 20:
            best = min((self._around(labels, fixed, bars, base) for base in self._bases(labels, bars, draw)), default=(_NEVER, []))
            if best[0] < _NEVER:
                return best
        tables: list[dict[int, float]] = []
        for label, stated in zip(labels, fixed, strict=True):
            tables.append({stated: 0.0} if stated else {n: self.cost(label, n) for n in range(1, bars + 1)})
        return spread(tables, bars)

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
            ranked.append((0.3 * gap - float(draw.gumbel()), index, base))
        return [base for _, _, base in sorted(ranked)[: _SAMPLES // 6]]

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
                    table[bars_here] = self.cost(label, bars_here) * 0.7 + 0.4 * max(0.0, bars_here - max(4.0, _EDGE * bars))
                else:
                    cut = 3.0 if bars_here < min(own, self.table.phrase_bars) else 0.0
                    whole = _CUT_SHORT * (own in self.table.inner and bars_here != own)
                    table[bars_here] = self.cost(label, own) * 0.5 + self._deviation(bars_here - own) + cut + whole
            if index == last_hook and label in labels[:index]:
                table[own * 2] = self.cost(label, own) * 0.5 + 1.2
            tables.append(table)
        return spread(tables, bars)

    def _deviation(self, bars: int) -> float:
        if bars == 0:
            return 0.0
        if bars % 4 == 0:
            return 2.2 + 0.1 * abs(bars)
        if bars in (1, 2):
            return self.table.odd_cost * 0.75 + 0.4 * abs(bars)
        return self.table.odd_cost * 1.5 + 2.0 + 0.25 * abs(bars)


def _blended(own: dict[int, float], learned: dict[int, float], share: float) -> dict[int, float]:
    """Both distributions as shares, mixed."""
    if not learned or not share:
        return own
    mine, theirs = sum(own.values()), sum(learned.values())
    return {n: (1 - share) * own.get(n, 0.0) / mine + share * learned.get(n, 0.0) / theirs for n in sorted({*own, *learned})}


def spread(tables: list[dict[int, float]], bars: int) -> tuple[float, list[int]]:
    """The choice of one length per table that sums to `bars` with least cost (shortest path over the bars used).

    What the later tables cannot fill up is dropped before the cheapest are kept, so that a sum that can be reached is.
    """
    front: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    remaining, most = [min(table) for table in tables], [max(table) for table in tables]
    for index, table in enumerate(tables):
        room, least = bars - sum(remaining[index + 1 :]), bars - sum(most[index + 1 :])
        reached: dict[int, tuple[float, tuple[int, ...]]] = {}
        for used, (cost, chosen) in front.items():
            for length, price in table.items():
                total = used + length
                if least <= total <= room and (total not in reached or cost + price < reached[total][0]):
                    reached[total] = (cost + price, (*chosen, length))
        front = dict(sorted(reached.items(), key=lambda item: item[1][0])[:_KEPT]) if len(reached) > 2 * _KEPT else reached
    cost, lengths = front.get(bars, (_NEVER, ()))
    return cost, list(lengths)
