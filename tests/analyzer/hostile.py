"""Hostile files, made here from seeds: whole files of every format that libsndfile writes, and what can be done to their bytes."""

import io
import os
import tempfile
from collections.abc import Iterator

import numpy as np
import soundfile as sf

from contracts.errors import BadInput
from services.analyzer.decoding import decode

RATE = 8000
_SECONDS = 1.0
_SKIPPED = ("RAW", "SD2", "MPC2K", "WVE", "SVX")
"""Without a header, with a resource fork, or for few rates only."""
_SUBTYPES = {
    "WAV": ("PCM_16", "FLOAT", "IMA_ADPCM", "MS_ADPCM", "GSM610", "ULAW"), "AIFF": ("PCM_24", "DOUBLE"), "FLAC": ("PCM_16",),
    "OGG": ("VORBIS", "OPUS"), "MP3": ("MPEG_LAYER_III",), "CAF": ("PCM_16", "ALAC_16"), "AU": ("FLOAT",), "W64": ("PCM_16",),
    "RF64": ("PCM_16",),
}  # fmt: skip


def whole_files() -> Iterator[tuple[str, bytes]]:
    """(format, bytes) of a second of tones in every format."""
    t = np.arange(int(_SECONDS * RATE)) / RATE
    tones = (0.3 * np.stack([np.sin(2 * np.pi * 440 * t), np.sin(2 * np.pi * 330 * t)], axis=1)).astype(np.float32)
    for kind in sorted(set(sf.available_formats()) - set(_SKIPPED)):
        for subtype in _SUBTYPES.get(kind, (None,)):
            samples = tones[:, 0] if kind in ("SDS", "XI", "HTK") or subtype == "GSM610" else tones
            out = io.BytesIO()
            try:
                sf.write(out, samples, RATE, format=kind, subtype=subtype)
            except (sf.LibsndfileError, ValueError):
                continue
            yield f"{kind} {subtype or ''}".strip(), out.getvalue()


def damaged(data: bytes, draw: np.random.Generator) -> bytes:
    """Bits turned over, in half of the files in the header too; bytes set to extremes; cut short, doubled, or with a hole."""
    out = bytearray(data)
    first = 0 if draw.random() < 0.5 else len(out) // 3
    for _ in range(int(draw.integers(0, 24))):
        at = int(min(first + draw.exponential(60 if draw.random() < 0.6 else len(out) / 2), len(out) - 1))
        out[at] = int(draw.choice([0, 0x7F, 0x80, 0xFF])) if draw.random() < 0.3 else out[at] ^ (1 << int(draw.integers(8)))
    how = draw.random()
    at = int(draw.integers(1, len(out)))
    if how < 0.25:
        return bytes(out[:at])
    if how < 0.35:
        return bytes(out[:at] + out[: int(draw.integers(1, len(out)))])
    return bytes(out[: at // 2] + out[at:]) if how < 0.4 else bytes(out)


def decode_each(files: list[bytes]) -> list[str]:
    """How each file ends when it is decoded in this process: "heard" or "refused"; anything else is raised."""
    ends = []
    for data in files:
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
            source.write(data)
            source.flush()
            os.lseek(source.fileno(), 0, os.SEEK_SET)
            try:
                shape = decode(source.fileno(), target.fileno(), "hostile", 5.0, 3600.0)
                samples = np.frombuffer(os.pread(target.fileno(), shape.frames * 8, 0), "<f4")
                assert np.isfinite(samples).all()
                ends.append("heard")
            except BadInput:
                ends.append("refused")
    return ends
