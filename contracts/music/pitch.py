"""Pitch names and MIDI numbers (MIDI 1.0: 60 = C4, middle C)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from contracts.errors import BadInput

SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
LETTER_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTAL = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1, "##": 2, "bb": -2, "x": 2}
_NAME = re.compile(r"^([A-Ga-g])(##|bb|[#b♯♭x]?)(-?\d)?$")


@lru_cache(maxsize=1024)
def pitch_class(name: str) -> int:
    """Pitch class 0–11 of a note name such as "F#" or "Bb". Raises BadInput for anything else."""
    match = _NAME.match(name.strip())
    if not match or match.group(3):
        raise BadInput("pitch", name, "a letter A–G with an optional # or b")
    return (LETTER_CLASS[match.group(1).upper()] + _ACCIDENTAL[match.group(2)]) % 12


@dataclass(frozen=True, order=True)
class Pitch:
    """One pitch as a MIDI number, 0–127."""

    midi: int

    def __post_init__(self) -> None:
        if not 0 <= self.midi <= 127:
            raise BadInput("pitch", self.midi, "MIDI numbers 0 to 127")

    @classmethod
    def parse(cls, name: str) -> Self:
        """From scientific pitch notation: "C4" is 60."""
        match = _NAME.match(name.strip())
        if not match or match.group(3) is None:
            raise BadInput("pitch", name, "a note with an octave, such as C4 or F#2")
        letter, accidental, octave = match.groups()
        return cls(LETTER_CLASS[letter.upper()] + _ACCIDENTAL[accidental] + 12 * (int(octave) + 1))

    @property
    def pitch_class(self) -> int:
        """0 (C) to 11 (B)."""
        return self.midi % 12

    @property
    def frequency_hz(self) -> float:
        """Equal temperament at A4 = 440 Hz."""
        return 440.0 * float(2.0 ** ((self.midi - 69) / 12))

    def name(self, *, flats: bool = False) -> str:
        """Scientific pitch notation."""
        return f"{(FLAT_NAMES if flats else SHARP_NAMES)[self.pitch_class]}{self.midi // 12 - 1}"
