"""The tone of what is heard: third octaves of the whole and of each section, and how wide each register is."""

import numpy as np
import numpy.typing as npt

from contracts.features import BandWidth, HeardSection
from services.analyzer.reading import Recording
from services.music.audio.band_frames import BandFrames, band_frames
from services.music.audio.spectrum import FLOOR_DB

Floats = npt.NDArray[np.float64]
REGISTERS_HZ = ((20.0, 120.0), (120.0, 500.0), (500.0, 2000.0), (2000.0, 8000.0), (8000.0, 20_000.0))
"""Where width is told: sub and bass, low middle, middle, presence, air."""


def hear_tone(recording: Recording) -> BandFrames:
    """The bands of a recording over time."""
    return band_frames(recording.audio, recording.rate_hz)


def centroid_hz(frames: BandFrames) -> float:
    """Centre of the spectrum: mean of the band centres by power."""
    level = frames.level_db()
    power = 10 ** (level / 10) * (level > FLOOR_DB)
    return float((frames.centres_hz * power).sum() / max(float(power.sum()), 1e-12))


def side_db(frames: BandFrames) -> tuple[float, ...]:
    """Side over middle per third octave, dB; -120 where the channels are alike or nothing sounds."""
    middle, side = frames.middle.mean(axis=0), frames.side.mean(axis=0)
    ratio = 10 * np.log10(np.clip(side / np.maximum(middle, 1e-20), 10 ** (FLOOR_DB / 10), 1e4))
    return tuple(round(float(db), 2) for db in np.where(frames.level_db() > FLOOR_DB, ratio, FLOOR_DB))


def hear_widths(frames: BandFrames) -> tuple[BandWidth, ...]:
    """Correlation of left and right and side over middle in each register in which something sounds."""
    found = []
    for low_hz, high_hz in REGISTERS_HZ:
        inside = (frames.centres_hz >= low_hz) & (frames.centres_hz < high_hz)
        middle, side, cross = (float(rows.mean(axis=0)[inside].sum()) for rows in (frames.middle, frames.side, frames.cross))
        left, right = (middle + side) / 2 + cross, (middle + side) / 2 - cross
        if min(left, right) <= 1e-14:
            continue
        correlation = float(np.clip((middle - side) / 2 / np.sqrt(left * right), -1.0, 1.0))
        width = 10 * np.log10(np.clip(side / max(middle, 1e-20), 10 ** (FLOOR_DB / 10), 1e4))
        found.append(BandWidth(low_hz=low_hz, high_hz=high_hz, correlation=round(correlation, 3), side_db=round(float(width), 2)))
    return tuple(found)


def with_spectra(sections: tuple[HeardSection, ...], frames: BandFrames) -> tuple[HeardSection, ...]:
    """Sections with the third-octave spectrum of each."""
    toned = []
    for section in sections:
        level = frames.level_db(frames.between(section.start_s, section.end_s))
        toned.append(section.model_copy(update={"spectrum_db": tuple(round(float(db), 2) for db in level)}))
    return tuple(toned)
