"""The key check: does the audio sound in the asked key?

Two questions to the sections in the home key. First the tonic: at each chord of the score its notes and its bass, named by
scale degree and laid out from every one of the twelve tonics, are compared with what sounds; the asked tonic must win. So a
song moved by any interval fails, and a dominant seventh on the tonic or a borrowed chord does no harm. Then the pitch set:
the asked mode must fit what sounds about as well as any other mode on that tonic, so that D dorian is not failed for sharing
the notes of C major, and neither is a minor key for its major dominant.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.errors import BadInput
from contracts.music.chord import Chord
from contracts.music.key import MODES, Key
from contracts.music.score import Score
from contracts.report import Check, Relation
from services.music.audio.chroma import HARMONY, Chroma
from services.qa.asked import Asked
from services.qa.checks.tempo import Fit
from services.qa.listening import Heard

Profile = npt.NDArray[np.float64]
MODE_MARGIN = 0.10
"""How much better another mode may fit before the asked one is refused: share of the energy."""
_FIFTH_PARTIAL = 0.3
"""Magnitude of a note's fifth partial, two octaves and a major third up, beside the note in a chroma (of roots of magnitude)."""
_MAJOR_FAMILY = ("major", "lydian", "mixolydian")


@dataclass(frozen=True)
class Span:
    """A chord as it should sound: start and end in seconds of the audio, pitch classes and bass above the tonic."""

    start_s: float
    end_s: float
    degrees: tuple[int, ...]
    bass: int


@dataclass(frozen=True)
class Evidence:
    """How the tonics and modes fit.

    `tonics` [12]: how well each tonic, counted from the asked one, fits. `fits`: share of energy in each mode on the best tonic;
    `fits_played`: the same less what may be partials.
    """

    tonics: Profile
    fits: dict[str, float]
    fits_played: dict[str, float]

    @property
    def shift(self) -> int:
        """Semitones from the asked tonic to the best one, 0–11."""
        return int(np.argmax(self.tonics))


def _spans(score: Score, fit: Fit | None, tempo_bpm: float) -> list[Span]:
    """The chords of the sections in the home key, relative to its tonic. All sections where none is in the home key."""
    stretch = score.tempo_bpm / tempo_bpm * (fit.scale if fit else 1.0)
    latency_s = fit.latency_s if fit else 0.0
    home = [s for s in score.sections.values() if s.key == score.key] or list(score.sections.values())
    spans = []
    for section in home:
        tonic = Key.parse(section.key).tonic_class
        starts = [score.bar_tick(event.bar, event.beat) for event in section.chords]
        ends = [*starts[1:], score.bar_tick(section.end_bar)]
        for event, start, end in zip(section.chords, starts, ends, strict=True):
            try:
                chord = Chord.parse(event.symbol)
            except BadInput:
                continue
            times = [score.seconds_at(tick) * stretch + latency_s for tick in (start, end)]
            degrees = tuple((pc - tonic) % 12 for pc in chord.pitch_classes)
            spans.append(Span(times[0], times[1], degrees, (chord.bass_class - tonic) % 12))
    return spans


def mean_between(chroma: Chroma, start_s: float, end_s: float) -> Profile:
    """Mean chroma [12] between two times in seconds; zeros beyond the end."""
    first, last = round(start_s / HARMONY.hop_s), max(round(start_s / HARMONY.hop_s) + 1, round(end_s / HARMONY.hop_s))
    part = chroma[:, max(first, 0) : max(last, 1)]
    return part.mean(axis=1) if part.shape[1] else np.zeros(12)


def unit(vector: Profile) -> Profile:
    """A profile less its mean, at length one; zeros where it is flat."""
    centred = vector - vector.mean()
    length = float(np.linalg.norm(centred))
    return np.asarray(centred / length if length > 1e-12 else centred * 0)


def weigh(spans: list[Span], harmony: Chroma, bass: Chroma, asked: Key) -> Evidence:
    """Compare what sounds with the written degrees from all twelve tonics, and the mode on the best one."""
    chords, roots, total = np.zeros(12), np.zeros(12), np.zeros(12)
    for span in spans:
        length = span.end_s - span.start_s
        sound, low = mean_between(harmony, span.start_s, span.end_s), mean_between(bass, span.start_s, span.end_s)
        wanted = np.zeros(12)
        wanted[list(span.degrees)] = 1.0
        expected, heard, heard_low = unit(wanted), unit(sound), unit(low)
        for shift in range(12):
            turn = asked.tonic_class + shift
            chords[shift] += length * float(heard @ np.roll(expected, turn))
            roots[shift] += length * float(heard_low[(span.bass + turn) % 12])
        total += length * sound / max(float(sound.sum()), 1e-12)
    seconds = sum(span.end_s - span.start_s for span in spans) or 1.0
    tonics = (chords + 0.7 * roots) / seconds
    best = asked.tonic_class + int(np.argmax(tonics))
    return Evidence(tonics, mode_fits(total, best), mode_fits(_played_only(total), best))


def _played_only(profile: Profile) -> Profile:
    """A profile [12] less the fifth partials in it: those of a minor key's distorted power chords are no major thirds."""
    return np.maximum(profile - _FIFTH_PARTIAL * np.roll(profile, 4), 0.0)


def mode_fits(profile: Profile, tonic: int) -> dict[str, float]:
    """Share of a pitch-class profile [12] that lies in each mode on a tonic."""
    whole = max(float(profile.sum()), 1e-12)
    return {mode: float(profile[[(tonic + step) % 12 for step in steps]].sum()) / whole for mode, steps in MODES.items()}


def _rival(fits: dict[str, float], asked: Key) -> str | None:
    """The best mode where it is of the other gender and fits clearly better; minor and major alike may borrow within their family."""
    is_major = asked.mode in _MAJOR_FAMILY
    best = max(fits, key=lambda mode: fits[mode])
    return best if (best in _MAJOR_FAMILY) != is_major and fits[best] > fits[asked.mode] + MODE_MARGIN else None


def _heard_mode(evidence: Evidence, asked: Key) -> str:
    """The asked mode unless a rival wins with the partials and without them."""
    rival = _rival(evidence.fits, asked)
    return rival if rival and _rival(evidence.fits_played, asked) else asked.mode


def check_key(heard: Heard, score: Score, asked: Asked, fit: Fit | None) -> Check | None:
    """The key check; absent where no part is pitched or the score has no chords."""
    if heard.harmony is None or heard.bass is None or heard.harmony.sum() <= 0:
        return None
    spans = _spans(score, fit, asked.tempo_bpm)
    if not spans:
        return None
    evidence = weigh(spans, heard.harmony, heard.bass, asked.key)
    mode = _heard_mode(evidence, asked.key)
    found = asked.key if evidence.shift == 0 else asked.key.transpose(evidence.shift)
    measured = Key(found.tonic, mode) if mode != asked.key.mode else found
    runner_up = float(np.sort(evidence.tonics)[-2])
    return Check(
        name="key",
        asked=str(asked.key),
        measured=str(measured),
        relation=Relation.WITHIN,
        passed=evidence.shift == 0 and mode == asked.key.mode,
        how="notes and bass of the pitched stems at each written chord of the home-key sections, against its scale degrees laid out from "
        f"all twelve tonics (best {evidence.tonics.max():.2f}, next {runner_up:.2f}); then the asked mode against the others on that tonic "
        f"({evidence.fits[asked.key.mode]:.0%} of the sound lies in it)",
    )
