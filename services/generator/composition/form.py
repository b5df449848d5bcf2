"""The form of a song: sections with lengths and energies, exactly as long as was asked."""

from dataclasses import dataclass, replace

import numpy as np

from contracts.brief import Brief
from contracts.music import Meter
from services.generator.composition.functions import HOOKS, function_of, section_ids
from services.generator.composition.lengths import Lengths
from services.generator.composition.sequences import sequence
from services.generator.composition.slowing import longer_beats, slows
from services.generator.composition.succession import inner_phrases
from services.generator.guiding import ENERGY_SHARE, Guide
from services.music.packs.form_table import FormTable
from services.music.references.pairing import Place
from services.music.rng import rng

_ENERGY = {
    "intro": 0.3, "verse": 0.4, "prechorus": 0.52, "chorus": 0.72, "postchorus": 0.7, "bridge": 0.48, "solo": 0.65, "breakdown": 0.3,
    "build": 0.6, "drop": 0.9, "head": 0.55, "theme": 0.5, "contrast": 0.42, "groove": 0.6, "outro": 0.3,
}  # fmt: skip
_ALONE = Guide()
_MIN_TAIL_S = 0.8
# Seconds after the last bar line where nothing is to ring on: a loop wraps, a cut and a fade only let sounds go.
_TAILS = {"loop": 0.0, "cut": 0.3, "fade": 0.4}
_UNWANTED = {"loop": frozenset({"intro", "outro"}), "cut": frozenset({"outro"})}


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
    ending: str = "natural"
    """natural, loop, cut or fade."""
    source: str = ""
    """Where an unstated form comes from, in words."""

    @property
    def bars(self) -> int:
        """Bars of the whole song."""
        return sum(slot.bars for slot in self.slots)


def plan_form(
    brief: Brief,
    table: FormTable,
    genre_energy: float,
    seed: int,
    curve: tuple[float, ...] = (),
    guide: Guide = _ALONE,
    ritard: float = 0.0,
) -> Form:
    """The form that the brief states, or one by the grammar of its style, of the duration that was asked.

    Args:
        brief: what is wanted.
        table: the style's grammar.
        genre_energy: the style's typical energy, 0–1; the brief's energy is heard against it.
        seed: of the chances taken.
        curve: short-term loudness of a reference in LUFS, at even times; it bends the sections' energies by half where the
            reference's sections are not known.
        guide: what the reference steers; energies that were stated for the sections stand, those of a reference count by half and more.
        ritard: share of the tempo that is lost into the last chord, which takes time.
    """
    draw = rng(seed, "composition", "form")
    meter = Meter.parse(brief.meter.value)
    bar_s = meter.bar_seconds(brief.tempo_bpm.value)
    slow_s = longer_beats(ritard, meter.ticks_per_bar / meter.ticks_per_beat) * 60.0 / brief.tempo_bpm.value
    ending = brief.ending.value if brief.ending else "natural"
    bars = bars_for(brief.duration_s.value - slow_s, bar_s, table, ending)
    stated = brief.structure.value
    notes: tuple[str, ...] = ()
    source = ""
    if stated:
        labels = [section.label for section in stated]
        fixed = [section.bars for section in stated]
        least = sum(n or 1 for n in fixed)
        if all(fixed) or least > bars:
            if abs(least - bars) > 1:
                held = f"{brief.duration_s.value:g} s would hold {bars}"
                notes = (f"the stated sections need {least} bars, {held}: the structure wins",)
            bars = least
        lengths = Lengths(table).fit(labels, fixed, bars, draw)[1]
    else:
        labels, lengths, source = sequence(table, bars, draw, without=_UNWANTED.get(ending, frozenset()))
    tail_s = tail_for(brief.duration_s.value, bars * bar_s + (slow_s if slows(bars) else 0.0), bar_s, table, ending)
    slots = _slots(labels, lengths, table, brief.energy.value - genre_energy, seed)
    if any(section.energy is not None for section in stated):
        share = 1.0 if brief.structure.is_stated else ENERGY_SHARE
        slots = tuple(
            slot if s.energy is None else replace(slot, energy=round((1 - share) * slot.energy + share * s.energy, 3))
            for slot, s in zip(slots, stated, strict=True)
        )
    elif guide.sections:
        slots = _answering(slots, guide)
    elif len(curve) >= 8:
        slots = _bent(slots, curve)
    return Form(slots, round(tail_s, 4), bool(stated), notes, ending, source)


def bars_for(duration_s: float, bar_s: float, table: FormTable, ending: str) -> int:
    """Whole bars that, with what rings after them, come nearest to a duration."""
    tail_s = _TAILS.get(ending, min(table.tail_s, 0.15 * duration_s))
    return max(1, round((duration_s - tail_s) / bar_s))


def tail_for(duration_s: float, music_s: float, bar_s: float, table: FormTable, ending: str) -> float:
    """Seconds after the last bar line: what is left of the duration, where the bars come near it."""
    if ending in _TAILS:
        return _TAILS[ending]
    near = abs(duration_s - music_s) < bar_s + table.tail_s
    return max(_MIN_TAIL_S, duration_s - music_s) if near else table.tail_s


def _slots(labels: list[str], lengths: list[int], table: FormTable, bias: float, seed: int) -> tuple[Slot, ...]:
    functions = [function_of(label) for label in labels]
    slots: list[Slot] = []
    start = 0
    for index, (name, label) in enumerate(zip(section_ids(labels), labels, strict=True)):
        function, bars = functions[index], lengths[index]
        occurrence = functions[: index + 1].count(function)
        base = table.energy.get(label, table.energy.get(function, _ENERGY[function]))
        energy = base + table.lift * min(2, occurrence - 1) * (function not in ("intro", "outro")) + 0.5 * bias
        last = function not in functions[index + 1 :]
        slot = Slot(name, label, function, start, bars, energy, occurrence, last, _phrases(bars, table, function, seed))
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


def _phrases(bars: int, table: FormTable, function: str, seed: int) -> tuple[Phrase, ...]:
    """Phrases of a section: the style's inner forms, else as songs of its family divide so many bars, else by its phrase length.

    All sections of a function divide alike; a rest of the phrase length becomes a tag.
    """
    known = max((length for length in table.inner if length <= bars < length + 4), default=0)
    learned = inner_phrases(bars) if table.family and not known and bars > table.phrase_bars and function not in ("intro", "outro") else {}
    if learned:
        draw = rng(seed, "composition", "form", "phrases", function, bars)
        share = np.array(list(learned.values()))
        choice = list(learned)[int(draw.choice(len(share), p=share / share.sum()))]
        pieces = [(token[0], int(token[1:])) for token in choice.split()]
    elif known:
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


def _answering(slots: tuple[Slot, ...], guide: Guide) -> tuple[Slot, ...]:
    """Energies of the sections of a reference that ours answer to."""
    energies = guide.energies([Place(s.id, s.label, float(s.start), float(s.start + s.bars), s.energy) for s in slots])
    return tuple(replace(slot, energy=energies.get(slot.id, slot.energy)) for slot in slots)


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
