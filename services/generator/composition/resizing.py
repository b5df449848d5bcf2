"""A finished song made longer, shorter, or carried on: which of its sections stay, return or go, and what is added."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from contracts.music import Score, Section
from services.generator.composition.functions import HOOKS, function_of, section_ids
from services.generator.composition.lengths import spread

Mode = Literal["extend", "shorten", "continue"]

_RUN = 4  # sections that return together at most
_RETURN, _AGAIN = 1.0, 0.35  # cost of a return, and of each further return of the same run
_FRESH = {4: 2.2, 8: 1.2, 16: 1.8}
_FRESH_LONGEST = 24
# What it costs to let a section go, by function; the first of its kind costs twice as much.
_DROP = {"intro": 1.5, "outro": 2.5, "verse": 1.6, "chorus": 1.8, "drop": 1.8, "head": 2.0, "prechorus": 1.0, "postchorus": 0.8}
_DROP_ELSE = 0.7
_TRIM, _TRIM_EDGE = 1.2, 0.4
_LEADS_UP = frozenset({"prechorus", "build", "bridge", "breakdown"})


@dataclass(frozen=True)
class Piece:
    """A section of the new song: `bars` of the base's section `source` from bar `first` (0 is its first), or a fresh one."""

    label: str
    bars: int
    source: str = ""
    first: int = 0
    kept: bool = True
    """True: all its notes stay. False: a return, whose lead stays and whose band plays anew; a fresh one has no source."""


def resized(base: Score, bars: int, mode: Mode | None) -> list[Piece]:
    """The sections of a song of `bars` bars made from `base`.

    Args:
        base: the finished song.
        bars: bars that the new song has, at least 1; where the mode contradicts them (extend to fewer bars) the song stays as long.
        mode: None: extend or shorten, as the bars say.
    """
    extra = bars - base.bars
    if mode is None:
        mode = "shorten" if extra < 0 else "extend"
    whole = [Piece(section.label, section.bars, name) for name, section in base.sections.items()]
    if mode == "shorten":
        return _shortened(base, bars) if extra < 0 else whole
    return _lengthened(whole, extra, at_end=mode == "continue") if extra > 0 else whole


def sections(pieces: list[Piece], base: Score, fresh: dict[str, Section]) -> dict[str, Section]:
    """The new song's sections with their chords, in order.

    Args:
        pieces: as `resized` says.
        base: where kept and returning sections come from.
        fresh: newly written sections by the id that they get here.
    """
    out: dict[str, Section] = {}
    bar = 1
    for name, piece in zip(section_ids([piece.label for piece in pieces]), pieces, strict=True):
        source = base.sections[piece.source] if piece.source else fresh[name]
        moved = bar - source.start_bar - piece.first
        low, high = source.start_bar + piece.first, source.start_bar + piece.first + piece.bars
        chords = tuple(e.model_copy(update={"bar": e.bar + moved}) for e in source.chords if low <= e.bar < high)
        out[name] = source.model_copy(
            update={
                "start_bar": bar, "bars": piece.bars, "chords": chords, "label": piece.label, "source": piece.source,
                "source_bar": piece.first, "kept": bool(piece.source) and piece.kept,
            }
        )  # fmt: skip
        bar += piece.bars
    return out


def _lengthened(whole: list[Piece], extra: int, *, at_end: bool) -> list[Piece]:
    """Returns and fresh sections put in before the last hook and what leads up to it; to carry on, before the ending only."""
    at = len(whole) - (1 if function_of(whole[-1].label) == "outro" else 0)
    if not at_end:
        hooks = [i for i, piece in enumerate(whole[:at]) if function_of(piece.label) in HOOKS]
        if len(hooks) > 1:
            at = hooks[-1]
            while at > hooks[-2] + 1 and function_of(whole[at - 1].label) in _LEADS_UP:
                at -= 1
    runs = _runs(whole)
    added: list[Piece] = []
    for kind, index in _filling(tuple(sum(p.bars for p in run) for run in runs), extra):
        if kind == "run":
            added += [Piece(p.label, p.bars, p.source, p.first, kept=False) for p in runs[index]]
        else:
            added.append(Piece("bridge" if index >= 4 else "breakdown", index))
    return [*whole[:at], *_ordered(added), *whole[at:]]


