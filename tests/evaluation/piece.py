"""A song as the judge sees it, whoever wrote it: melody, accompaniment, chords, keys and phrases on a grid of sixteenths."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

BAR = 16
"""Steps of a bar: the judge measures songs in 4/4."""


@dataclass(frozen=True, order=True)
class Tone:
    """A note: step of its onset, length in steps, MIDI pitch and velocity (0 where unknown)."""

    step: int
    length: float
    pitch: int
    velocity: int = 0

    @property
    def bar(self) -> int:
        """Bar of the onset, from 0."""
        return self.step // BAR

    @property
    def slot(self) -> int:
        """Sixteenth inside the bar, 0 to 15."""
        return self.step % BAR


@dataclass(frozen=True)
class Span:
    """A chord from `start` to `end` (steps): root, lowest class as written, all classes."""

    start: int
    end: int
    root: int
    bass: int
    classes: frozenset[int]

    @property
    def triad(self) -> tuple[int, bool]:
        """Root and whether the third is minor."""
        return self.root, (self.root + 3) % 12 in self.classes and (self.root + 4) % 12 not in self.classes


@dataclass(frozen=True)
class Phrase:
    """A stretch of whole bars with a letter: the same letter, the same material. `sung`: the melody has it."""

    letter: str
    start: int
    bars: int
    sung: bool


@dataclass(frozen=True)
class Piece:
    """A song in 4/4. `keys`: (first step, tonic class, minor). `counter` is a second melody, `bass` is apart where the song has one."""

    name: str
    bars: int
    melody: tuple[Tone, ...]
    comping: tuple[Tone, ...] = ()
    counter: tuple[Tone, ...] = ()
    bass: tuple[Tone, ...] = ()
    chords: tuple[Span, ...] = ()
    keys: tuple[tuple[int, int, bool], ...] = ((0, 0, False),)
    phrases: tuple[Phrase, ...] = ()
    players: tuple[tuple[Tone, ...], ...] = ()
    """The comping, player by player; empty: one player."""

    @cached_property
    def melody_bars(self) -> list[list[Tone]]:
        """The melody bar by bar."""
        return in_bars(self.melody, self.bars)

    @cached_property
    def comping_bars(self) -> list[list[Tone]]:
        """The accompaniment bar by bar."""
        return in_bars(self.comping, self.bars)

    @cached_property
    def whole(self) -> tuple[Tone, ...]:
        """Melody, second melody and accompaniment: what a POP909 file holds."""
        return tuple(sorted((*self.melody, *self.counter, *self.comping)))

    @cached_property
    def sung_bars(self) -> list[int]:
        """Numbers of the bars in which the melody has a note."""
        return [number for number, bar in enumerate(self.melody_bars) if bar]

    @cached_property
    def _chord_of_step(self) -> list[Span | None]:
        found: list[Span | None] = [None] * (self.bars * BAR)
        for span in self.chords:
            for step in range(max(0, span.start), min(len(found), span.end)):
                found[step] = span
        return found

    def chord_at(self, step: int) -> Span | None:
        """The chord that sounds at a step."""
        return self._chord_of_step[step] if 0 <= step < len(self._chord_of_step) else None

    def key_at(self, step: int) -> tuple[int, bool]:
        """Tonic class and whether minor."""
        _, tonic, minor = max((key for key in self.keys if key[0] <= step), default=self.keys[0])
        return tonic, minor

    def letters(self) -> dict[str, list[Phrase]]:
        """Sung phrases of each letter, in order."""
        found: dict[str, list[Phrase]] = {}
        for phrase in self.phrases:
            if phrase.sung:
                found.setdefault(phrase.letter, []).append(phrase)
        return found

    def sections(self) -> tuple[str, str] | None:
        """The letters that verse and chorus most likely have: the first that recurs, and the most sung of the others.

        Real songs come with letters only, so ours are asked in the same blind way.
        """
        recurring = {letter: sum(p.bars for p in found) for letter, found in self.letters().items() if len(found) > 1}
        if len(recurring) < 2:
            return None
        first = next(iter(recurring))
        return first, max((letter for letter in recurring if letter != first), key=lambda letter: recurring[letter])

    def bars_of(self, letter: str) -> Iterator[int]:
        """Numbers of the bars of a letter."""
        for phrase in self.letters().get(letter, []):
            yield from range(phrase.start, min(self.bars, phrase.start + phrase.bars))


def in_bars(tones: tuple[Tone, ...], bars: int) -> list[list[Tone]]:
    """Tones by the bar of their onset."""
    found: list[list[Tone]] = [[] for _ in range(bars)]
    for tone in tones:
        if 0 <= tone.bar < bars:
            found[tone.bar].append(tone)
    return found
