"""Progressions of four or eight bars written by a family's model: how the bars repeat, how long chords last, what follows what."""

from collections.abc import Mapping, Sequence

import numpy as np

from services.generator.composition.chord_model import LENGTHS, ChordModel, border, length_class, length_contexts

Bars = list[list[str]]
HOLD = "."
"""In a bar: the chord before goes on for one more share of the bar."""
_USUAL_BAR_S = {"billboard": 2.05, "pop909": 3.25}
_KNOWN = 2.2
_RARE_SHARE = 0.01
_RARE = 0.28
_RARE_AT_FIRST = 0.05
_LOOPED = {"two": 2.0, "four": 4.0, "head": 0.5, "pair": 0.5, "through": 0.1}


class UnitWriter:
    """Writes progressions as one family does. `bar_s` is how long a bar lasts: in short bars fewer chords change inside."""

    def __init__(self, model: ChordModel, family: str, bar_s: float, *, loops: bool) -> None:
        self.model, self.loops = model, loops
        self.haste = float(np.clip((bar_s / _USUAL_BAR_S[family]) ** 1.5, 0.2, 1.6))
        self.names = model.names
        self.time: dict[str, float] = {model.encode(n): share for n, share in model.shares_of("time").items()}

    def write(self, function: str, bars: int, heard: Sequence[str], draw: np.random.Generator, end: str | None = None) -> Bars:
        """A progression of `bars` bars for a section; chords of the song so far (`heard`, plain) are likelier. `end`: its last chord."""
        palette = {self.model.encode(n) for n in heard}
        shape = self._shape(bars, draw)
        final = None if end is None else self.model.encode(end)
        runs: list[tuple[str, int, int]] = []
        history = border(function)
        match shape:
            case "two" | "four":
                period = 8 if shape == "two" else 16
                head = self._sampled(history, 0, min(period, bars * 4), palette, draw, None if shape == "two" else final)
                times = -(-bars * 4 // period)
                runs = [(code, start + k * period, size) for k in range(times) for code, start, size in head]
            case "head" | "pair":
                first, back = (16, 16) if shape == "head" else (8, 8)
                head = self._sampled(history, 0, first, palette, draw, None)
                again = [(code, start + back, min(size, 8 - start)) for code, start, size in head if start < 8]
                known = history + "".join(code for code, _, _ in (*head, *again))
                runs = head + again + self._sampled(known, back + 8, bars * 4, palette, draw, final)
            case _:
                runs = self._sampled(history, 0, bars * 4, palette, draw, final)
        return self._bars(runs, bars)

    def end_for(self, function: str, draw: np.random.Generator) -> str | None:
        """The chord that such a section ends on, as often as the family ends there."""
        shares = self.model.tables["ends"].get(function)
        return _drawn(shares, draw) if shares else None

    def _shape(self, bars: int, draw: np.random.Generator) -> str:
        if bars != 8:
            return "two" if bars == 4 and draw.random() < (0.5 if self.loops else 0.2) else "through"
        shares = dict(self.model.tables["shapes"]["8"])
        if self.loops:
            shares = {shape: share * _LOOPED[shape] for shape, share in shares.items()}
        return _drawn(shares, draw)

    def _sampled(
        self, history: str, start: int, stop: int, palette: set[str], draw: np.random.Generator, final: str | None
    ) -> list[tuple[str, int, int]]:
        """Chords (code, onset, length in quarters of a bar) from `start` to `stop`, the last one `final` where it is wanted."""
        runs: list[tuple[str, int, int]] = []
        onset, before = start, ""
        while onset < stop:
            size = self._length(onset, before, stop, draw)
            if final is not None and onset + size >= stop:
                code = final
            else:
                code = self._code(history, onset, palette, draw, final if onset + size + 4 >= stop else None)
            if runs and runs[-1][0] == code:
                runs[-1] = (code, runs[-1][1], runs[-1][2] + size)
            else:
                runs.append((code, onset, size))
                history += code
            onset, before = onset + size, length_class(size)
        return runs

    def _length(self, onset: int, before: str, stop: int, draw: np.random.Generator) -> int:
        shares = self.model.lengths.shares(length_contexts(onset, before))
        room = stop - onset if onset % 4 == 0 else min(4 - onset % 4, stop - onset)
        weights: dict[str, float] = {}
        for name, share in shares.items():
            quarters = LENGTHS[int(name)]
            weights[str(min(quarters, room))] = weights.get(str(min(quarters, room)), 0.0) + share * (self.haste if quarters < 4 else 1.0)
        size = int(_drawn(weights, draw))
        return size if size <= 4 or size % 2 == 0 else size - size % 2

    def _code(self, history: str, onset: int, palette: set[str], draw: np.random.Generator, then: str | None) -> str:
        shares = self.model.shares(history, onset)
        rare = _RARE_AT_FIRST if len(history) == 1 else _RARE
        weights = {
            code: share * (_KNOWN if code in palette else 1.0) * (rare if self.time.get(code, 0.0) < _RARE_SHARE else 1.0)
            for code, share in shares.items()
        }
        if then is not None:
            weights = {c: w * self.model.chords.share(then, [c, ""]) * (0.05 if c == then else 1.0) for c, w in weights.items()}
        return _drawn(weights, draw)

    def _bars(self, runs: Sequence[tuple[str, int, int]], bars: int) -> Bars:
        """Tokens by bar: one, two halves, or four quarters with holds."""
        cells = [""] * (bars * 4)
        for code, start, size in runs:
            for quarter in range(start, min(start + size, bars * 4)):
                cells[quarter] = self.names[code]
        return [bar_of(cells[4 * b : 4 * b + 4]) for b in range(bars)]


def bar_of(quarters: Sequence[str]) -> list[str]:
    """The tokens of a bar from the chord in each quarter of it."""
    if len(set(quarters)) == 1:
        return [quarters[0]]
    if quarters[0] == quarters[1] and quarters[2] == quarters[3]:
        return [quarters[0], quarters[2]]
    return [HOLD if i and quarters[i - 1] == name else name for i, name in enumerate(quarters)]


def _drawn(weights: Mapping[str, float], draw: np.random.Generator) -> str:
    names = list(weights)
    shares = np.array([weights[name] for name in names])
    return names[int(draw.choice(len(names), p=shares / shares.sum()))]
