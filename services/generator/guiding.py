"""What a reference steers in the writing: where the energy lies, how fast chords move, how dense and high the tune is.

Its tune and its chords stay its own: the tune is known only so that it is not written again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contracts.features import Features, HeardSection
from services.music.packs.melody_table import MelodyTable
from services.music.references.figures import Tune, tune_of
from services.music.references.pairing import Place, counterparts, octave_between, playing_energies

ENERGY_SHARE = 0.65
"""How much of a section's energy is the reference's, where the form is not."""
DENSITY_SHARE = 0.8
REGISTER_SHARE = 0.5
MOST_SEMITONES = 4
LEAST_CONFIDENCE = 0.3
LEAST_NOTES = 16
_DENSITY = (0.3, 2.6)
_PACE = (0.12, 4.0)


@dataclass(frozen=True)
class Guide:
    """What was heard, as far as composer and players follow it; nothing where there is no reference."""

    sections: tuple[HeardSection, ...] = ()
    tune: Tune = field(default_factory=lambda: Tune({}))
    pace: float | None = None
    """Chord changes per bar."""
    density: float | None = None
    """Notes of the melody per felt beat of the whole song."""
    centre: float | None = None
    """Mean pitch of the melody, MIDI number."""
    sure: float = 0.0
    """How surely the melody was heard, 0–1."""

    def energies(self, ours: Sequence[Place]) -> dict[str, float]:
        """Energy of each of our sections: mostly that of the section of the reference which it answers to."""
        answers, played = counterparts(self.sections, ours), playing_energies(self.sections)
        return {
            place.id: round((1 - ENERGY_SHARE) * place.energy + ENERGY_SHARE * played[answers[place.id]], 3)
            for place in ours
            if place.id in answers
        }

    def melody(self, table: MelodyTable) -> MelodyTable:
        """A style's melody as dense as the reference's and in its register, by how surely both were heard."""
        if self.density is None and self.centre is None:
            return table
        low, middle, high = table.notes_per_beat
        changes: dict[str, object] = {}
        if self.density is not None:
            share = DENSITY_SHARE * self.sure
            wanted = min(max((1 - share) * middle + share * self.density, 0.6 * low), 1.3 * high)
            changes["notes_per_beat"] = (low * wanted / middle, wanted, high * wanted / middle)
        if self.centre is not None:
            changes["centre"] = table.centre + self.lift(table)
        return table.model_copy(update=changes)

    def lift(self, table: MelodyTable) -> int:
        """Semitones by which the melody's register moves towards the reference's, octaves apart."""
        if self.centre is None:
            return 0
        away = (self.centre - table.centre + 6) % 12 - 6
        return round(min(max(REGISTER_SHARE * self.sure * away, -MOST_SEMITONES), MOST_SEMITONES))


def guide_of(features: Features | None, tempo_bpm: float) -> Guide:
    """What a reference's features say to the composer of a song at this tempo."""
    if features is None:
        return Guide()
    melody = features.melody
    told = melody is not None and melody.confidence >= LEAST_CONFIDENCE and len(melody.notes) >= LEAST_NOTES
    pace, octave = features.harmonic_rhythm, octave_between(tempo_bpm, features)
    return Guide(
        sections=features.sections,
        tune=tune_of(features),
        pace=pace.value / octave if pace and pace.confidence >= LEAST_CONFIDENCE and _PACE[0] <= pace.value <= _PACE[1] else None,
        density=_density(features, octave) if told else None,
        centre=sum(note[2] for note in melody.notes) / len(melody.notes) if told and melody else None,
        sure=melody.confidence if told and melody else 0.0,
    )


def _density(features: Features, octave: float) -> float | None:
    """Notes of the heard melody per felt beat of ours."""
    if features.melody is None or features.tempo_bpm is None or features.analyzed_s <= 0:
        return None
    beats = features.analyzed_s * features.tempo_bpm.value * octave / 60.0
    return min(max(len(features.melody.notes) / max(beats, 1.0), _DENSITY[0]), _DENSITY[1])
