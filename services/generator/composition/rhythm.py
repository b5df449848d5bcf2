"""Rhythms of a song: a small palette first, then bars out of it. Real songs use about 18 bar rhythms, not 58."""

import math
from collections.abc import Sequence

import numpy as np

from services.generator.composition.grid import Grid
from services.music.packs.melody_table import MelodyTable, common_rhythms

Bar = tuple[int, ...]
"""Onset steps of one bar."""

_PALETTE = 9
_SHORTEST_S = 0.105  # singers and winds do not tongue faster for long


def onsets(pattern: str) -> Bar:
    """Onset steps of a pattern: "x..x" -> (0, 3)."""
    return tuple(i for i, mark in enumerate(pattern) if mark == "x")


class RhythmBook:
    """The bar rhythms of one kind of section in one song, drawn once and reused."""

    def __init__(self, table: MelodyTable, grid: Grid, tempo_bpm: float, density: float, draw: np.random.Generator) -> None:
        self.grid, self.draw = grid, draw
        self.density = density
        self.air = table.empty_beats[1]
        self.step_s = 60.0 / tempo_bpm / grid.beat_steps
        self.syncopation = table.syncopation
        pool = self._full_bars(table) if grid.groups == (4, 4, 4, 4) else self._built_bars(table)
        bars = list(pool)
        share = np.array([pool[bar] * self._fitness(bar) for bar in bars])
        share = share / share.sum()
        count = min(_PALETTE, int((share > 1e-9).sum()))
        chosen = draw.choice(len(bars), size=count, replace=False, p=share)
        self.palette: list[Bar] = [bars[int(i)] for i in chosen]
        self.shares = share[chosen] / share[chosen].sum()

    def _full_bars(self, table: MelodyTable) -> dict[Bar, float]:
        source = table.rhythms or common_rhythms()["bars"]
        pool: dict[Bar, float] = {}
        for pattern, weight in source.items():
            bar = onsets(pattern)
            pool[bar] = pool.get(bar, 0.0) + weight
        return pool

    def _built_bars(self, table: MelodyTable) -> dict[Bar, float]:
        """Bars of other meters, joined from cells of one pulse; the first pulse is seldom empty."""
        cells = table.cells or common_rhythms()["four"]
        pool: dict[Bar, float] = {}
        for _ in range(60):
            bar: list[int] = []
            position = 0
            for index, group in enumerate(self.grid.groups):
                cell = self._cell(cells, group, first=index == 0)
                bar += [position + step for step in cell]
                position += group
            pool[tuple(bar)] = pool.get(tuple(bar), 0.0) + 1.0
        return pool

    def _cell(self, cells: dict[str, float], group: int, *, first: bool) -> Bar:
        if group == 3:
            source = common_rhythms()["three"]
        elif group == 6:
            source = {c: w for c, w in cells.items() if len(c) == 6} or common_rhythms()["six"]
        else:
            source = {c: w for c, w in cells.items() if len(c) == 4} or common_rhythms()["four"]
        names = list(source)
        share = np.array([source[n] * (0.15 if first and not n.startswith("x") else 1.0) for n in names])
        cell = onsets(names[int(self.draw.choice(len(names), p=share / share.sum()))])
        return tuple(step for step in cell if step < group)

    def _fitness(self, bar: Bar) -> float:
        """How well a bar suits tempo and density; below 1."""
        beats = self.grid.steps / self.grid.beat_steps
        value = math.exp(-0.5 * ((len(bar) / beats - self.density * 1.25) / 0.55) ** 2)
        gaps = np.diff(bar) if len(bar) > 1 else np.array([8])
        hurried = int((gaps * self.step_s < _SHORTEST_S).sum())
        return float(value * 0.25**hurried) + 1e-6

    def bar(self, *, strong_start: bool = False, dense: float = 0.0) -> Bar:
        """One bar of the palette. `dense` above 0 prefers fuller bars, below 0 emptier ones."""
        share = self.shares.copy()
        for i, bar in enumerate(self.palette):
            share[i] *= math.exp(dense * len(bar) / 4)
            if strong_start and (not bar or bar[0] != 0):
                share[i] *= 0.1
            if not bar:
                share[i] *= 0.3
        return self.palette[int(self.draw.choice(len(self.palette), p=share / share.sum()))]

    def closing(self) -> Bar:
        """A bar that ends a phrase: few onsets, the last one early, so that a breath follows."""
        half = self.grid.steps * 5 // 8
        options = [tuple(s for s in bar if s <= half) for bar in self.palette]
        options = [bar for bar in options if bar] or [(0,)]
        weights = np.array([1.0 / (1 + abs(len(bar) - 2.2)) for bar in options])
        return options[int(self.draw.choice(len(options), p=weights / weights.sum()))]

    def pair(self) -> tuple[Bar, Bar]:
        """The rhythm of a two-bar motif: a fuller bar, then one that leaves air at its end. Neighbours differ in 92 % of cases."""
        first = self.bar(strong_start=self.draw.random() > self.syncopation, dense=0.3)
        for _ in range(6):
            second = self.bar(dense=-0.3)
            if second != first:
                break
        if self.draw.random() < 0.45 + 1.2 * self.air:
            limit = self.grid.steps * (0.8 - float(self.draw.random()) * min(0.6, 2.4 * self.air))
            second = tuple(s for s in second if s < limit) or (0,)
        return first, second


def lengths_of(starts: Sequence[int], end: int, longest: int) -> list[int]:
    """Steps from each onset to the next (the last one to `end`), no more than `longest`."""
    following = [*starts[1:], end]
    return [max(1, min(b - a, longest)) for a, b in zip(starts, following, strict=True)]
