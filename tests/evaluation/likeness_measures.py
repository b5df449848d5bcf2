"""How like its reference a song is: tempo, key, meter, form, groove, players, energy, loudness, width, tone, and whose tune it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from contracts.features import Features
from contracts.music import Key, Score
from contracts.music.score import Role
from services.music.audio.loudness import integrated_lufs, short_term_lufs
from services.music.audio.spectrum import REACH, TONE_HZ, empty_bands_hz, is_full_record, stereo_spectrum, third_octave_spectrum
from services.music.packs.instruments import instruments
from services.music.references.figures import Tune, line_written, tune_from, tune_of
from services.music.references.pairing import key_sections, places, plain_label
from services.qa.checks.similarity import MOST_EMPTY_BANDS, tone_correlation

Array = NDArray[np.float64]
Audio = NDArray[np.float32]
VOICES = {"kick": (35, 36), "snare": (38, 40, 37, 39), "hat": (42, 44, 46, 51, 53, 59)}
STEP = 240
POINTS = 48
_LEADS = (Role.MELODY, Role.VOCAL, Role.COUNTER)
_NO_FAMILY = ("fx", "tuned_percussion")


@dataclass(frozen=True)
class Reference:
    """What is known of a reference: what was heard, and its score where it is one of our own songs."""

    name: str
    style: str
    heard: Features
    score: Score | None = None


@dataclass(frozen=True)
class Likeness:
    """One song beside its reference. `figures` by name; what does not apply is missing. `sections`: similarity by key section."""

    name: str
    style: str
    with_reference: bool
    figures: dict[str, float]
    sections: dict[str, float] = field(default_factory=dict)
    judged: dict[str, float] = field(default_factory=dict)
    bars: str = ""


def measure(reference: Reference, score: Score, master: Audio, rate: int, *, with_reference: bool) -> Likeness:
    """All measures of one song."""
    heard = reference.heard
    figures: dict[str, float] = {}
    tempo = reference.score.tempo_bpm if reference.score else heard.tempo_bpm.value if heard.tempo_bpm else None
    if tempo:
        figures["tempo within 4 %"] = float(abs(score.tempo_bpm / tempo - 1) < 0.04)
        figures["tempo, any octave"] = float(any(abs(score.tempo_bpm * octave / tempo - 1) < 0.04 for octave in (0.5, 1, 2)))
    key = reference.score.key if reference.score else heard.key
    if key:
        figures["key"] = float(_same_key(Key.parse(key), score.key_value))
    meter = reference.score.meter if reference.score else heard.meter
    if meter:
        figures["meter"] = float(meter == score.meter)
    figures |= _form(reference, score) | _groove(reference, score) | _players(reference, score)
    loud = integrated_lufs(master, rate)
    if len(heard.energy_curve) >= 8:
        figures["energy curve r"] = _curves(np.asarray(heard.energy_curve), np.asarray(short_term_lufs(master, rate)))
    if heard.loudness_lufs:
        figures["loudness apart, LU"] = abs(loud - heard.loudness_lufs.value)
    figures |= _width(heard, master, rate)
    tone = _tone(heard, score, master, rate)
    judged = {name: value for name, (value, judges) in tone.items() if judges}
    if tone:
        figures["tone, whole record"] = tone["whole record"][0]
    if len(judged) > 1:
        figures["tone, worst judged section"] = min(value for name, value in judged.items() if name != "whole record")
        figures["sections judged ≥ .85"] = float(np.mean([value >= 0.85 for name, value in judged.items() if name != "whole record"]))
    figures |= _tunes(reference, score)
    bars = " ".join(f"{section.label}:{section.bars}" for section in score.sections.values())
    return Likeness(reference.name, reference.style, with_reference, figures, {n: v for n, (v, _) in tone.items()}, judged, bars)


def _same_key(theirs: Key, ours: Key) -> bool:
    return theirs.tonic_class == ours.tonic_class and theirs.is_minor == ours.is_minor


def _spans(reference: Reference) -> list[tuple[float, float, str]]:
    """(start, end, label) of the reference's sections in seconds, the truth where there is one."""
    if reference.score:
        return [(p.start_s, p.end_s, plain_label(p.label)) for p in places(reference.score)]
    return [(s.start_s, s.end_s, plain_label(s.label)) for s in reference.heard.sections]


def _form(reference: Reference, score: Score) -> dict[str, float]:
    """Borders at the same share of the song (within 4 %), as F, and the number of sections' bars in common."""
    theirs, ours = _spans(reference), [(p.start_s, p.end_s, plain_label(p.label)) for p in places(score)]
    if len(theirs) < 2 or len(ours) < 2:
        return {}
    mine = np.array([start for start, _, _ in ours[1:]]) / ours[-1][1]
    other = np.array([start for start, _, _ in theirs[1:]]) / theirs[-1][1]
    found = sum(np.abs(other - at).min() < 0.04 for at in mine)
    met = sum(np.abs(mine - at).min() < 0.04 for at in other)
    precision, recall = found / len(mine), met / len(other)
    figures = {"form borders F": 2 * precision * recall / max(precision + recall, 1e-9)}
    if reference.score:
        bars = [Counter(s.bars for s in song.sections.values()) for song in (reference.score, score)]
        figures["bars per section in common"] = sum((bars[0] & bars[1]).values()) / max(sum(bars[0].values()), sum(bars[1].values()))
    return figures


