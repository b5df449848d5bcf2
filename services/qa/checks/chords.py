"""The chord check: does each written chord sound?

At every chord of the score, what the pitched stems sound there is explained by the chord's notes and by what the score's tunes
play beside it; then by the notes of every other triad in the same way. A chord counts as heard where no clearly different one (at
most one note in common, or the other third on its root) explains the sound better. Informed by the score, so that a melody's
passing notes, sevenths and slash basses are no fault; songs whose chords are not those of the score lose most of their time.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from contracts.errors import BadInput
from contracts.music.chord import Chord
from contracts.music.score import Note, Role, Score
from contracts.report import Check, Relation
from services.qa.asked import Asked
from services.qa.checks.key import mean_between, unit
from services.qa.checks.tempo import Fit
from services.qa.listening import Heard

Profile = npt.NDArray[np.float64]
LEAST_SHARE = 0.7
"""Share of the chords' time that must be heard right."""
_LEAST_S = 0.35
_LEAST_SPANS = 3
_BASS_WEIGHT = 0.4
_MARGIN = 0.04
_TUNES = {Role.MELODY, Role.VOCAL, Role.COUNTER}
_TRIADS = [(root, third) for root in range(12) for third in (4, 3)]


@dataclass(frozen=True)
class ChordSpan:
    """A chord as it should sound: seconds of the audio, its classes and bass class, and what the tunes play meanwhile [12]."""

    start_s: float
    end_s: float
    classes: frozenset[int]
    root: int
    bass: int
    tunes: Profile

    @property
    def seconds(self) -> float:
        """How long it sounds."""
        return self.end_s - self.start_s


def chord_spans(score: Score, fit: Fit | None, tempo_bpm: float) -> list[ChordSpan]:
    """The chords of the score that last long enough to be heard apart. Symbols that cannot be parsed are left out."""
    stretch = score.tempo_bpm / tempo_bpm * (fit.scale if fit else 1.0)
    latency_s = fit.latency_s if fit else 0.0
    events = score.chord_events()
    starts = [score.bar_tick(event.bar, event.beat) for event in events]
    tunes = sorted(note for part in score.parts.values() if part.role in _TUNES for note in part.notes)
    spans = []
    for event, start, end in zip(events, starts, [*starts[1:], score.end_tick], strict=True):
        try:
            chord = Chord.parse(event.symbol)
        except BadInput:
            continue
        first, last = (score.seconds_at(tick) * stretch + latency_s for tick in (start, end))
        if last - first >= _LEAST_S:
            classes = frozenset(chord.pitch_classes)
            spans.append(ChordSpan(first, last, classes, chord.root_class, chord.bass_class, _played(tunes, start, end)))
    return spans


def _played(notes: list[Note], start: int, end: int) -> Profile:
    """Time of each pitch class in the tunes between two ticks."""
    found = np.zeros(12)
    for note in notes:
        if note.start >= end:
            break
        overlap = min(note.end, end) - max(note.start, start)
        if overlap > 0:
            found[note.pitch % 12] += overlap
    return found


def _explained(sound: Profile, low: Profile, classes: frozenset[int], bass: int, tunes: Profile) -> float:
    """How well a chord and the tunes explain a chroma [12]: correlation of the best mixture, and the bass where it is."""
    chord = np.zeros(12)
    chord[list(classes)] = 1.0
    columns = [chord] + ([tunes / tunes.max()] if tunes.any() else [])
    matrix = np.stack(columns, axis=1)
    weights, _ = nnls(matrix, sound)
    return float(unit(matrix @ weights) @ unit(sound)) + _BASS_WEIGHT * float(low[bass])


def is_heard(span: ChordSpan, sound: Profile, low: Profile) -> bool | None:
    """Whether the chord explains what sounds better than any clearly different triad; None where nothing sounds."""
    if sound.sum() <= 1e-9:
        return None
    low = unit(low)
    asked = _explained(sound, low, span.classes, span.bass, span.tunes)
    for root, third in _TRIADS:
        other = frozenset({root, (root + third) % 12, (root + 7) % 12})
        flipped = root == span.root and (root + third) % 12 not in span.classes and (root + 7 - third) % 12 in span.classes
        if (len(other & span.classes) <= 1 or flipped) and _explained(sound, low, other, root, span.tunes) > asked + _MARGIN:
            return False
    return True


def check_chords(heard: Heard, score: Score, asked: Asked, fit: Fit | None) -> Check | None:
    """The chord check; absent where no part is pitched or the score has fewer than three chords long enough to hear."""
    if heard.harmony is None or heard.bass is None or heard.harmony.sum() <= 0:
        return None
    right = total = 0.0
    count = 0
    for span in chord_spans(score, fit, asked.tempo_bpm):
        sound, low = (mean_between(chroma, span.start_s, span.end_s) for chroma in (heard.harmony, heard.bass))
        verdict = is_heard(span, sound, low)
        if verdict is not None:
            count += 1
            total += span.seconds
            right += span.seconds * verdict
    if count < _LEAST_SPANS:
        return None
    share = right / total
    return Check(
        name="chords",
        asked=LEAST_SHARE,
        measured=round(share, 3),
        unit="of the chords' time",
        relation=Relation.AT_LEAST,
        passed=share >= LEAST_SHARE,
        how=f"at each of {count} written chords what the pitched stems sound, explained by its notes and by the tunes', "
        "against the notes of every clearly different triad",
    )
