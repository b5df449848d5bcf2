"""A song seen bar by bar: when each begins, what is played there, which chords stand there, what is held over its line."""

import re
from dataclasses import dataclass
from functools import cached_property

from contracts.music.score import Role, Score

HOOKS = ("chorus", "drop", "hook", "refrain", "head", "theme", "postchorus")
PHRASE_BARS = 4
STEADY = 0.005  # two tempi that differ by less are one
_HELD_TICKS = 120  # an eighth of a beat: what ends that soon after a bar line is not held over it
_EARLY_TICKS = 60  # a note this little before a bar line belongs to the bar


@dataclass(frozen=True)
class Piece:
    """Whole bars of a song: from `first` up to, and without, `end`. Bars count from 1."""

    first: int
    end: int

    @property
    def bars(self) -> int:
        """How many bars."""
        return self.end - self.first


def unnumbered(label: str) -> str:
    """A section's label without its number: "Verse 2" is "verse"."""
    return re.sub(r"[ _-]*\d+$", "", label.strip().lower()).replace(" ", "_").replace("-", "_")


class Bars:
    """Bars of one score."""

    def __init__(self, score: Score) -> None:
        self.score, self.count = score, score.bars
        self.line_s = [score.seconds_at(score.bar_tick(bar)) for bar in range(1, self.count + 2)]
        self.starts = sorted(section.start_bar for section in score.sections.values())
        self.ends = frozenset(section.end_bar for section in score.sections.values())

    def at(self, bar: int) -> float:
        """Second at which a bar begins; the one after the last is where the tail begins."""
        return self.line_s[bar - 1]

    def seconds(self, piece: Piece) -> float:
        """Length of a piece without what rings after it."""
        return self.at(piece.end) - self.at(piece.first)

    @property
    def tail_s(self) -> float:
        """How long the song rings after its last bar."""
        return self.score.duration_s - self.at(self.count + 1)

    @cached_property
    def labels(self) -> list[str]:
        """Label of the section of each bar, without its number; empty where no section is."""
        found = [""] * self.count
        for section in self.score.sections.values():
            name = unnumbered(section.label)
            for bar in range(section.start_bar, min(section.end_bar, self.count + 1)):
                found[bar - 1] = name
        return found

    @cached_property
    def hooks(self) -> list[bool]:
        """Whether each bar belongs to what one remembers: choruses, drops, heads, themes; else the sections of most energy."""
        named = [label in HOOKS for label in self.labels]
        if any(named):
            return named
        most = max((section.energy for section in self.score.sections.values()), default=0.0)
        return [energy >= most - 1e-9 for energy in self.energies]

    @cached_property
    def energies(self) -> list[float]:
        """Energy of the section of each bar."""
        found = [0.0] * self.count
        for section in self.score.sections.values():
            for bar in range(section.start_bar, min(section.end_bar, self.count + 1)):
                found[bar - 1] = section.energy
        return found

    @cached_property
    def tempi(self) -> list[float]:
        """Seconds of each bar."""
        return [self.line_s[bar + 1] - self.line_s[bar] for bar in range(self.count)]

    def is_steady(self, piece: Piece) -> bool:
        """Whether one tempo holds through a piece."""
        inside = self.tempi[piece.first - 1 : piece.end - 1]
        return max(inside) <= min(inside) * (1 + STEADY)

    @cached_property
    def chords(self) -> list[tuple[str, str]]:
        """First and last chord of each bar."""
        ticks, out = self.score.meter_value.ticks_per_bar, []
        events = [(self.score.bar_tick(event.bar, event.beat), event.symbol) for event in self.score.chord_events()]
        index, now = 0, ""
        for bar in range(self.count):
            while index < len(events) and events[index][0] <= bar * ticks:
                now = events[index][1]
                index += 1
            first = now
            while index < len(events) and events[index][0] < (bar + 1) * ticks:
                now = events[index][1]
                index += 1
            out.append((first, now))
        return out

    @cached_property
    def changes(self) -> frozenset[tuple[str, str]]:
        """Pairs of chords that the song itself plays over a bar line."""
        return frozenset((self.chords[bar][1], self.chords[bar + 1][0]) for bar in range(self.count - 1))

    @cached_property
    def held(self) -> list[int]:
        """How many pitched notes sound over each bar line, from that of bar 1 to that after the last."""
        ticks, found = self.score.meter_value.ticks_per_bar, [0] * (self.count + 1)
        for part in self.score.parts.values():
            if part.role in (Role.DRUMS, Role.PERCUSSION, Role.FX):
                continue
            for note in part.notes:
                for line in range(note.start // ticks + 1, min((note.end - _HELD_TICKS) // ticks, self.count) + 1):
                    found[line] += note.start < line * ticks - _EARLY_TICKS
        return found

    @cached_property
    def played(self) -> list[frozenset[tuple[str, int, int]]]:
        """What is played in each bar: (part, sixteenth of the bar, pitch)."""
        ticks = self.score.meter_value.ticks_per_bar
        found: list[set[tuple[str, int, int]]] = [set() for _ in range(self.count)]
        for name, part in self.score.parts.items():
            if part.role is Role.FX:
                continue
            for note in part.notes:
                bar, within = divmod(note.start + _EARLY_TICKS, ticks)
                if 0 <= bar < self.count:
                    found[bar].add((name, within // 240, note.pitch))
        return [frozenset(one) for one in found]

    def likeness(self, one: int, other: int) -> float:
        """How much of two bars is the same, 0 to 1; 0 for a bar that is not there."""
        if not (1 <= one <= self.count and 1 <= other <= self.count):
            return 0.0
        a, b = self.played[one - 1], self.played[other - 1]
        return len(a & b) / len(a | b) if a or b else 1.0
