"""A first estimate of style, mood and valence: what was learned from our own styles, weighed by how familiar the sound is.

Valence leans on the styles' own and on the mode; moods are those that lie nearest to it and to the energy (Russell's plane).
A genre in the file's tags counts as a witness: it trebles the belief in a style and halves it in others where the two disagree;
it does not replace the ear.
"""

import math

from contracts.features import Evidence, Features, Guess, Measured
from services.analyzer.players import hear_families, instruments_of, trust
from services.analyzer.sound_model import sound_ears
from services.analyzer.sound_profile import SoundProfile
from services.music.packs.genres import genres
from services.music.packs.moods import moods

MOST = 3
LEAST = 0.05
SURE_OF_MOOD = 0.6
_NEAR = 0.18
_MODE = 0.12
_WITNESS = 3.0
_STYLE_ENERGY = 0.4
_ELSEWHERE = 0.85
"""What is left of a belief since only our own songs were learned from."""


def believed(profile: SoundProfile, evidence: tuple[Evidence, ...]) -> list[tuple[str, float]]:
    """(style, share of belief), likeliest first; the shares of all sum to 1."""
    ears = sound_ears()
    held = _ELSEWHERE * trust(ears.strangeness(profile))
    even = 1.0 / len(ears.styles)
    return _witnessed([(name, held * share + (1 - held) * even) for name, share in ears.styles_of(profile)], evidence)


def guess(profile: SoundProfile, styles: list[tuple[str, float]], features: Features) -> dict[str, object]:
    """Genres, moods, valence, energy, families and instruments as fields of Features; none where neither pulse nor key is heard."""
    if features.tempo_bpm is None and features.key is None:
        return {"energy": features.energy}
    ears = sound_ears()
    held = trust(ears.strangeness(profile))
    families = hear_families(ears, profile, styles, features)
    packs = genres()
    valence = sum(share * packs[name].identity.valence for name, share in styles if name in packs)
    usual = sum(share * packs[name].identity.energy for name, share in styles if name in packs)
    valence = min(1.0, max(0.0, valence + _mode(features)))
    energy = features.energy
    if energy:
        blended = (1 - _STYLE_ENERGY * held) * energy.value + _STYLE_ENERGY * held * usual
        energy = energy.model_copy(update={"value": round(blended, 3)})
    return {
        "genres": tuple(Guess(value=name, confidence=round(share, 3)) for name, share in styles[:MOST] if share >= LEAST),
        "valence": Measured(value=round(valence, 3), unit="0-1", confidence=round(0.3 + 0.2 * held, 2)),
        "energy": energy,
        "moods": _moods(valence, energy.value if energy else 0.5),
        "families": families,
        "instruments": instruments_of(families, styles),
    }


def _mode(features: Features) -> float:
    """How far the mode moves valence: major up, minor down, as sure as the key is."""
    if not features.key:
        return 0.0
    return (_MODE if "major" in features.key else -_MODE) * features.key_confidence


def _witnessed(styles: list[tuple[str, float]], evidence: tuple[Evidence, ...]) -> list[tuple[str, float]]:
    """Styles with the file's own genre tag as a witness; the sum stays 1."""
    said = {item.value.lower().strip() for item in evidence if item.name == "genre"}
    packs = genres()
    named = {name for name, pack in packs.items() if said & {name.replace("_", " "), pack.name.lower(), *pack.synonyms}}
    if named and not named & {name for name, _ in sorted(styles, key=lambda pair: -pair[1])[:MOST]}:
        styles = [(name, (share + 1 / len(styles)) / 2) for name, share in styles]
    weighed = [(name, share * (_WITNESS if name in named else 1.0)) for name, share in styles]
    total = sum(share for _, share in weighed)
    return sorted(((name, share / total) for name, share in weighed), key=lambda pair: -pair[1])


def _moods(valence: float, energy: float) -> tuple[Guess, ...]:
    """The two moods nearest to a point of the plane, a guess at most."""
    near = sorted((math.hypot(mood.valence - valence, mood.energy - energy), name) for name, mood in moods().items())
    return tuple(Guess(value=name, confidence=round(SURE_OF_MOOD * math.exp(-0.5 * (away / _NEAR) ** 2), 3)) for away, name in near[:2])
