"""Sound files, byte for byte the same on every run: own RIFF headers (libsndfile stamps the time into float files)."""

import struct
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]

FULL_SCALE_24 = 1 << 23
_PCM, _FLOAT = 1, 3
_CHUNK = 1 << 20
_OGG_CHUNK = 1 << 14
OGG_QUALITY = 0.8


def read_audio(path: Path) -> tuple[Audio, int]:
    """A sound file as (float32 [2, samples], sample rate). A mono file becomes two equal channels."""
    import soundfile

    frames, rate = soundfile.read(path, dtype="float32", always_2d=True)
    stereo = frames.T if frames.shape[1] > 1 else np.repeat(frames.T, 2, axis=0)
    return np.ascontiguousarray(stereo[:2]), int(rate)


def _header(kind: int, bits: int, rate: int, channels: int, frames: int, before: bytes = b"", after: int = 0) -> bytes:
    """Everything before the samples; `before` are further chunks, `after` the bytes that follow the samples."""
    align = channels * bits // 8
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, kind, channels, rate, rate * align, align, bits)
    fact = struct.pack("<4sII", b"fact", 4, frames) if kind == _FLOAT else b""
    data = struct.pack("<4sI", b"data", frames * align)
    size = 4 + len(fmt) + len(fact) + len(before) + len(data) + frames * align + (frames * align) % 2 + after
    return struct.pack("<4sI4s", b"RIFF", size, b"WAVE") + fmt + fact + before + data


def write_float_wav(path: Path, audio: Audio, rate: int, before: bytes = b"", after: bytes = b"") -> None:
    """Write [channels, samples] as 32-bit float WAV; `before` and `after` are further chunks around the samples."""
    channels, count = audio.shape
    with path.open("wb") as file:
        file.write(_header(_FLOAT, 32, rate, channels, count, before, len(after)))
        for start in range(0, count, _CHUNK):
            file.write(np.ascontiguousarray(audio[:, start : start + _CHUNK].T, dtype="<f4").data)
        file.write(after)


def write_wav_16(path: Path, samples: NDArray[np.int16], rate: int, before: bytes = b"", after: bytes = b"") -> None:
    """Write [channels, samples] of 16-bit values as WAV."""
    channels, count = samples.shape
    with path.open("wb") as file:
        file.write(_header(_PCM, 16, rate, channels, count, before, len(after)))
        for start in range(0, count, _CHUNK):
            file.write(np.ascontiguousarray(samples[:, start : start + _CHUNK].T, dtype="<i2").data)
        file.write(b"\0" * (channels * count * 2 % 2) + after)


@numba.njit(cache=True, nogil=True)
def _pack_24(audio, packed):  # type: ignore[no-untyped-def]
    """Round [channels, samples] to the nearest 24-bit value (half to even), little endian, interleaved."""
    channels, count = audio.shape
    for channel in range(channels):
        for n in range(count):
            scaled = min(max(np.rint(np.float64(audio[channel, n]) * 8388608.0), -8388607.0), 8388607.0)
            value = np.int64(scaled)
            at = (n * channels + channel) * 3
            packed[at] = value & 255
            packed[at + 1] = (value >> 8) & 255
            packed[at + 2] = (value >> 16) & 255


def write_wav_24(path: Path, audio: Audio, rate: int, before: bytes = b"", after: bytes = b"") -> None:
    """Write [channels, samples] as 24-bit WAV, rounded and without dither: at -144 dBFS dither would only spoil the null of the stems."""
    channels, count = audio.shape
    with path.open("wb") as file:
        file.write(_header(_PCM, 24, rate, channels, count, before, len(after)))
        for start in range(0, count, _CHUNK):
            part = audio[:, start : start + _CHUNK]
            packed = np.empty(part.size * 3, dtype=np.uint8)
            _pack_24(part, packed)
            file.write(packed.data)
        file.write(b"\0" * (channels * count * 3 % 2) + after)


def write_flac_24(path: Path, audio: Audio, rate: int) -> None:
    """Write [channels, samples] as 24-bit FLAC holding the very samples of the WAV."""
    import soundfile

    with soundfile.SoundFile(path, "w", rate, audio.shape[0], "PCM_24", format="FLAC") as file:
        for start in range(0, audio.shape[1], _CHUNK):
            values = np.rint(audio[:, start : start + _CHUNK].T.astype(np.float64) * FULL_SCALE_24)
            # libsndfile takes the upper 24 of 32 bits.
            file.write(np.clip(values, 1 - FULL_SCALE_24, FULL_SCALE_24 - 1).astype(np.int32) << 8)


def write_flac_16(path: Path, samples: NDArray[np.int16], rate: int) -> None:
    """Write [channels, samples] of 16-bit values as FLAC."""
    import soundfile

    with soundfile.SoundFile(path, "w", rate, samples.shape[0], "PCM_16", format="FLAC") as file:
        for start in range(0, samples.shape[1], _CHUNK):
            file.write(np.ascontiguousarray(samples[:, start : start + _CHUNK].T))


def write_ogg(path: Path, audio: Audio, rate: int) -> None:
    """Write [channels, samples] as Ogg Vorbis of quality 8, about 256 kbit/s.

    In small pieces: libvorbis keeps what it is given in one call on the stack, and minutes of it end the process.
    """
    import soundfile

    with soundfile.SoundFile(path, "w", rate, audio.shape[0], "VORBIS", format="OGG", compression_level=1 - OGG_QUALITY) as file:
        for start in range(0, audio.shape[1], _OGG_CHUNK):
            file.write(np.ascontiguousarray(audio[:, start : start + _OGG_CHUNK].T))


def write_mp3(path: Path, audio: Audio, rate: int, quality: str | int = "V0") -> None:
    """Write [channels, samples] as MP3 (LAME through pedalboard): "V0", variable bit rate, or a constant one such as 320 kbit/s."""
    with _audio_file(str(path), "w", rate, audio.shape[0], quality=quality) as file:
        for start in range(0, audio.shape[1], _CHUNK):
            file.write(audio[:, start : start + _CHUNK])


def read_mp3(path: Path) -> Audio:
    """Decoded samples of an MP3 file, [channels, samples]; not clipped to full scale."""
    with _audio_file(str(path)) as file:
        return np.asarray(file.read(file.frames), dtype=np.float32)


def _audio_file(*arguments: Any, **options: Any) -> Any:
    from pedalboard import io  # its stubs differ between versions in what they export

    library: Any = io
    return library.AudioFile(*arguments, **options)
