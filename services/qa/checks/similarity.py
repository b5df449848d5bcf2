"""The similarity check: has the record the tone of the reference, as a whole and in each section that the reference is known by?

Correlation of the two third-octave spectra, 60 Hz to 12 kHz, after each one's straight-line tilt is removed: what is left is
the character, not the brightness. It judges where both are full records. A solo trumpet has no bass to match, and a band that
imitated it would be a bad record; a string quartet has none that an equaliser could raise. There the number only informs.
A section judges where the reference's is a full record and ours has players in all registers.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.features import Features
from contracts.music.score import Score
from contracts.report import Check, Relation
from services.music.audio.spectrum import REACH, TONE_HZ, empty_bands_hz, is_full_record, third_octave_spectrum
from services.music.references.pairing import key_sections, places
from services.qa.asked import Asked
from services.qa.listening import Heard

Bands = npt.NDArray[np.float64]
LEAST_SIMILARITY = 0.85
MOST_EMPTY_BANDS = 2
"""Third octaves in which a full mix may have next to nothing: measured 0 with a band, 3 and 4 without bass and drums."""


def without_tilt(centres_hz: Bands, level_db: Bands) -> Bands:
    """Levels minus their straight line over octaves."""
    octaves = np.log2(centres_hz)
    return np.asarray(level_db - np.polyval(np.polyfit(octaves, level_db, 1), octaves))


def tone_correlation(centres_hz: Bands, one_db: Bands, other_db: Bands) -> float:
    """Correlation of two third-octave curves on the same centres after tilt removal, −1 to 1."""
    one, other = without_tilt(centres_hz, one_db), without_tilt(centres_hz, other_db)
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size > 1e-9 else 0.0


def compare(heard: Heard, reference: Features) -> tuple[float, bool] | None:
    """(similarity, whether it judges); None where the reference has no spectrum."""
    if not reference.spectrum_hz:
        return None
    centres, level = third_octave_spectrum(heard.audio, heard.rate_hz)
    inside = (centres >= TONE_HZ[0]) & (centres <= min(TONE_HZ[1], REACH * reference.sample_rate_hz))
    centres, level = centres[inside], level[inside]
    if len(centres) < 8:
        return None
    theirs = np.interp(np.log2(centres), np.log2(np.asarray(reference.spectrum_hz)), np.asarray(reference.spectrum_db))
    return tone_correlation(centres, level, theirs), is_full_record(centres, theirs)


@dataclass(frozen=True)
class SectionTone:
    """How near one key section of the reference and ours that answer to it are."""

    name: str
    ours: tuple[str, ...]
    value: float
    judges: bool


def compare_sections(heard: Heard, reference: Features, score: Score) -> tuple[SectionTone, ...]:
    """Each key section of the reference beside ours; empty where its form was not heard."""
    at = {place.id: place for place in places(score)}
    found = []
    for key in key_sections(reference, score):
        spans = [heard.audio[:, round(at[n].start_s * heard.rate_hz) : round(at[n].end_s * heard.rate_hz)] for n in key.ours]
        centres, level = third_octave_spectrum(np.concatenate(spans, axis=1), heard.rate_hz)
        inside = (centres >= TONE_HZ[0]) & (centres <= min(TONE_HZ[1], REACH * reference.sample_rate_hz))
        if inside.sum() < 8:
            continue
        theirs = np.interp(np.log2(centres), np.log2(np.asarray(reference.spectrum_hz)), np.asarray(key.spectrum_db))
        value = tone_correlation(centres[inside], level[inside], theirs[inside])
        full = is_full_record(centres[inside], theirs[inside]) and len(empty_bands_hz(centres, level)) <= MOST_EMPTY_BANDS
        found.append(SectionTone(key.name, key.ours, round(value, 3), full))
    return tuple(found)


def check_similarity(heard: Heard, asked: Asked, score: Score) -> tuple[Check | None, dict[str, float] | None]:
    """The check, whose value is the worst of whole record and sections, and every similarity by name to inform."""
    found = compare(heard, asked.reference) if asked.reference else None
    if found is None or asked.reference is None:
        return None, None
    sections = compare_sections(heard, asked.reference, score)
    told = {"whole record": round(found[0], 3)} | {tone.name: tone.value for tone in sections}
    if not found[1] or asked.empty_bands > MOST_EMPTY_BANDS:
        return None, told
    judged = {"whole record": told["whole record"]} | {tone.name: tone.value for tone in sections if tone.judges}
    worst = min(judged, key=lambda name: judged[name])
    rest = [f"{tone.name} {tone.value:.3f} informs: no full record" for tone in sections if not tone.judges]
    check = Check(
        name="similarity",
        asked=LEAST_SIMILARITY,
        measured=judged[worst],
        relation=Relation.AT_LEAST,
        passed=judged[worst] >= LEAST_SIMILARITY,
        how="correlation of the third-octave spectra of master.wav and the reference, 60 Hz–12 kHz, tilt removed: the worst of the "
        "whole record and of each section that the reference is known by",
        note="; ".join([f"{name} {value:.3f}" for name, value in judged.items()] + rest) if sections else None,
    )
    return check, told
