"""Chords for every section: progressions of the style in units of 4, 8 or 12 bars, cadences, colours, exact stated chords."""

import math
from dataclasses import dataclass

import numpy as np

from contracts.brief import Brief
from contracts.music import Chord, ChordEvent, Key, Meter
from services.generator.composition.colours import darkness, song_colours
from services.generator.composition.form import Form, Phrase, Slot
from services.generator.composition.functions import function_of, slug
from services.generator.feeling import NEUTRAL, Feeling
from services.music.packs.harmony_table import HarmonyTable, HarmonyUnit, modal_tables
from services.music.rng import rng
from services.music.theory.roman import numerals_to_bars, parse_numeral, plain

Bars = list[list[str]]
# A function without progressions of its own borrows from these, in order.
_BORROWS = {
    "intro": ("verse", "groove", "chorus"), "outro": ("chorus", "verse"), "solo": ("head", "verse", "chorus"),
    "breakdown": ("verse", "chorus"),
    "build": ("prechorus", "chorus"), "drop": ("chorus",), "postchorus": ("chorus",), "groove": ("verse",), "head": ("verse",),
    "theme": ("verse",), "contrast": ("bridge",), "prechorus": ("bridge",),
}  # fmt: skip
_SAME_AS = {"intro": "verse", "outro": "chorus", "solo": "head", "postchorus": "chorus", "breakdown": "chorus", "groove": "verse"}


@dataclass(frozen=True)
class SectionHarmony:
    """The chords of one section, its key, and whether the user stated them."""

    key: Key
    events: tuple[ChordEvent, ...]
    numerals: str
    stated: bool


