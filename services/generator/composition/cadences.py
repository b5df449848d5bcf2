"""How phrases and sections end: open or closed by what follows, deceptive now and then, the song on its tonic, a loop back to its head."""

from collections.abc import Sequence

import numpy as np

from contracts.music import Key
from services.generator.composition.form import Phrase, Slot
from services.generator.composition.unit_writer import HOLD, Bars
from services.music.packs.harmony_table import HarmonyTable, modal_tables
from services.music.rng import rng
from services.music.theory.roman import numerals_to_bars, plain

# How much likelier than usual a section stays open before another.
_BEFORE = {"outro": 0.5}
_MINOR = 0.75  # minor keys close more often (POP909: 54 % of phrases end on the tonic, 40 % in major)
_OPENING = frozenset({"chorus", "drop"})
_DECEPTIVE = {"major": "vi", "minor": "bVI"}
_TURN = 0.35  # inner phrases that end openly where their progression does not end by itself


class Cadences:
    """The endings of one song in one style."""

    def __init__(self, table: HarmonyTable, seed: int) -> None:
        self.table, self.seed = table, seed

    def endings(self, kind: str, key: Key) -> tuple[str, ...]:
        """The style's last bars, "open" or "closed", in the key's mode."""
        modal = modal_tables().get(key.mode)
        if modal and not any(u.mode == key.mode for u in self.table.units):
            return modal.open_endings if kind == "open" else modal.closed_endings
        source = self.table.open_endings if kind == "open" else self.table.closed_endings
        return source["minor" if key.is_minor else "major"]

    def closed_off(self, bars: Bars, slot: Slot, following: Slot, key: Key) -> Bars:
        """The end of a section: open before a chorus, else open two times out of three."""
        draw = rng(self.seed, "composition", "harmony", "ending", slot.function, following.function)
        share = self.table.open_share
        share = max(share, 0.75) if following.function in _OPENING else share * _BEFORE.get(following.function, 1.0)
        share *= _MINOR if key.is_minor else 1.0
        kind = "open" if draw.random() < share else "closed"
        options = self.endings(kind, key)
        ending = self._fitting(options, bars, draw)
        if len(ending) >= len(bars) or plain(last_chord(bars)) in {plain(e.split()[-1]) for e in options}:
            return bars  # it ends so already
        return bars[: -len(ending)] + ending

    @staticmethod
    def _fitting(options: Sequence[str], bars: Bars, draw: np.random.Generator) -> Bars:
        """One of the endings; those that would stand still on the chord before them only where there is no other."""
        endings = [numerals_to_bars(text) for text in options]
        moving = [e for e in endings if len(e) < len(bars) and plain(last_chord(bars[: -len(e)])) != plain(e[0][0])] or endings
        return moving[int(draw.integers(len(moving)))]

    def inner(self, bars: Bars, slot: Slot, phrase: Phrase, key: Key) -> Bars:
        """The end of a phrase inside a section: sometimes a half cadence that the next phrase answers, or a deceptive one."""
        draw = rng(self.seed, "composition", "harmony", "inner", slot.function, phrase.letter, phrase.start)
        tonic, third = ("i", "minor") if key.is_minor else ("I", "major")
        deceptive = draw.random() < self.table.share("deceptive")
        if deceptive and plain(last_chord(bars)) == tonic and plain(last_chord(bars[:-1])) in ("V", "v", "bVII") and len(bars[-1]) == 1:
            return [*bars[:-1], [_DECEPTIVE[third]]]
        again = any(p is not phrase and p.letter == phrase.letter and p.start > phrase.start for p in slot.phrases)
        if again and draw.random() < _TURN and plain(last_chord(bars)) == tonic and key.mode in ("major", "minor"):
            options = [e for e in self.endings("open", key) if "|" not in e]
            if options:
                return [*bars[:-1], options[int(draw.integers(len(options)))].split()]
        return bars

    def ended(self, bars: Bars, key: Key, tonic: str, ending: str, first: str) -> Bars:
        """The end of the song: on its tonic by a cadence where there is room; a loop leads back to its first chord; a fade goes on."""
        result = [list(bar) for bar in bars]
        if ending == "fade":
            return result
        if ending == "loop":
            if not self.table.loops and len(result) >= 4 and plain(last_chord(result)) == first:
                options = [e for e in self.endings("open", key) if "|" not in e and plain(e.split()[-1]) != first]
                if options:
                    draw = rng(self.seed, "composition", "harmony", "end")
                    result[-1] = options[int(draw.integers(len(options)))].split()
            return result
        result[-1] = [tonic]
        if len(result) >= 4 and not self.table.loops and plain(last_chord(result[:-1])) == plain(tonic):
            options = [e for e in self.endings("closed", key) if "|" in e]
            if options:
                draw = rng(self.seed, "composition", "harmony", "end")
                result[-2] = self._fitting(options, result, draw)[-2]
        return result


def last_chord(bars: Bars) -> str:
    """The chord that a progression ends on."""
    return next(token for token in reversed(bars[-1]) if token != HOLD)
