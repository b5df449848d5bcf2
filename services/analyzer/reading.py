"""Reading a reference of unknown origin: any format that libsndfile knows, within limits of time and memory.

At most ten minutes are kept, from the middle of a longer file, as stereo at no more than 48 kHz: about 230 MB.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr

from contracts.errors import BadInput

Array = npt.NDArray[np.float32]
FORMATS = "a WAV, FLAC, OGG or MP3 file with 1 to 32 channels at 4 to 384 kHz"
LONGEST_HEARD_S = 600.0
LONGEST_FILE_S = 6 * 3600.0
LARGEST_BYTES = 4 * 2**30
HIGHEST_RATE_HZ = 48_000
_RATES_HZ = (4000, 384_000)
_MOST_CHANNELS = 32
_BLOCK_S = 5.0


@dataclass(frozen=True)
class Recording:
    """What is analyzed of a file: `audio` [2, samples] at `rate_hz`, with what the file itself says and notes for the user."""

    audio: Array
    rate_hz: int
    duration_s: float
    file_rate_hz: int
    channels: int
    start_s: float = 0.0
    notes: list[str] = field(default_factory=list)


def _refuse(path: Path, why: str) -> BadInput:
    return BadInput("reference", path.name, FORMATS, hint=why)


def _check(path: Path, file: sf.SoundFile) -> None:
    if not _RATES_HZ[0] <= file.samplerate <= _RATES_HZ[1]:
        raise _refuse(path, f"its sample rate is {file.samplerate} Hz")
    if not 1 <= file.channels <= _MOST_CHANNELS:
        raise _refuse(path, f"it has {file.channels} channels")
    if file.frames <= 0:
        raise _refuse(path, "it holds no sound")
    if file.seekable() and file.frames / file.samplerate > LONGEST_FILE_S:
        raise _refuse(
            path, f"it claims to be {file.frames / file.samplerate / 3600:.1f} hours long; at most {LONGEST_FILE_S / 3600:.0f} are read"
        )


def _to_stereo(block: Array) -> Array:
    """[samples, channels] to [samples, 2]; more than two channels are averaged, even ones left, odd ones right, centre both."""
    if block.shape[1] == 1:
        return np.repeat(block, 2, axis=1)
    if block.shape[1] == 2:
        return block
    return np.stack([block[:, 0::2].mean(axis=1), block[:, 1::2].mean(axis=1)], axis=1)


def _blocks(file: sf.SoundFile, wanted: int, notes: list[str]) -> list[Array]:
    """Up to `wanted` frames of an open file as stereo blocks at the analysis rate. Broken samples are silenced, a broken end dropped."""
    rate, target = file.samplerate, min(file.samplerate, HIGHEST_RATE_HZ)
    stream = soxr.ResampleStream(rate, target, 2, quality="MQ") if target != rate else None
    size, got, broken = max(1, int(_BLOCK_S * rate)), 0, 0
    out: list[Array] = []
    while got < wanted:
        try:
            raw = file.read(min(size, wanted - got), dtype="float32", always_2d=True)
        except sf.LibsndfileError as error:
            notes.append(f"The file breaks off at {got / rate:.1f} s ({error}); what comes before was heard.")
            break
        if not len(raw):
            break
        got += len(raw)
        bad = ~np.isfinite(raw)
        broken += int(bad.sum())
        stereo = np.ascontiguousarray(_to_stereo(np.clip(np.where(bad, 0.0, raw), -64.0, 64.0).astype(np.float32)))
        out.append(stream.resample_chunk(stereo, last=got >= wanted) if stream else stereo)
    if broken:
        notes.append(f"{broken} samples are not numbers and were taken as silence.")
    if got < wanted and not any(note.startswith("The file breaks") for note in notes):
        notes.append(f"The file says it is longer than it is: it ends after {got / rate:.1f} s.")
    return out


def read_recording(path: Path) -> Recording:
    """Read a reference. Raises BadInput on field "reference" for what is missing, no audio, empty or beyond the limits."""
    if not path.is_file():
        raise BadInput("reference", str(path), "an existing file", hint="there is no such file")
    if path.stat().st_size > LARGEST_BYTES:
        raise _refuse(path, f"it has {path.stat().st_size / 2**30:.1f} GiB; at most {LARGEST_BYTES / 2**30:.0f} are read")
    notes: list[str] = []
    try:
        with sf.SoundFile(path) as file:
            _check(path, file)
            rate, channels, frames = int(file.samplerate), int(file.channels), int(file.frames)
            wanted = min(frames, int(LONGEST_HEARD_S * rate))
            start = (frames - wanted) // 2
            if start:
                start = int(file.seek(start))
                notes.append(f"{frames / rate / 60:.0f} minutes long: the middle {LONGEST_HEARD_S / 60:.0f} minutes were heard.")
            blocks = _blocks(file, wanted, notes)
    except sf.LibsndfileError as error:
        raise _refuse(path, f"it could not be read as sound: {error.error_string}") from error
    if not blocks or not sum(len(block) for block in blocks):
        raise _refuse(path, "no sound could be read from it")
    audio = np.ascontiguousarray(np.concatenate(blocks).T)
    return Recording(audio, min(rate, HIGHEST_RATE_HZ), frames / rate, rate, channels, start / rate, notes)
