"""Sound files of ours, byte for byte the same on every run, and a quick way to read them.

libsndfile stamps the time of day into float files (its PEAK chunk), and takes five times as long for 24 bits: what we write
ourselves we read ourselves, and leave every other file to it. Headers follow the WAVE form of the Multimedia Programming
Interface 1.0 and its 1994 supplement (a float file has the longer `fmt ` and a `fact`), little-endian.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numba
import numpy as np
from numpy.typing import NDArray

from contracts.errors import BadInput

Audio = NDArray[np.float32]

PCM, IEEE_FLOAT = 1, 3
MOST_BYTES = 2**32 - 100
_FRAMES = 1 << 18
"""Frames that are turned at once: they stay in the processor's cache between the file and the channels."""


@dataclass(frozen=True)
class Shape:
    """What a WAV of ours holds: bits per sample, channels, rate in Hz, frames, and where they begin in the file."""

    bits: int
    channels: int
    rate: int
    frames: int
    start: int


def header(kind: int, bits: int, rate: int, channels: int, frames: int, before: bytes = b"", after: int = 0) -> bytes:
    """Everything before the samples; `before` are further chunks, `after` the bytes that follow the samples.

    Raises BadInput above 4 GiB, where the format ends.
    """
    align = channels * bits // 8
    data = frames * align
    if data + len(before) + after > MOST_BYTES:
        raise BadInput("duration_s", frames / rate, "less than 4 GiB of audio in a file")
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * align, align, bits)
    if kind == IEEE_FLOAT:
        form += struct.pack("<H", 0)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    if kind == IEEE_FLOAT:
        chunks += b"fact" + struct.pack("<II", 4, frames)
    chunks += before + b"data" + struct.pack("<I", data)
    return b"RIFF" + struct.pack("<I", len(chunks) + data + data % 2 + after) + chunks


def write_float_wav(path: Path, audio: Audio, rate: int, before: bytes = b"", after: bytes = b"") -> None:
    """Write [channels, samples] as 32-bit float WAV; `before` and `after` are further chunks around the samples.

    Raises BadInput above 4 GiB, where the format ends.
    """
    channels, count = audio.shape
    turned = np.empty((min(_FRAMES, max(count, 1)), channels), dtype="<f4")
    top = header(IEEE_FLOAT, 32, rate, channels, count, before, len(after))
    with path.open("wb", buffering=0) as file:
        _write(file, top)
        for start in range(0, count, _FRAMES):
            part = audio[:, start : start + _FRAMES]
            for channel in range(channels):
                turned[: part.shape[1], channel] = part[channel]
            _write(file, turned[: part.shape[1]].data.cast("B"))
        _write(file, after)


def write_wav_24(path: Path, audio: Audio, rate: int, before: bytes = b"", after: bytes = b"") -> None:
    """Write [channels, samples] as 24-bit WAV, rounded and without dither: at -144 dBFS dither would only spoil the null of stems."""
    channels, count = audio.shape
    packed = np.empty(_FRAMES * channels * 3, dtype=np.uint8)
    top = header(PCM, 24, rate, channels, count, before, len(after))
    with path.open("wb", buffering=0) as file:
        _write(file, top)
        for start in range(0, count, _FRAMES):
            part = audio[:, start : start + _FRAMES]
            _pack_24(part, packed)
            _write(file, packed[: part.size * 3].data)
        _write(file, b"\0" * (channels * count * 3 % 2) + after)


def read_wave(path: Path) -> tuple[Audio, int] | None:
    """(float32 [channels, samples], rate in Hz) of a WAV with 24 bits or floats; None for any other file.

    The samples are those that libsndfile reads. Raises OSError where the file cannot be opened.
    """
    with path.open("rb", buffering=0) as file:
        shape = wave_shape(file)
        if shape is None:
            return None
        file.seek(shape.start)
        out = np.empty((shape.channels, shape.frames), dtype=np.float32)
        reader = Frames(file, shape)
        for start in range(0, shape.frames, _FRAMES):
            reader.read_into(out[:, start : start + _FRAMES])
        return out, shape.rate


class Frames:
    """Reads an open WAV from where it stands, some frames at a time."""

    def __init__(self, file: BinaryIO, shape: Shape) -> None:
        self._file, self._shape = file, shape
        self._bytes = np.empty(0, dtype=np.uint8)

    def read_into(self, out: Audio) -> None:
        """Fill [channels, samples] with the next frames. Raises OSError where the file ends before."""
        channels, count = out.shape
        size = count * channels * self._shape.bits // 8
        if self._bytes.size < size:
            self._bytes = np.empty(size, dtype=np.uint8)
        raw, got = self._bytes[:size], 0
        while got < size:
            more = self._file.readinto(raw[got:].data)  # type: ignore[attr-defined]  # what is open without a buffer has it
            if not more:
                raise OSError(f"{getattr(self._file, 'name', 'the file')} ends {size - got} bytes too early")
            got += more
        if self._shape.bits == 24:
            _unpack_24(raw, out)
            return
        turned = raw.view("<f4").reshape(count, channels)
        for channel in range(channels):
            out[channel] = turned[:, channel]


