"""Meters. Ticks are 960 per quarter note everywhere in Houseband."""

import re
from dataclasses import dataclass
from typing import Self

from contracts.errors import BadInput

PPQ = 960
_METER = re.compile(r"^\s*(\d{1,2})\s*/\s*(2|4|8|16)\s*$")


@dataclass(frozen=True)
class Meter:
    """A time signature. BPM counts the beat that is felt: dotted quarters in 6/8, quarters in 7/8."""

    numerator: int
    denominator: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "4/4", "6/8", "7/8". Raises BadInput."""
        match = _METER.match(text)
        if not match or not 2 <= int(match.group(1)) <= 15:
            raise BadInput("meter", text, "2 to 15 over 2, 4, 8 or 16, such as 4/4, 3/4, 6/8, 5/4, 7/8")
        return cls(int(match.group(1)), int(match.group(2)))

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @property
    def is_compound(self) -> bool:
        """6/8, 9/8, 12/8: the beat divides in three."""
        return self.denominator >= 8 and self.numerator % 3 == 0 and self.numerator > 3

    @property
    def ticks_per_bar(self) -> int:
        """Length of a bar in ticks."""
        return PPQ * 4 * self.numerator // self.denominator

    @property
    def ticks_per_beat(self) -> int:
        """Length of the felt beat in ticks."""
        if self.is_compound:
            return 3 * PPQ * 4 // self.denominator
        return PPQ * 2 if self.denominator == 2 else PPQ

    @property
    def beats_per_bar(self) -> float:
        """Felt beats in a bar: 2 for 6/8, 3.5 for 7/8."""
        return self.ticks_per_bar / self.ticks_per_beat

    def bar_seconds(self, tempo_bpm: float) -> float:
        """Length of a bar at this tempo of the felt beat."""
        return self.beats_per_bar * 60.0 / tempo_bpm
