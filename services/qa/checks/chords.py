"""The chord check: does each written chord sound?

At every chord the score says which of its notes the band plays there, how low, how long and how loud: the part of the chord that
can be heard. What the pitched stems sound is explained by those notes with their partials, beside the tunes and passing notes
played meanwhile; then by the same band playing every clearly different chord (moved to another root, with the other third). A
chord counts as heard where none of these explains the sound better. So power chords, shells, staccato strokes and walking
basses are judged by what they play, and a chord that nobody plays is left out; but where the band's notes are not the written
chord's, the written one is asked for. Songs whose chords are not those of the score lose most of their time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from contracts.errors import BadInput
from contracts.music.chord import Chord
from contracts.music.score import Note, Role, Score
from contracts.report import Check, Relation
from services.music.audio.chroma import HARMONY
from services.qa.asked import Asked
from services.qa.checks.key import mean_between, unit
from services.qa.checks.tempo import Fit
from services.qa.listening import Heard

Profile = npt.NDArray[np.float64]
Notes = dict[int, float]
"""MIDI pitch -> how much of it sounds: seconds weighted by velocity."""
LEAST_SHARE = 0.7
"""Share of the chords' time that must be heard right."""
_LEAST_S = 0.35
_LEAST_SPANS = 3
_BASS_WEIGHT = 0.4
_MARGIN = 0.04
_RING_S = 0.15
_CHORD_SHARE = 0.5
_PARTIALS = np.arange(1, 13)
_BAND = {Role.HARMONY, Role.PAD}
_TUNES = {Role.MELODY, Role.VOCAL, Role.COUNTER}


@dataclass(frozen=True)
class ChordSpan:
    """A chord as it should sound: seconds of the audio, the chord, and what band, bass and tunes play meanwhile."""

    start_s: float
    end_s: float
    chord: Chord
    band: Notes
    bass: Notes
    tunes: Notes

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
    played = [
        sorted(note for part in score.parts.values() if part.role in roles for note in part.notes) for roles in (_BAND, {Role.BASS}, _TUNES)
    ]
    spans = []
    for event, start, end in zip(events, starts, [*starts[1:], score.end_tick], strict=True):
        try:
            chord = Chord.parse(event.symbol)
        except BadInput:
            continue
        first, last = (score.seconds_at(tick) * stretch + latency_s for tick in (start, end))
        if last - first >= _LEAST_S:
            second = (last - first) / (end - start)
            band, bass, tunes = (_sounding(notes, start, end, second) for notes in played)
            spans.append(ChordSpan(first, last, chord, band, bass, tunes))
    return spans


def _sounding(notes: list[Note], start: int, end: int, second: float) -> Notes:
    """What sounds between two ticks, `second` of a tick; a stroke rings on a little."""
    found: Notes = {}
    for note in notes:
        if note.start >= end:
            break
        overlap = min(note.end, end) - max(note.start, start)
        if overlap > 0:
            # A note that only overhangs the bar line is no stroke of this chord.
            ring = _RING_S if note.start >= start - 0.1 / second else 0.0
            found[note.pitch] = found.get(note.pitch, 0.0) + (overlap * second + ring) * note.velocity / 127
    return found


def _partials(notes: Iterable[tuple[int, float]]) -> Profile:
    """The chroma [12] of notes with falling partials, within the band that the ear reads."""
    found = np.zeros(12)
    for pitch, amount in notes:
        hz = 440.0 * 2 ** ((pitch - 69) / 12) * _PARTIALS
        inside = (hz >= HARMONY.low_hz) & (hz <= HARMONY.high_hz)
        classes = np.round(pitch + 12 * np.log2(_PARTIALS[inside])).astype(np.int64) % 12
        np.add.at(found, classes, amount / np.sqrt(_PARTIALS[inside]))
    return found


