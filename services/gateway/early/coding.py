"""Sound as a stream of bytes: blocks in, bytes out, with what was coded so far forgotten.

MP3 comes from libsndfile's encoder (LAME) at a constant rate, without the header frame that tells how much of the beginning to
skip: it could only be written at the end. So every file of this coder begins by the same delay, and stems stay aligned.
"""

import struct
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Format = Literal["wav", "mp3"]
MEDIA_TYPES: dict[Format, str] = {"wav": "audio/wav", "mp3": "audio/mpeg"}
MP3_LEVEL = 0.65
"""libsndfile's scale from best (0) to smallest (1): 128 kbit/s at 48 kHz."""
UNKNOWN = 0xFFFFFFFF
"""Length of a WAV file that is being written (as FFmpeg writes to a pipe); readers take what comes."""

Samples = NDArray[np.float32]


class Coder(Protocol):
    """Turns blocks [frames, 2] into bytes."""

    def begin(self) -> bytes:
        """What comes before any sound."""

    def code(self, block: Samples) -> bytes:
        """The bytes that are ready after this block."""

    def end(self) -> bytes:
        """What was held back."""


def coder(kind: Format, rate_hz: int) -> Coder:
    """A coder for stereo at a rate."""
    return Wav(rate_hz) if kind == "wav" else Mp3(rate_hz)


class Wav:
    """16-bit WAV of unknown length."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz

    def begin(self) -> bytes:
        form = struct.pack("<HHIIHH", 1, 2, self._rate_hz, self._rate_hz * 4, 4, 16)
        return b"RIFF" + struct.pack("<I", UNKNOWN) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", UNKNOWN)

    def code(self, block: Samples) -> bytes:
        data: bytes = np.clip(np.rint(block * 32768.0), -32768, 32767).astype("<i2").tobytes()
        return data

    def end(self) -> bytes:
        return b""


class Mp3:
    """MP3, 128 kbit/s."""

    def __init__(self, rate_hz: int) -> None:
        import soundfile as sf

        self._sink = _Sink()
        self._file = sf.SoundFile(
            self._sink, "w", rate_hz, 2, format="MP3", subtype="MPEG_LAYER_III", compression_level=MP3_LEVEL, bitrate_mode="CONSTANT"
        )

    def begin(self) -> bytes:
        return b""

    def code(self, block: Samples) -> bytes:
        self._file.write(block)
        return self._sink.taken()

    def end(self) -> bytes:
        self._file.close()
        return self._sink.taken()


class _Sink:
    """What libsndfile writes to: keeps only what nobody has taken yet, and not the header frame, which it rewrites at the end."""

    def __init__(self) -> None:
        self._at = self._length = 0
        self._fresh = bytearray()

    def write(self, data: Any) -> int:
        data = bytes(data)
        if self._at == self._length and self._length > 0:
            self._fresh += data
        self._at += len(data)
        self._length = max(self._length, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = (0, self._at, self._length)[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def taken(self) -> bytes:
        """What was written since the last time."""
        fresh, self._fresh = bytes(self._fresh), bytearray()
        return fresh
