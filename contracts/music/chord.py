"""Chord symbols: parsed to a root, intervals and a bass; named in Roman numerals."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from contracts.errors import BadInput
from contracts.music.key import Key
from contracts.music.pitch import pitch_class

QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7), "m": (0, 3, 7), "dim": (0, 3, 6), "aug": (0, 4, 8), "5": (0, 7), "sus2": (0, 2, 7), "sus4": (0, 5, 7),
    "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10),
    "mmaj7": (0, 3, 7, 11), "m7b5": (0, 3, 6, 10), "dim7": (0, 3, 6, 9), "aug7": (0, 4, 8, 10), "7sus4": (0, 5, 7, 10),
    "add9": (0, 4, 7, 14), "madd9": (0, 3, 7, 14), "69": (0, 4, 7, 9, 14), "9": (0, 4, 7, 10, 14), "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14), "7b9": (0, 4, 7, 10, 13), "7#9": (0, 4, 7, 10, 15), "11": (0, 4, 7, 10, 14, 17),
    "m11": (0, 3, 7, 10, 14, 17), "13": (0, 4, 7, 10, 14, 21), "9sus4": (0, 5, 7, 10, 14), "maj13": (0, 4, 7, 11, 14, 21),
    "7b5": (0, 4, 6, 10), "maj7#11": (0, 4, 7, 11, 18), "7#11": (0, 4, 7, 10, 18), "13sus4": (0, 5, 7, 10, 14, 21),
    "m13": (0, 3, 7, 10, 14, 21), "7b13": (0, 4, 7, 10, 20), "maj7#5": (0, 4, 8, 11),
}  # fmt: skip
_ALIASES = {
    "maj": "", "M": "", "major": "", "min": "m", "mi": "m", "minor": "m", "-": "m", "o": "dim", "°": "dim", "+": "aug", "M7": "maj7",
    "Δ": "maj7", "Δ7": "maj7", "ma7": "maj7", "j7": "maj7", "min7": "m7", "mi7": "m7", "-7": "m7", "ø": "m7b5", "ø7": "m7b5",
    "o7": "dim7", "°7": "dim7", "+7": "aug7", "7#5": "aug7", "sus": "sus4", "7sus": "7sus4", "6/9": "69", "mM7": "mmaj7",
    "mmaj7": "mmaj7", "min9": "m9", "M9": "maj9", "9sus": "9sus4", "2": "add9", "m(maj7)": "mmaj7", "min6": "m6", "m7(b5)": "m7b5",
    "min7b5": "m7b5", "maj7(#11)": "maj7#11", "7(b9)": "7b9", "7(#9)": "7#9", "13sus": "13sus4",
}  # fmt: skip
_SYMBOL = re.compile(r"^([A-G])([#b♯♭]?)([^/]*(?:6/9)?)(?:/([A-G][#b♯♭]?))?$")
_DEGREES = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")


@dataclass(frozen=True)
class Chord:
    """A chord symbol: root and quality as written, optional slash bass."""

    root: str
    quality: str = ""
    bass: str | None = None

    @classmethod
    def parse(cls, symbol: str) -> Self:
        """From "Fm7", "Bbmaj7", "C/E", "G7sus4". Raises BadInput naming the symbol."""
        match = _SYMBOL.match(symbol.strip())
        allowed = "a root A–G, a quality such as m, 7, maj7, m7b5, sus4, add9, and an optional /bass"
        if not match:
            raise BadInput("chords", symbol, allowed)
        letter, accidental, quality, bass = match.groups()
        quality = quality.strip()
        quality = _ALIASES.get(quality, quality)
        if quality not in QUALITIES:
            raise BadInput("chords", symbol, allowed)
        root = letter + accidental.replace("♯", "#").replace("♭", "b")
        return cls(root, quality, bass.replace("♯", "#").replace("♭", "b") if bass else None)

    def __str__(self) -> str:
        return f"{self.root}{self.quality}" + (f"/{self.bass}" if self.bass else "")

    @property
    def root_class(self) -> int:
        """Pitch class of the root."""
        return pitch_class(self.root)

    @property
    def bass_class(self) -> int:
        """Pitch class of the lowest note."""
        return pitch_class(self.bass) if self.bass else self.root_class

    @property
    def intervals(self) -> tuple[int, ...]:
        """Semitones above the root, ascending; ninths and above exceed 12."""
        return QUALITIES[self.quality]

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes in stacking order, root first."""
        return _stacked(self.root_class, self.intervals)

    @property
    def is_minor(self) -> bool:
        """Whether the chord has a minor third and no major one."""
        return 3 in self.intervals and 4 not in self.intervals

    def transpose(self, semitones: int, key: Key) -> "Chord":
        """Moved by semitones and spelled in `key`."""
        return Chord(
            key.spell(self.root_class + semitones),
            self.quality,
            key.spell(self.bass_class + semitones) if self.bass else None,
        )

    def roman(self, key: Key) -> str:
        """Roman numeral in `key`: case by third, accidentals against the major scale, quality kept ("i7", "bVI", "V/3").

        Degrees are counted against the parallel major scale, as in the Billboard and RS corpora.
        """
        degree = _DEGREES[(self.root_class - key.tonic_class) % 12]
        minor = self.is_minor
        numeral = degree.lower() if minor else degree
        numeral = numeral.replace("BI", "bI").replace("BV", "bV")
        suffix = {"m": "", "dim": "°", "dim7": "°7", "m7b5": "ø7", "aug": "+"}.get(self.quality)
        if suffix is None:
            suffix = self.quality[1:] if minor and self.quality.startswith("m") and not self.quality.startswith("maj") else self.quality
        slash = f"/{self.bass}" if self.bass else ""
        return f"{numeral}{suffix}{slash}"


@lru_cache(maxsize=1024)
def _stacked(root: int, intervals: tuple[int, ...]) -> tuple[int, ...]:
    return tuple((root + step) % 12 for step in intervals)
