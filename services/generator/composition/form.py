"""The form of a song: sections with lengths and energies, exactly as long as was asked."""

from dataclasses import dataclass, replace

import numpy as np

from contracts.brief import Brief
from contracts.music import Meter
from services.generator.composition.functions import HOOKS, function_of, section_ids
from services.generator.composition.lengths import Lengths
from services.music.packs.form_table import FormPlan, FormTable
from services.music.rng import rng

_ENERGY = {
    "intro": 0.3, "verse": 0.4, "prechorus": 0.52, "chorus": 0.72, "postchorus": 0.7, "bridge": 0.48, "solo": 0.65, "breakdown": 0.3,
    "build": 0.6, "drop": 0.9, "head": 0.55, "theme": 0.5, "contrast": 0.42, "groove": 0.6, "outro": 0.3,
}  # fmt: skip
_SHORT_BARS = 20
_LONG_BARS = 140
_FITTED = 6
_MIN_TAIL_S = 0.8


@dataclass(frozen=True)
class Phrase:
    """A phrase inside a section: phrases with one letter share their melody. Bars count from 0 within the section."""

    letter: str
    start: int
    bars: int


@dataclass(frozen=True)
class Slot:
    """A section before it has notes."""

    id: str
    label: str
    function: str
    start: int
    """Bars before it."""
    bars: int
    energy: float
    occurrence: int
    """1 where this function appears first."""
    last: bool
    """Whether this function does not come again."""
    phrases: tuple[Phrase, ...] = ()

    @property
    def is_hook(self) -> bool:
        """Whether the song's hook belongs here."""
        return self.function in HOOKS


@dataclass(frozen=True)
class Form:
    """The sections in order, and the seconds that ring after the last bar."""

    slots: tuple[Slot, ...]
    tail_s: float
    stated: bool
    notes: tuple[str, ...] = ()

    @property
    def bars(self) -> int:
        """Bars of the whole song."""
        return sum(slot.bars for slot in self.slots)


def plan_form(brief: Brief, table: FormTable, genre_energy: float, seed: int, curve: tuple[float, ...] = ()) -> Form:
    """The form that the brief states, or one by the grammar of its style, of the duration that was asked.

    Args:
        brief: what is wanted.
        table: the style's grammar.
        genre_energy: the style's typical energy, 0–1; the brief's energy is heard against it.
        seed: of the chances taken.
        curve: short-term loudness of a reference in LUFS, at even times; it bends the sections' energies by half.
    """
    draw = rng(seed, "composition", "form")
    bar_s = Meter.parse(brief.meter.value).bar_seconds(brief.tempo_bpm.value)
    duration_s = brief.duration_s.value
    bars = max(1, round((duration_s - min(table.tail_s, 0.15 * duration_s)) / bar_s))
    stated = brief.structure.value
    notes: tuple[str, ...] = ()
    if stated:
        labels = [section.label for section in stated]
        fixed = [section.bars for section in stated]
        least = sum(n or 1 for n in fixed)
        if all(fixed) or least > bars:
            if abs(least - bars) > 1:
                notes = (f"the stated sections need {least} bars, {duration_s:g} s would hold {bars}: the structure wins",)
            bars = least
        lengths = Lengths(table).fit(labels, fixed, bars, draw)[1]
    else:
        labels, lengths = _by_grammar(table, bars, draw)
    tail_s = max(_MIN_TAIL_S, duration_s - bars * bar_s) if abs(duration_s - bars * bar_s) < bar_s + table.tail_s else table.tail_s
    slots = _slots(labels, lengths, table, brief.energy.value - genre_energy)
    if len(curve) >= 8:
        slots = _bent(slots, curve)
    return Form(slots, round(tail_s, 4), bool(stated), notes)


