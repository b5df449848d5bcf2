"""Instruments made by the tests themselves: a soundfont with two presets, written byte by byte, and an SFZ instrument of sines."""

import struct
from pathlib import Path

import numpy as np
import soundfile

from services.generator.production.curves import Floats

RATE_HZ = 48_000
ROOT_HZ = 440.0


def tone(hz: float = ROOT_HZ, seconds: float = 2.0, rate_hz: int = RATE_HZ, level: float = 0.5) -> np.ndarray:
    """A cosine: it begins at its peak, so that its first sample is its onset."""
    return np.asarray(level * np.cos(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz))


def write_soundfont(path: Path, *, hz: float = ROOT_HZ, low: int = 48, high: int = 84) -> Path:
    """SoundFont 2.04: preset 0:33 'Tone' sounds from `low` to `high`, 128:0 'Kit' at 36 and 38; one sample with root A4."""
    samples = np.round(tone(hz) * 32767).astype("<i2").tobytes() + bytes(92)
    count = (len(samples) - 92) // 2
    name = "{:\0<20}".format
    ranges = ((low, high), (36, 38))
    header = "<20sHHHIII"
    phdr = b"".join(
        struct.pack(header, name(n).encode(), program, bank, index, 0, 0, 0)
        for index, (n, bank, program) in enumerate((("Tone", 0, 33), ("Kit", 128, 0), ("EOP", 0, 0)))
    )
    bags = b"".join(struct.pack("<HH", index, 0) for index in range(3))
    pgen = b"".join(struct.pack("<HH", 41, index) for index in range(2)) + bytes(4)
    inst = b"".join(struct.pack("<20sH", name(n).encode(), index) for index, n in enumerate(("Tone", "Kit", "EOI")))
    igen = b"".join(struct.pack("<HHHH", 43, lo | hi << 8, 53, 0) for lo, hi in ranges) + bytes(4)
    ibag = b"".join(struct.pack("<HH", 2 * index, 0) for index in range(3))
    shdr = struct.pack("<20sIIIIIBbHH", name("tone").encode(), 0, count, 0, count, RATE_HZ, 69, 0, 0, 1)
    shdr += struct.pack("<20sIIIIIBbHH", name("EOS").encode(), 0, 0, 0, 0, 0, 0, 0, 0, 0)
    pdta = [(b"phdr", phdr), (b"pbag", bags), (b"pmod", bytes(10)), (b"pgen", pgen), (b"inst", inst)]
    pdta += [(b"ibag", ibag), (b"imod", bytes(10)), (b"igen", igen), (b"shdr", shdr)]
    info = _list(b"INFO", [(b"ifil", struct.pack("<HH", 2, 4)), (b"isng", b"EMU8000\0"), (b"INAM", b"Tone\0\0")])
    form = b"sfbk" + info + _list(b"sdta", [(b"smpl", samples)]) + _list(b"pdta", pdta)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(form)) + form)
    return path


def _list(kind: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    body = kind + b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    return b"LIST" + struct.pack("<I", len(body)) + body


def write_sfz(folder: Path, *, hz: float = ROOT_HZ, rate_hz: int = 44_100, low: int = 40, high: int = 90) -> Path:
    """An instrument with a define, an include, a default path and names in other capitals than its files, as real ones have."""
    (folder / "Samples").mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / "Samples/A 4.wav", tone(hz, rate_hz=rate_hz), rate_hz, subtype="PCM_24")
    (folder / "more.txt").write_text(f"<region> sample=a $KEY.WAV pitch_keycenter=69 lokey={low} hikey={high}\n")
    file = folder / "Tone.sfz"
    file.write_text(
        '// made by a test\n#define $KEY 4\n<control> default_path=samples\\\n<global> ampeg_release=0.05\n#include "more.txt"\n'
    )
    return file


def pitch_hz(audio: Floats) -> float:
    """Frequency of the strongest partial, by a parabola through the peak of a long spectrum."""
    mono = audio.mean(axis=0)
    spectrum = np.log(np.abs(np.fft.rfft(mono * np.hanning(mono.size), 1 << 19)) + 1e-12)
    peak = int(np.argmax(spectrum))
    left, middle, right = spectrum[peak - 1 : peak + 2]
    return float((peak + 0.5 * (left - right) / (left - 2 * middle + right)) * RATE_HZ / (1 << 19))
