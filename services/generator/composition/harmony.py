"""Chords for every section: progressions in phrases, cadences by what follows, devices, keys; stated chords exactly as stated."""

from dataclasses import dataclass

import numpy as np

from contracts.brief import Brief
from contracts.music import Chord, ChordEvent, Key, Meter
from services.generator.composition.cadences import Cadences, last_chord
from services.generator.composition.colours import song_colours
from services.generator.composition.devices import CHROMATIC, DEVICES
from services.generator.composition.form import Form, Phrase, Slot
from services.generator.composition.functions import function_of, slug
from services.generator.composition.modulation import Modulation, approach, planned, told
from services.generator.composition.placement import beats_of, merged
from services.generator.composition.progressions import BORROWS, Progressions, Unit
from services.generator.composition.unit_writer import HOLD, Bars
from services.generator.feeling import NEUTRAL, Feeling
from services.music.packs.harmony_table import Device, HarmonyTable
from services.music.rng import rng
from services.music.theory.roman import numeral_of, parse_numeral, plain

_SAME_AS = {"intro": "verse", "outro": "chorus", "solo": "head", "postchorus": "chorus", "breakdown": "chorus", "groove": "verse"}
_CHROMATIC = (1, 1, 2, 2, 3, 4)  # chords from outside that a song may use, each under 2 % of its time (POP909): one of these
_AGAIN = {"pop909": 0.6}  # how often a changed return changes a second chord
_TAKEN = 0.6  # how often a device takes a place that offers itself, else it waits for the next progression
_RETURNS = {"billboard": 0.28, "pop909": 0.6, "": 0.3}  # returning sections that change a chord (1 − share that is identical)
_RETURN_DEVICES: tuple[Device, ...] = ("split", "secondary", "bass_line", "suspended", "borrowed")


@dataclass(frozen=True)
class SectionHarmony:
    """The chords of one section, its key, and whether the user stated them."""

    key: Key
    events: tuple[ChordEvent, ...]
    numerals: str
    stated: bool
    remarks: tuple[str, ...] = ()
    """What is remarkable about it, in a musician's words."""


