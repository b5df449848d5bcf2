"""What was heard of one song beside what is true of it. Each figure by the usual measure of its field (mir_eval)."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import mir_eval
import numpy as np
import numpy.typing as npt

from contracts.errors import BadInput
from contracts.features import Features, HeardLine
from tests.evaluation.ears_truth import Line, SongTruth, harte, plain_key

Array = npt.NDArray[np.float64]
TEMPO_SHARE = 0.04
OCTAVES = (1.0, 2.0, 0.5, 3.0, 1 / 3)
SWING_WITHIN = 0.2
DRUM_WITHIN_S, NOTE_WITHIN_S = 0.05, 0.1
TUNED_WITHIN_CENTS = 10.0
SURE = 0.5
"""A family counts as heard from this confidence on."""
FAMILIES = {
    "voice": "vocal", "voices": "vocal", "vocals": "vocal", "choir": "vocal", "piano": "keys", "organ": "keys", "percussion": "drums",
    "synths": "synth", "woodwind": "winds", "woodwinds": "winds", "wind": "winds", "guitars": "guitar", "mallet": "mallets",
}  # fmt: skip


@dataclass
class Scored:
    """One song: figures 0–1 by name (absent where there is nothing to measure), players counted, and what was heard in words."""

    number: int
    style: str
    figures: dict[str, float] = field(default_factory=dict)
    heard: dict[str, str] = field(default_factory=dict)
    players: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    """Family -> (plays, is heard)."""
    seconds: float = 0.0
    length_s: float = 0.0


def score_song(number: int, truth: SongTruth, heard: Features, seconds: float = 0.0) -> Scored:
    """Measure one song."""
    scored = Scored(number, truth.style, seconds=seconds, length_s=heard.duration_s)
    _pulse(scored, truth, heard)
    _harmony(scored, truth, heard)
    _form(scored, truth, heard)
    _drums(scored, truth, heard)
    _lines(scored, truth, heard)
    _character(scored, truth, heard)
    return scored


def _pulse(scored: Scored, truth: SongTruth, heard: Features) -> None:
    """Tempo (4 %), beats and downbeats (70 ms, from 5 s on, as MIREX does; nothing after the last bar line), meter, swing."""
    figures, bpm = scored.figures, heard.tempo_bpm.value if heard.tempo_bpm else 0.0
    figures["tempo Acc1"] = float(abs(bpm - truth.tempo_bpm) <= TEMPO_SHARE * truth.tempo_bpm)
    figures["tempo Acc2"] = float(any(abs(bpm - o * truth.tempo_bpm) <= TEMPO_SHARE * o * truth.tempo_bpm for o in OCTAVES))
    scored.heard["tempo"] = f"{bpm:.2f} for {truth.tempo_bpm:g}"
    for name, asked, found in (("beats F", truth.beats_s, heard.beats_s), ("downbeats F", truth.downbeats_s, heard.downbeats_s)):
        estimate = np.array([time for time in found if time < truth.music_s - 0.07])
        figures[name] = float(mir_eval.beat.f_measure(mir_eval.beat.trim_beats(asked), mir_eval.beat.trim_beats(estimate)))
    figures["beats F, any level"] = max(_levels(truth.beats_s, heard, truth.music_s))
    figures["meter"] = float(heard.meter == truth.meter)
    scored.heard["meter"] = f"{heard.meter} for {truth.meter}"
    if truth.swing:
        division, ratio = truth.swing
        said = heard.swing or None
        found_ratio = said.ratio if said else 1.0
        same = not said or said.division == division or max(found_ratio, ratio) < 1 + SWING_WITHIN
        figures["swing"] = float(same and abs(found_ratio - ratio) <= SWING_WITHIN)
        scored.heard["swing"] = f"{said.division if said else '–'}: {found_ratio:.2f} for {division}: {ratio:.2f}"


def _levels(beats_s: Array, heard: Features, end_s: float) -> list[float]:
    """F against the beats, twice and half as many, and those between them."""
    halves = np.sort(np.concatenate([beats_s, beats_s[:-1] + np.diff(beats_s) / 2])) if len(beats_s) > 1 else beats_s
    estimate = mir_eval.beat.trim_beats(np.array([time for time in heard.beats_s if time < end_s - 0.07]))
    grids = (beats_s, halves, beats_s[::2], beats_s[1::2], halves[1::2])
    return [float(mir_eval.beat.f_measure(mir_eval.beat.trim_beats(grid), estimate)) for grid in grids]


def _harmony(scored: Scored, truth: SongTruth, heard: Features) -> None:
    """Key by MIREX's weights; chords by root and triad, by time (of songs in bare fifths the root only); tuning: all stand at 440 Hz."""
    if heard.key:
        scored.figures["key"] = float(mir_eval.key.weighted_score(truth.key, plain_key(heard.key)))
    else:
        scored.figures["key"] = 0.0
    scored.heard["key"] = f"{heard.key} for {truth.key}"
    intervals, labels = _heard_chords(heard, truth.music_s)
    figures = mir_eval.chord.evaluate(*truth.chords, intervals, labels)
    scored.figures["chords root"] = float(figures["root"])
    if any(label.endswith((":maj", ":min")) for label in truth.chords[1]):
        scored.figures["chords majmin"] = float(figures["majmin"])
    if heard.tuning_cents:
        scored.figures["tuning"] = float(abs(heard.tuning_cents.value) <= TUNED_WITHIN_CENTS)
        scored.heard["tuning"] = f"{heard.tuning_cents.value:+.1f} cents"