def _classes(notes: Iterable[tuple[int, float]]) -> Profile:
    found = np.zeros(12)
    for pitch, amount in notes:
        found[pitch % 12] += amount
    return found


@dataclass(frozen=True)
class _Expected:
    """What a span's chord is made of in this score, and what else sounds."""

    root: int
    third: int | None
    band: Notes
    bass: Notes
    beside: Profile
    low_beside: Profile

    def moved(self, notes: Notes, shift: int, flip: bool) -> list[tuple[int, float]]:
        """The same notes on another root, with the other third where asked."""
        out = []
        for pitch, amount in notes.items():
            bend = 0
            if flip and self.third is not None and (pitch - self.root) % 12 == self.third:
                bend = 7 - 2 * self.third
            out.append((pitch + shift + bend, amount))
        return out

    def explains(self, sound: Profile, low: Profile, shift: int = 0, flip: bool = False) -> float:
        """How well the chord, moved, explains a chroma [12] with what sounds beside it; and the bass [12] likewise."""
        band, bass = self.moved(self.band, shift, flip), self.moved(self.bass, shift, flip)
        high = _mixture([_partials(band), _partials(bass), self.beside], sound)
        return high + _BASS_WEIGHT * _mixture([_classes(bass), self.low_beside], low)

    def classes(self, shift: int = 0, flip: bool = False) -> frozenset[int]:
        """Pitch classes of the chord, moved."""
        return frozenset(pitch % 12 for notes in (self.band, self.bass) for pitch, _ in self.moved(notes, shift, flip))


def _mixture(columns: list[Profile], sound: Profile) -> float:
    """Correlation of a chroma [12] with the best mixture of some others; 0 where there are none."""
    present = [column / column.max() for column in columns if column.any()]
    if not present or not sound.any():
        return 0.0
    matrix = np.stack(present, axis=1)
    weights, _ = nnls(matrix, sound)
    return float(unit(matrix @ weights) @ unit(sound))


def _expected(span: ChordSpan) -> _Expected | None:
    """The heard part of a chord: its notes in band and bass, or all of it where they play another; None where nobody plays."""
    if not span.band and not span.bass:
        return None
    chord, root = frozenset(span.chord.pitch_classes) | {span.chord.bass_class}, span.chord.root_class
    third = next((step for step in (4, 3) if (root + step) % 12 in chord), None)
    within = [{p: a for p, a in notes.items() if p % 12 in chord} for notes in (span.band, span.bass)]
    passing = [{p: a for p, a in notes.items() if p % 12 not in chord} for notes in (span.band, span.bass)]
    total = sum(span.band.values()) + sum(span.bass.values())
    tunes = list(span.tunes.items())
    if sum(sum(notes.values()) for notes in within) < _CHORD_SHARE * total:
        whole = {48 + (pc - 48) % 12: 1.0 for pc in chord}
        return _Expected(root, third, whole, {36 + span.chord.bass_class: 1.0}, _partials(tunes), np.zeros(12))
    beside = _partials([*tunes, *passing[0].items(), *passing[1].items()])
    return _Expected(root, third, within[0], within[1], beside, _classes(passing[1].items()))


def is_heard(span: ChordSpan, sound: Profile, low: Profile) -> bool | None:
    """Whether the chord explains what sounds better than any clearly different one; None where nobody plays or nothing sounds."""
    expected = _expected(span)
    if expected is None or sound.sum() <= 1e-9:
        return None
    asked, own = expected.explains(sound, low), expected.classes()
    for shift in range(-6, 6):
        for flip in (False, True):
            if (shift or flip) and not (flip and expected.third is None):
                other = expected.classes(shift, flip)
                different = len(other & own) <= 1 or (shift == 0 and other != own)
                if different and expected.explains(sound, low, shift, flip) > asked + _MARGIN:
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
        how=f"at each of {count} written chords what the pitched stems sound, explained by the notes of it that the score plays there, "
        "against the same band on every clearly different chord",
    )