class Harmonist:
    """Writes the harmony of one song. One seed, one style, one key. `pace`: chord changes per bar of a reference to keep to."""

    def __init__(
        self, brief: Brief, table: HarmonyTable, form: Form, seed: int, feeling: Feeling = NEUTRAL, pace: float | None = None
    ) -> None:
        self.brief, self.table, self.form, self.seed, self.feeling = brief, table, form, seed, feeling
        self.key = Key.parse(brief.key.value)
        self.meter = Meter.parse(brief.meter.value)
        self.stated = {slug(label): bars for label, bars in brief.chords.value.items() if bars}
        allowed = not brief.key.is_stated and not self.stated
        self.moves: list[Modulation] = planned(table, form, self.key, seed, allowed=allowed)
        bar_s = self.meter.bar_seconds(brief.tempo_bpm.value)
        self.progressions = Progressions(table, seed, feeling, bar_s, frozenset(self._stated_names()), pace)
        self.cadences = Cadences(table, seed)
        self._units: dict[str, Unit] = {}
        self._remarks: dict[str, list[str]] = {}
        self._colours = {third: song_colours(table, feeling, seed, minor=third == "minor") for third in ("major", "minor")}
        self._wanted = self._wanted_devices()
        self._chromatic = -int(rng(seed, "composition", "harmony", "chromatic").choice(_CHROMATIC))

    def write(self) -> dict[str, SectionHarmony]:
        """Chords of every section by id."""
        keys = self._section_keys()
        result: dict[str, SectionHarmony] = {}
        for index, slot in enumerate(self.form.slots):
            following = self.form.slots[index + 1] if index + 1 < len(self.form.slots) else None
            key = keys[slot.id]
            given = _stated_for(slot, self.stated) or ()
            if given:
                result[slot.id] = SectionHarmony(key, self._stated_events(slot, given), " | ".join(given), True)
                continue
            lent = _lent_to(slot, self.stated)
            if lent:
                events = self._stated_events(slot, lent)
                if following is None and self.form.ending != "loop":
                    events = (*(e for e in events if e.bar < slot.start + slot.bars), *self._events(slot, self._tonic_bar(slot), self.key))
                result[slot.id] = SectionHarmony(key, events, " | ".join(lent), False)
                continue
            bars = self._section_bars(slot, following, key, keys[following.id] if following else key)
            remarks = tuple(dict.fromkeys(self._remarks.get(slot.id, [])))
            result[slot.id] = SectionHarmony(key, self._events(slot, bars, key), _shown(bars, slot), False, remarks)
        return result

    def _stated_names(self) -> set[str]:
        symbols = {symbol for bars in self.stated.values() for bar in bars for symbol in bar.split()}
        return {plain(numeral_of(Chord.parse(symbol), self.key)) for symbol in symbols}

    def _section_keys(self) -> dict[str, Key]:
        """Home everywhere but where the song's modulations lead."""
        keys = {slot.id: self.key for slot in self.form.slots}
        order = list(keys)
        for move in self.moves:
            start = order.index(move.slot)
            for name in order[start : start + 1] if move.back else order[start:]:
                keys[name] = move.key
            self._remarks.setdefault(move.slot, []).append(told(move, self.key))
        return keys

    # --- progressions -------------------------------------------------------------------------------------------------

    def _unit(self, slot: Slot, letter: str, length: int, key: Key) -> Unit:
        """The progression of a function and phrase letter: chosen once per song, against what verse and chorus already have."""
        source = _SAME_AS.get(slot.function, slot.function)
        if source != slot.function and not any(s.function == source for s in self.form.slots):
            source = slot.function
        name = f"{source}:{letter}" + ("" if key.mode == self.key.mode else f":{key.mode}")
        if name not in self._units:
            unit = self.progressions.choose(name, source, length, key)
            bars = self._substituted(unit.bars, name)
            self._units[name] = Unit(self._with_devices(bars, name, key), unit.written)
        return self._units[name]

    def _substituted(self, bars: Bars, name: str) -> Bars:
        """One of the style's own substitutions, such as a secondary dominant: each less than 2 % of the song's time."""
        draw = rng(self.seed, "composition", "harmony", "substitution", name)
        flat = [(b, i) for b, bar in enumerate(bars) for i, token in enumerate(bar) if token != HOLD]
        plains = [plain(bars[b][i]) for b, i in flat]
        for rule in self.table.substitutions:
            find, put = rule.find.split(), rule.put.split()
            hit = draw.random() < rule.share
            spots = [k for k in range(len(flat) - len(find) + 1) if plains[k : k + len(find)] == find]
            if not hit or not spots or len(find) != len(put):
                continue
            changed = [list(bar) for bar in bars]
            for (b, i), numeral in zip(flat[spots[-1] : spots[-1] + len(find)], put, strict=True):
                changed[b][i] = numeral
            self._chromatic += 1
            return changed
        return bars

    def _wanted_devices(self) -> list[Device]:
        """The devices that this song uses, in a seeded order."""
        found: list[Device] = [d for d in DEVICES if rng(self.seed, "composition", "harmony", "device", d).random() < self.table.share(d)]
        order = rng(self.seed, "composition", "harmony", "devices").permutation(len(found))
        return [found[int(i)] for i in order]

    def _may(self, device: Device, key: Key) -> bool:
        """Whether a device may be used still: chromatic ones are few, and the modes keep their own chords."""
        if key.mode not in ("major", "minor"):
            return device == "bass_line"
        return device not in CHROMATIC or self._chromatic < 0

    def _with_devices(self, bars: Bars, name: str, key: Key) -> Bars:
        """The progression with those of the song's devices that find their place in it; each is used once."""
        draw = rng(self.seed, "composition", "harmony", "devices", name)
        third = "minor" if key.is_minor else "major"
        for device in list(self._wanted):
            if not self._may(device, key) or draw.random() >= _TAKEN:
                continue
            changed = DEVICES[device](bars, third, 1 if len(bars) > 1 else 0, draw)
            if changed is None:
                continue
            self._wanted.remove(device)
            self._chromatic += device in CHROMATIC
            bars = changed
        return bars

    def _section_bars(self, slot: Slot, following: Slot | None, key: Key, next_key: Key) -> Bars:
        bars: Bars = []
        for index, phrase in enumerate(slot.phrases):
            part = self._phrase_bars(slot, phrase, following, key)
            again = any(p.letter == phrase.letter for p in slot.phrases[:index])
            bars += self._touched(part, slot, key, index) if again and following is not None else part
        if slot.function == "intro" and len(slot.phrases) == 1 and slot.bars == 4 and len(self._unit(slot, "a", 8, key).bars) == 12:
            bars = [list(bar) for bar in self._unit(slot, "a", 8, key).bars[-4:]]  # a blues begins from its turnaround
        if slot.occurrence > 1 and following is not None and key == next_key:
            bars = self._varied(bars, slot, key)
        if following is None:
            return self.cadences.ended(bars, key, self._tonic(key), self.form.ending, self._first_chord())
        if key != next_key and (next_key.mode, next_key.tonic_class) != (key.mode, key.tonic_class) and self._turns(slot, following):
            bars[-2:] = approach(key, next_key)[-min(2, len(bars)) :]
        return bars

    def _turns(self, slot: Slot, following: Slot) -> bool:
        """Whether the key changes between two sections by a prepared modulation: a lift comes unprepared."""
        return any(move.back and move.slot in (slot.id, following.id) for move in self.moves) and slot.bars >= 4

    def _first_chord(self) -> str:
        """The plain numeral that the song begins with: a loop leads back to it."""
        first = self.form.slots[0]
        if _stated_for(first, self.stated) or not first.phrases:
            return self._tonic(self.key)
        unit = self._unit(first, first.phrases[0].letter, first.phrases[0].bars, self.key)
        return plain(unit.bars[0][0])

    def _phrase_bars(self, slot: Slot, phrase: Phrase, following: Slot | None, key: Key) -> Bars:
        letter = "a" if phrase.letter == "t" else phrase.letter
        unit = self._unit(slot, letter, phrase.bars, key)
        if phrase.letter == "t":
            return [[last_chord(unit.bars)] for _ in range(phrase.bars)]
        bars = [list(unit.bars[i % len(unit.bars)]) for i in range(phrase.bars)]
        final = phrase is slot.phrases[-1]
        cut = phrase.bars % len(unit.bars) > 0
        if self.table.loops or phrase.bars < 4 or following is None or (unit.written and not cut and not _blunt(bars)):
            return bars
        if final:
            return self.cadences.closed_off(bars, slot, following, key)
        return self.cadences.inner(bars, slot, phrase, key)

    def _varied(self, bars: Bars, slot: Slot, key: Key) -> Bars:
        """A return as it was, or with one change near its end (POP909: .2 of the bars differ at the head of a phrase, .5 at its end)."""
        draw = rng(self.seed, "composition", "harmony", "return", slot.id)
        if draw.random() >= self._return_change():
            return bars
        changed = self._changed(bars, key, 4, draw)
        again = draw.random() < _AGAIN.get(self.table.family, 0.25)
        return self._changed(changed, key, 4, draw) if again else changed

    def _touched(self, bars: Bars, slot: Slot, key: Key, index: int) -> Bars:
        """A phrase that comes again inside its section, now and then with another last bar; the same in every such section."""
        draw = rng(self.seed, "composition", "harmony", "again", slot.function, index)
        return self._changed(bars, key, 2, draw) if draw.random() < 0.5 * self._return_change() else bars

    def _return_change(self) -> float:
        share = self.table.return_change
        return share if share is not None else 0.06 if self.table.loops else _RETURNS[self.table.family]

    def _changed(self, bars: Bars, key: Key, last: int, draw: np.random.Generator) -> Bars:
        """One small device in the last bars."""
        if len(bars) < 4:
            return bars
        for device in (_RETURN_DEVICES[int(i)] for i in draw.permutation(len(_RETURN_DEVICES))):
            if self.table.share(device) <= 0 and device != "split":
                continue
            if not self._may(device, key):
                continue
            changed = DEVICES[device](bars, "minor" if key.is_minor else "major", len(bars) - last, draw)
            if changed is not None:
                self._chromatic += device in CHROMATIC
                return changed
        return bars

    def _tonic(self, key: Key) -> str:
        """The numeral that a key rests on in this style."""
        return "i°" if key.mode == "locrian" else self.table.tonic.get("minor" if key.is_minor else "major", "I")

    def _tonic_bar(self, slot: Slot) -> Bars:
        """Silence but for the tonic in the last bar."""
        return [[] for _ in range(slot.bars - 1)] + [[self._tonic(self.key)]]

    # --- events -------------------------------------------------------------------------------------------------------

    def _chord(self, numeral: str, key: Key) -> Chord:
        colour = self._colours["minor" if key.is_minor else "major"].get(numeral)
        colour = None if numeral == "V" and colour == "sus4" and not self.table.loops else colour  # a fourth that hangs resolves
        return parse_numeral(numeral + colour if colour else numeral, key)

    def _events(self, slot: Slot, bars: Bars, key: Key) -> tuple[ChordEvent, ...]:
        events: list[ChordEvent] = []
        hangs = not self.table.loops and self._colours["minor" if key.is_minor else "major"].get("V") == "sus4"
        for offset, row in enumerate(bars):
            bar = ["Vsus4", "V"] if hangs and row == ["V"] else row
            for beat, numeral in zip(beats_of(bar, self.meter), (n for n in bar if n != HOLD), strict=True):
                chord = self._chord(numeral, key)
                events.append(ChordEvent(bar=slot.start + offset + 1, beat=beat, symbol=str(chord), roman=chord.roman(key)))
        return tuple(merged(events))

    def _stated_events(self, slot: Slot, given: tuple[str, ...]) -> tuple[ChordEvent, ...]:
        """Stated chords exactly as written, bar by bar, repeated over the section."""
        events: list[ChordEvent] = []
        for offset in range(slot.bars):
            symbols = given[offset % len(given)].split()
            for beat, symbol in zip(beats_of(symbols, self.meter), symbols, strict=True):
                chord = Chord.parse(symbol)
                events.append(ChordEvent(bar=slot.start + offset + 1, beat=beat, symbol=str(chord), roman=chord.roman(self.key)))
        return tuple(events)


