"""What real songs do next: variable-order statistics of chords and their lengths, learned from open annotations.

Each chain blends all orders of context by the escape of PPM-C (Moffat 1990), in its interpolated form (Witten & Bell 1991):
p(s | c) = (n(c, s) + e · t(c) · p(s | shorter c)) / (n(c) + e · t(c)), t the number of different symbols seen after c. n counts
songs, not places: a song that repeats its verse says the same thing once. The escape e and the longest context are those that
songs set apart like best. A second chain hears where in the eight-bar period a chord begins; both are mixed.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

ORDER = 5
LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16)
"""Lengths of chords that are told apart, in quarters of a bar."""
_BORDERS = {"intro": "0", "verse": "1", "prechorus": "2", "chorus": "3", "bridge": "4", "solo": "5", "outro": "6", "other": "7"}
_SAME = {"theme": "verse", "head": "verse", "groove": "verse", "drop": "chorus", "postchorus": "chorus", "contrast": "bridge"}

Counts = Mapping[str, Mapping[str, int]]


def border(function: str) -> str:
    """The sign that stands before the first chord of a section."""
    return _BORDERS.get(_SAME.get(function, function), _BORDERS["other"])


def place(onset: int) -> str:
    """Where in the period of eight bars a chord begins: the bar, and whether on its first beat. `onset` in quarters of a bar."""
    bar, rest = divmod(onset, 4)
    return chr(ord("a") + 2 * (bar % 8) + (rest > 0))


@dataclass(frozen=True)
class Chain:
    """Counts by context, from the longest context that was seen down to none."""

    counts: Counts
    symbols: str
    escape: float = 1.0

    def shares(self, contexts: Sequence[str]) -> dict[str, float]:
        """Probability of every symbol after `contexts`, longest first."""
        shares = dict.fromkeys(self.symbols, 1.0 / len(self.symbols))
        for context in reversed(contexts):
            seen = self.counts.get(context)
            if not seen:
                continue
            kinds = len(seen) * self.escape
            total = sum(seen.values()) + kinds
            escape = kinds / total
            shares = {s: p * escape for s, p in shares.items()}
            for symbol, count in seen.items():
                shares[symbol] += count / total
        return shares

    def share(self, symbol: str, contexts: Sequence[str]) -> float:
        """Probability of one symbol after `contexts`, longest first."""
        share = 1.0 / len(self.symbols)
        for context in reversed(contexts):
            seen = self.counts.get(context)
            if seen:
                kinds = len(seen) * self.escape
                share = (seen.get(symbol, 0) + kinds * share) / (sum(seen.values()) + kinds)
        return share


def history_contexts(history: str, order: int = ORDER) -> list[str]:
    """The chords before, longest context first."""
    return [history[len(history) - n :] for n in range(min(order, len(history)), -1, -1)]


def place_contexts(history: str, onset: int) -> list[str]:
    """Where the chord begins with the chords before, longest context first."""
    here = place(onset)
    return [here + history[-2:], here + history[-1:], here, ""]


def length_contexts(onset: int, before: str) -> list[str]:
    """Where a chord begins in eight bars and in one, with the length of the chord before, longest context first."""
    inside = str(onset % 4)
    eight, four = chr(ord("A") + onset // 4 % 8), chr(ord("a") + onset // 4 % 4)
    return [eight + inside + before, four + inside + before, inside + before, inside]


def length_class(quarters: int) -> str:
    """The class of a length: the longest that it reaches."""
    return str(max((i for i, n in enumerate(LENGTHS) if n <= quarters), default=0))


@dataclass(frozen=True)
class ChordModel:
    """One family and mode. Numerals are triads such as "bVI"; rare ones are unknown and score as the rarest known."""

    codes: Mapping[str, str]
    chords: Chain
    places: Chain
    lengths: Chain
    mix: float
    """Weight of the chain that hears the place."""
    order: int
    """Most chords and section borders before that count."""
    tables: Mapping[str, Mapping[str, Mapping[str, float]]]
    """Shares: "starts" and "ends" by function, "shapes" by length; "time" by numeral."""

    def shares_of(self, name: str) -> dict[str, float]:
        """A table that has one level only, such as "time"."""
        table: Mapping[str, object] = self.tables[name]
        return {key: float(share) for key, share in table.items() if isinstance(share, float)}

    @property
    def names(self) -> dict[str, str]:
        """Code -> numeral."""
        return {code: numeral for numeral, code in self.codes.items()}

    def encode(self, numeral: str) -> str:
        """The code of a triad; one that the family does not know is read as its nearest relative, else as a rare chord."""
        bare = numeral.rstrip("°")
        swapped = bare.swapcase().replace("B", "b")
        for name in (numeral, bare, swapped):
            if name in self.codes:
                return self.codes[name]
        return self.chords.symbols[-1]

    def shares(self, history: str, onset: int) -> dict[str, float]:
        """Probability of each code as the chord that begins at `onset` after `history`; it never repeats the chord before."""
        shares = self.chords.shares(history_contexts(history, self.order))
        there = self.places.shares(place_contexts(history, onset))
        mixed = {s: (1 - self.mix) * p + self.mix * there[s] for s, p in shares.items()}
        mixed.pop(history[-1:], None)
        total = sum(mixed.values())
        return {s: p / total for s, p in mixed.items()}

    def share(self, code: str, history: str, onset: int) -> float:
        """Probability of one code, as `shares` without removing a repeat."""
        return (1 - self.mix) * self.chords.share(code, history_contexts(history, self.order)) + self.mix * self.places.share(
            code, place_contexts(history, onset)
        )

    def bits(self, runs: Sequence[tuple[str, int, int]], function: str, before: str = "") -> float:
        """Mean surprise per chord in bits of a section's runs (numeral, onset, length in quarters), after the codes `before`."""
        history = before + border(function)
        total = 0.0
        for numeral, onset, _ in runs:
            code = self.encode(numeral)
            total -= float(np.log2(self.share(code, history, onset)))
            history += code
        return total / max(len(runs), 1)

    def length_bits(self, runs: Sequence[tuple[str, int, int]]) -> float:
        """Mean surprise per chord in bits of the lengths."""
        before, total = "", 0.0
        for _, onset, quarters in runs:
            symbol = length_class(quarters)
            total -= float(np.log2(self.lengths.share(symbol, length_contexts(onset, before))))
            before = symbol
        return total / max(len(runs), 1)


