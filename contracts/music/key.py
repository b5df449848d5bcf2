"""Keys: a tonic and a mode."""

import re
from dataclasses import dataclass
from typing import Self

from contracts.errors import BadInput
from contracts.music.pitch import FLAT_NAMES, SHARP_NAMES, pitch_class

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
}
_ALIASES = {
    "maj": "major",
    "m": "minor",
    "min": "minor",
    "ionian": "major",
    "aeolian": "minor",
    "dur": "major",
    "moll": "minor",
}
# Semitones to add to the tonic to reach the tonic of the relative major.
_TO_RELATIVE_MAJOR = {"major": 0, "minor": 3, "dorian": 10, "phrygian": 8, "lydian": 7, "mixolydian": 5, "locrian": 1}
_FLAT_MAJORS = {5, 10, 3, 8, 1}
_KEY = re.compile(r"^\s*([A-Ga-g])\s*(#|b|♯|♭|-?sharp|-?flat)?\s*[- ]?\s*([A-Za-z]*)\s*$")


@dataclass(frozen=True)
class Key:
    """A tonic (as spelled) and one of the seven diatonic modes."""

    tonic: str
    mode: str = "major"

    def __post_init__(self) -> None:
        pitch_class(self.tonic)
        if self.mode not in MODES:
            raise BadInput("key", f"{self.tonic} {self.mode}", f"a tonic and one of {', '.join(MODES)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "F minor", "D dorian", "Eb major", "F# m", "Am". Raises BadInput naming the value."""
        match = _KEY.match(text)
        allowed = f'a tonic A–G with optional # or b and one of {", ".join(MODES)}, such as "F minor"'
        if not match:
            raise BadInput("key", text, allowed)
        letter, accidental, mode_text = match.groups()
        accidental = {"♯": "#", "♭": "b", "sharp": "#", "-sharp": "#", "flat": "b", "-flat": "b"}.get(accidental or "", accidental or "")
        mode = mode_text if mode_text == "M" else mode_text.lower()
        mode = "major" if mode in ("", "M") else _ALIASES.get(mode, mode)
        if mode not in MODES:
            raise BadInput("key", text, allowed)
        return cls(letter.upper() + accidental, mode)

    def __str__(self) -> str:
        return f"{self.tonic} {self.mode}"

    @property
    def tonic_class(self) -> int:
        """Pitch class of the tonic, 0–11."""
        return pitch_class(self.tonic)

    @property
    def intervals(self) -> tuple[int, ...]:
        """Semitones of the seven scale degrees above the tonic."""
        return MODES[self.mode]

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """The seven pitch classes of the scale, from the tonic up."""
        return tuple((self.tonic_class + step) % 12 for step in self.intervals)

    @property
    def is_minor(self) -> bool:
        """Whether the third above the tonic is minor."""
        return 3 in self.intervals

    @property
    def uses_flats(self) -> bool:
        """Whether the signature has flats."""
        return (self.tonic_class + _TO_RELATIVE_MAJOR[self.mode]) % 12 in _FLAT_MAJORS

    def spell(self, pc: int) -> str:
        """Name of a pitch class in this key's signature."""
        return (FLAT_NAMES if self.uses_flats else SHARP_NAMES)[pc % 12]

    def transpose(self, semitones: int) -> "Key":
        """The same mode on another tonic, spelled by its own signature."""
        tonic = (self.tonic_class + semitones) % 12
        flats = (tonic + _TO_RELATIVE_MAJOR[self.mode]) % 12 in _FLAT_MAJORS
        return Key((FLAT_NAMES if flats else SHARP_NAMES)[tonic], self.mode)
