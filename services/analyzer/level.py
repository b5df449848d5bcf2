"""How loud what is heard is: integrated, loudest three seconds and 400 ms, range, true peak, crest, and the curve over time."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.features import Measured
from services.analyzer.reading import Recording
from services.music.audio.levels import correlation, crest_db
from services.music.audio.loudness import MOMENTARY_S, SHORT_TERM_S, block_energies, gated_lufs, loudness_of, range_of, window_means
from services.music.audio.true_peak import true_peak_dbtp

SILENT_DBFS = -70.0


@dataclass(frozen=True)
class Level:
    """Short-term loudness in LUFS, one window of 3 s a second, -inf in silence; and the fields of Features that tell level."""

    short_term_lufs: npt.NDArray[np.float64]
    fields: dict[str, object]


def measured(value: float, unit: str, confidence: float = 1.0, digits: int = 2) -> Measured | None:
    """A number with its unit; None where it is infinite or no number."""
    return Measured(value=round(value, digits), unit=unit, confidence=round(confidence, 3)) if math.isfinite(value) else None


def hear_level(recording: Recording) -> Level:
    """Loudness (BS.1770-4, EBU Tech 3341 and 3342), true peak, crest and correlation of a recording."""
    audio, rate = recording.audio, recording.rate_hz
    energies = block_energies(audio, rate)
    short = loudness_of(window_means(energies, SHORT_TERM_S, 1.0))
    most_short = float(loudness_of(window_means(energies, SHORT_TERM_S, 0.1)).max(initial=-math.inf))
    most_momentary = float(loudness_of(window_means(energies, MOMENTARY_S, 0.1)).max(initial=-math.inf))
    fields: dict[str, object] = {
        "loudness_lufs": measured(gated_lufs(energies), "LUFS"),
        "loudness_max_s_lufs": measured(most_short, "LUFS"),
        "loudness_max_m_lufs": measured(most_momentary, "LUFS"),
        "loudness_range_lu": measured(range_of(energies), "LU") if recording.duration_s >= SHORT_TERM_S else None,
        "true_peak_dbtp": measured(true_peak_dbtp(audio, rate), "dBTP"),
        "crest_db": measured(crest_db(audio), "dB"),
        "stereo_correlation": measured(correlation(audio), "", 1.0 if recording.channels > 1 else 0.0, 3),
        "energy_curve": tuple(round(max(float(value), SILENT_DBFS), 1) for value in short),
    }
    return Level(short, fields)
