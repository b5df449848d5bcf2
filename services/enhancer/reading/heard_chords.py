"""The chords of a reference, section by section: taken only where the words ask for the same chords, never by themselves."""

import re
from bisect import bisect_right

import numpy as np

from contracts.brief import Stated
from contracts.errors import BadInput
from contracts.features import Features, HeardSection
from contracts.music import Chord, Key
from services.enhancer.reading.case import Case
from services.enhancer.reading.findings import inferred
from services.enhancer.reading.heard_fields import HEARD
from services.enhancer.reading.heard_form import labels_in

Chords = dict[str, tuple[str, ...]]
LEAST_SHARE = 0.34
_SAME = re.compile(
    r"(?<!\w)(?:(?:the\s+)?(?:same|identical|its|their)\s+(?:chords?|chord\s+progressions?|progressions?|harmony|harmonies|changes)"
    r"|(?:keep|use|take|copy)\s+(?:the|its)\s+(?:chords?|progression|harmony|changes)"
    r"|(?:(?:los\s+)?mismos\s+acordes|(?:la\s+)?misma\s+armon[ií]a|(?:die\s+)?(?:gleichen|selben)\s+akkorde|dieselben\s+akkorde"
    r"|(?:les\s+)?m[eê]mes\s+accords|(?:os\s+)?mesmos\s+acordes|(?:gli\s+)?stessi\s+accordi))(?!\w)"
    r"|(?:相同|同样|一样)的?和弦|同じコード",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"(?:not|no|don'?t|without|different\s+from|sin|ohne|nicht|pas|sem)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)


def asks_for_chords(prompt: str) -> str | None:
    """The words that ask for the reference's chords; None where nothing does."""
    for match in _SAME.finditer(prompt):
        if not _REFUSED.search(prompt[: match.start()]):
            return match.group()
    return None


def heard_chords(case: Case, key: str, genre_id: str) -> Stated[Chords] | None:
    """The reference's chords by section label, in the key of the song; None where nobody asked or none were heard."""
    asked, features = case.same_chords, case.features
    if not asked or features is None:
        return None
    if not features.chords or len(features.downbeats_s) < 2:
        case.note(f"'{asked}': no chords could be heard in the reference; the composer writes them.")
        return None
    up, home = _up(features, key), Key.parse(key)
    found: Chords = {}
    for label, section in labels_in(features, genre_id):
        bars = _bars(features, section, up, home)
        if bars and label not in found:
            found[label] = bars
    if not found:
        bars = _bars(features, HeardSection(start_s=0.0, end_s=features.analyzed_s, label="all"), up, home)
        found = {"all": bars} if bars else {}
    if not found:
        return None
    sure = float(np.mean([chord.confidence for chord in features.chords]))
    return inferred(found, f"the chords {HEARD}, as asked", sure, asked).stated()


def _up(features: Features, key: str) -> int:
    """Semitones from the reference's key to the song's, the shorter way."""
    if not features.key:
        return 0
    here, there = Key.parse(features.key), Key.parse(key)
    return (there.tonic_class - here.tonic_class + 6) % 12 - 6


def _bars(features: Features, section: HeardSection, up: int, home: Key) -> tuple[str, ...]:
    """A chord or two for each bar of a section; bars without a chord hold the one before."""
    lines = [t for t in features.downbeats_s if section.start_s - 0.3 <= t < section.end_s - 0.3]
    if not lines:
        return ()
    ends = [*lines[1:], min(section.end_s, lines[-1] + (lines[-1] - lines[-2] if len(lines) > 1 else 2.0))]
    out: list[str] = []
    for start, end in zip(lines, ends, strict=True):
        middle = (start + end) / 2
        first, second = _chord_in(features, start, middle, up, home), _chord_in(features, middle, end, up, home)
        first = first or (out[-1].split()[-1] if out else second)
        second = second or first
        if first is None or second is None:
            continue
        out.append(first if first == second else f"{first} {second}")
    return tuple(out)


def _chord_in(features: Features, start: float, end: float, up: int, home: Key) -> str | None:
    """The chord that holds most of a stretch; None where there is none."""
    starts = [chord.start_s for chord in features.chords]
    held: dict[str, float] = {}
    for chord in features.chords[max(bisect_right(starts, start) - 1, 0) : bisect_right(starts, end)]:
        share = min(chord.end_s, end) - max(chord.start_s, start)
        if share > 0 and chord.symbol not in ("N", ""):
            held[chord.symbol] = held.get(chord.symbol, 0.0) + share
    best = max(held, key=lambda symbol: held[symbol], default=None)
    if best is None or held[best] < LEAST_SHARE * (end - start):
        return None
    try:
        return str(Chord.parse(best).transpose(up, home))
    except BadInput:
        return None