def _blunt(bars: Bars) -> bool:
    """Whether a progression stands still in its last four bars: no cadence can be heard."""
    return len({plain(n) for bar in bars[-4:] for n in bar if n != HOLD}) < 2


def _stated_for(slot: Slot, stated: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The stated bars that a section obeys: by its id, its label, its function, or "all"."""
    by_function = next((bars for label, bars in stated.items() if label != "all" and function_of(label) == slot.function), ())
    return stated.get(slot.id) or stated.get(slug(slot.label)) or by_function or stated.get("all", ())


def _lent_to(slot: Slot, stated: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Where chords were stated for verse or chorus only, sections without matter of their own play those."""
    if slot.function not in _SAME_AS:
        return ()
    lenders = (_SAME_AS[slot.function], *BORROWS.get(slot.function, ()))
    return next((bars for lender in lenders for label, bars in stated.items() if function_of(label) == lender), ())


def _shown(bars: Bars, slot: Slot) -> str:
    """The numerals of a section; a loop is written once."""
    rows = [" ".join(token for token in bar if token != HOLD) for bar in bars]
    for period in (1, 2, 4, 8):
        if period < slot.bars and all(row == rows[i % period] for i, row in enumerate(rows)):
            return " | ".join(rows[:period])
    return " | ".join(rows[: 12 if slot.bars >= 12 else 8])
