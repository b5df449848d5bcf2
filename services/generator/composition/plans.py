"""How the bars of a new phrase relate to each other: drawn from how they do in real songs (craft of 485 songs, see the model card)."""

import numpy as np

from services.generator.composition.habits import habits

_ANYTHING = {"new": 1.0}


def place_of(index: int, bars: int) -> str:
    """Bars count from the start, the last two from the end, so that plans fit phrases of any length."""
    return f"end{bars - index}" if bars - index <= 2 else str(index % 8)


def phrase_plan(bars: int, draw: np.random.Generator, *, paused: bool = True) -> list[tuple[str, int]]:
    """Relation of each bar: ("new", 0), ("rest", 0), or a kind with how many bars back: exact, sequence, head, rhythm.

    Without `paused` whole bars are silent in the last two only.
    """
    plan: list[tuple[str, int]] = []
    before = "start"
    for index in range(bars):
        options = habits().plans.get(place_of(index, bars), {})
        shares = options.get(before) or _merged(options) or _ANYTHING
        names = [name for name in shares if _fits(name, index) and (paused or name != "rest" or bars - index <= 2)] or ["new"]
        weights = np.array([shares.get(name, 1.0) for name in names])
        before = names[int(draw.choice(len(names), p=weights / weights.sum()))]
        kind, _, back = before.partition(":")
        plan.append((kind, int(back or 0)))
    return plan


def _merged(options: dict[str, dict[str, float]]) -> dict[str, float]:
    merged: dict[str, float] = {}
    for shares in options.values():
        for name, share in shares.items():
            merged[name] = merged.get(name, 0.0) + share
    return merged


def _fits(name: str, index: int) -> bool:
    if index == 0:
        return name == "new"
    return int(name.partition(":")[2] or 0) <= index
