"""One pass over the delivered files: everything that several checks need is read once, in blocks."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr

from contracts.errors import BadInput
from contracts.music.score import Role
from services.music.audio.chroma import BASS, HARMONY, Chroma, bass_chroma, chroma_of, spectral_peaks, tuning_semitones
from services.music.audio.onsets import EAR_RATE_HZ, Envelope, onset_envelope
from services.qa.delivered import Delivered

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


def read_audio(path: Path) -> tuple[Array, int]:
    """A whole sound file as float32 [channels, samples] and its rate. Raises BadInput naming a file that cannot be read."""
    try:
        audio, rate = sf.read(path, dtype="float32", always_2d=True)
    except sf.LibsndfileError as error:
        raise BadInput("file", path.name, "a readable sound file", hint=str(error)) from error
    return np.ascontiguousarray(audio.T), int(rate)


def to_ear_rate(mono: Array, rate_hz: int, target_hz: int = EAR_RATE_HZ) -> Array:
    """A mono signal [samples] resampled for analysis."""
    return np.asarray(soxr.resample(mono, rate_hz, target_hz, quality="MQ"), np.float32)


def _measure_block(stem: StemHeard, block: Array, start: int, total: int) -> None:
    """Add a block [samples, channels] that begins at sample `start` of `total` to a stem's measures."""
    if not len(block):
        return
    # One channel after the other: numpy's maximum over an axis of two is twenty times slower.
    magnitude = np.abs(block[:, 0])
    for channel in range(1, block.shape[1]):
        np.maximum(magnitude, np.abs(block[:, channel]), out=magnitude)
    stem.peak = max(stem.peak, float(magnitude.max()))
    if stem.peak >= FULL_SCALE:
        stem.clipped += int(np.count_nonzero(magnitude >= FULL_SCALE))
    first, last = start * PEAK_BINS // total, min((start + len(block) - 1) * PEAK_BINS // total, PEAK_BINS - 1)
    edges = np.maximum(-(-np.arange(first, last + 1) * total // PEAK_BINS) - start, 0)
    inside = edges < len(block)
    bins = np.arange(first, last + 1)[inside]
    stem.outline[bins] = np.maximum(stem.outline[bins], np.maximum.reduceat(magnitude, edges[inside]))


@dataclass
class _Sums:
    """Mono sums of the pitched stems and of the bass at their analysis rates, and the null."""

    harmony: list[Array] = field(default_factory=list)
    bass: list[Array] = field(default_factory=list)
    null_peak: float = 0.0


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
    files = {name: sf.SoundFile(path) for name, path in delivered.stems.items()}
    try:
        for start in range(0, max(total, 1), size):
            rest = audio[:, start : start + size].T.astype(np.float64, order="C")
            mono = {"harmony": np.zeros(len(rest), np.float32), "bass": np.zeros(len(rest), np.float32)}
            for name, file in files.items():
                block = file.read(len(rest), dtype="float32", always_2d=True)
                _measure_block(heard[name], block, start, total)
                rest[: len(block)] -= block
                if name in pitched:
                    folded = block[:, 0] + block[:, -1]
                    mono["harmony"][: len(block)] += folded
                    if name in basses or not basses:
                        mono["bass"][: len(block)] += folded
            sums.null_peak = max(sums.null_peak, float(np.abs(rest).max(initial=0.0)))
            last = start + size >= total
            sums.harmony.append(down["harmony"].resample_chunk(mono["harmony"], last=last))
            sums.bass.append(down["bass"].resample_chunk(mono["bass"], last=last))
    finally:
        for file in files.values():
            file.close()
    return heard, sums


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
    mono = to_ear_rate(np.ascontiguousarray(audio.mean(axis=0)), rate_hz)
    stems, sums = _hear_stems(delivered, audio, rate_hz) if delivered.stems else ({}, None)
    lengths = [sf.info(path).frames for path in delivered.stems.values()]
    harmony, bass, tuning = _chromas(delivered, sums, mono)
    return Heard(
        audio=audio,
        rate_hz=rate_hz,
        stems=stems,
        null_peak=sums.null_peak if sums else None,
        lengths_match=all(frames == audio.shape[1] for frames in lengths),
        mono=mono,
        envelope=onset_envelope(mono),
        harmony=harmony,
        bass=bass,
        tuning=tuning,
    )
