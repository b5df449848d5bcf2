"""The ten signs of machine-made music as one z-score each, against the per-song distributions of real songs.

A proxy is a feature and the side on which it is a fault ("low", "high", "both"). Its z counts from the real songs' median and is
2 where a normal distribution would have it: 97.7 % of the real songs lie nearer on that side. Positive is the side of the fault. A
sign is as bad as its worst proxy; that worst is measured against the same worst of the real songs in the same way, so that a sign
with three proxies is no stricter than one with one. Were the signs independent, .977^10 = 79 % of real songs would lie within 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tests.evaluation.features import Features

SIGNS: dict[str, tuple[tuple[str, str], ...]] = {
    "1 wanders": (("earlier_1", "low"), ("earlier_2", "low"), ("compression", "low")),
    "2 copy-paste": (("return_same", "high"), ("earlier_1", "high"), ("same_as_before", "high"), ("comping_patterns", "low")),
    "3 no phrases": (("empty_bars", "low"), ("longest_run", "high"), ("phrase_end_chord", "low"), ("melody.empty_beats", "both")),
    "4 sections alike": (("lift_pitch", "low"), ("shared_rhythms", "high"), ("lift_comping", "low"), ("lift_velocity", "low")),
    "5 even or random rhythm": (("bar_rhythms", "both"), ("melody.groove", "both"), ("pushes_6_14", "low"), ("gap_entropy", "both")),
    "6 deaf to the chords": (("chord_strong", "both"), ("chord_off", "both"), ("foreign_leapt", "high")),
    "7 harmony without goal": (("triads", "both"), ("changes_per_bar", "both"), ("phrase_goals", "low"), ("chord_trigrams", "both")),
    "8 blocky parts": (("top_move", "high"), ("bass_root", "low"), ("leaps", "both"), ("melody.range", "both")),
    "9 robotic dynamics": (("velocity_sd_melody", "low"), ("velocity_sd_comping", "low"), ("velocity_memory_melody", "low")),
    "10 no hook, no climax": (("hook_count", "low"), ("bar_hook_count", "low"), ("lift_peak", "low")),
}
_TAIL = 2.275
_EDGE = 2.0


@dataclass(frozen=True)
class Scale:
    """Median and half-widths of a distribution: 2.3 % lie below -2 and 2.3 % above 2."""

    middle: float
    below: float
    above: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Scale":
        """Of real songs' values. A side without spread takes a quarter of the whole deviation."""
        low, middle, high = np.percentile(values, (_TAIL, 50, 100 - _TAIL))
        least = max(0.25 * float(np.std(values)), 1e-6)
        return cls(float(middle), max((middle - low) / _EDGE, least), max((high - middle) / _EDGE, least))

    def z(self, value: float) -> float:
        """Signed distance from the median."""
        return (value - self.middle) / (self.above if value >= self.middle else self.below)


@dataclass(frozen=True)
class Judge:
    """Judges songs by the distributions of `songs`."""

    songs: Sequence[Features]

    @cached_property
    def scales(self) -> dict[str, Scale]:
        """A scale for each feature."""
        names = {name for features in self.songs for name in features}
        return {name: Scale.of([features[name] for features in self.songs if name in features]) for name in sorted(names)}

    @cached_property
    def worst_scales(self) -> dict[str, Scale]:
        """The scale of each sign's worst proxy."""
        found: dict[str, list[float]] = {sign: [] for sign in SIGNS}
        for features in self.songs:
            for sign, value in self._worst(features).items():
                found[sign].append(value)
        return {sign: Scale.of(values) for sign, values in found.items()}

    def z(self, features: Features) -> dict[str, float]:
        """Signed z of each feature."""
        return {name: self.scales[name].z(value) for name, value in features.items() if name in self.scales}

    def signs(self, features: Features) -> dict[str, float]:
        """How bad each sign is: z, above zero worse than the median real song."""
        return {sign: self.worst_scales[sign].z(value) for sign, value in self._worst(features).items()}

    def _worst(self, features: Features) -> dict[str, float]:
        z = self.z(features)
        found = {}
        for sign, proxies in SIGNS.items():
            values = [_fault(z[name], side) for name, side in proxies if name in z]
            if values:
                found[sign] = max(values)
        return found


def _fault(z: float, side: str) -> float:
    return abs(z) if side == "both" else z if side == "high" else -z


def real_against_real(songs: Sequence[Features]) -> list[dict[str, float]]:
    """Signs of each real song, judged by the half of the songs that it is not in."""
    halves = songs[::2], songs[1::2]
    return [signs for half, other in (halves, halves[::-1]) for judge in (Judge(other),) for signs in map(judge.signs, half)]
