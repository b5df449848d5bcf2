"""One pass over the delivered files: everything that several checks need is read once, in blocks."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import soxr

from contracts.music.score import Role
from services.music.audio.chroma import BASS, HARMONY, Chroma, bass_chroma, chroma_of, spectral_peaks, tuning_semitones
from services.music.audio.onsets import EAR_RATE_HZ, Envelope, onset_envelope
from services.qa.delivered import Delivered
from services.qa.reading import Reader, read_audio

Array = npt.NDArray[np.float32]
BLOCK_S = 5.0
PEAK_BINS = 600
FULL_SCALE = 1.0 - 2.0**-23
"""Largest positive value of a 24-bit file as a float: a sample here or beyond is clipped."""
_UNPITCHED = {Role.DRUMS, Role.PERCUSSION, Role.FX}


@dataclass
class StemHeard:
    """What was measured of one stem. `outline` [PEAK_BINS] holds peak magnitudes over its length, for a small picture."""

    peak: float = 0.0
    clipped: int = 0
    outline: Array = field(default_factory=lambda: np.zeros(PEAK_BINS, np.float32))


@dataclass(frozen=True)
class Heard:
    """The master, what its stems sum to, and what ears make of them. `audio` is [channels, samples]."""

    audio: Array
    rate_hz: int
    stems: dict[str, StemHeard]
    null_peak: float | None
    lengths_match: bool
    mono: Array
    envelope: Envelope
    harmony: Chroma | None
    bass: Chroma | None
    tuning: float

    @property
    def duration_s(self) -> float:
        """Length of the master in seconds."""
        return float(self.audio.shape[1]) / self.rate_hz


def to_ear_rate(mono: Array, rate_hz: int, target_hz: int = EAR_RATE_HZ) -> Array:
    """A mono signal [samples] resampled for analysis."""
    return np.asarray(soxr.resample(mono, rate_hz, target_hz, quality="MQ"), np.float32)


def _measure_block(stem: StemHeard, block: Array, start: int, total: int) -> None:
    """Add a block [channels, samples] that begins at sample `start` of `total` to a stem's measures."""
    count = block.shape[1]
    if not count:
        return
    magnitude = np.abs(block[0])
    for channel in block[1:]:
        np.maximum(magnitude, np.abs(channel), out=magnitude)
    stem.peak = max(stem.peak, float(magnitude.max()))
    if stem.peak >= FULL_SCALE:
        stem.clipped += int(np.count_nonzero(magnitude >= FULL_SCALE))
    first, last = start * PEAK_BINS // total, min((start + count - 1) * PEAK_BINS // total, PEAK_BINS - 1)
    edges = np.maximum(-(-np.arange(first, last + 1) * total // PEAK_BINS) - start, 0)
    inside = edges < count
    bins = np.arange(first, last + 1)[inside]
    stem.outline[bins] = np.maximum(stem.outline[bins], np.maximum.reduceat(magnitude, edges[inside]))


@dataclass
class _Sums:
    """Mono sums of the pitched stems and of the bass at their analysis rates, and the null."""

    harmony: list[Array] = field(default_factory=list)
    bass: list[Array] = field(default_factory=list)
    null_peak: float = 0.0
    lengths_match: bool = True


def _pitched_and_bass(delivered: Delivered) -> tuple[set[str], set[str]]:
    roles = {part: body.role for part, body in delivered.score.parts.items()}
    pitched = {name for name in delivered.stems if name in roles and roles[name] not in _UNPITCHED}
    return pitched, {name for name in pitched if roles[name] is Role.BASS}


def _hear_stems(delivered: Delivered, audio: Array, rate_hz: int) -> tuple[dict[str, StemHeard], _Sums]:
    """Read all stems side by side in blocks: their measures, their sum against the master, and the pitched mono sums."""
    pitched, basses = _pitched_and_bass(delivered)
    heard = {name: StemHeard() for name in delivered.stems}
    sums = _Sums()
    down = {key: soxr.ResampleStream(rate_hz, reg.rate_hz, 1, quality="MQ") for key, reg in (("harmony", HARMONY), ("bass", BASS))}
    total, size = audio.shape[1], int(BLOCK_S * rate_hz)
    with ExitStack() as stack:
        files = {name: stack.enter_context(Reader(path)) for name, path in delivered.stems.items()}
        sums.lengths_match = all(file.frames == total for file in files.values())
        for start in range(0, max(total, 1), size):
            rest = audio[:, start : start + size].astype(np.float64)
            count = rest.shape[1]
            mono = {"harmony": np.zeros(count, np.float32), "bass": np.zeros(count, np.float32)}
            for name, file in files.items():
                block = file.read(count)
                _measure_block(heard[name], block, start, total)
                rest[:, : block.shape[1]] -= block
                if name in pitched:
                    folded = block[0] + block[-1]
                    mono["harmony"][: folded.size] += folded
                    if name in basses or not basses:
                        mono["bass"][: folded.size] += folded
            sums.null_peak = max(sums.null_peak, float(np.abs(rest).max(initial=0.0)))
            last = start + size >= total
            sums.harmony.append(down["harmony"].resample_chunk(mono["harmony"], last=last))
            sums.bass.append(down["bass"].resample_chunk(mono["bass"], last=last))
    return heard, sums


def _hear_master(audio: Array, rate_hz: int) -> tuple[Array, Envelope]:
    """The master in mono at the ears' rate, and its onsets."""
    mono = to_ear_rate(np.ascontiguousarray(audio.mean(axis=0)), rate_hz)
    return mono, onset_envelope(mono)


def _chromas(delivered: Delivered, sums: _Sums | None, mono: Array) -> tuple[Chroma | None, Chroma | None, float]:
    """Chromagrams of the pitched stems, or of the master where there are no stems; None without a pitched part."""
    if not any(p.role not in _UNPITCHED and p.notes for p in delivered.score.parts.values()):
        return None, None, 0.0
    if sums is not None and _pitched_and_bass(delivered)[0]:
        high, low = np.concatenate(sums.harmony), np.concatenate(sums.bass)
    else:
        high, low = to_ear_rate(mono, EAR_RATE_HZ, HARMONY.rate_hz), to_ear_rate(mono, EAR_RATE_HZ, BASS.rate_hz)
    peaks = spectral_peaks(high, HARMONY)
    # The band plays at A = 440 Hz by construction: what little the patches deviate is not read as another tuning.
    tuning = tuning_semitones(peaks)
    return chroma_of(peaks), bass_chroma(spectral_peaks(low, BASS)), tuning


def listen(delivered: Delivered) -> Heard:
    """Read and hear everything once. Raises BadInput naming a file that cannot be read."""
    audio, rate_hz = read_audio(delivered.master)
    with ThreadPoolExecutor(1) as pool:
        master = pool.submit(_hear_master, audio, rate_hz)
        stems, sums = _hear_stems(delivered, audio, rate_hz) if delivered.stems else ({}, None)
        mono, envelope = master.result()
    harmony, bass, tuning = _chromas(delivered, sums, mono)
    return Heard(
        audio=audio,
        rate_hz=rate_hz,
        stems=stems,
        null_peak=sums.null_peak if sums else None,
        lengths_match=sums.lengths_match if sums else True,
        mono=mono,
        envelope=envelope,
        harmony=harmony,
        bass=bass,
        tuning=tuning,
    )