def _by_grammar(table: FormTable, bars: int, draw: np.random.Generator) -> tuple[list[str], list[int]]:
    """Labels and lengths: the style's plans compete, with a seeded chance, on how well they fit the bars."""
    fitter = Lengths(table)
    plans: list[tuple[float, list[str]]] = []
    total = sum(plan.weight for plan in table.plans)
    for plan in table.plans:
        cost = -float(np.log(plan.weight / total))
        most = plan.cycles[1] if bars <= _LONG_BARS or len(set(plan.cycle)) < 2 else max(plan.cycles[1], bars // 12)
        plans += [(cost, _expand(plan, cycles)) for cycles in range(plan.cycles[0], most + 1)]
    if bars <= _SHORT_BARS:
        return _short_form(table, fitter, bars, draw)
    ranked: list[tuple[float, float, list[str]]] = []
    for cost, labels in plans:
        value = cost - float(draw.gumbel()) * 1.3
        if labels and len(labels) <= bars and _plausible(labels, fitter, bars):
            gap = abs(bars - sum(fitter.usual(label) for label in labels))
            ranked.append((value + 0.08 * gap, value, labels))
    best: tuple[float, list[str], list[int]] = (float("inf"), [], [])
    for _, value, labels in sorted(ranked)[:_FITTED]:
        fit, lengths = fitter.fit(labels, [None] * len(labels), bars, draw)
        total_cost = fit + value - sum(fitter.least(label) for label in labels) * 0.5
        if lengths and total_cost < best[0]:
            best = (total_cost, labels, lengths)
    if not best[1]:
        count = max(1, round(bars / 16))
        labels = [["verse", "chorus"][i % 2] for i in range(min(count, bars))]
        return labels, fitter.fit(labels, [None] * len(labels), bars, draw)[1]
    return best[1], best[2]


def _short_form(table: FormTable, fitter: Lengths, bars: int, draw: np.random.Generator) -> tuple[list[str], list[int]]:
    """A piece of half a minute still enters, says its hook and ends: more sections are better while each has room."""
    best: tuple[float, list[str], list[int]] = (float("inf"), [], [])
    for shape in table.short:
        labels = list(shape)
        if len(labels) > bars:
            continue
        fit, lengths = fitter.fit_short(labels, bars)
        value = fit - 1.3 * len(labels) - 0.5 * float(draw.gumbel())
        if value < best[0]:
            best = (value, labels, lengths)
    return best[1], best[2]


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


def _slots(labels: list[str], lengths: list[int], table: FormTable, bias: float) -> tuple[Slot, ...]:
    functions = [function_of(label) for label in labels]
    slots: list[Slot] = []
    start = 0
    for index, (name, label) in enumerate(zip(section_ids(labels), labels, strict=True)):
        function, bars = functions[index], lengths[index]
        occurrence = functions[: index + 1].count(function)
        base = table.energy.get(label, table.energy.get(function, _ENERGY[function]))
        energy = base + table.lift * min(2, occurrence - 1) * (function not in ("intro", "outro")) + 0.5 * bias
        last = function not in functions[index + 1 :]
        slot = Slot(name, label, function, start, bars, energy, occurrence, last, _phrases(bars, table))
        slots.append(slot)
        start += bars
    return _contrasted(slots)


def _contrasted(slots: list[Slot]) -> tuple[Slot, ...]:
    """Energies in 0.05–1, choruses and drops clearly above what comes before them."""
    result: list[Slot] = []
    for slot in slots:
        energy = min(1.0, max(0.05, slot.energy))
        if slot.function in ("chorus", "drop") and result and result[-1].function in ("verse", "prechorus", "breakdown", "build", "bridge"):
            energy = min(1.0, max(energy, result[-1].energy + 0.12))
        result.append(replace(slot, energy=round(energy, 3)))
    return tuple(result)


def _phrases(bars: int, table: FormTable) -> tuple[Phrase, ...]:
    """Phrases of a section by the style's inner forms, else in the style's phrase length, the rest as a tag."""
    known = max((length for length in table.inner if length <= bars < length + 4), default=0)
    if known:
        pieces = [(token[0], int(token[1:])) for token in table.inner[known].split()]
        pieces += [("t", bars - known)] if bars > known else []
    else:
        whole, rest = divmod(bars, table.phrase_bars)
        pieces = [("a", table.phrase_bars)] * whole
        if rest and whole and rest < 4:
            pieces.append(("t", rest))
        elif rest:
            pieces.append(("b" if whole else "a", rest))
    phrases: list[Phrase] = []
    start = 0
    for letter, length in pieces:
        phrases.append(Phrase(letter, start, length))
        start += length
    return tuple(phrases)


def _bent(slots: tuple[Slot, ...], curve: tuple[float, ...]) -> tuple[Slot, ...]:
    """Energies half the style's, half the reference's loudness at the same share of the song (−20 LU below its loudest is 0)."""
    loud = np.array(curve)
    total = sum(slot.bars for slot in slots)
    result: list[Slot] = []
    for slot in slots:
        a, b = slot.start * len(loud) // total, max(slot.start * len(loud) // total + 1, (slot.start + slot.bars) * len(loud) // total)
        heard = float(np.clip(1.0 + (np.mean(loud[a:b]) - loud.max()) / 20.0, 0.0, 1.0))
        result.append(replace(slot, energy=round(0.5 * slot.energy + 0.5 * heard, 3)))
    return tuple(result)
