"""The grid of a bar: 16th steps, their grouping into beats and their weight, for any meter."""

from dataclasses import dataclass
from functools import cached_property

from contracts.music import PPQ, Meter

STEP = PPQ // 4
_SEVENS = {5: (2, 3), 7: (2, 2, 3), 8: (3, 3, 2), 10: (3, 3, 2, 2), 11: (3, 3, 3, 2), 13: (3, 3, 3, 2, 2), 14: (2, 2, 3, 2, 2, 3)}


@dataclass(frozen=True)
class Grid:
    """Steps of a 16th (240 ticks) in one bar of a meter."""

    meter: Meter

    @cached_property
    def steps(self) -> int:
        """Steps in a bar."""
        return self.meter.ticks_per_bar // STEP

    @cached_property
    def beat_steps(self) -> int:
        """Steps of the felt beat (4 in 4/4, 6 in 6/8)."""
        return self.meter.ticks_per_beat // STEP

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """Lengths in steps of the pulses that the bar divides into: 4 4 4 4, 6 6, or 4 4 6 in 7/8."""
        meter = self.meter
        own: tuple[int, ...] = getattr(meter, "lengths", ())
        if own:
            return tuple(ticks // STEP for ticks in own)
        unit = 16 // meter.denominator
        if meter.denominator >= 8 and not meter.is_compound:
            eighths = _SEVENS.get(meter.numerator) or (meter.numerator,)
            return tuple(n * unit for n in eighths)
        if meter.denominator == 2:
            return (4,) * (2 * meter.numerator)
        size = 3 * unit if meter.is_compound else unit
        return (size,) * (self.steps // size)

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """Metrical weight of each step: 4 downbeat, 3 middle of the bar, 2 other pulses, 1 the 8th between, 0 the rest."""
        weights = [1 if i % 2 == 0 else 0 for i in range(self.steps)]
        position, starts = 0, []
        for group in self.groups:
            starts.append(position)
            weights[position] = 2
            position += group
        if len(starts) % 2 == 0 and len(starts) >= 2:
            weights[starts[len(starts) // 2]] = 3
        elif len(starts) == 5:
            weights[starts[3]] = 3
        weights[0] = 4
        return tuple(weights)

    def weight(self, step: int) -> int:
        """Metrical weight of a step counted from any bar line."""
        return self.weights[step % self.steps]