def unpacked(packed: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Counts from their short form: {"AB": "C12D3"} -> {"AB": {"C": 12, "D": 3}}. Symbols are single letters."""
    return {context: {s: int(n) for s, n in re.findall(r"(\D)(\d+)", text)} for context, text in packed.items()}


def chord_model_of(table: Mapping[str, object]) -> ChordModel:
    """The model that a learned table describes."""
    data: dict[str, dict[str, str]] = table  # type: ignore[assignment]  # checked by the test of the table
    codes = {numeral: chr(ord("A") + i) if i < 26 else chr(ord("a") + i - 26) for i, numeral in enumerate(data["numerals"])}
    letters = "".join(codes.values())
    chords, escape = unpacked(data["chords"]), float(data["escape"])  # type: ignore[arg-type]
    sizes = "".join(chr(ord("A") + i) for i in range(len(LENGTHS)))
    lengths = {c: {str(sizes.index(s)): n for s, n in seen.items()} for c, seen in unpacked(data["lengths"]).items()}
    return ChordModel(
        codes,
        Chain(chords, letters, escape),
        Chain({**unpacked(data["places"]), "": chords[""]}, letters, escape),
        Chain(lengths, "".join(str(i) for i in range(len(LENGTHS)))),
        float(data["mix"]),  # type: ignore[arg-type]
        int(data["order"]),  # type: ignore[call-overload]
        data["tables"],  # type: ignore[arg-type]
    )


class Families(Mapping[str, ChordModel]):
    """The models by family and mode, such as "billboard_major"; each is read when it is first asked for."""

    def __init__(self) -> None:
        text = (files("services.generator.learned") / "chords.json").read_text("utf-8")
        self._tables: dict[str, dict[str, object]] = json.loads(text)["families"]
        self._models: dict[str, ChordModel] = {}

    def __getitem__(self, name: str) -> ChordModel:
        if name not in self._models:
            self._models[name] = chord_model_of(self._tables[name])
        return self._models[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)


@cache
def learned() -> Families:
    """What was learned of all families."""
    return Families()
