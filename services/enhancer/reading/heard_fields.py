"""What a reference recording says about tempo, meter, key, style and feeling. Nothing of it overrules a word of the user's."""

from contracts.music import Key, Meter
from services.enhancer.reading.case import Case
from services.enhancer.reading.findings import Finding, inferred
from services.enhancer.reading.inference import Range
from services.music.packs.genres import genres
from services.music.packs.moods import moods

HEARD = "heard in the reference"
SURE_OF_OCTAVE = 0.8
"""From this confidence on a tempo keeps its octave, whatever the style usually counts."""
LEAST_GENRE, LEAST_MOOD, LEAST_METER = 0.25, 0.45, 0.4
_MARGIN = 1.12
_WHOLE_WITHIN = 0.003
_OCTAVES = (1.0, 2.0, 0.5)
_MOST_MOODS = 2
_FASTER = 0.36
"""How far "fast" and "slow" beside a reference move its tempo: 15 % up or down at most."""


def heard_tempo(case: Case, style: Range) -> Finding[float] | None:
    """The tempo of the reference, counted in the octave that the style counts in where the ear leaves it open.

    `style`: its range in BPM of the felt beat. A word such as "slower" moves the tempo by up to 15 %.
    """
    heard = case.features.tempo_bpm if case.features else None
    word = case.words.tempo_word
    if heard is None or not 30 <= heard.value <= 300 or (word and word.share is None):
        return None
    bpm, reason = heard.value, f"{HEARD}: {heard.value:.1f} BPM"
    known = bool(case.given.genres or case.words.styles.genres or heard_genre(case))
    if known and heard.confidence < SURE_OF_OCTAVE and not _inside(bpm, style):
        others = [c.value for c in case.features.tempo_candidates] if case.features else []
        near = [o for o in (*others, *(bpm * octave for octave in _OCTAVES)) if _inside(o, style) and _is_octave(o / bpm)]
        if near:
            bpm = near[0]
            reason += f", counted as {bpm:.1f}, since {style.text()} BPM is usual"
    confidence = min(0.9, heard.confidence)
    if word and word.share is not None:
        share = word.share if word.share >= 0 else 0.0
        bpm *= 1 + min(max(_FASTER * (share - 0.5), -0.15), 0.15)
        return inferred(_rounded(bpm), f"{reason}; '{word.evidence}' moves it", confidence, word.evidence)
    return inferred(_rounded(bpm), reason, confidence)


def _inside(bpm: float, style: Range) -> bool:
    return style.low / _MARGIN <= bpm <= style.high * _MARGIN


def _is_octave(ratio: float) -> bool:
    return any(abs(ratio / octave - 1) < 0.04 for octave in _OCTAVES)


def _rounded(bpm: float) -> float:
    """A whole tempo where the ear heard next to one: machines count in whole numbers."""
    whole = float(round(bpm))
    return whole if abs(whole / bpm - 1) < _WHOLE_WITHIN else round(bpm, 1)


def heard_meter(case: Case, genre_id: str) -> Finding[str] | None:
    """The meter of the reference; one that was hardly heard only where the style has it."""
    features = case.features
    if features is None or not features.meter:
        return None
    usual = features.meter in genres()[genre_id].identity.meters
    confidence = features.meter_confidence
    if 0 < confidence < LEAST_METER and not usual:
        case.note(f"The reference may be in {features.meter} (confidence {confidence:.2f}); the style's own meter is taken.")
        return None
    return inferred(str(Meter.parse(features.meter)), HEARD, confidence or 0.6)


def heard_key(case: Case, forced: str | None) -> Finding[str] | None:
    """The key of the reference; a mode that words ask for on the same tonic."""
    features = case.features
    if features is None or not features.key:
        return None
    key = Key.parse(features.key)
    if forced and key.mode != forced:
        return inferred(str(Key(key.tonic, forced).transpose(0)), f"the tonic {HEARD}, in {forced} as asked", features.key_confidence)
    moves = len({span.key for span in features.keys}) > 1
    return inferred(str(key), HEARD + (", which moves to other keys; most of it is in this one" if moves else ""), features.key_confidence)


def heard_genre(case: Case) -> Finding[tuple[str, ...]] | None:
    """The style that the reference sounds like, where the ear is sure enough and the words do not refuse it."""
    guesses = case.features.genres if case.features else ()
    refused = case.words.styles.refused
    best = next((g for g in guesses if g.value in genres() and g.value not in refused), None)
    if best is None or best.confidence < LEAST_GENRE:
        return None
    return inferred(tuple[str, ...]((best.value,)), f"{HEARD}: it sounds most like {genres()[best.value].name.lower()}", best.confidence)


def heard_moods(case: Case) -> Finding[tuple[str, ...]] | None:
    """The feeling of the reference, where the ear is sure enough."""
    guesses = case.features.moods if case.features else ()
    found = [g for g in guesses if g.value in moods() and g.confidence >= LEAST_MOOD and g.value not in case.words.feelings.refused]
    if not found:
        return None
    return inferred(tuple(g.value for g in found[:_MOST_MOODS]), HEARD, found[0].confidence)


def heard_valence(case: Case, base: float) -> Finding[float] | None:
    """Gloomy to glad as the reference, with the style's own share."""
    heard = case.features.valence if case.features else None
    if heard is None:
        return None
    share = 0.7 * heard.confidence
    return inferred(round(min(max((1 - share) * base + share * heard.value, 0.0), 1.0), 2), f"mostly that {HEARD}", heard.confidence)
