"""What is measured of a finished record. Each figure says what it is; nothing here decides how a mix is made.

**Within the corridor.** The long-term spectrum of the delivered master: Hann frames of 0.34 s, half overlapped, of the stretches that sound
(frames within 30 dB of the loudest one), mean power of both channels per third octave, 63 Hz to 12.5 kHz (24 bands). Deviation = level −
the genre's corridor, its median between 100 Hz and 8 kHz taken out. A band below the lowest note of a song without drums is not judged, for
nobody plays there. A song is within where every judged band lies within ± 3 dB; `share` is the share of its bands that do; `smooth` is
the same verdict over three neighbouring bands taken together (one octave), which single notes of a short song sway less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyebur128
from numpy.typing import NDArray

from contracts.music import Role, Score
from services.mixer.corridor import corridor_db, deviation_db
from services.mixer.profiles import Tone
from services.music.audio.levels import clipped_samples, correlation, crest_db, decibels, low_correlation
from services.music.audio.loudness import integrated_lufs, loudness_range
from services.music.audio.spectrum import FRAME_S, band_powers
from services.music.audio.true_peak import true_peak_dbtp

Audio = NDArray[np.float32]
Bands = NDArray[np.float64]

WITHIN_DB = 3.0
ON_TARGET_LU = 0.1
LOW_CORRELATION = 0.8
NULL_DBFS = -80.0
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 13_000.0
_SOUNDS_DB = 30.0
_UNPITCHED = (Role.DRUMS, Role.PERCUSSION, Role.FX)
_LOUD, _QUIET = ("chorus", "drop", "head", "climax"), ("verse", "groove", "breakdown", "build")


@dataclass(frozen=True)
class Deviation:
    """A master against its corridor, dB per band; NaN where a band is not judged."""

    centres_hz: Bands
    level_db: Bands
    corridor_db: Bands
    deviation_db: Bands

    @property
    def share(self) -> float:
        """Share of the judged bands within the corridor."""
        judged = self.deviation_db[np.isfinite(self.deviation_db)]
        return float(np.mean(np.abs(judged) <= WITHIN_DB)) if judged.size else 1.0

    @property
    def is_within(self) -> bool:
        """Whether every judged band lies within the corridor."""
        return self.share == 1.0

    @property
    def is_within_smoothed(self) -> bool:
        """The verdict over octaves: three neighbouring bands, their powers relative to the corridor's averaged."""
        power = 10 ** (self.deviation_db / 10)
        octaves = 10 * np.log10((power[:-2] + power[1:-1] + power[2:]) / 3)
        octaves = octaves[np.isfinite(octaves)]
        return bool(np.all(np.abs(octaves - np.median(octaves)) <= WITHIN_DB)) if octaves.size else True


def sounding(audio: Audio, rate: int) -> Audio:
    """The frames within 30 dB of the loudest one, joined; all of it where it is shorter than two frames."""
    size = round(rate * FRAME_S)
    frames = audio.shape[1] // size
    if frames < 2:
        return audio
    blocks = audio[:, : frames * size].reshape(audio.shape[0], frames, size)
    power = np.mean(blocks.astype(np.float64) ** 2, axis=(0, 2))
    loud = power > power.max() * 10 ** (-_SOUNDS_DB / 10)
    return np.ascontiguousarray(blocks[:, loud].reshape(audio.shape[0], -1))


def deviation(master: Audio, rate: int, tone: Tone, lowest_hz: float = 0.0) -> Deviation:
    """A master against a corridor. `lowest_hz`: the lowest note, where no drums play below it; 0: all bands are judged."""
    centres, power = band_powers(sounding(master, rate), rate, hop=0.5)
    inside = (centres > _LOWEST_HZ) & (centres < _HIGHEST_HZ)
    centres, level = centres[inside], 10 * np.log10(np.maximum(power[inside], 1e-14))
    corridor = corridor_db(centres, tone)
    away = deviation_db(centres, level, corridor)
    return Deviation(centres, level, corridor, np.where(centres * 2 ** (1 / 6) < lowest_hz, np.nan, away))


def lowest_note_hz(score: Score) -> float:
    """Fundamental of the lowest note of a song without drums, Hz; 0 with drums."""
    pitches = [note.pitch for part in score.parts.values() if part.role not in _UNPITCHED for note in part.notes]
    drums = any(part.notes for part in score.parts.values() if part.role in (Role.DRUMS, Role.PERCUSSION))
    return 0.0 if drums or not pitches else float(440.0 * 2 ** ((min(pitches) - 69) / 12))


def second_meter(audio: Audio, rate: int) -> tuple[float, float]:
    """Integrated loudness and true peak by libebur128: (LUFS, dBTP)."""
    modes = pyebur128.MeasurementMode
    state = pyebur128.R128State(audio.shape[0], rate, modes.MODE_I | modes.MODE_TRUE_PEAK)
    interleaved = np.ascontiguousarray(audio.T, dtype=np.float64)
    state.add_frames(interleaved.ravel(), interleaved.shape[0])
    peak = max(pyebur128.get_true_peak(state, channel) for channel in range(audio.shape[0]))
    return float(pyebur128.get_loudness_global(state)), decibels(float(peak))


def null_dbfs(master: Audio, stems: dict[str, Audio]) -> float:
    """Highest magnitude of master − Σ stems, dBFS."""
    total = sum((stem.astype(np.float64) for stem in stems.values()), np.zeros(master.shape))
    return decibels(float(np.abs(master - total).max(initial=0.0)))


def contrast_lu(score: Score, audio: Audio, rate: int) -> float:
    """LU of choruses, drops and heads over verses, grooves and breakdowns; NaN where the form has not both."""
    spans: dict[bool, list[Audio]] = {True: [], False: []}
    for section in score.sections.values():
        if section.label in _LOUD + _QUIET:
            start, end = (score.seconds_at(score.bar_tick(bar)) for bar in (section.start_bar, section.end_bar))
            spans[section.label in _LOUD].append(audio[:, int(start * rate) : int(end * rate)])
    if not all(spans.values()):
        return math.nan
    loud, quiet = (integrated_lufs(np.concatenate(spans[kind], axis=1), rate) for kind in (True, False))
    return loud - quiet


def measure(master: Audio, stems: dict[str, Audio], rate: int, score: Score, tone: Tone) -> dict[str, object]:
    """All figures of a song, as JSON has them."""
    lufs, peak = integrated_lufs(master, rate), true_peak_dbtp(master, rate)
    other_lufs, other_peak = second_meter(master, rate)
    away = deviation(master, rate, tone, lowest_note_hz(score))
    mono = master.mean(axis=0, keepdims=True)
    return {
        "lufs": lufs,
        "dbtp": peak,
        "ebur128_lufs": other_lufs,
        "ebur128_dbtp": other_peak,
        "clipped": clipped_samples(master) + sum(clipped_samples(stem) for stem in stems.values()),
        "within": away.is_within,
        "smooth": away.is_within_smoothed,
        "share": away.share,
        "bands_hz": away.centres_hz.round(1).tolist(),
        "away_db": [None if math.isnan(db) else round(db, 2) for db in away.deviation_db.tolist()],
        "low_correlation": low_correlation(master, rate),
        "correlation": correlation(master),
        "null": null_dbfs(master, stems),
        "plr": peak - lufs,
        "lra": loudness_range(master, rate),
        "crest": crest_db(master),
        "mono_loss": lufs - integrated_lufs(np.repeat(mono, 2, axis=0), rate),
        "contrast": contrast_lu(score, master, rate),
    }
