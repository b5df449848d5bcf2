"""The mastering loop: the one gain over time that brings a sum to its loudness under its ceiling."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.mixer.mastering.glue import glue_curve
from services.mixer.mastering.peaks import drive_and_clip, limiter_curve
from services.mixer.profiles import Profile
from services.music.audio.levels import decibels, linear
from services.music.audio.loudness import integrated_lufs
from services.music.audio.true_peak import peak_curve, steep_peak, true_peak

Audio = NDArray[np.float32]
Curve = NDArray[np.float32]

AIM_LU = 0.02
TOLERANCE_LU = 0.1
MARGIN_DB = 0.05  # true peak stays this far under the ceiling, for the file's rounding and other meters
STEEP_MARGIN_DB = 0.05  # resamplers differ in their edge
DETECTOR_MARGIN_DB = 0.08  # for peaks between samples that the moving gain shifts
MOST_OVER_DB = 24.0  # how far peaks may be driven over the ceiling before a target counts as out of reach
MOST_TRIES = 14
STEM_CEILING = 0.999


@dataclass(frozen=True)
class Aim:
    """What the loop is to reach."""

    target_lufs: float
    ceiling_dbtp: float


@dataclass(frozen=True)
class Mastered:
    """A gain over time for every stem, [samples], and what it reaches. `loudness_lufs` is -inf for silence."""

    gain: Curve
    loudness_lufs: float
    true_peak_dbtp: float
    drive_db: float
    tries: int
    limited_by_ceiling: bool
    most_limiting_db: float = 0.0
    most_glue_db: float = 0.0


class Loop:
    """One sum [2, samples] on its way to its target. `stem_peaks` is the largest sample magnitude of any stem at each sample."""

    def __init__(self, total: Audio, stem_peaks: Curve, rate: int, profile: Profile) -> None:
        self.total, self.stem_peaks, self.rate, self.peaks = total, stem_peaks, rate, profile.peaks
        self.glue = glue_curve(total, rate, profile.glue, integrated_lufs(total, rate))
        self.out = np.empty_like(total)
        self.gain = np.empty(total.shape[1], dtype=np.float32)
        self.limit_db = 0.0
        self.metered = 0.0

    def run(self, drive_db: float, ceiling_db: float) -> float:
        """Drive, clip and limit; fills `out` and `gain`; returns the loudness in LUFS."""
        ceiling = linear(ceiling_db)
        drive_and_clip(self.total, self.glue, linear(drive_db), ceiling * linear(self.peaks.clip_over_db), self.out, self.gain)
        peaks = peak_curve(self.out, 8, floor=ceiling)
        limiter = limiter_curve(
            peaks,
            self.stem_peaks,
            self.gain,
            self.rate,
            ceiling=ceiling,
            stem_ceiling=STEM_CEILING,
            lookahead_ms=self.peaks.lookahead_ms,
            release_ms=self.peaks.release_ms,
        )
        self.limit_db = -decibels(float(limiter.min())) if limiter.size else 0.0
        self.gain *= limiter
        self.out *= limiter
        return integrated_lufs(self.out, self.rate)

    def peak(self) -> float:
        """True peak of `out` that any meter may read, linear; fills `metered` with what the eight-fold meter reads."""
        self.metered = true_peak(self.out, 8)
        return max(self.metered, steep_peak(self.out) * linear(STEEP_MARGIN_DB))


def silent(total: Audio) -> Mastered:
    """What silence, or what lies under the gate of -70 LUFS, is mastered to: itself."""
    return Mastered(np.ones(total.shape[1], dtype=np.float32), -math.inf, decibels(true_peak(total, 8)), 0.0, 0, limited_by_ceiling=True)


def master_gain(total: Audio, stem_peaks: Curve, rate: int, profile: Profile, aim: Aim) -> Mastered:
    """Find the gain over time that brings a sum to `aim`.

    Raises the drive until the integrated loudness is on target; where peaks lie more than 24 dB over the ceiling before that
    (single clicks), stops there and says `limited_by_ceiling`.
    """
    loop = Loop(total, stem_peaks, rate, profile)
    start = integrated_lufs(total * loop.glue, rate)
    if not math.isfinite(start):
        return silent(total)
    inner_db = aim.ceiling_dbtp - MARGIN_DB - DETECTOR_MARGIN_DB
    most_db = aim.ceiling_dbtp + MOST_OVER_DB - decibels(float(np.abs(total).max()))
    search = Search(aim.target_lufs, start, most_db)
    loudness = -math.inf
    for _ in range(3):
        loudness = search.go(loop, inner_db)
        over_db = decibels(loop.peak()) - (aim.ceiling_dbtp - MARGIN_DB)
        if over_db <= 0:
            break
        # The moving gain let a peak through: hold all of them lower by as much, and find the drive again.
        inner_db -= over_db + 0.01
        search = replace(search, low=None, high=None)
    return _finish(loop, search, aim, loudness)


def _finish(loop: Loop, search: "Search", aim: Aim, loudness: float) -> Mastered:
    """Trim what is left over the ceiling by a constant, and sum up."""
    peak_db = decibels(loop.peak())
    trim_db = min(0.0, aim.ceiling_dbtp - MARGIN_DB - peak_db)
    if trim_db:
        loop.gain *= np.float32(linear(trim_db))
    return Mastered(
        gain=loop.gain,
        loudness_lufs=loudness + trim_db,
        true_peak_dbtp=decibels(loop.metered) + trim_db,
        drive_db=search.drive_db,
        tries=search.tries,
        limited_by_ceiling=loudness + trim_db < aim.target_lufs - TOLERANCE_LU,
        most_limiting_db=loop.limit_db,
        most_glue_db=-decibels(float(loop.glue.min())) if loop.glue.size else 0.0,
    )


@dataclass
class Search:
    """A search for the drive: loudness rises with drive, by a decibel per decibel or less."""

    target: float
    start: float
    most_db: float
    low: tuple[float, float] | None = None
    high: tuple[float, float] | None = None
    drive_db: float = math.nan
    tries: int = 0

    def go(self, loop: Loop, ceiling_db: float) -> float:
        """Run the loop until its loudness is on target or out of reach; returns the loudness."""
        if math.isnan(self.drive_db):
            self.drive_db = min(self.target - self.start, self.most_db)
        for _ in range(MOST_TRIES):
            loudness = loop.run(self.drive_db, ceiling_db)
            self.tries += 1
            error = self.target - loudness
            if abs(error) <= AIM_LU:
                break
            if error > 0:
                self.low = (self.drive_db, loudness)
            else:
                self.high = (self.drive_db, loudness)
            following = self._next(error)
            if abs(following - self.drive_db) < 1e-3:
                break
            self.drive_db = following
        return loudness

    def _next(self, error: float) -> float:
        """The next drive: on the chord between the nearest tries, or beyond the last one by a little more than the error."""
        if self.low and self.high:
            (low, low_lufs), (high, high_lufs) = self.low, self.high
            share = (self.target - low_lufs) / max(high_lufs - low_lufs, 1e-6)
            return low + (high - low) * min(max(share, 0.05), 0.95)
        return min(self.drive_db + error * (1.6 if error > 0 else 1.0), self.most_db)