def _heard_chords(heard: Features, end_s: float) -> tuple[Array, list[str]]:
    spans = [(c.start_s, min(c.end_s, end_s), _symbol(c.symbol)) for c in heard.chords if min(c.end_s, end_s) > c.start_s + 1e-6]
    filled: list[tuple[float, float, str]] = []
    for start, end, label in spans:
        last = filled[-1][1] if filled else 0.0
        if start > last + 1e-6:
            filled.append((last, start, "N"))
        if end > max(start, last) + 1e-6:
            filled.append((max(start, last), end, label))
    if not filled:
        filled = [(0.0, end_s, "N")]
    return np.array([(a, b) for a, b, _ in filled]), [label for _, _, label in filled]


def _symbol(symbol: str) -> str:
    try:
        return harte(symbol)
    except BadInput:
        return "X"


def _form(scored: Scored, truth: SongTruth, heard: Features) -> None:
    """Borders between sections (not the ends), and which spans share a name."""
    spans, labels = truth.sections
    edges = [0.0, *(b for b in heard.boundaries_s if 0.0 < b < truth.music_s), truth.music_s]
    found = np.array(list(pairwise(edges)))
    if len(spans) > 1:
        for window in (0.5, 3.0):
            *_, f = mir_eval.segment.detection(spans, found, window=window, trim=True)
            scored.figures[f"borders F {window:g} s"] = float(f)
    names = [_name_at(heard, (a + b) / 2) for a, b in found]
    *_, f = mir_eval.segment.pairwise(spans, labels, found, names)
    scored.figures["labels F"] = float(f)
    wanted, given = ([_label_at(part, t) for t in np.arange(0.5, truth.music_s, 1.0)] for part in ((spans, labels), _functions(heard)))
    if any(given):
        scored.figures["functions"] = float(np.mean([a == b for a, b in zip(wanted, given, strict=True)]))


def _name_at(heard: Features, time: float) -> str:
    section = next((one for one in heard.sections if one.start_s <= time < one.end_s), None)
    return (section.letter or section.label) if section else f"at {time:.2f}"


def _functions(heard: Features) -> tuple[Array, list[str]]:
    return np.array([(one.start_s, one.end_s) for one in heard.sections]).reshape(-1, 2), [one.label for one in heard.sections]


def _label_at(part: tuple[Array, list[str]], time: float) -> str:
    spans, labels = part
    return next((label for (a, b), label in zip(spans, labels, strict=True) if a <= time < b), "")


def _drums(scored: Scored, truth: SongTruth, heard: Features) -> None:
    """Strokes within 50 ms. Where no drums play, any that are heard are wrong."""
    for name, asked in truth.drums.items():
        voice = heard.drums.voices.get(name) if heard.drums else None
        found = np.array(voice.strokes_s if voice else ())
        if not len(asked):
            if not any(map(len, truth.drums.values())):
                scored.figures["no drums"] = min(scored.figures.get("no drums", 1.0), float(len(found) < truth.music_s / 10))
            continue
        if name == "hat":
            found = _without_either(found, asked, truth.either_s)
        hits = len(mir_eval.util.match_events(asked, found, DRUM_WITHIN_S)) if len(found) else 0
        scored.figures[f"{name} F"] = 2 * hits / (len(asked) + len(found))


def _without_either(found: Array, asked: Array, either: Array) -> Array:
    """Strokes that are not at a ride or shaker, or are at a hat as well."""

    def near(times: Array) -> npt.NDArray[np.bool_]:
        if not len(times) or not len(found):
            return np.zeros(len(found), bool)
        return np.asarray(np.abs(found[:, None] - times[None, :]).min(axis=1) <= DRUM_WITHIN_S)

    return found[near(asked) | ~near(either)]


def _lines(scored: Scored, truth: SongTruth, heard: Features) -> None:
    """Notes with onset within 100 ms and the pitch within a quarter tone, and the same whatever the octave."""
    for name, asked, found in (("bass", truth.bass, heard.bass), ("melody", truth.melody, heard.melody)):
        if len(asked[1]) < 4:
            continue
        scored.figures[f"{name} F"] = _notes_f(asked, found, classes=False)
        scored.figures[f"{name} F, any octave"] = _notes_f(asked, found, classes=True)


def _notes_f(asked: Line, found: HeardLine | None, *, classes: bool) -> float:
    notes = [note for note in found.notes if note[1] > 0] if found else []
    if not notes:
        return 0.0
    spans = np.array([(start, start + duration) for start, duration, _ in notes])
    pitches = np.array([float(pitch) for *_, pitch in notes])
    wanted = asked[1]
    if classes:
        pitches, wanted = pitches % 12 + 60, wanted % 12 + 60
    hz = [440.0 * 2 ** ((p - 69) / 12) for p in (wanted, pitches)]
    *_, f, _ = mir_eval.transcription.precision_recall_f1_overlap(
        asked[0], hz[0], spans, hz[1], onset_tolerance=NOTE_WITHIN_S, offset_ratio=None
    )
    return float(f)


def _character(scored: Scored, truth: SongTruth, heard: Features) -> None:
    """Families one by one; genre among the first one and three guesses."""
    found = {FAMILIES.get(one.value, one.value) for one in heard.families if one.confidence >= SURE}
    scored.players = {name: (name in truth.families, name in found) for name in truth.families | found}
    scored.heard["families"] = f"{sorted(found)} for {sorted(truth.families)}"
    guesses = [guess.value for guess in heard.genres]
    if guesses:
        scored.figures["genre first"] = float(guesses[0] == truth.style)
        scored.figures["genre in three"] = float(truth.style in guesses[:3])
    scored.heard["genre"] = f"{', '.join(guesses[:3]) or '–'} for {truth.style}"