def wave_shape(file: BinaryIO) -> Shape | None:
    """The shape of an open WAV of 24 bits or 32-bit floats; None for anything else, and for one that ends before its samples."""
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    form: tuple[int, ...] = ()
    at, size = 12, file.seek(0, 2)
    while at + 8 <= size:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"fmt " and length >= 16:
            if len(body := file.read(16)) < 16:
                return None
            form = struct.unpack("<HHIIHH", body)
        if name == b"data":
            return _shape(form, at + 8, min(length, size - at - 8))
        at += 8 + length + length % 2
    return None


def _shape(form: tuple[int, ...], start: int, length: int) -> Shape | None:
    if len(form) != 6:
        return None
    kind, channels, rate, _, align, bits = form
    if (kind, bits) not in {(PCM, 24), (IEEE_FLOAT, 32)} or channels < 1 or align != channels * bits // 8 or not 1 <= rate < 2**31:
        return None
    return Shape(bits, channels, rate, length // align, start)


def _write(file: BinaryIO, data: bytes | memoryview) -> None:
    """All of it: a file without a buffer may take less at once."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _pack_24(audio: Audio, packed: NDArray[np.uint8]) -> None:
    """Round [channels, samples] to the nearest 24-bit value (half to even), little endian, interleaved."""
    paired = audio.shape[1] // 2 * 2 if audio.shape[0] == 2 else 0
    if paired:
        # Each channel by itself lies in one piece: what does not is not worked on in wide registers.
        _pack_pairs(audio[0, :paired], audio[1, :paired], packed[: paired * 6].view("<u4"))
    _pack_singly(audio[:, paired:], packed[paired * 6 :])


@numba.njit(cache=True, nogil=True)
def _stepped(sample):  # type: ignore[no-untyped-def]
    """A sample in steps of 24 bits, as 32 bits without a sign."""
    scaled = min(max(np.rint(sample * np.float32(8388608.0)), np.float32(-8388607.0)), np.float32(8388607.0))
    return np.uint32(np.int32(scaled)) & np.uint32(0xFFFFFF)


@numba.njit(cache=True, nogil=True)
def _pack_pairs(left, right, words):  # type: ignore[no-untyped-def]
    """Two frames of stereo are three words of 32 bits: written as words, the loop is seven times as fast as by bytes."""
    for n in range(left.size // 2):
        a, b = _stepped(left[2 * n]), _stepped(right[2 * n])
        c, d = _stepped(left[2 * n + 1]), _stepped(right[2 * n + 1])
        words[3 * n] = a | (b << np.uint32(24))
        words[3 * n + 1] = (b >> np.uint32(8)) | (c << np.uint32(16))
        words[3 * n + 2] = (c >> np.uint32(16)) | (d << np.uint32(8))


@numba.njit(cache=True, nogil=True)
def _pack_singly(audio, packed):  # type: ignore[no-untyped-def]
    channels, count = audio.shape
    for n in range(count):
        for channel in range(channels):
            value, at = _stepped(audio[channel, n]), (n * channels + channel) * 3
            packed[at] = value & 255
            packed[at + 1] = (value >> 8) & 255
            packed[at + 2] = (value >> 16) & 255


def _unpack_24(raw: NDArray[np.uint8], out: Audio) -> None:
    """Fill [channels, samples] from interleaved 24-bit values, little endian; 1 is full scale."""
    paired = out.shape[1] // 2 * 2 if out.shape[0] == 2 else 0
    if paired:
        _unpack_pairs(raw[: paired * 6].view("<u4"), out[0, :paired], out[1, :paired])
    _unpack_singly(raw[paired * 6 :], out[:, paired:])


@numba.njit(cache=True, nogil=True)
def _level(value):  # type: ignore[no-untyped-def]
    """The sample that 24 bits stand for, of which the highest is the sign."""
    return np.float32(np.int32((value & np.uint32(0xFFFFFF)) ^ np.uint32(0x800000)) - np.int32(0x800000)) * np.float32(1.0 / 8388608.0)


@numba.njit(cache=True, nogil=True)
def _unpack_pairs(words, left, right):  # type: ignore[no-untyped-def]
    for n in range(left.size // 2):
        a, b, c = words[3 * n], words[3 * n + 1], words[3 * n + 2]
        left[2 * n] = _level(a)
        right[2 * n] = _level((a >> np.uint32(24)) | (b << np.uint32(8)))
        left[2 * n + 1] = _level((b >> np.uint32(16)) | (c << np.uint32(16)))
        right[2 * n + 1] = _level(c >> np.uint32(8))


@numba.njit(cache=True, nogil=True)
def _unpack_singly(raw, out):  # type: ignore[no-untyped-def]
    channels, count = out.shape
    for n in range(count):
        for channel in range(channels):
            at = (n * channels + channel) * 3
            out[channel, n] = _level(
                np.uint32(raw[at]) | (np.uint32(raw[at + 1]) << np.uint32(8)) | (np.uint32(raw[at + 2]) << np.uint32(16))
            )
