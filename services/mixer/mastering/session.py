"""A mastering session: stems through the equaliser, their sum through the loop, and each stem times the one gain.

Equalised stems wait in scratch files (raw float32), so that memory does not grow with the number of stems.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.mixer.convolution import convolve
from services.mixer.corridor import corridor_db
from services.mixer.mastering.chain import Aim, Mastered, master_gain, silent
from services.mixer.mastering.matching import Match, matched_target, matching_db, matching_filter
from services.mixer.mastering.tone import drawn_to, equaliser_db, linear_phase
from services.mixer.mixing.console import THREADS, ordered
from services.mixer.profiles import Profile
from services.music.audio.loudness import ABSOLUTE_GATE_LUFS, integrated_lufs
from services.music.audio.spectrum import FLOOR_DB, third_octave_spectrum

Audio = NDArray[np.float32]
Load = Callable[[str], Audio]
Spectrum = tuple[NDArray[np.float64], NDArray[np.float64]]

LEAST_EQ_DB = 0.25
LEAST_DC = 1e-5


@dataclass(frozen=True)
class ToneAim:
    """How the tone is led: strength in place of the profile's, and the user's reference.

    A reference that is a full record is matched (`match`); another one draws the genre's corridor by `share` (0-1).
    """

    strength: float | None = None
    reference: Spectrum | None = None
    share: float = 0.0
    match: Match | None = None


class Session:
    """Masters stems by name. `names` is in part order, in which everything is summed."""

    def __init__(self, names: list[str], load: Load, rate: int, frames: int, profile: Profile, scratch: Path) -> None:
        self.names, self.load, self.rate, self.frames = names, load, rate, frames
        self.profile, self.scratch = profile, scratch
        self.eq_db: dict[float, float] = {}
        self.total = np.zeros((2, frames), dtype=np.float32)
        self.mastered: Mastered | None = None
        self._response: NDArray[np.float32] | None = None

    def run(self, aim: Aim, tone: ToneAim | None = None, spectrum: Spectrum | None = None) -> Mastered:
        """Equalise, sum and find the gain. `spectrum` of the sum (centres in Hz, dB) saves listening to it again."""
        response = self._response = self._equaliser(spectrum, tone or ToneAim())
        stem_peaks = np.zeros(self.frames, dtype=np.float32)
        with ThreadPoolExecutor(THREADS) as pool:
            for name, audio in ordered(pool, lambda stem: self._equalise(stem, response), self.names):
                self.total += audio
                np.maximum(stem_peaks, np.abs(audio[0]), out=stem_peaks)
                np.maximum(stem_peaks, np.abs(audio[1]), out=stem_peaks)
                del name, audio
        quiet = integrated_lufs(self.total, self.rate) <= ABSOLUTE_GATE_LUFS
        self.mastered = silent(self.total) if quiet else master_gain(self.total, stem_peaks, self.rate, self.profile, aim)
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
        out = convolve(audio, self._response, delay=(self._response.size - 1) // 2) if self._response is not None else audio.copy()
        out *= self.mastered.gain
        return out

    def close(self) -> None:
        """Remove the scratch files."""
        for name in self.names:
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.scratch / f"equalised-{name}.f32"

    def _equaliser(self, spectrum: Spectrum | None, aim: ToneAim) -> NDArray[np.float32] | None:
        """The linear-phase response for stems whose sum has this spectrum; None where it would change next to nothing."""
        centres, levels = self._listen() if spectrum is None else spectrum
        if levels.size == 0 or levels.max() <= FLOOR_DB:
            return None
        gains = self._gains_db(centres, levels, aim)
        if np.abs(gains).max() < LEAST_EQ_DB:
            return None
        self.eq_db = {round(float(hz)): round(float(db), 2) for hz, db in zip(centres, gains, strict=True)}
        return matching_filter(centres, gains, self.rate) if aim.match else linear_phase(centres, gains, self.rate)

    def _gains_db(self, centres: NDArray[np.float64], levels: NDArray[np.float64], aim: ToneAim) -> NDArray[np.float64]:
        corridor = corridor_db(centres, self.profile.tone)
        if aim.match:
            return matching_db(centres, levels, matched_target(centres, corridor, aim.match), aim.match)
        if aim.reference and aim.share > 0:
            corridor = drawn_to(centres, corridor, aim.reference, aim.share)
        return equaliser_db(centres, levels, corridor, self.profile.tone, aim.strength)

    def _listen(self) -> Spectrum:
        """Third-octave spectrum of the sum of the stems as they are."""
        total = np.zeros((2, self.frames), dtype=np.float32)
        for name in self.names:
            total += self.load(name)
        return third_octave_spectrum(total, self.rate)

    def _equalise(self, name: str, response: NDArray[np.float32] | None) -> Audio:
        audio = self.load(name)
        offset = audio.mean(axis=1, keepdims=True, dtype=np.float64)
        if np.abs(offset).max() > LEAST_DC:
            audio = audio - offset.astype(np.float32)
        if response is not None and audio.any():
            audio = convolve(audio, response, delay=(response.size - 1) // 2)
        audio.tofile(self._path(name))
        return audio
