"""What the moods and the valence of a brief ask of composer and players, as numbers that both read."""

from dataclasses import dataclass

from contracts.brief import Brief
from services.music.packs.genres import GenrePack
from services.music.packs.moods import mood, touch

_DARKER, _BRIGHTER = -3, 2
_PLAIN = 0.06


@dataclass(frozen=True)
class Feeling:
    """A brief's feeling against the style's own: all zero (factors one) where the brief asks for nothing else."""

    brightness: float = 0.0
    """Valence against the style's, −1 to 1: which progressions and registers are preferred."""
    colours: tuple[str, ...] = ()
    """Chord qualities that the moods like, best first."""
    velocity: float = 0.0
    """MIDI velocity added to everybody."""
    length: float = 1.0
    """Factor on sounding lengths: below 1 detached, above 1 bound."""
    accent: float = 0.0
    """MIDI velocity added on strong beats."""
    words: tuple[str, ...] = ()
    """Dynamics and articulation in a musician's words, for the decisions."""

    @property
    def register(self) -> int:
        """Semitones that lines and chords lie higher or lower than the style's own register."""
        return round(self.brightness * (_BRIGHTER if self.brightness > 0 else -_DARKER) * 1.6)

    def sounding(self, legato: float) -> float:
        """The style's legato with the mood's articulation: never below a fifth, never into the next note."""
        return min(max(legato * self.length, 0.2), 1.0)


NEUTRAL = Feeling()


def feeling_of(brief: Brief, pack: GenrePack) -> Feeling:
    """The feeling of a brief in a style; several moods share it evenly. Raises BadInput for a mood that there is not."""
    brightness = min(max(brief.valence.value - pack.identity.valence, -1.0), 1.0)
    brightness = 0.0 if abs(brightness) < _PLAIN else brightness
    named = [mood(name) for name in brief.moods.value]
    if not named:
        return Feeling(brightness)
    table, count = touch(), len(named)
    articulations = [table.articulation[m.articulation] for m in named]
    return Feeling(
        brightness,
        tuple(dict.fromkeys(colour for m in named for colour in m.chord_colours)),
        sum(table.dynamics[m.dynamics] for m in named) / count,
        sum(a.length for a in articulations) / count,
        sum(a.accent for a in articulations) / count,
        tuple(dict.fromkeys([named[0].dynamics, named[0].articulation])),
    )
