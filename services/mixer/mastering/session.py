"""A mastering session: stems through the filters of tone and width, their sum through the loop, and each stem times the one gain.

Filtered stems wait in scratch files (raw float32), so that memory does not grow with the number of stems.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.errors import BadInput
from services.mixer.convolution import convolve
from services.mixer.corridor import corridor_db
from services.mixer.mastering.by_section import FADE_S, Changing, Filter, SectionAim, level_wish_db, section_gains_db, turns_of
from services.mixer.mastering.chain import Aim, Mastered, master_gain, silent
from services.mixer.mastering.matching import Match, matched_target, matching_db, matching_filter
from services.mixer.mastering.peaks import gather
from services.mixer.mastering.tone import drawn_to, equaliser_db, minimum_phase
from services.mixer.mastering.width import matching_width_db, turn, width_db, width_response
from services.mixer.mixing.balance import ends_db
from services.mixer.mixing.console import THREADS, ordered
from services.mixer.profiles import Profile
from services.music.audio.loudness import ABSOLUTE_GATE_LUFS, integrated_lufs
from services.music.audio.spectrum import FLOOR_DB, stereo_spectrum

Audio = NDArray[np.float32]
Load = Callable[[str], Audio]
Bands = NDArray[np.float64]
Spectrum = tuple[Bands, Bands]
Stereo = tuple[Bands, Bands, Bands]
"""Centres in Hz, level per band in dB, side over middle per band in dB."""

LEAST_EQ_DB = 0.25
LEAST_DC = 1e-4
"""A stem's mean over its peak from which it is taken off: the same at any level."""
OFFSET_HZ = 5.0


@dataclass(frozen=True)
class ToneAim:
    """How tone and width are led: strength in place of the profile's, and the user's reference.

    A reference that is a full record is matched (`match`); another one draws the genre's corridor by `share` (0-1).
    `sides` is the reference's side over middle (centres in Hz, dB), followed by `width_share` of the way.
    `low_end_db` and `high_end_db` were asked for ("dark", "warm") and are in the mix: the target moves with them.
    """

    strength: float | None = None
    reference: Spectrum | None = None
    share: float = 0.0
    match: Match | None = None
    sides: Spectrum | None = None
    width_share: float = 0.0
    low_end_db: float = 0.0
    high_end_db: float = 0.0
    sections: tuple[SectionAim, ...] = ()
    """Key sections of a matched reference and where ours lie that answer to them."""


@dataclass(frozen=True)
class Filters:
    """Responses [taps] for the middle and for the side; alike where `side` is None. `delay` samples are cut from the front."""

    middle: Audio
    side: Audio | None = None
    delay: int = 0

    @property
    def reach(self) -> int:
        """Samples to either side on which a sample of the output depends."""
        return int(max(self.middle.size, 0 if self.side is None else self.side.shape[-1]))

    def apply(self, audio: Audio) -> Audio:
        """Filter one stem [2, samples]; as long as the input, and nothing moves."""
        if self.side is None:
            return convolve(audio, self.middle, delay=self.delay)
        turned = np.empty_like(audio)
        turn(audio, np.float32(0.5), turned)
        wet = convolve(turned, np.stack([self.middle, self.side]), delay=self.delay)
        turn(wet, np.float32(1.0), wet)
        return wet