def pattern(score: Score) -> Array | None:
    """Share of bars with a stroke per sixteenth, kick, snare and hat after each other; None without drums."""
    steps = score.meter_value.ticks_per_bar // STEP
    if "drums" not in score.parts or not score.parts["drums"].notes:
        return None
    played: dict[tuple[str, int], set[int]] = {}
    bars: set[int] = set()
    for note in score.parts["drums"].notes:
        step = round(note.start / STEP)
        bars.add(step // steps)
        for voice, keys in VOICES.items():
            if note.pitch in keys:
                played.setdefault((voice, step % steps), set()).add(step // steps)
    return np.array([len(played.get((voice, step), ())) / len(bars) for voice in VOICES for step in range(steps)])


def _groove(reference: Reference, score: Score) -> dict[str, float]:
    """Correlation of the drum patterns; the reference's from its score, else as heard."""
    ours = pattern(score)
    theirs = pattern(reference.score) if reference.score else heard_pattern(reference.heard)
    if ours is None or theirs is None:
        return {"drums or none alike": float((ours is None) == (theirs is None))}
    if ours.size != theirs.size or not ours.std() or not theirs.std():
        return {}
    return {"groove r": float(np.corrcoef(ours, theirs)[0, 1]), "drums or none alike": 1.0}


def heard_pattern(heard: Features) -> Array | None:
    if heard.drums is None or not heard.drums.voices:
        return None
    rows = [heard.drums.voices[name].pattern if name in heard.drums.voices else () for name in VOICES]
    return np.concatenate([np.asarray(row) if row else np.zeros(heard.drums.steps_per_bar) for row in rows])


def _families(score: Score) -> set[str]:
    entries = instruments()
    found = {entries[part.instrument].family for part in score.parts.values() if part.notes and part.instrument in entries}
    return found - set(_NO_FAMILY)


def _players(reference: Reference, score: Score) -> dict[str, float]:
    """Families of instruments in common over those of either."""
    theirs = _families(reference.score) if reference.score else {g.value for g in reference.heard.families if g.confidence >= 0.5}
    ours = _families(score)
    return {"families in common": len(theirs & ours) / max(len(theirs | ours), 1)} if theirs else {}


def _curves(theirs: Array, ours: Array) -> float:
    """Correlation of two loudness curves over the same shares of their songs; silence counts as 30 LU under the loudest."""

    def drawn(curve: Array) -> Array:
        level = np.maximum(np.where(np.isfinite(curve), curve, -120.0), np.max(curve) - 30)
        return np.interp(np.linspace(0, 1, POINTS), np.linspace(0, 1, level.size), level)

    one, other = drawn(theirs), drawn(ours)
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 0.05 and other.std() > 0.05 else 0.0


def _width(heard: Features, master: Audio, rate: int) -> dict[str, float]:
    """Mean distance of side over middle from 200 Hz to 8 kHz, dB; what lies under -40 dB is mono."""
    if not heard.side_db:
        return {}
    centres, _, sides = stereo_spectrum(master, rate)
    inside = (centres >= 200) & (centres <= 8000)
    theirs = np.interp(np.log2(centres[inside]), np.log2(np.asarray(heard.spectrum_hz)), np.asarray(heard.side_db))
    return {"width apart, dB": float(np.mean(np.abs(np.maximum(theirs, -40) - np.maximum(sides[inside], -40))))}


def _tone(heard: Features, score: Score, master: Audio, rate: int) -> dict[str, tuple[float, bool]]:
    """Similarity of the whole record and of each key section, and whether it judges."""
    if not heard.spectrum_hz:
        return {}
    at = {place.id: place for place in places(score)}
    stretches = {"whole record": (master, heard.spectrum_db)}
    for key in key_sections(heard, score):
        pieces = [master[:, round(at[name].start_s * rate) : round(at[name].end_s * rate)] for name in key.ours]
        stretches[key.name] = (np.concatenate(pieces, axis=1), key.spectrum_db)
    found = {}
    for name, (audio, spectrum) in stretches.items():
        centres, level = third_octave_spectrum(audio, rate)
        inside = (centres >= TONE_HZ[0]) & (centres <= min(TONE_HZ[1], REACH * heard.sample_rate_hz))
        theirs = np.interp(np.log2(centres), np.log2(np.asarray(heard.spectrum_hz)), np.asarray(spectrum))
        judges = is_full_record(centres[inside], theirs[inside]) and len(empty_bands_hz(centres, level)) <= MOST_EMPTY_BANDS
        found[name] = (tone_correlation(centres[inside], level[inside], theirs[inside]), bool(judges))
    return found


def _tunes(reference: Reference, score: Score) -> dict[str, float]:
    """Figures of twelve notes that our leads share with the tune that was heard, and with the reference's true one."""
    lines = [line_written(part.notes) for part in score.parts.values() if part.role in _LEADS]
    figures = {"shared figures, as heard": float(_shared(tune_of(reference.heard), lines))}
    if reference.score:
        theirs = [line_written(p.notes) for p in reference.score.parts.values() if p.role in (*_LEADS, Role.BASS)]
        figures["shared figures, in truth"] = float(_shared(tune_from(theirs), lines))
    return figures


def _shared(tune: Tune, lines: list[list[tuple[float, int]]]) -> int:
    return sum(len(tune.shared(line)) for line in lines)


def changes_per_bar(score: Score) -> float:
    """Chord changes per bar."""
    return sum(a.symbol != b.symbol for a, b in pairwise(score.chord_events())) / max(score.bars, 1)
