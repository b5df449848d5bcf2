"""How sections follow each other in real songs: a learned model of contexts, shortest to longest, interpolated (Witten & Bell 1991)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

START, END = "start", "end"
HOOK = frozenset({"chorus", "drop", "head"})
_MOST = 24
_FEWEST = 20
_DOUBT = 10.0

Shares = np.ndarray[Any, np.dtype[np.float64]]
Counts = dict[str, dict[str, int]]
"""Context -> following section -> how often."""


def contexts(labels: Sequence[str]) -> list[tuple[str, ...]]:
    """What is known before each section and before the end, shortest context first.

    Nothing; the section before; how many hooks there were already with it; the two sections before with both.
    """
    known: list[tuple[str, ...]] = []
    for index in range(len(labels) + 1):
        before = [START, START, *labels[:index]]
        hooks = min(sum(label in HOOK for label in labels[:index]), 4)
        known.append(("", before[-1], f"{before[-1]} {hooks}", f"{before[-2]} {before[-1]} {hooks}"))
    return known


@dataclass(frozen=True)
class Succession:
    """The model of one family of styles, leaning on all families where it has seen little."""

    own: Mapping[str, Mapping[str, int]]
    common: Mapping[str, Mapping[str, int]]
    labels: tuple[str, ...]
    order: int = 3

    @classmethod
    def of(cls, learned: Mapping[str, Any], family: str, order: int = 3) -> "Succession":
        """The model of a family of the learned table; `order` cuts the contexts: 0 none, 1 the section before, 3 all."""
        families = learned["families"]
        common = families["all"]["next"]
        labels = tuple(sorted({label for row in common.values() for label in row}))
        return cls(families[family]["next"], common, labels, order)

    def share(self, context: tuple[str, ...], following: str) -> float:
        """Probability that a section follows."""
        return float(self.shares(context)[self.labels.index(following)])

    def shares(self, context: tuple[str, ...]) -> Shares:
        """Probability of each of `labels`, from the shortest context to the longest; shape [labels]."""
        share = np.full(len(self.labels), 1.0 / len(self.labels))
        for known in context[: self.order + 1]:
            for row in (self.common.get(known, {}), self.own.get(known, {})):
                share = self._mixed(row, share)
        return share

    def _mixed(self, row: Mapping[str, int], share: Shares) -> Shares:
        """What was counted, leaning on a shorter context by as much as new sections still turned up."""
        total, doubt = sum(row.values()), _DOUBT * len(row)
        if not total:
            return share
        seen = np.array([row.get(label, 0) for label in self.labels], dtype=np.float64)
        return (seen + doubt * share) / (total + doubt)

    def draw(self, generator: np.random.Generator) -> tuple[list[str], float]:
        """One form and its cost in nats per section; never longer than 24 sections."""
        labels: list[str] = []
        cost = 0.0
        while len(labels) < _MOST:
            share = self.shares(contexts(labels)[-1])
            pick = int(generator.choice(len(share), p=share / share.sum()))
            cost -= float(np.log(share[pick]))
            if self.labels[pick] == END:
                break
            labels.append(self.labels[pick])
        return labels, cost / (len(labels) + 1)


@cache
def learned_sections() -> Mapping[str, Any]:
    """The learned table: families with `songs`, `next`, `lengths`, and `inner` phrases."""
    text = (files("services.generator.learned") / "sections.json").read_text("utf-8")
    table: Mapping[str, Any] = json.loads(text)
    return table


@cache
def learned_lengths(family: str, function: str) -> dict[int, float]:
    """Bars -> count of a function in a family; empty where fewer than twenty were seen."""
    row = learned_sections()["families"].get(family, {}).get("lengths", {}).get(function, {}) if family else {}
    return {int(bars): float(n) for bars, n in row.items()} if sum(row.values()) >= _FEWEST else {}


@cache
def inner_phrases(bars: int) -> dict[str, float]:
    """Phrases of a sung section of so many bars, such as "a8 a8" -> count."""
    return dict(learned_sections()["inner"].get(str(bars), {}))


@cache
def succession(family: str) -> Succession:
    """The model of one family."""
    return Succession.of(learned_sections(), family)