def _runs(whole: list[Piece]) -> list[list[Piece]]:
    """Stretches that can return: up to four neighbours that begin outside the hook and end with it, or single inner sections."""
    inner = [p for p in whole if function_of(p.label) not in ("intro", "outro")] or whole
    runs = [
        inner[i:j]
        for i in range(len(inner))
        for j in range(i + 2, min(i + _RUN, len(inner)) + 1)
        if function_of(inner[j - 1].label) in HOOKS and function_of(inner[i].label) not in HOOKS
    ]
    seen: dict[tuple[str, int], list[Piece]] = {}
    for piece in inner:
        seen.setdefault((piece.label, piece.bars), [piece])
    return runs + list(seen.values())


def _filling(sizes: tuple[int, ...], extra: int) -> tuple[tuple[str, int], ...]:
    """Returns ("run", index) and fresh sections ("fresh", bars) that add up to `extra` at the least cost (shortest path over bars).

    At most one fresh section comes in: something new once, the rest known.
    """
    costs: list[list[float]] = [[float("inf")] * (extra + 1) for _ in range(2)]
    ways: list[list[tuple[tuple[str, int], ...]]] = [[()] * (extra + 1) for _ in range(2)]
    costs[0][0] = 0.0
    for total in range(extra + 1):
        for fresh in (0, 1):
            if costs[fresh][total] == float("inf"):
                continue
            for item, bars, price, turn in _choices(sizes, ways[fresh][total], fresh, extra - total):
                after, cost = total + bars, costs[fresh][total] + price
                if cost < costs[turn][after]:
                    costs[turn][after], ways[turn][after] = cost, (*ways[fresh][total], item)
    return min(((costs[f][extra], ways[f][extra]) for f in (0, 1)), key=lambda pair: pair[0])[1]


def _choices(
    sizes: tuple[int, ...], way: tuple[tuple[str, int], ...], fresh: int, room: int
) -> Iterator[tuple[tuple[str, int], int, float, int]]:
    """Next steps of a filling: (what, bars, cost, whether a fresh section has been used)."""
    for index, size in enumerate(sizes):
        if 0 < size <= room:
            item = ("run", index)
            yield item, size, _RETURN + _AGAIN * way.count(item) + (1.5 if way and way[-1] == item else 0.0), fresh
    for bars in range(1, min(room, _FRESH_LONGEST) + 1) if not fresh else ():
        odd = 0.0 if bars % 4 == 0 else 1.0 if bars % 2 == 0 else 2.0
        yield ("fresh", bars), bars, _FRESH.get(bars, 2.5 + odd + (3.0 if bars < 4 else 0.0)), 1


def _ordered(added: list[Piece]) -> list[Piece]:
    """The fresh section in the middle of the returns, where a bridge is wanted."""
    fresh = [piece for piece in added if not piece.source]
    known = [piece for piece in added if piece.source]
    hooks = [i + 1 for i, piece in enumerate(known) if function_of(piece.label) in HOOKS]
    at = min(hooks, key=lambda i: abs(i - len(known) / 2)) if hooks else len(known)
    return [*known[:at], *fresh, *known[at:]]


def _shortened(base: Score, bars: int) -> list[Piece]:
    """Sections dropped or cut so that the song has `bars` bars; its hook and its ending are what it holds on to."""
    names = list(base.sections)
    functions = [function_of(base.sections[name].label) for name in names]
    tables = [_cuts(base.sections[name].bars, functions, index) for index, name in enumerate(names)]
    lengths = spread(tables, bars)[1]
    pieces = []
    for name, function, length in zip(names, functions, lengths, strict=True):
        section = base.sections[name]
        if length:
            first = section.bars - length if function in ("intro", "outro") else 0
            pieces.append(Piece(section.label, length, name, first))
    return pieces


def _cuts(bars: int, functions: list[str], index: int) -> dict[int, float]:
    """Bars that stay of a section -> cost; 0 drops it."""
    function = functions[index]
    first = function not in functions[:index]
    edge = function in ("intro", "outro")
    table = {bars: 0.0, 0: _DROP.get(function, _DROP_ELSE) * (2.0 if first and not edge else 1.0)}
    if function in HOOKS and functions.count(function) == 1:
        table[0] = 20.0
    for length in range(1, bars):
        odd = 0.0 if length % 4 == 0 else 0.8 if length % 2 == 0 else 1.8
        table[length] = (_TRIM_EDGE if edge else _TRIM) + odd + (0.6 if length < 4 and not edge else 0.0)
    return table