class Session:
    """Masters stems by name. `names` is in part order, in which everything is summed."""

    def __init__(
        self, names: list[str], load: Load, rate: int, frames: int, profile: Profile, scratch: Path, threads: int = THREADS
    ) -> None:
        self.names, self.load, self.rate, self.frames = names, load, rate, frames
        self.profile, self.scratch, self.threads = profile, scratch, threads
        self.eq_db: dict[float, float] = {}
        self.width_db: dict[float, float] = {}
        self.total = np.zeros((2, frames), dtype=np.float32)
        self.mastered: Mastered | None = None
        self.sections_db: dict[str, dict[float, float]] = {}
        """Equaliser per key section of the reference, as `eq_db`."""
        self._passed: Filter | None = None
        self._side: Audio | None = None

    def run(self, aim: Aim, tone: ToneAim | None = None, heard: Stereo | None = None) -> Mastered:
        """Filter, sum and find the gain. `heard` of the sum saves listening to it again.

        Raises:
            BadInput: a stem holds something that is no number.
        """
        self._passed = filters = self._filters(self._listen() if heard is None else heard, tone or ToneAim())
        stem_peaks = np.zeros(self.frames, dtype=np.float32)
        with ThreadPoolExecutor(self.threads) as pool:
            for name, audio in ordered(pool, lambda stem: self._filter(stem, filters), self.names):
                gather(audio, self.total, stem_peaks)
                del name, audio
        quiet = integrated_lufs(self.total, self.rate) <= ABSOLUTE_GATE_LUFS
        self.mastered = (
            silent(self.total) if quiet else master_gain(self.total, stem_peaks, self.rate, self.profile, aim, threads=self.threads)
        )
        self.total *= self.mastered.gain
        return self.mastered

    def stems(self) -> Iterator[tuple[str, Audio]]:
        """Each stem as delivered, in part order; they sum to `total`."""
        for name in self.names:
            yield name, self.stem(name)

    def stem(self, name: str) -> Audio:
        """One stem as delivered, [2, frames]."""
        if self.mastered is None:
            raise RuntimeError("run() comes before stem()")
        audio = np.fromfile(self._path(name), dtype=np.float32).reshape(2, self.frames)
        audio *= self.mastered.gain
        return audio

    def through(self, audio: Audio) -> Audio:
        """Audio [2, frames] as it would be delivered were it one of the stems: what is linear in them, and the one gain."""
        if self.mastered is None:
            raise RuntimeError("run() comes before through()")
        out = self._passed.apply(audio) if self._passed is not None else audio.copy()
        out *= self.mastered.gain
        return out

    def close(self) -> None:
        """Remove the scratch files."""
        for name in self.names:
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.scratch / f"filtered-{name}.f32"

    def _filters(self, heard: Stereo, aim: ToneAim) -> Filter | None:
        """What every stem passes, for stems whose sum is heard like this; None where it would change next to nothing."""
        whole = self._whole(heard, aim)
        if aim.match is None or not aim.sections or heard[1].size == 0 or heard[1].max() <= FLOOR_DB:
            return whole
        kept = whole or Filters(np.ones(1, dtype=np.float32))
        fade = round(FADE_S * self.rate)
        turns = turns_of(aim.sections, self._sections(heard[0], heard[1], aim, aim.match, kept), kept, self.frames, fade)
        return Changing(turns, fade) if len(turns) > 1 else turns[0].filter

    def _sections(self, centres: Bands, levels: Bands, aim: ToneAim, match: Match, whole: Filters) -> list[Filter]:
        """A filter for each key section of the reference: its tone for our sections that answer to it, and its share of loudness."""
        total = self._summed()
        gains, asked = self._gains_db(centres, levels, aim), ends_db(centres, aim.low_end_db, aim.high_end_db)
        corridor, loudness = corridor_db(centres, self.profile.tone), integrated_lufs(total, self.rate)
        out: list[Filter] = []
        for part in aim.sections:
            ours = np.concatenate([total[:, start:end] for start, end in part.spans], axis=1)
            level = stereo_spectrum(ours, self.rate)[1]
            if level.max() <= FLOOR_DB:
                out.append(whole)
                continue
            target = matched_target(centres, corridor, replace(match, level_db=part.level_db)) + asked
            own = section_gains_db(centres, level, target, gains, match)
            self.sections_db[part.name] = _readable(centres, own)
            own = own + level_wish_db(part, integrated_lufs(ours, self.rate) - loudness)
            out.append(self._with_side(minimum_phase(matching_filter(centres, own, self.rate)), self._side))
        return out

    def _summed(self) -> Audio:
        """The stems as they are, summed, [2, frames]."""
        total = np.zeros((2, self.frames), dtype=np.float32)
        for name in self.names:
            total += self.load(name)
        return np.nan_to_num(total, posinf=0.0, neginf=0.0)

    def _whole(self, heard: Stereo, aim: ToneAim) -> Filters | None:
        """The filter of the whole record."""
        centres, levels, sides = heard
        if levels.size == 0 or levels.max() <= FLOOR_DB:
            return None
        gains = self._gains_db(centres, levels, aim)
        wanted = matching_width_db(centres, sides, *aim.sides, aim.width_share) if aim.sides else None
        narrowing = width_db(centres, levels, sides, wanted)
        self._side = side = width_response(centres, narrowing, self.rate)
        if side is not None:
            self.width_db = _readable(centres, narrowing)
        if np.abs(gains).max() < LEAST_EQ_DB:
            middle = np.ones(1, dtype=np.float32)
        else:
            self.eq_db = _readable(centres, gains)
            middle = minimum_phase(matching_filter(centres, gains, self.rate))
        return self._with_side(middle, side) if side is not None or self.eq_db else None

    def _with_side(self, middle: Audio, side: Audio | None) -> Filters:
        """A filter of the middle with the width's on the side."""
        if side is None:
            return Filters(middle)
        delay = side.size // 2
        return Filters(np.pad(middle, (delay, delay)), np.convolve(middle, side).astype(np.float32), delay)

    def _gains_db(self, centres: Bands, levels: Bands, aim: ToneAim) -> Bands:
        corridor, asked = corridor_db(centres, self.profile.tone), ends_db(centres, aim.low_end_db, aim.high_end_db)
        if aim.match:
            return matching_db(centres, levels, matched_target(centres, corridor, aim.match) + asked, aim.match)
        if aim.reference and aim.share > 0:
            corridor = drawn_to(centres, corridor, aim.reference, aim.share)
        corridor = corridor + asked
        return equaliser_db(centres, levels, corridor, self.profile.tone, aim.strength)

    def _listen(self) -> Stereo:
        """Third-octave spectra of the sum of the stems as they are."""
        return stereo_spectrum(self._summed(), self.rate)

    def _filter(self, name: str, filters: Filter | None) -> Audio:
        audio = self.load(name)
        offset = audio.mean(axis=1, keepdims=True, dtype=np.float64)
        if not np.isfinite(offset).all():
            where = int(np.flatnonzero(~np.isfinite(audio).all(axis=0))[0])
            raise BadInput(f"stems.{name}", f"not a number at {where / self.rate:.3f} s", "samples that are finite numbers")
        peak = max(float(audio.max(initial=0.0)), -float(audio.min(initial=0.0)))
        if np.abs(offset).max() > LEAST_DC * peak:
            audio = without_offset(audio, self.rate)
        if filters is not None and peak > 0:
            audio = filters.apply(audio)
        audio.tofile(self._path(name))
        return audio


def without_offset(audio: Audio, rate: int) -> Audio:
    """Audio [2, samples] through a high pass of first order at 5 Hz, at rest on its first sample: silence stays silent.

    A whole stem's mean taken off would put a constant where the stem rests, and a step at both of its ends.
    """
    from scipy.signal import butter, sosfilt, sosfilt_zi

    high = butter(1, OFFSET_HZ, "high", fs=rate, output="sos")
    rest = sosfilt_zi(high)[:, None, :] * audio[None, :, :1].astype(np.float64)
    return np.asarray(sosfilt(high, audio.astype(np.float64), axis=-1, zi=rest)[0], dtype=np.float32)


def _readable(centres_hz: Bands, gains_db: Bands) -> dict[float, float]:
    return {round(float(hz)): round(float(db), 2) for hz, db in zip(centres_hz, gains_db, strict=True)}
