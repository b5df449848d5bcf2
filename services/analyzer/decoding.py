"""The child's side of reading foreign sound: what libsndfile does with a hostile file happens in a process that can die alone.

Only `services.analyzer.reading` calls it, by `services.runtime.isolation`. Files come and go as open handles: no path is followed here.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr

from contracts.errors import BadInput, Unavailable

Array = npt.NDArray[np.float32]
FORMATS = "a WAV, FLAC, OGG or MP3 file with 1 to 16 channels at 4 to 384 kHz, 0.05 s or longer"
HIGHEST_RATE_HZ = 48_000
_SHORTEST_S = 0.05
_RATES_HZ = (4000, 384_000)
_MOST_CHANNELS = 16
_BLOCK_S = 5.0
_BLOCK_SAMPLES = 1 << 22
_LOUDEST = 64.0


@dataclass(frozen=True)
class Decoded:
    """What was written to the target: stereo frames, 32-bit floats, little-endian; and what the file says of itself."""

    frames: int
    rate_hz: int
    duration_s: float
    file_rate_hz: int
    channels: int
    start_s: float
    notes: list[str] = field(default_factory=list)


def refused(name: str, why: str) -> BadInput:
    """What is said of a file that cannot be heard."""
    return BadInput("reference", name, FORMATS, hint=why)


def decode(source: int, target: int, name: str, heard_s: float, file_s: float) -> Decoded:
    """Decode the open file `source` into the open file `target`: its middle `heard_s` as stereo at no more than 48 kHz.

    Args:
        source: handle of a regular file; its content alone says what it is.
        target: handle of an empty file.
        name: what the user calls it, for errors.
        heard_s: seconds that are kept.
        file_s: how long it may say it is.

    Raises:
        BadInput: on field "reference" for what is no sound or beyond the limits.
        Unavailable: where there is no room for what was decoded.
    """
    notes: list[str] = []
    try:
        with sf.SoundFile(source, closefd=False) as file:
            _check(name, file, file_s)
            rate, channels, frames = int(file.samplerate), int(file.channels), int(file.frames)
            wanted = min(frames, int(heard_s * rate))
            start = (frames - wanted) // 2
            if start:
                start = int(file.seek(start))
                notes.append(f"{frames / rate / 60:.0f} minutes long: the middle {heard_s / 60:.0f} minutes were heard.")
            written = _written(target, _blocks(file, wanted, notes, name))
    except sf.LibsndfileError as error:
        raise refused(name, f"it could not be read as sound: {error.error_string}") from error
    heard_hz = min(rate, HIGHEST_RATE_HZ)
    if written < _SHORTEST_S * heard_hz:
        raise refused(name, f"it holds {written / heard_hz * 1000:.3g} ms of sound")
    whole = start > 0 or written >= (wanted / rate - 0.01) * heard_hz
    duration_s = frames / rate if whole else written / heard_hz
    return Decoded(written, heard_hz, duration_s, rate, channels, start / rate, notes)


def _check(name: str, file: sf.SoundFile, file_s: float) -> None:
    """Refuse what the header claims and nobody plays."""
    if not _RATES_HZ[0] <= file.samplerate <= _RATES_HZ[1]:
        raise refused(name, f"its sample rate is {file.samplerate} Hz")
    if not 1 <= file.channels <= _MOST_CHANNELS:
        raise refused(name, f"it has {file.channels} channels")
    if file.frames <= 0:
        raise refused(name, "it holds no sound")
    if file.frames < _SHORTEST_S * file.samplerate:
        raise refused(name, f"it holds {file.frames} sample{'s' if file.frames > 1 else ''}, {file.frames / file.samplerate * 1000:.3g} ms")
    if file.frames / file.samplerate > file_s:
        raise refused(name, f"it claims to be {file.frames / file.samplerate / 3600:.1f} hours long; at most {file_s / 3600:.0f} are read")


def _to_stereo(block: Array) -> Array:
    """[samples, channels] to [samples, 2]; more than two channels are averaged, even ones left, odd ones right."""
    if block.shape[1] == 1:
        return np.repeat(block, 2, axis=1)
    if block.shape[1] == 2:
        return block
    return np.stack([block[:, 0::2].mean(axis=1), block[:, 1::2].mean(axis=1)], axis=1)


def _silence_what_is_no_number(block: Array) -> int:
    """Zeros in place of NaN and infinity, extremes cut, in place; how many samples were no numbers."""
    if np.abs(block).max(initial=0.0) <= _LOUDEST:  # False where there is a NaN
        return 0
    bad = ~np.isfinite(block)
    block[bad] = 0.0
    np.clip(block, -_LOUDEST, _LOUDEST, out=block)
    return int(bad.sum())


def _blocks(file: sf.SoundFile, wanted: int, notes: list[str], name: str) -> Iterator[Array]:
    """Up to `wanted` frames of an open file as stereo blocks at the analysis rate. Broken samples are silenced, a broken end dropped."""
    rate, target = file.samplerate, min(file.samplerate, HIGHEST_RATE_HZ)
    stream = soxr.ResampleStream(rate, target, 2, quality="MQ") if target != rate else None
    size = max(1, min(int(_BLOCK_S * rate), _BLOCK_SAMPLES // file.channels))
    got, broken, breaks_off = 0, 0, False
    while got < wanted and not breaks_off:
        try:
            raw = file.read(min(size, wanted - got), dtype="float32", always_2d=True)
        except sf.LibsndfileError as error:
            notes.append(f"The file breaks off at {got / rate:.1f} s ({error.error_string}); what comes before was heard.")
            breaks_off, raw = True, np.zeros((0, file.channels), np.float32)
        ended = breaks_off or not len(raw)
        got += len(raw)
        broken += _silence_what_is_no_number(raw)
        stereo = np.ascontiguousarray(_to_stereo(raw))
        yield stream.resample_chunk(stereo, last=ended or got >= wanted) if stream else stereo
        if ended:
            break
    if broken and broken == got * file.channels:
        raise refused(name, "not one of its samples is a number")
    if broken:
        notes.append(f"{broken} samples are not numbers and were taken as silence.")
    if got < wanted and not breaks_off:
        notes.append(f"The file says it is longer than it is: it ends after {got / rate:.1f} s.")


def _written(target: int, blocks: Iterator[Array]) -> int:
    """Frames that were written. Raises Unavailable for a full disk."""
    frames = 0
    try:
        with os.fdopen(target, "wb", closefd=False) as out:
            for block in blocks:
                out.write(np.ascontiguousarray(block, "<f4").data)
                frames += len(block)
    except OSError as error:
        raise Unavailable("room for the sound that was decoded", error.strerror or "") from error
    return frames
