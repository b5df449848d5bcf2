"""Level checks of the delivered files, by meters other than the mixer's: pyloudnorm, and a 4× resampler by soxr."""

import math
import warnings

import numpy as np
import numpy.typing as npt
import pyloudnorm
import soxr

from contracts.report import Check, Relation
from services.music.audio.levels import correlation, decibels, low_correlation
from services.qa.asked import Asked
from services.qa.listening import FULL_SCALE, Heard

Array = npt.NDArray[np.float32]
FLOOR_DB = -150.0
LOUDNESS_TOLERANCE_LU = 0.1
TRUE_PEAK_TOLERANCE_DB = 0.02
"""Two meters with different interpolation filters differ by hundredths of a dB (measured: ≤ 0.02 on finished masters)."""
CEILING_REACH_DB = 0.6
NULL_DBFS = -80.0
DC_DBFS = -60.0
_OVERSAMPLE = 4
_OVERLAP = 512
_HEADROOM = 2.0
"""An inter-sample peak more than 6 dB over its neighbourhood's sample peak does not occur in band-limited music."""


def floored_db(linear: float) -> float:
    """Decibels rounded to hundredths, not below −150."""
    return round(max(decibels(linear), FLOOR_DB), 2)


def integrated_lufs(audio: Array, rate_hz: int) -> float:
    """Integrated loudness by pyloudnorm (BS.1770-4) of audio [channels, samples]; −inf for silence or under 0.4 s."""
    if audio.shape[1] < round(0.4 * rate_hz) + 1:
        return -math.inf
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore")
        return float(pyloudnorm.Meter(rate_hz).integrated_loudness(audio.T))


def true_peak_linear(audio: Array, rate_hz: int) -> float:
    """Highest magnitude after 4× oversampling by soxr, linear. Stretches that cannot hold the peak are not resampled."""
    highest = float(np.abs(audio).max(initial=0.0))
    if highest == 0:
        return 0.0
    peak, size = highest, rate_hz // 2
    for start in range(0, audio.shape[1], size):
        block = audio[:, max(0, start - _OVERLAP) : start + size + _OVERLAP]
        if float(np.abs(block).max()) * _HEADROOM < peak:
            continue
        up = soxr.resample(np.ascontiguousarray(block.T), rate_hz, rate_hz * _OVERSAMPLE, quality="HQ")
        peak = max(peak, float(np.abs(up[_OVERLAP : len(up) - _OVERLAP or None]).max(initial=0.0)))
    return peak


def check_loudness(heard: Heard, asked: Asked, true_peak_db: float) -> Check:
    """Integrated loudness within ±0.1 LU, or below it where the ceiling limits it and the true peak does stand at the ceiling."""
    measured = max(round(integrated_lufs(heard.audio, heard.rate_hz), 3), FLOOR_DB)
    near = abs(measured - asked.target_lufs) <= LOUDNESS_TOLERANCE_LU + 1e-9
    at_ceiling = abs(true_peak_db - asked.ceiling_dbtp) <= CEILING_REACH_DB
    excused = asked.limited_by_ceiling and measured < asked.target_lufs and at_ceiling
    note = None
    if asked.limited_by_ceiling and not near:
        note = (
            "limited_by_ceiling: peaks stand at the ceiling"
            if excused
            else "said to be limited by the ceiling, but its peaks are not there"
        )
    return Check(
        name="loudness",
        asked=asked.target_lufs,
        measured=measured,
        unit="LUFS",
        tolerance=LOUDNESS_TOLERANCE_LU,
        relation=Relation.WITHIN,
        passed=near or excused,
        how="integrated loudness of master.wav by pyloudnorm (ITU-R BS.1770-4)",
        note=note,
    )


def check_true_peak(true_peak_db: float, asked: Asked) -> Check:
    """True peak of master.wav at most the ceiling."""
    return Check(
        name="true_peak",
        asked=asked.ceiling_dbtp,
        measured=true_peak_db,
        unit="dBTP",
        tolerance=TRUE_PEAK_TOLERANCE_DB,
        relation=Relation.AT_MOST,
        passed=true_peak_db <= asked.ceiling_dbtp + TRUE_PEAK_TOLERANCE_DB,
        how="highest sample of master.wav after 4× oversampling by soxr",
    )


def check_clipping(heard: Heard) -> Check:
    """No sample of the master or of a stem at full scale."""
    master = int(np.count_nonzero(np.abs(heard.audio) >= FULL_SCALE))
    stems = {name: stem.clipped for name, stem in heard.stems.items() if stem.clipped}
    return Check(
        name="clipping",
        asked=0,
        measured=master + sum(stems.values()),
        unit="samples",
        relation=Relation.AT_MOST,
        passed=not master and not stems,
        how="samples of master.wav and of every stem at 24-bit full scale",
        note=f"in {', '.join(sorted(stems))}" if stems else None,
    )


def check_dc(heard: Heard) -> Check:
    """The mean of each channel of the master below −60 dBFS."""
    measured = floored_db(float(np.abs(heard.audio.mean(axis=1, dtype=np.float64)).max(initial=0.0)))
    return Check(
        name="dc_offset",
        asked=DC_DBFS,
        measured=measured,
        unit="dBFS",
        relation=Relation.AT_MOST,
        passed=measured < DC_DBFS,
        how="mean of each channel of master.wav, the larger one",
    )


def check_correlation(heard: Heard) -> Check:
    """Left and right of the master correlate: the record survives in mono."""
    measured = round(correlation(heard.audio), 3)
    low = round(low_correlation(heard.audio, heard.rate_hz), 3)
    return Check(
        name="stereo_correlation",
        asked=0.0,
        measured=measured,
        relation=Relation.AT_LEAST,
        passed=measured > 0,
        how="correlation of left and right over the whole of master.wav",
        note=f"{low:+.2f} below 150 Hz" + ("" if low >= 0.8 else ", wider than the 0.8 that vinyl and clubs want"),
    )
