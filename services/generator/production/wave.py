"""Float WAV files whose bytes depend on the samples alone.

libsndfile writes a PEAK chunk with the time of day into float WAV; this writer follows the WAVE form with
WAVE_FORMAT_IEEE_FLOAT and a fact chunk (Multimedia Programming Interface 1.0 and its 1994 supplement), little-endian.
"""

import struct
from pathlib import Path

import numpy as np

from contracts.errors import BadInput
from services.generator.production.curves import Floats

IEEE_FLOAT = 3


def write_float_wav(path: Path, audio: Floats, sample_rate_hz: int) -> None:
    """Write [channels, frames] as 32-bit float WAV. Raises BadInput above 4 GiB, where the format ends."""
    channels, frames = audio.shape
    data_bytes = channels * frames * 4
    if data_bytes > 2**32 - 100:
        raise BadInput("duration_s", frames / sample_rate_hz, "less than 4 GiB of audio per stem")
    form = struct.pack("<HHIIHHH", IEEE_FLOAT, channels, sample_rate_hz, sample_rate_hz * channels * 4, channels * 4, 32, 0)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"fact" + struct.pack("<II", 4, frames)
    header = b"RIFF" + struct.pack("<I", len(chunks) + 8 + data_bytes) + chunks + b"data" + struct.pack("<I", data_bytes)
    with path.open("wb") as file:
        file.write(header)
        file.write(np.ascontiguousarray(audio.T, dtype="<f4").tobytes())
