"""Which sections a song has, in which order: the style's own plans, or the learned succession of its family."""

from collections.abc import Iterable
from itertools import groupby

import numpy as np

from services.generator.composition.functions import HOOKS, function_of
from services.generator.composition.lengths import Lengths
from services.generator.composition.succession import learned_sections, succession
from services.music.packs.form_table import FormPlan, FormTable

_SHORT_BARS = 20
_LONG_BARS = 140
_FITTED = 6
_DRAWS = 32
_LEAST_BARS = 4
_TWICE_BARS, _ONCE = 36, 6.0  # a song of so many bars has room for its hook twice: a form that says it once is dearer
_DEAR = 1.15  # nats per section above which a drawn form is unlike its family's songs
_AT_MOST = {"intro": 1, "outro": 1, "bridge": 2, "prechorus": 6, "breakdown": 2}

Ranked = list[tuple[float, float, list[str]]]


def sequence(table: FormTable, bars: int, draw: np.random.Generator, without: frozenset[str]) -> tuple[list[str], list[int], str]:
    """Labels, lengths that sum to `bars`, and in words where the form comes from.

    Args:
        table: the style's grammar.
        bars: bars of the whole song.
        draw: source of chance.
        without: functions that the ending leaves no room for (a loop has neither entrance nor ending).
    """
    fitter = Lengths(table)
    if bars <= _SHORT_BARS:
        return (*_short_form(table, fitter, bars, draw, without), "a short form of the style")
    if table.family in learned_sections()["families"] and draw.random() < table.learned:
        labels, lengths = _fitted(_learned(table, fitter, bars, draw, without), fitter, bars, draw)
        if labels and not _stunted(labels, lengths):
            songs = learned_sections()["families"][table.family]["songs"]
            return labels, lengths, f"sections follow each other as in {songs} annotated {table.family.replace('_', '-')} songs"
    labels, lengths = _fitted(_planned(table, fitter, bars, draw, without), fitter, bars, draw)
    if not labels:
        count = max(1, round(bars / 16))
        labels = [["verse", "chorus"][i % 2] for i in range(min(count, bars))]
        lengths = fitter.fit(labels, [None] * len(labels), bars, draw)[1]
    return labels, lengths, "a plan of the style"


def _fitted(ranked: Ranked, fitter: Lengths, bars: int, draw: np.random.Generator) -> tuple[list[str], list[int]]:
    """Of the best sequences the one whose sections fill the bars most naturally; empty where none does."""
    best: tuple[float, list[str], list[int]] = (float("inf"), [], [])
    for _, value, labels in sorted(ranked)[:_FITTED]:
        fit, lengths = fitter.fit(labels, [None] * len(labels), bars, draw)
        total_cost = fit + value - sum(fitter.least(label) for label in labels) * 0.5
        if lengths and total_cost < best[0]:
            best = (total_cost, labels, lengths)
    return best[1], best[2]


def _planned(table: FormTable, fitter: Lengths, bars: int, draw: np.random.Generator, without: frozenset[str]) -> Ranked:
    """The style's plans compete, with a seeded chance, on how well they fit the bars."""
    ranked: Ranked = []
    total = sum(plan.weight for plan in table.plans)
    for plan in table.plans:
        cost = -float(np.log(plan.weight / total))
        most = plan.cycles[1] if bars <= _LONG_BARS or len(set(plan.cycle)) < 2 else max(plan.cycles[1], bars // 12)
        for cycles in range(plan.cycles[0], most + 1):
            labels = _kept(_expand(plan, cycles), without)
            value = cost - float(draw.gumbel()) * 1.3 + _ONCE * (bars >= _TWICE_BARS and _says_hook_once(labels))
            if labels and len(labels) <= bars and _plausible(labels, fitter, bars):
                ranked.append((value + 0.08 * _gap(labels, fitter, bars), value, labels))
    return ranked


def _learned(table: FormTable, fitter: Lengths, bars: int, draw: np.random.Generator, without: frozenset[str]) -> Ranked:
    """Forms drawn from the family's model that a song could have: they reach a hook, enter and end once, and fit the bars."""
    model = succession(table.family)
    ranked: Ranked = []
    for _ in range(_DRAWS):
        drawn, cost = model.draw(draw)
        labels = _kept((label for label, _ in groupby(drawn)), without)
        if cost <= _DEAR and _is_song(labels) and len(labels) <= bars and _plausible(labels, fitter, bars):
            ranked.append((2.0 * cost + 0.08 * _gap(labels, fitter, bars), 2.0 * cost, labels))
    return ranked


def _stunted(labels: list[str], lengths: list[int]) -> bool:
    """Whether a section is too short to say anything, or an entrance to be one: real songs' forms need real songs' lengths."""
    least = {"intro": 2, "outro": 1}
    return any(bars < least.get(function_of(label), _LEAST_BARS) for label, bars in zip(labels, lengths, strict=True))


def _says_hook_once(labels: list[str]) -> bool:
    """Whether a form has a hook that never comes back."""
    return sum(function_of(label) in HOOKS for label in labels) == 1


def _is_song(labels: list[str]) -> bool:
    """Whether a drawn form says its hook twice, enters and ends at its ends only, and has no section too often."""
    functions = [function_of(label) for label in labels]
    hooks = sum(function in HOOKS for function in functions)
    misplaced = "intro" in functions[1:] or "outro" in functions[:-1]
    return hooks >= 2 and not misplaced and all(functions.count(name) <= most for name, most in _AT_MOST.items())


def _short_form(
    table: FormTable, fitter: Lengths, bars: int, draw: np.random.Generator, without: frozenset[str]
) -> tuple[list[str], list[int]]:
    """A piece of half a minute still enters, says its hook and ends: more sections are better while each has room."""
    best: tuple[float, list[str], list[int]] = (float("inf"), [], [])
    for shape in table.short:
        labels = _kept(shape, without)
        if not labels or len(labels) > bars:
            continue
        fit, lengths = fitter.fit_short(labels, bars)
        value = fit - 1.3 * len(labels) - 0.5 * float(draw.gumbel())
        if value < best[0]:
            best = (value, labels, lengths)
    return best[1], best[2]


def _kept(labels: Iterable[str], without: frozenset[str]) -> list[str]:
    """The labels but for unwanted ones; all of them where nothing would be left."""
    listed = list(labels)
    return [label for label in listed if function_of(label) not in without] or listed


def _gap(labels: list[str], fitter: Lengths, bars: int) -> float:
    return abs(bars - sum(fitter.usual(label) for label in labels))


def _plausible(labels: list[str], fitter: Lengths, bars: int) -> bool:
    shortest = sum(min(fitter.weights(label)) for label in labels)
    longest = sum(max(fitter.weights(label)) for label in labels)
    return shortest - 8 <= bars <= longest + 8


def _expand(plan: FormPlan, cycles: int) -> list[str]:
    """The labels of a plan; the middle comes after every second turn of the cycle."""
    labels = list(plan.open)
    for turn in range(1, cycles + 1):
        labels += plan.cycle
        if turn % 2 == 0:
            labels += plan.middle
    return labels + list(plan.close)
