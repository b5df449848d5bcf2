"""Which style and which families of instruments a sound profile speaks of: logistic models learned from our own songs."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from services.analyzer.sound_profile import SoundProfile

Floats = npt.NDArray[np.float64]
OUT = Path(__file__).parent / "learned" / "sound_ears.json"
FAMILIES = {
    "drums": ("drum_kit", "percussion"),
    "bass": ("bass_guitar", "double_bass", "synth_bass"),
    "guitar": ("electric_guitar", "acoustic_guitar", "pedal_steel", "mandolin", "banjo", "ukulele"),
    "keys": ("acoustic_piano", "electric_piano", "clavinet", "harpsichord"),
    "organ": ("organ", "accordion"),
    "strings": ("string_ensemble", "violin", "viola", "cello", "harp"),
    "brass": ("brass_section", "trumpet", "trombone", "french_horn", "tuba"),
    "woodwinds": ("saxophone", "flute", "clarinet", "oboe", "bassoon", "piccolo", "harmonica"),
    "voice": ("vocals", "choir"),
    "synth": ("synthesizer", "pad_synth", "pluck_synth"),
    "mallets": ("vibraphone", "marimba", "xylophone", "glockenspiel", "music_box", "kalimba", "steel_drums"),
}
"""Families, and the catalogue ids that belong to them, the likeliest first."""


@dataclass(frozen=True)
class SoundEars:
    """Weights: numbers are brought to unit deviation, then weighed; the last row of `style_weights` [numbers + 1, styles] is a constant."""

    mean: Floats
    scale: Floats
    styles: tuple[str, ...]
    style_weights: Floats
    family_weights: dict[str, Floats]

    def _unit(self, profile: SoundProfile) -> Floats:
        return np.asarray(np.clip((profile.whole - self.mean) / self.scale, -4.0, 4.0))

    def styles_of(self, profile: SoundProfile) -> list[tuple[str, float]]:
        """(style, share of belief), likeliest first."""
        shares = softmax(np.append(self._unit(profile), 1.0) @ self.style_weights)
        return sorted(((name, float(share)) for name, share in zip(self.styles, shares, strict=True)), key=lambda pair: -pair[1])

    def families_of(self, profile: SoundProfile) -> dict[str, float]:
        """How likely each family sounds, 0–1."""
        row = self._unit(profile)[: len(profile.tone)]
        return {name: float(expit(row @ weights[:-1] + weights[-1])) for name, weights in self.family_weights.items()}

    def strangeness(self, profile: SoundProfile) -> float:
        """How far a profile's sound lies from all that was learned: root mean square in deviations, 1 for what is usual."""
        row = ((profile.whole - self.mean) / self.scale)[: len(profile.tone)]
        return float(np.sqrt((row**2).mean()))

    def to_plain(self) -> dict[str, Any]:
        """As JSON values, rounded."""

        def plain(values: Floats) -> list[Any]:
            return [[round(float(x), 3) for x in row] for row in values] if values.ndim > 1 else [round(float(x), 4) for x in values]

        families = {name: plain(weights) for name, weights in self.family_weights.items()}
        return {
            "mean": plain(self.mean),
            "scale": plain(self.scale),
            "styles": list(self.styles),
            "style_weights": plain(self.style_weights),
            "family_weights": families,
        }


@cache
def sound_ears() -> SoundEars:
    """The learned model."""
    known = json.loads(OUT.read_text("utf-8"))
    families = {name: np.asarray(weights) for name, weights in known["family_weights"].items()}
    return SoundEars(
        np.asarray(known["mean"]), np.asarray(known["scale"]), tuple(known["styles"]), np.asarray(known["style_weights"]), families
    )
