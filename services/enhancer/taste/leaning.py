"""What taste does to a brief: it leans where the request leaves something open, and says so."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

from contracts.preferences import Belief, Preferences
from services.enhancer.taste.learning import belief, number

SURE = 0.75
"""Probability that a liking is one, from which on it decides anything."""
VERY_SURE = 0.85
LEAST_LIKING = 0.1
GENRE_POINTS = 4.0
"""Points per unit of liking, on the scale of the reader's leanings (a use or an instrument gives 1 to 3)."""
_NORMAL = NormalDist()


def likely(one: Belief) -> float:
    """Probability that the liking is above zero."""
    return _NORMAL.cdf(one.mean / one.variance**0.5)


@dataclass(frozen=True)
class Taste:
    """The user's taste as the reader asks it. An empty model leans nowhere."""

    preferences: Preferences = field(default_factory=Preferences)

    def genre_points(self) -> dict[str, float]:
        """Points for each style that is surely liked or disliked."""
        known = self.preferences.names.get("genre", {})
        return {name: GENRE_POINTS * one.mean for name, one in sorted(known.items()) if self._sure(one, SURE)}

    def moods(self, allowed: Sequence[str]) -> tuple[str, ...]:
        """The one mood that is surely liked most, of those that exist."""
        known = self.preferences.names.get("mood", {})
        liked = [(-one.mean, name) for name, one in known.items() if name in allowed and one.mean > 0 and self._sure(one, VERY_SURE)]
        return (min(liked)[1],) if liked else ()

    def players(self, band: Sequence[str], allowed: Sequence[str], spared: Sequence[str]) -> tuple[str, ...]:
        """The band without whom the user surely dislikes (never those in `spared`), and with the one liked most beside it."""
        known = self.preferences.names.get("instrument", {})
        out = {name for name, one in known.items() if one.mean < 0 and self._sure(one, VERY_SURE) and name not in spared}
        kept = [name for name in band if name not in out]
        liked = [
            (-one.mean, name)
            for name, one in known.items()
            if name in allowed and name not in band and one.mean > 0 and self._sure(one, VERY_SURE)
        ]
        return tuple(kept + ([min(liked)[1]] if liked else [])) if len(kept) > 1 else tuple(band)

    def minor_shift(self) -> float:
        """How much likelier minor is than the style has it, −0.4 to 0.4."""
        minor, major = (belief(self.preferences, "mode", mode) for mode in ("minor", "major"))
        difference = Belief(mean=minor.mean - major.mean, variance=minor.variance + major.variance)
        return min(max(difference.mean, -0.4), 0.4) if self._sure(difference, SURE) else 0.0

    def shift(self, name: str) -> float:
        """How far from its style a number is liked: octaves of tempo and duration, parts of the scales of energy and valence."""
        one = number(self.preferences, name)
        return one.mean if one.count else 0.0

    def why(self, topic: str, name: str) -> str:
        """One clause that says what a leaning rests on."""
        one = self.preferences.numbers.get(topic) if topic == name else belief(self.preferences, topic, name)
        count = one.count if one else 0
        return f"your taste ({count} judgement{'s' if count != 1 else ''})"

    @staticmethod
    def _sure(one: Belief, least: float) -> bool:
        return abs(one.mean) >= LEAST_LIKING and max(likely(one), 1 - likely(one)) >= least
