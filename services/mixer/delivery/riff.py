"""Chunks of a RIFF file beside its samples: what it is, who made it, how loud it is, and where a loop turns."""

import struct
from dataclasses import dataclass

from contracts.music.key import Key
from contracts.music.meter import Meter

_BEXT_TEXT = ((256, "description"), (32, "originator"), (32, "reference"), (10, "date"), (8, "time"))
_RESERVED = 180
_UNITY_NOTE = 60
_ACID_ROOT, _ACID_STRETCH = 0x02, 0x04


@dataclass(frozen=True)
class Loudness:
    """What was measured of a file: LUFS, LU and dBTP."""

    integrated_lufs: float
    range_lu: float
    true_peak_dbtp: float
    most_momentary_lufs: float
    most_short_term_lufs: float


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk with its size, padded to an even length."""
    return struct.pack("<4sI", kind, len(body)) + body + b"\0" * (len(body) % 2)


def info_list(texts: dict[str, str]) -> bytes:
    """LIST INFO: four-letter names such as INAM with their texts; empty ones are left out."""
    body = b"".join(chunk(name.encode(), text.encode() + b"\0") for name, text in texts.items() if text)
    return chunk(b"LIST", b"INFO" + body)


def broadcast(description: str, reference: str, date: str, loudness: Loudness | None, history: str) -> bytes:
    """The broadcast extension `bext` in version 2 (EBU Tech 3285), with loudness where it could be measured.

    The standard wants ASCII: what is none is written as a question mark. There is no time of day: files of one song are the same bytes.
    """
    texts = {"description": description, "originator": "Houseband", "reference": reference, "date": date, "time": "00:00:00"}
    fixed = b"".join(texts[name].encode("ascii", "replace")[:size].ljust(size, b"\0") for size, name in _BEXT_TEXT)
    values = _hundredths(loudness) if loudness else (0x7FFF,) * 5
    body = fixed + struct.pack("<IIH", 0, 0, 2) + bytes(64) + struct.pack("<5h", *values) + bytes(_RESERVED)
    return chunk(b"bext", body + history.encode("ascii", "replace") + b"\r\n")


def _hundredths(loudness: Loudness) -> tuple[int, ...]:
    """Integrated, range, true peak, momentary, short-term, in hundredths; 0x7FFF says that a value is not known (Tech 3285, 2.4)."""
    values = (
        loudness.integrated_lufs,
        loudness.range_lu,
        loudness.true_peak_dbtp,
        loudness.most_momentary_lufs,
        loudness.most_short_term_lufs,
    )
    return tuple(round(100 * value) if abs(value) < 100 else 0x7FFF for value in values)


def sampler_loop(frames: int, rate: int) -> bytes:
    """`smpl`: one forward loop over the whole file, for ever."""
    head = struct.pack("<9I", 0, 0, round(1e9 / rate), _UNITY_NOTE, 0, 0, 0, 1, 0)
    return chunk(b"smpl", head + struct.pack("<6I", 0, 0, 0, frames - 1, 0, 0))


def acid(key: Key, beats: int, meter: Meter, tempo_bpm: float) -> bytes:
    """`acid`: root note, length and tempo in quarter notes, and the meter, as loop players read them."""
    fields = (_ACID_ROOT | _ACID_STRETCH, _UNITY_NOTE + key.tonic_class, 0x8000, 0.0, beats, meter.denominator, meter.numerator)
    return chunk(b"acid", struct.pack("<IHHfIHHf", *fields, tempo_bpm))
