"""The similarity check: has the record the tone of the reference?

Correlation of the two third-octave spectra, 60 Hz to 12 kHz, after each one's straight-line tilt is removed: what is left is
the character, not the brightness. It judges where both are full records. A solo trumpet has no bass to match, and a band that
imitated it would be a bad record; a string quartet has none that an equaliser could raise. There the number only informs.
"""

import numpy as np
import numpy.typing as npt

from contracts.features import Features
from contracts.report import Check, Relation
from services.music.audio.spectrum import REACH, TONE_HZ, is_full_record, third_octave_spectrum
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


def check_similarity(heard: Heard, asked: Asked) -> tuple[Check | None, float | None]:
    """The check, and the similarity to inform where one of the two is no full record."""
    found = compare(heard, asked.reference) if asked.reference else None
    if found is None:
        return None, None
    value, judges = round(found[0], 3), found[1] and asked.empty_bands <= MOST_EMPTY_BANDS
    if not judges:
        return None, value
    check = Check(
        name="similarity",
        asked=LEAST_SIMILARITY,
        measured=value,
        relation=Relation.AT_LEAST,
        passed=value >= LEAST_SIMILARITY,
        how="correlation of the third-octave spectra of master.wav and the reference, 60 Hz–12 kHz, tilt removed",
    )
    return check, value
