"""The mastering loop: the one gain over time that brings a sum to its loudness under its ceiling."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.mixer.mastering.glue import glue_curve
from services.mixer.mastering.peaks import Held, drive_and_clip, limiter_curve
from services.mixer.mastering.sections import contrast_curve, contrast_db
from services.mixer.profiles import Peaks, Profile
from services.music.audio.levels import decibels, linear
from services.music.audio.loudness import block_energies, gated_lufs
from services.music.audio.true_peak import peak_curve, steep_peak, true_peak

Audio = NDArray[np.float32]
Curve = NDArray[np.float32]
Series = NDArray[np.float64]

AIM_LU = 0.02
ROUGH_LU = 0.3  # how near the first search goes, from which the contrast of the sections is measured
TOLERANCE_LU = 0.1
MARGIN_DB = 0.05  # true peak stays this far under the ceiling, for the file's rounding and other meters
STEEP_MARGIN_DB = 0.12  # resamplers differ in their edge: libebur128 read up to 0.105 dB more of bright cymbals
DETECTOR_MARGIN_DB = 0.08  # for peaks between samples that the moving gain shifts
MOST_OVER_DB = 24.0  # how far peaks may be driven over the ceiling before a target counts as out of reach
MOST_TRIES = 14
STEM_CEILING = 0.999
CREST_BLOCK_S = 0.05


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
    most_contrast_db: float = 0.0
    crest_taken_db: float = 0.0
    peaks: Peaks | None = None


def crest_over_loudness_db(total: Audio, rate: int, loudness_lufs: float) -> float:
    """How far the peaks of a sum stand over its loudness, dB: the 99th percentile of the peaks of 50 ms."""
    size = max(1, round(rate * CREST_BLOCK_S))
    count = max(1, total.shape[1] // size)
    blocks = np.abs(total[:, : count * size]).max(axis=0)
    tops = blocks[: count * size].reshape(count, -1).max(axis=1) if blocks.size >= size else blocks
    loud = tops[tops > 0.01 * tops.max(initial=0.0)]
    return decibels(float(np.percentile(loud, 99))) - loudness_lufs if loud.size else 0.0


def driven_peaks(peaks: Peaks, taken_db: float) -> Peaks:
    """The profile's way with peaks, for a master from whose crest `taken_db` must go.

    A limiter alone would pump (measured on jazz driven to -9 LUFS: 1.3 dB of gain between 1 and 20 Hz against 0.7 with the clip
    at +4 dB): the more there is to take, the more of it the clip takes, which is short, and the sooner the limiter lets go.
    """
    hard = min(max((taken_db - 4.0) / 5.0, 0.0), 1.0)
    clip_db = min(peaks.clip_over_db, max(3.5, 10.0 - taken_db))
    release_ms = peaks.release_ms + hard * (min(peaks.release_ms, 45.0) - peaks.release_ms)
    return peaks.model_copy(update={"clip_over_db": clip_db, "release_ms": release_ms})


class Loop:
    """One sum [2, samples] on its way to its target. `stem_peaks` is the largest sample magnitude of any stem at each sample."""

    def __init__(self, total: Audio, stem_peaks: Curve, rate: int, profile: Profile, pool: ThreadPoolExecutor) -> None:
        self.total, self.stem_peaks, self.rate, self.peaks, self.pool = total, stem_peaks, rate, profile.peaks, pool
        self.before = self._energies(total)
        self.glue = glue_curve(total, rate, profile.glue, gated_lufs(self.before))
        self.most_glue_db = max(0.0, -decibels(float(self.glue.min()))) if self.glue.size else 0.0
        self.shape, self.contrast_db = self.glue, 0.0
        self.out = np.empty_like(total)
        self.gain = np.empty(total.shape[1], dtype=np.float32)
        self.after = self.before
        self.limit_db = 0.0
        self.metered = 0.0

    def run(self, drive_db: float, ceiling_db: float) -> float:
        """Drive, clip and limit; fills `out` and `gain`; returns the loudness in LUFS."""
        ceiling = linear(ceiling_db)
        drive_and_clip(self.total, self.shape, linear(drive_db), ceiling * linear(self.peaks.clip_over_db), self.out, self.gain)
        left, right = self.pool.map(lambda channel: peak_curve(channel, 8, floor=ceiling), self.out)
        limiter = limiter_curve(
            np.maximum(left, right, out=left),
            Held(self.stem_peaks, self.gain, STEM_CEILING),
            self.rate,
            ceiling=ceiling,
            lookahead_ms=self.peaks.lookahead_ms,
            release_ms=self.peaks.release_ms,
        )
        self.limit_db = max(0.0, -decibels(float(limiter.min()))) if limiter.size else 0.0
        self.gain *= limiter
        self.out *= limiter
        self.after = self._energies(self.out)
        return gated_lufs(self.after)

    def keep_contrast(self) -> bool:
        """Shape the gain so that sections keep their distance after `run`; whether there was anything to keep."""
        gains_db = contrast_db(self.before, self.after)
        if not gains_db.size:
            return False
        self.contrast_db = -float(gains_db.min())
        self.shape = self.glue * contrast_curve(gains_db, self.rate, self.total.shape[1])
        return True

    def peak(self) -> float:
        """True peak of `out` that any meter may read, linear; fills `metered` with what the eight-fold meter reads."""
        self.metered = max(self.pool.map(lambda channel: true_peak(channel, 8), self.out))
        return max(self.metered, steep_peak(self.out) * linear(STEEP_MARGIN_DB))

    def _energies(self, audio: Audio) -> Series:
        left, right = self.pool.map(lambda channel: block_energies(channel, self.rate), audio)
        return np.asarray(left + right)


def silent(total: Audio) -> Mastered:
    """What silence, or what lies under the gate of -70 LUFS, is mastered to: itself."""
    return Mastered(np.ones(total.shape[1], dtype=np.float32), -math.inf, decibels(true_peak(total, 8)), 0.0, 0, limited_by_ceiling=True)


def master_gain(total: Audio, stem_peaks: Curve, rate: int, profile: Profile, aim: Aim, threads: int = 2) -> Mastered:
    """Find the gain over time that brings a sum to `aim`.

    Raises the drive until the integrated loudness is on target; where peaks lie more than 24 dB over the ceiling before that
    (single clicks), stops there and says `limited_by_ceiling`. The result does not depend on `threads`.
    """
    with ThreadPoolExecutor(threads) as pool:
        loop = Loop(total, stem_peaks, rate, profile, pool)
        start = gated_lufs(loop.before)
        if not math.isfinite(start):
            return silent(total)
        crest = crest_over_loudness_db(total, rate, start) - (aim.ceiling_dbtp - aim.target_lufs)
        loop.peaks = driven_peaks(profile.peaks, crest)
        inner_db = aim.ceiling_dbtp - MARGIN_DB - DETECTOR_MARGIN_DB
        most_db = aim.ceiling_dbtp + MOST_OVER_DB - decibels(float(np.abs(total).max()))
        search = Search(aim.target_lufs, start, most_db)
        loudness = search.go(loop, inner_db, ROUGH_LU)
        if loop.keep_contrast():
            search = search.again()
        for _ in range(3):
            loudness = search.go(loop, inner_db)
            peak_db = decibels(loop.peak())
            over_db = peak_db - (aim.ceiling_dbtp - MARGIN_DB)
            if over_db <= 0:
                break
            # The moving gain let a peak through: hold all of them lower by as much, and find the drive again.
            inner_db -= over_db + 0.01
            search = search.again()
        return _finish(loop, search, aim, loudness, peak_db, max(crest, 0.0))


def _finish(loop: Loop, search: "Search", aim: Aim, loudness: float, peak_db: float, crest_taken_db: float) -> Mastered:
    """Trim what is left over the ceiling by a constant, and sum up."""
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
        most_glue_db=loop.most_glue_db,
        most_contrast_db=loop.contrast_db,
        crest_taken_db=crest_taken_db,
        peaks=loop.peaks,
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
    slope: float = 1.6
    tries: int = 0

    def go(self, loop: Loop, ceiling_db: float, aim_lu: float = AIM_LU) -> float:
        """Run the loop until its loudness is on target or out of reach; returns the loudness."""
        if math.isnan(self.drive_db):
            self.drive_db = min(self.target - self.start, self.most_db)
        last: tuple[float, float] | None = None
        for _ in range(MOST_TRIES):
            loudness = loop.run(self.drive_db, ceiling_db)
            self.tries += 1
            error = self.target - loudness
            if last is not None and abs(loudness - last[1]) > 1e-3:
                self.slope = min(max((self.drive_db - last[0]) / (loudness - last[1]), 1.0), 4.0)
            if abs(error) <= aim_lu:
                break
            last = (self.drive_db, loudness)
            if error > 0:
                self.low = last
            else:
                self.high = last
            following = self._next(error)
            if abs(following - self.drive_db) < 1e-3:
                break
            self.drive_db = following
        return loudness

    def again(self) -> "Search":
        """The same search where something else has changed: from this drive, without the tries so far."""
        return replace(self, low=None, high=None)

    def _next(self, error: float) -> float:
        """The next drive: on the chord between the nearest tries, or beyond the last one by the error times the last slope."""
        if self.low and self.high:
            (low, low_lufs), (high, high_lufs) = self.low, self.high
            share = (self.target - low_lufs) / max(high_lufs - low_lufs, 1e-6)
            return low + (high - low) * min(max(share, 0.05), 0.95)
        return min(self.drive_db + error * self.slope, self.most_db)