class Harmonist:
    """Writes the harmony of one song. One seed, one style, one key."""

    def __init__(self, brief: Brief, table: HarmonyTable, form: Form, seed: int, feeling: Feeling = NEUTRAL) -> None:
        self.brief, self.table, self.form, self.seed = brief, table, form, seed
        self.key = Key.parse(brief.key.value)
        self.meter = Meter.parse(brief.meter.value)
        self.third = "minor" if self.key.is_minor else "major"
        self._units: dict[str, Bars] = {}
        self.feeling = feeling
        self._colours = song_colours(table, feeling, seed, minor=self.key.is_minor)

    def write(self) -> dict[str, SectionHarmony]:
        """Chords of every section by id."""
        stated = {slug(label): bars for label, bars in self.brief.chords.value.items() if bars}
        keys = self._section_keys(bool(stated))
        result: dict[str, SectionHarmony] = {}
        for index, slot in enumerate(self.form.slots):
            given = _stated_for(slot, stated)
            following = self.form.slots[index + 1] if index + 1 < len(self.form.slots) else None
            if given:
                events = self._stated_events(slot, given)
                result[slot.id] = SectionHarmony(keys[slot.id], events, " | ".join(given), True)
                continue
            lent = _lent_to(slot, stated)
            if lent:
                events = self._stated_events(slot, lent)
                if following is None:
                    events = (*(e for e in events if e.bar < slot.start + slot.bars), *self._events(slot, self._tonic_bar(slot), self.key))
                result[slot.id] = SectionHarmony(keys[slot.id], events, " | ".join(lent), False)
                continue
            bars = self._section_bars(slot, following)
            events = self._events(slot, bars, keys[slot.id])
            result[slot.id] = SectionHarmony(keys[slot.id], events, _shown(bars, slot), False)
        return result

    def _section_keys(self, chords_stated: bool) -> dict[str, Key]:
        """Home everywhere, but a seeded few songs lift the last chorus (Billboard: +1 in half of the cases, +2 in a quarter)."""
        draw = rng(self.seed, "composition", "harmony", "lift")
        keys = {slot.id: self.key for slot in self.form.slots}
        choruses = [i for i, slot in enumerate(self.form.slots) if slot.function == "chorus"]
        if self.brief.key.is_stated or chords_stated or len(choruses) < 3 or draw.random() >= self.table.lift_share:
            return keys
        step = 1 if draw.random() < 0.65 else 2
        for slot in self.form.slots[choruses[-1] :]:
            keys[slot.id] = self.key.transpose(step)
        return keys

    # --- progressions -------------------------------------------------------------------------------------------------

    def _candidates(self, function: str) -> list[HarmonyUnit]:
        mode = self.key.mode
        units = [u for u in self.table.units if u.mode == mode]
        if not units and mode in modal_tables():
            units = [HarmonyUnit(mode=mode, bars=bars) for bars in modal_tables()[mode].units]
        for name in (function, *_BORROWS.get(function, ())):
            found = [u for u in units if name in u.use]
            if found:
                return found
        return [u for u in units if not u.use] or units or [HarmonyUnit(bars="I | IV | V | I")]

    def _unit(self, function: str, letter: str, length: int) -> Bars:
        """The progression of a function and phrase letter: chosen once per song, against what verse and chorus already have."""
        name = f"{_SAME_AS.get(function, function)}:{letter}"
        source = _SAME_AS.get(function, function)
        if source != function and not any(slot.function == source for slot in self.form.slots):
            name = f"{function}:{letter}"
        known = self._units.get(name)
        if known is not None:
            return known
        draw = rng(self.seed, "composition", "harmony", "unit", name)
        units = self._candidates(name.split(":")[0])
        used = list(self._units.values())
        heard = {plain(n) for unit in used for bar in unit for n in bar}
        weights = []
        for unit in units:
            bars = numerals_to_bars(unit.bars)
            weight = unit.weight
            if bars in used:
                weight *= 0.08
            elif used and any(plain(n) not in heard for bar in bars for n in bar):
                weight *= 1.8  # a chorus adds a chord in 65 % of songs
            weight *= math.exp(-5.0 * self.feeling.brightness * (darkness([n for bar in bars for n in bar]) - 0.4))
            if length % len(bars) and len(bars) % length:
                weight *= 0.3
            if len(bars) > length:
                weight *= 0.3
            weights.append(weight)
        share = np.array(weights) / sum(weights)
        chosen = numerals_to_bars(units[int(draw.choice(len(units), p=share))].bars)
        held = [bar for bar in chosen for _ in range(self.table.bars_per_chord)]
        self._units[name] = self._substituted(held, name)
        return self._units[name]

    def _substituted(self, bars: Bars, name: str) -> Bars:
        """One borrowed chord or secondary dominant where the style has it: each less than 2 % of the song's time."""
        draw = rng(self.seed, "composition", "harmony", "substitution", name)
        flat = [(b, i) for b, bar in enumerate(bars) for i in range(len(bar))]
        plains = [plain(bars[b][i]) for b, i in flat]
        for rule in self.table.substitutions:
            find, put = rule.find.split(), rule.put.split()
            hit = draw.random() < rule.share
            places = [k for k in range(len(flat) - len(find) + 1) if plains[k : k + len(find)] == find]
            if not hit or not places or len(find) != len(put):
                continue
            place = places[-1]
            changed = [list(bar) for bar in bars]
            for (b, i), numeral in zip(flat[place : place + len(find)], put, strict=True):
                changed[b][i] = numeral
            return changed
        return bars

    def _section_bars(self, slot: Slot, following: Slot | None) -> Bars:
        bars: Bars = []
        for phrase in slot.phrases:
            bars += self._phrase_bars(slot, phrase, final=phrase is slot.phrases[-1], following=following)
        if slot.function == "intro" and len(slot.phrases) == 1 and slot.bars == 4 and len(self._unit("verse", "a", 8)) == 12:
            bars = [list(bar) for bar in self._unit("verse", "a", 8)[-4:]]  # a blues begins from its turnaround
        if following is None:
            bars = self._ended(bars)
        return bars

    def _phrase_bars(self, slot: Slot, phrase: Phrase, *, final: bool, following: Slot | None) -> Bars:
        letter = "a" if phrase.letter == "t" else phrase.letter
        unit = self._unit(slot.function, letter, phrase.bars)
        bars = [list(unit[i % len(unit)]) for i in range(phrase.bars)]
        if phrase.letter == "t":
            return [list(unit[-1]) for _ in range(phrase.bars)]
        if final and following is not None and not self.table.loops and phrase.bars >= 4:
            ending = self._ending(slot, following)
            if plain(bars[-1][-1]) not in {plain(e.split()[-1]) for e in self._endings("open" if len(ending) == 1 else "closed")}:
                bars[-len(ending) :] = ending
        return bars

    def _endings(self, kind: str) -> tuple[str, ...]:
        modal = modal_tables().get(self.key.mode)
        if modal and not any(u.mode == self.key.mode for u in self.table.units):
            return modal.open_endings if kind == "open" else modal.closed_endings
        source = self.table.open_endings if kind == "open" else self.table.closed_endings
        return source[self.third]

    def _ending(self, slot: Slot, following: Slot) -> Bars:
        """The last bars of a section: open before a chorus, else open two times out of three."""
        draw = rng(self.seed, "composition", "harmony", "ending", slot.function, following.function)
        share = self.table.open_share
        share = {"chorus": max(share, 0.75), "drop": max(share, 0.75), "outro": share * 0.5}.get(following.function, share)
        options = self._endings("open" if draw.random() < share else "closed")
        return numerals_to_bars(options[int(draw.integers(len(options)))])

    @property
    def _tonic(self) -> str:
        """The numeral that the song rests on."""
        return "i°" if self.key.mode == "locrian" else self.table.tonic.get(self.third, "I")

    def _tonic_bar(self, slot: Slot) -> Bars:
        """Silence but for the tonic in the last bar."""
        return [[] for _ in range(slot.bars - 1)] + [[self._tonic]]

    def _ended(self, bars: Bars) -> Bars:
        """The song ends on its tonic, by a cadence where there is room."""
        tonic = self._tonic
        result = [list(bar) for bar in bars]
        result[-1] = [tonic]
        if len(result) >= 4 and not self.table.loops and plain(result[-2][-1]) == plain(tonic):
            options = [e for e in self._endings("closed") if "|" in e]
            if options:
                draw = rng(self.seed, "composition", "harmony", "end")
                result[-2] = numerals_to_bars(options[int(draw.integers(len(options)))])[-2]
        return result

    # --- colours and events -------------------------------------------------------------------------------------------

    def _chord(self, numeral: str, key: Key) -> Chord:
        colour = self._colours.get(numeral)
        return parse_numeral(numeral + colour if colour else numeral, key)

    def _events(self, slot: Slot, bars: Bars, key: Key) -> tuple[ChordEvent, ...]:
        events: list[ChordEvent] = []
        for offset, bar in enumerate(bars):
            for beat, numeral in zip(self._beats(len(bar))[: len(bar)], bar, strict=True):
                chord = self._chord(numeral, key)
                events.append(ChordEvent(bar=slot.start + offset + 1, beat=beat, symbol=str(chord), roman=chord.roman(key)))
        return tuple(_merged(events))

    def _stated_events(self, slot: Slot, given: tuple[str, ...]) -> tuple[ChordEvent, ...]:
        """Stated chords exactly as written, bar by bar, repeated over the section."""
        events: list[ChordEvent] = []
        for offset in range(slot.bars):
            symbols = given[offset % len(given)].split()
            for beat, symbol in zip(self._beats(len(symbols)), symbols, strict=True):
                chord = Chord.parse(symbol)
                events.append(ChordEvent(bar=slot.start + offset + 1, beat=beat, symbol=str(chord), roman=chord.roman(self.key)))
        return tuple(events)

    def _beats(self, count: int) -> list[float]:
        """Beats on which `count` chords of a bar begin: evenly where the beats allow, else the earlier ones longer."""
        beats = self.meter.beats_per_bar
        if count <= 1:
            return [1.0]
        whole = int(beats)
        if count <= whole:
            return [1.0 + float(-(-whole * i // count)) for i in range(count)]
        return [1.0 + beats * i / count for i in range(count)]


def _stated_for(slot: Slot, stated: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The stated bars that a section obeys: by its id, its label, its function, or "all"."""
    by_function = next((bars for label, bars in stated.items() if label != "all" and function_of(label) == slot.function), ())
    return stated.get(slot.id) or stated.get(slug(slot.label)) or by_function or stated.get("all", ())


def _lent_to(slot: Slot, stated: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Where chords were stated for verse or chorus only, sections without matter of their own play those."""
    if slot.function not in _SAME_AS:
        return ()
    lenders = (_SAME_AS[slot.function], *_BORROWS.get(slot.function, ()))
    return next((bars for lender in lenders for label, bars in stated.items() if function_of(label) == lender), ())


def _merged(events: list[ChordEvent]) -> list[ChordEvent]:
    """Without restating a chord inside a bar; each bar line keeps its event, so that every bar can be read alone."""
    kept: list[ChordEvent] = []
    for event in events:
        if kept and event.beat > 1 and kept[-1].symbol == event.symbol:
            continue
        kept.append(event)
    return kept


def _shown(bars: Bars, slot: Slot) -> str:
    """The numerals of a section; a loop is written once."""
    for period in (1, 2, 4, 8):
        if period < slot.bars and all(bar == bars[i % period] for i, bar in enumerate(bars)):
            return " | ".join(" ".join(bar) for bar in bars[:period])
    return " | ".join(" ".join(bar) for bar in bars[: 12 if slot.bars >= 12 else 8])
