"""Who plays: families of instruments by the sound of a recording, and the catalogue's instruments that they most likely stand for."""

from contracts.features import Guess
from services.analyzer.sound_model import FAMILIES, SoundEars
from services.analyzer.sound_profile import SoundProfile
from services.music.packs.genres import genres

LEAST = 0.5
"""From this likelihood on a family is taken to be there."""
STRANGE = 1.3
"""Deviations beyond which a sound is unlike what was learned from, so that every guess weighs less."""


def trust(strangeness: float) -> float:
    """How far a guess about a sound holds, 0–1, by how unlike it is to what was learned from."""
    return min(1.0, max(0.25, 1.0 - 0.6 * (strangeness - STRANGE)))


def hear_families(ears: SoundEars, profile: SoundProfile) -> tuple[Guess, ...]:
    """Families that sound, likeliest first. A strange sound draws each likelihood towards a half."""
    held = trust(ears.strangeness(profile))
    likely = {name: 0.5 + (share - 0.5) * held for name, share in ears.families_of(profile).items()}
    there = sorted(((share, name) for name, share in likely.items() if share >= LEAST), reverse=True)
    return tuple(Guess(value=name, confidence=round(share, 3)) for share, name in there)


def instruments_of(families: tuple[Guess, ...], styles: list[tuple[str, float]]) -> tuple[str, ...]:
    """One catalogue id for each family: what the likeliest styles have for it, else the family's most usual."""
    packs, found = genres(), []
    for family in families:
        weights = {name: 0.01 / (place + 1) for place, name in enumerate(FAMILIES[family.value])}
        for style, share in styles:
            pack = packs.get(style)
            for instrument in (*pack.identity.band, *pack.arrangement.extras) if pack else ():
                plain = instrument.removesuffix("_2")
                if plain in weights:
                    weights[plain] += share
        found.append(max(weights, key=lambda name: weights[name]))
    return tuple(found)
