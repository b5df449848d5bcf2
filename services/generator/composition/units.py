"""Notes before they have pitches: which are new, which copy earlier ones, which follow them at a distance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.generator.composition.grid import Grid
from services.generator.composition.habits import bar_position
from services.generator.composition.plans import phrase_plan
from services.generator.composition.rhythm import Bar, RhythmBook
from services.generator.composition.schemes import operations
from services.music.packs.melody_table import MelodyTable

UNIT_BARS = 2


@dataclass(frozen=True)
class Draft:
    """A note to be pitched: step from the phrase's first bar line, and where its pitch comes from."""

    step: int
    origin: int | None = None
    """Step of the earlier note of the phrase that it copies; None for a new pitch."""
    pitch: int | None = None
    """A pitch known beforehand."""
    shift: int = 0
    """Diatonic steps from the origin."""
    axis: int | None = None
    """Step of the note in which it is mirrored."""
    pull: float = 0.0
    """How strongly it stays near origin or pitch (log odds per squared semitone); 0 copies exactly."""

    def copied(self, at: int, **changes: int | float | None) -> "Draft":
        """A copy of this note elsewhere."""
        return replace(Draft(at, self.step), **changes)  # type: ignore[arg-type]


class Drafter:
    """Lays out phrases: by the relations of real phrases, or by a style's models."""

    def __init__(self, table: MelodyTable, book: RhythmBook, grid: Grid, draw: np.random.Generator) -> None:
        self.table, self.book, self.grid, self.draw = table, book, grid, draw

    def phrase(self, bars: int, model: str, *, hook: bool = False) -> list[Draft]:
        """Drafts of a phrase by a model: "song" as in real songs, or one of `schemes` such as "period"."""
        return self._planned(bars, hook=hook) if model == "song" else self._modelled(bars, model)

    # --- as in real songs -------------------------------------------------------------------------------------------------

    def _planned(self, bars: int, *, hook: bool) -> list[Draft]:
        done: list[list[Draft]] = []
        for index, (wanted, back) in enumerate(phrase_plan(bars, self.draw, paused=not hook)):
            source = done[index - back] if back else []
            kind = wanted if source or wanted == "rest" else "new"
            done.append(self._bar(kind, source, index, bars, _rhythm(done[-1], self.grid) if done else None))
        return [draft for bar in done for draft in bar]

    def _bar(self, kind: str, source: list[Draft], index: int, bars: int, before: Bar | None) -> list[Draft]:
        position, start = bar_position(index, bars), index * self.grid.steps
        if kind == "rest":
            return []
        if kind == "new":
            bar = self.book.bar(position, before)
            for _ in range(3):
                if bar or index:
                    break
                bar = self.book.bar(position, before)
            return [Draft(start + step) for step in (bar if bar or index else (0,))]
        rhythm = _rhythm(source, self.grid)
        if kind == "head":
            middle = self.grid.steps // 2
            new = [Draft(start + s) for s in self.book.second_half(rhythm, position) if s >= middle]
            return [d.copied(start + s) for d, s in zip(source, rhythm, strict=True) if s < middle] + new
        if kind == "rhythm":
            return [Draft(start + s) for s in rhythm]
        shift = int(self.draw.choice([-2, -1, -1, 1, 1, 2])) if kind == "sequence" else 0
        return [d.copied(start + s, shift=shift, pull=0.9 if shift else 0.0) for d, s in zip(source, rhythm, strict=True)]

    # --- by models --------------------------------------------------------------------------------------------------------

    def _modelled(self, bars: int, model: str) -> list[Draft]:
        units = -(-bars // UNIT_BARS)
        motifs: dict[str, list[Draft]] = {}
        drafts: list[Draft] = []
        for index, (name, source) in enumerate(operations(model, units, self.draw)):
            start = index * UNIT_BARS * self.grid.steps
            length = min(UNIT_BARS, bars - index * UNIT_BARS)
            unit = self._unit(name, motifs.get(source), start, length, last=index == units - 1)
            motifs.setdefault(source, unit)
            drafts += unit
        return drafts

    def _unit(self, name: str, motif: list[Draft] | None, start: int, bars: int, *, last: bool) -> list[Draft]:
        if name == "rest":
            return []
        if not motif or name in ("new", "answer", "cadence"):
            return [Draft(start + step) for step in self._frame(name, motif, bars, last=last)]
        origin = motif[0].step // (UNIT_BARS * self.grid.steps) * UNIT_BARS * self.grid.steps
        inside = [(d, start + d.step - origin) for d in motif if d.step - origin < bars * self.grid.steps]
        if name == "fragment":
            return self._fragment(motif, origin, start, bars)
        if name == "sequence":
            shift = int(self.draw.choice([-2, -1, 1, 2]))
            return [d.copied(at, shift=shift, pull=0.9) for d, at in inside]
        if name == "invert":
            return [d.copied(at, axis=motif[0].step, pull=0.35) for d, at in inside]
        if name == "rhythm":
            return [Draft(at) for _, at in inside]
        share = float(self.draw.uniform(0.45, 0.75)) if name == "tail" else 1.0
        kept = max(1, round(len(inside) * share))
        return [d.copied(at) if i < kept else Draft(at) for i, (d, at) in enumerate(inside)]

    def _frame(self, name: str, motif: list[Draft] | None, bars: int, *, last: bool) -> list[int]:
        """The rhythm of a new unit."""
        steps = self.grid.steps
        first, second = self.book.pair()
        if name == "cadence" and motif:
            first = tuple(d.step % steps for d in motif if d.step // steps % UNIT_BARS == 0) or first
        if name == "answer":
            first = tuple(s for s in self.book.closing() if s >= steps // 2) if self.draw.random() < 0.5 else ()
            second = self.book.closing()
        if last or name in ("cadence", "answer"):
            second = self.book.closing()
        if bars == 1:
            first, second = (self.book.closing() if last else first), ()
        return sorted({*first, *(s + steps for s in second)} if bars > 1 else set(first))

    def _fragment(self, motif: list[Draft], origin: int, start: int, bars: int) -> list[Draft]:
        """The head of the motif in each bar, the second time a step away: pressing forward."""
        steps = self.grid.steps
        head = [d for d in motif if d.step - origin < steps] or list(motif[:2])
        shift = int(self.draw.choice([-1, 1, 1]))
        return [d.copied(start + bar * steps + (d.step - origin) % steps, shift=shift * bar, pull=0.7) for bar in range(bars) for d in head]


def _rhythm(bar: Sequence[Draft], grid: Grid) -> Bar:
    return tuple(d.step % grid.steps for d in bar)
