"""What a picture says about style, feeling, tempo, mode and sound. It speaks after words, notes and recordings, before taste and habit."""

from contracts.features import PictureFeatures
from services.enhancer.reading.case import Case
from services.enhancer.reading.findings import Finding, inferred
from services.enhancer.reading.inference import Range
from services.enhancer.reading.tables import table
from services.music.packs.genres import genres
from services.music.packs.moods import moods

SLOWEST_BPM, FASTEST_BPM = 56.0, 150.0
"""Between these a picture's tempo lies; its place between them is its place in the range of the style."""
SEEN = "the picture"
_SEEN_SHARE = 0.65


def as_seen(picture: PictureFeatures) -> str:
    """Why: "the picture is dark and blue"."""
    if picture.seen_by == "measured":
        return f"{SEEN} is {picture.text}" if picture.text else SEEN
    return f"{SEEN}, as {picture.seen_by} sees it: {picture.text}".rstrip(": ")


def _feeling_is_open(case: Case) -> bool:
    """Whether neither words nor options speak of feeling."""
    feelings = case.words.feelings
    return not (feelings.moods or feelings.refused or case.given.moods)


def seen_genre(case: Case) -> Finding[tuple[str, ...]] | None:
    """The style that the picture leans to; None for most."""
    picture = case.picture
    if picture is None:
        return None
    found = next((name for name in picture.genres if name in genres() and name not in case.words.styles.refused), None)
    return inferred((found,), as_seen(picture), 0.8 * picture.confidence) if found else None


def seen_moods(case: Case) -> Finding[tuple[str, ...]] | None:
    """The moods of the picture."""
    picture = case.picture
    if picture is None or not _feeling_is_open(case):
        return None
    found = tuple(name for name in picture.moods if name in moods())[:2]
    return inferred(found, as_seen(picture), picture.confidence) if found else None


def seen_energy(case: Case, base: float) -> Finding[float] | None:
    """Energy, two thirds the picture's and one third the style's; None where words speak of feeling, energy or pace."""
    picture = case.picture
    if picture is None or not _feeling_is_open(case) or case.words.sound.energy is not None or case.words.tempo_word:
        return None
    return inferred(round(base + _SEEN_SHARE * (picture.energy - base), 2), as_seen(picture), picture.confidence)


def seen_valence(case: Case, base: float) -> Finding[float] | None:
    """Valence, two thirds the picture's and one third the style's."""
    picture = case.picture
    if picture is None or not _feeling_is_open(case):
        return None
    return inferred(round(base + _SEEN_SHARE * (picture.valence - base), 2), as_seen(picture), picture.confidence)


def seen_tempo(case: Case, style: Range) -> Finding[float] | None:
    """The tempo of the picture, laid into the range of the style. None where words speak of pace or feeling."""
    picture = case.picture
    if picture is None or not _feeling_is_open(case) or case.words.tempo_word:
        return None
    share = min(max((picture.tempo_bpm - SLOWEST_BPM) / (FASTEST_BPM - SLOWEST_BPM), 0.0), 1.0)
    bpm = float(round(style.low + share * (style.high - style.low)))
    return inferred(min(max(bpm, 30.0), 300.0), f"{as_seen(picture)}: {share:.0%} up {style.text()} BPM", picture.confidence)


def seen_mode(case: Case, minor_share: float) -> tuple[str, str] | None:
    """Major or minor by the picture, and why; None where the style lives in one of them or words speak of feeling."""
    picture = case.picture
    if picture is None or not _feeling_is_open(case) or not 0.1 <= minor_share < 0.85:
        return None
    return picture.mode, f"{as_seen(picture)}, so {picture.mode}"


def seen_production(case: Case) -> dict[str, str]:
    """Words of production that fit the picture -> why; those that the tables know."""
    picture = case.picture
    if picture is None:
        return {}
    return {word: as_seen(picture) for word in picture.timbre if word in table("production")}
