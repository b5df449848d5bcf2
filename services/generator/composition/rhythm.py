"""Rhythms of a song: half bars of real singers bent to the song's own habits, or bars out of the style's patterns."""

import math
from itertools import pairwise

import numpy as np

from services.generator.composition.grid import Grid
from services.generator.composition.habits import HALF, Array, habits
from services.music.packs.melody_table import MelodyTable, common_rhythms

Bar = tuple[int, ...]
"""Onset steps of one bar."""

_PALETTE = 9
_SHORTEST_S = 0.105  # singers and winds do not tongue faster for long
_OWN = 1.2
_RECALLED = 0.15
_SHARPNESS = 1.25
_STEEPEST = 2.0
_RIDGE = 0.08


def onsets(pattern: str) -> Bar:
    """Onset steps of a pattern: "x..x" -> (0, 3)."""
    return tuple(i for i, mark in enumerate(pattern) if mark == "x")


class SongRhythm:
    """What the books of one song share: a taste in half bars, and the bars that were sung already, by position."""

    def __init__(self, draw: np.random.Generator) -> None:
        self.taste = draw.standard_normal(len(habits().rhythms.codes))
        self.bars: dict[int, list[Bar]] = {}


class RhythmBook:
    """The bar rhythms of one kind of section in one song."""

    def __init__(
        self, table: MelodyTable, grid: Grid, tempo_bpm: float, wish: Array, draw: np.random.Generator, song: "SongRhythm | None" = None
    ) -> None:
        self.grid, self.draw = grid, draw
        self.song = song or SongRhythm(draw)
        self.air = table.empty_beats[1]
        self.step_s = 60.0 / tempo_bpm / grid.beat_steps
        self.syncopation = table.syncopation
        self.chunks = () if table.rhythms else _chunks(grid)
        self.palette: list[Bar] = []
        if self.chunks:
            self._bend(wish)
        else:
            self._gather(table, float(wish[0]) / 2)

    def bar(self, position: int, before: Bar | None) -> Bar:
        """A new bar.

        Args:
            position: its place in the phrase (`bar_position`).
            before: the bar that it follows, None at the start.
        """
        if not self.chunks:
            return self._patterned(position, before)
        known = self.song.bars.setdefault(position, [])
        if known and self.draw.random() < _RECALLED:
            return known[int(self.draw.integers(len(known)))]
        known.append(self._sung(position, before))
        return known[-1]

    def second_half(self, bar: Bar, position: int) -> Bar:
        """The bar with its second half new."""
        middle = self.grid.steps // 2
        head = tuple(s for s in bar if s < middle)
        other = self.bar(position, bar)
        if self.chunks == (2, 2):
            code = self._half(2 * position + 1, self._index(_code(head, 0)), 1)
            return (*head, *_steps(int(habits().rhythms.codes[code]), middle))
        return (*head, *(s for s in other if s >= middle))

    # --- bars of real singers ---------------------------------------------------------------------------------------------

    def _bend(self, wish: Array) -> None:
        """Odds of the half bars that make their mean features what this song wants, with a taste of its own."""
        learned = habits().rhythms
        features = learned.features
        slope = np.zeros(features.shape[1])
        for _ in range(20):
            share = learned.share * np.exp(features @ slope)
            share /= share.sum()
            mean = share @ features
            spread = (features - mean).T @ ((features - mean) * share[:, None]) + _RIDGE * np.eye(len(slope))
            slope = slope + np.clip(np.linalg.solve(spread, wish - mean - _RIDGE * slope), -0.4, 0.4)
            slope = np.clip(slope, -_STEEPEST, _STEEPEST)
        self.taste = features @ slope + _OWN * (0.85 * self.song.taste + 0.5 * self.draw.standard_normal(len(features)))
        hurry = max(0.0, _SHORTEST_S - self.step_s) / _SHORTEST_S * 12
        close = np.array([sum(b - a == 1 for a, b in pairwise(s)) for s in (_steps(int(c), 0) for c in learned.codes)])
        self.taste = self.taste - hurry * close
        for _ in range(2):  # what follows what moves the mean too: as many onsets as are wanted
            share = self._usual_share()
            mean = share @ features[:, 0]
            spread = share @ (features[:, 0] - mean) ** 2
            self.taste = self.taste + float(np.clip((wish[0] - mean) / (1.3 * spread + 0.1), -0.8, 0.8)) * features[:, 0]

    def _usual_share(self) -> Array:
        """Share of each half bar in the long run."""
        scores = _SHARPNESS * (habits().rhythms.follows[:, :-1] + self.taste)
        moves = np.exp(scores - scores.max(axis=2, keepdims=True))
        moves /= moves.sum(axis=2, keepdims=True)
        share = habits().rhythms.share
        for _ in range(3):
            share = share @ moves[0] @ moves[1]
        return np.asarray((share + share @ moves[0]) / 2)

    def _sung(self, position: int, before: Bar | None) -> Bar:
        codes = habits().rhythms.codes
        half = self._index(_code(before, self.grid.steps - HALF)) if before is not None else len(codes)
        bar: list[int] = []
        start = 0
        for index, beats in enumerate(self.chunks):
            side = 0 if index == 0 else 1
            half = self._half(2 * position + side, half, side)
            bar += [s for s in _steps(int(codes[half]), start) if s < start + 4 * beats]
            start += 4 * beats
        return tuple(bar)

    def _half(self, place: int, before: int, side: int) -> int:
        learned = habits().rhythms
        scores = _SHARPNESS * (learned.follows[side, before] + learned.position[place] + self.taste)
        summed = np.cumsum(np.exp(scores - scores.max()))
        return int(min(np.searchsorted(summed, self.draw.random() * summed[-1], side="right"), len(summed) - 1))

    def _index(self, code: int) -> int:
        found = np.flatnonzero(habits().rhythms.codes == code)
        return int(found[0]) if len(found) else len(habits().rhythms.codes)

    # --- bars of a style's patterns ---------------------------------------------------------------------------------------

    def _gather(self, table: MelodyTable, density: float) -> None:
        """A palette of bars, drawn once: real songs use about 18 bar rhythms, not 58."""
        pool = self._full_bars(table) if self.grid.groups == (4, 4, 4, 4) else self._built_bars(table)
        bars = list(pool)
        share = np.array([pool[bar] * self._fitness(bar, density) for bar in bars])
        share = share / share.sum()
        count = min(_PALETTE, int((share > 1e-9).sum()))
        chosen = self.draw.choice(len(bars), size=count, replace=False, p=share)
        self.palette = [bars[int(i)] for i in chosen]
        self.shares = share[chosen] / share[chosen].sum()

    def _full_bars(self, table: MelodyTable) -> dict[Bar, float]:
        pool: dict[Bar, float] = {}
        for pattern, weight in (table.rhythms or common_rhythms()["bars"]).items():
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

    def _fitness(self, bar: Bar, density: float) -> float:
        """How well a bar suits tempo and density (onsets per beat); below 1."""
        beats = self.grid.steps / self.grid.beat_steps
        value = math.exp(-0.5 * ((len(bar) / beats - density) / 0.55) ** 2)
        gaps = np.diff(bar) if len(bar) > 1 else np.array([8])
        hurried = int((gaps * self.step_s < _SHORTEST_S).sum())
        return float(value * 0.25**hurried) + 1e-6

    def _patterned(self, position: int, before: Bar | None) -> Bar:
        if position == 3 and self.draw.random() < 0.7:
            return self.closing()
        if position != 1:
            return self.pick(strong_start=self.draw.random() > self.syncopation, dense=0.3)
        second = self.pick(dense=-0.3)
        for _ in range(6):
            if second != before:
                break
            second = self.pick(dense=-0.3)
        if self.draw.random() < 0.45 + 1.2 * self.air:
            limit = self.grid.steps * (0.8 - float(self.draw.random()) * min(0.6, 2.4 * self.air))
            second = tuple(s for s in second if s < limit) or (0,)
        return second

    def pick(self, *, strong_start: bool = False, dense: float = 0.0) -> Bar:
        """One bar of the palette. `dense` above 0 prefers fuller bars, below 0 emptier ones."""
        share = self.shares.copy()
        for i, bar in enumerate(self.palette):
            share[i] *= math.exp(dense * len(bar) / 4)
            if strong_start and (not bar or bar[0] != 0):
                share[i] *= 0.1
            if not bar:
                share[i] *= 0.3
        return self.palette[int(self.draw.choice(len(self.palette), p=share / share.sum()))]

    # --- units of two bars ------------------------------------------------------------------------------------------------

    def closing(self) -> Bar:
        """A bar that ends a phrase: few onsets, the last one early, so that a breath follows."""
        half = self.grid.steps * 5 // 8
        bars = self.palette or [self._sung(3, None) for _ in range(4)]
        options = [tuple(s for s in bar if s <= half) for bar in bars]
        options = [bar for bar in options if bar] or [(0,)]
        weights = np.array([1.0 / (1 + abs(len(bar) - 2.2)) for bar in options])
        return options[int(self.draw.choice(len(options), p=weights / weights.sum()))]

    def pair(self) -> tuple[Bar, Bar]:
        """The rhythm of a two-bar motif; the second bar leaves air at its end."""
        first = self.bar(0, None) or self.bar(2, None) or (0,)
        return first, self.bar(1, first)


def _chunks(grid: Grid) -> tuple[int, ...]:
    """Beats of 4 steps in the halves of a bar: 2 2 in 4/4, 2 1 in 3/4, 2 1 2 in 5/4; none for other pulses."""
    if any(group != 4 for group in grid.groups):
        return ()
    count = len(grid.groups)
    if count % 2 == 0:
        return (2,) * (count // 2)
    return (2, 1) + (2,) * ((count - 3) // 2) if count >= 3 else ()


def _code(bar: Bar, start: int) -> int:
    return sum(1 << (HALF - 1 - (s - start)) for s in bar if start <= s < start + HALF)


def _steps(code: int, start: int) -> Bar:
    return tuple(start + s for s in range(HALF) if code >> (HALF - 1 - s) & 1)
