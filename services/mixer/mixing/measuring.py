"""A dry stem in numbers, as it is and as it comes out of its strip: what the mix decides by."""

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.mixer.mixing.channel import Tone
from services.mixer.mixing.placement import side_to_middle
from services.mixer.mixing.strip import NO_TAPE, NOMINAL_LUFS, shaped
from services.mixer.profiles import OF_A_SOURCE, Strip, Tape
from services.music.audio.loudness import block_energies, gated_lufs, integrated_lufs
from services.music.audio.spectrum import band_powers

SILENT_LUFS = -70.0


@dataclass(frozen=True)
class Measured:
    """A dry stem in numbers: loudness of its active parts (LUFS), 10 ms K-weighted energies, side/middle.

    Behind its strip: loudness of the active parts, power per third octave.
    """

    lufs: float
    wet_lufs: float
    energies: NDArray[np.float64]
    centres_hz: NDArray[np.float64]
    powers: NDArray[np.float64]
    side: float

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to hear in it."""
        return not math.isfinite(self.lufs) or self.lufs < SILENT_LUFS

    def to_bytes(self) -> bytes:
        """As a NumPy array file."""
        out = io.BytesIO()
        numbers = [self.lufs, self.wet_lufs, self.side, float(self.centres_hz.size)]
        np.save(out, np.concatenate([numbers, self.centres_hz, self.powers, self.energies]))
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Measured":
        """What `to_bytes` wrote, number by number."""
        (lufs, wet_lufs, side, bands), rest = np.split(np.load(io.BytesIO(data)), [4])
        centres, powers, energies = np.split(rest, [int(bands), 2 * int(bands)])
        return cls(float(lufs), float(wet_lufs), energies, centres, powers, float(side))


def measure(audio: NDArray[np.float32], rate: int, strip: Strip | None = None, tape: Tape = NO_TAPE) -> Measured:
    """Measure a dry stem [2, samples]: as it is, and as it comes out of a strip (its own sound where none is given)."""
    energies = block_energies(audio, rate)
    lufs = gated_lufs(energies)
    wet, wet_lufs = audio, lufs
    if strip and math.isfinite(lufs):
        tone = Tone(**{name: getattr(strip, name) for name in OF_A_SOURCE})
        wet = shaped(audio, rate, tone, gain_db=pre_gain_db(lufs), tape=tape)
        wet_lufs = integrated_lufs(wet, rate)
    centres, powers = band_powers(wet, rate)
    return Measured(lufs, wet_lufs, energies, centres, powers, side_to_middle(audio))


def pre_gain_db(lufs: float) -> float:
    """What brings a stem to the strips' nominal level."""
    return round(min(max(NOMINAL_LUFS - lufs, -40.0), 40.0), 3)
