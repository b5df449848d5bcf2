"""The further files of the master: rate, coding, length, peaks, likeness to the master, and the dither of 16 bits."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr

from contracts.report import Check, Relation
from contracts.sound import coding_and_rate, format_file
from services.qa.asked import Asked
from services.qa.checks.levels import TRUE_PEAK_TOLERANCE_DB, floored_db, true_peak_linear
from services.qa.delivered import Delivered
from services.qa.listening import Heard
from services.qa.reading import read_audio

Array = npt.NDArray[np.float32]

SUBTYPES = {
    "wav16": "PCM_16", "wav24": "PCM_24", "wav32f": "FLOAT", "flac": "PCM_24", "flac16": "PCM_16",
    "mp3_v0": "MPEG_LAYER_III", "mp3_320": "MPEG_LAYER_III", "ogg": "VORBIS",
}  # fmt: skip
LOSSY = frozenset({"mp3_v0", "mp3_320", "ogg"})
LOSSY_PEAK_DBTP = 0.0
ROUNDING = 2.0**-22
"""Largest difference of a 24-bit or float file from the master at its rate: its own rounding, and that of the gain."""
LEAST_LIKENESS_DB = -10.0
"""Error of a lossy file against the master, relative to the master; measured -15 to -30 dB on finished songs."""
DITHER_LSB = (0.45, 0.55)
"""Rounding with triangular dither leaves an error of half a step RMS: 1/12 from rounding, 1/6 from the noise."""
MOST_CORRELATION = 0.02
_LEAST_SAMPLES = 48_000


@dataclass(frozen=True)
class Finding:
    """One file: what was measured in words, and what is wrong with it."""

    measured: str
    wrong: tuple[str, ...]


def check_formats(heard: Heard, delivered: Delivered, asked: Asked) -> Check | None:
    """Every format that was asked for is there and holds the master."""
    wanted = {format_file(text): text for text in asked.formats}
    if not wanted:
        return None
    found = {name: examine_format(heard, delivered.further.get(name), text, asked) for name, text in wanted.items()}
    wrong = [f"{name}: {', '.join(one.wrong)}" for name, one in found.items() if one.wrong]
    return Check(
        name="formats",
        asked=len(found),
        measured=len(found) - len(wrong),
        unit="files",
        relation=Relation.AT_LEAST,
        passed=not wrong,
        how="coding, rate, samples and true peak of each file as decoded, and its difference from master.wav at its rate",
        note="; ".join(wrong) or "; ".join(f"{wanted[name]}: {one.measured}" for name, one in found.items()),
    )


def examine_format(heard: Heard, path: Path | None, text: str, asked: Asked) -> Finding:
    """Measure one file against the master."""
    if path is None:
        return Finding("", ("missing",))
    coding, rate_hz = coding_and_rate(text)
    shape = sf.info(path)
    wrong = [] if shape.samplerate == rate_hz else [f"{shape.samplerate} Hz"]
    wrong += [] if shape.subtype == SUBTYPES[coding] else [shape.subtype]
    audio, _ = read_audio(path)
    frames = round(heard.audio.shape[1] * rate_hz / heard.rate_hz)
    wrong += [] if audio.shape == (2, frames) else [f"{audio.shape[1]} samples in place of {frames}"]
    if wrong:
        return Finding("", tuple(wrong))
    peak = floored_db(true_peak_linear(audio, rate_hz))
    most = LOSSY_PEAK_DBTP if coding in LOSSY else asked.ceiling_dbtp + TRUE_PEAK_TOLERANCE_DB
    said, more = _likeness(audio, _expected(heard, rate_hz, asked, format_file(text)), coding)
    wrong = [*more, *([f"true peak {peak} dBTP"] if peak > most else [])]
    return Finding(f"{peak:.2f} dBTP, {said}", tuple(wrong))


def _expected(heard: Heard, rate_hz: int, asked: Asked, name: str) -> Array:
    """The master at a rate and with the gain that mastering says it gave the file, [2, frames]."""
    audio = heard.audio
    if rate_hz != heard.rate_hz:
        frames = round(audio.shape[1] * rate_hz / heard.rate_hz)
        audio = np.asarray(soxr.resample(np.ascontiguousarray(audio.T), heard.rate_hz, rate_hz, quality="VHQ"), np.float32).T
        audio = audio[:, :frames] if audio.shape[1] >= frames else np.pad(audio, ((0, 0), (0, frames - audio.shape[1])))
    gain_db = float(asked.told.get(name, {}).get("gain_db", 0.0))
    return audio if gain_db == 0 else audio * np.float32(10 ** (gain_db / 20))


def _likeness(audio: Array, expected: Array, coding: str) -> tuple[str, list[str]]:
    """What the difference from the master is, in words, and what is wrong with it."""
    error = audio.astype(np.float64) - expected
    if coding in LOSSY:
        level = 20 * np.log10((np.sqrt(np.mean(error**2)) + 1e-12) / (np.sqrt(np.mean(expected.astype(np.float64) ** 2)) + 1e-9))
        return f"error {level:.0f} dB", [f"its error is {level:.0f} dB from the master"] if level > LEAST_LIKENESS_DB else []
    if SUBTYPES[coding] == "PCM_16":
        return _dither(error * 32768, expected)
    largest = float(np.abs(error).max(initial=0.0))
    # The gain is told to thousandths of a decibel.
    room = ROUNDING + 1.2e-4 * float(np.abs(expected).max(initial=0.0)) * bool(largest > ROUNDING)
    return f"within {floored_db(largest):.0f} dBFS", [] if largest <= room else [f"differs by {floored_db(largest):.0f} dBFS"]


def _dither(error: npt.NDArray[np.float64], expected: Array) -> tuple[str, list[str]]:
    """The error of 16 bits in steps: half a step RMS, white, and not the music's."""
    rms = float(np.sqrt(np.mean(error**2)))
    if error.shape[1] < _LEAST_SAMPLES:
        return f"error {rms:.3f} steps", [] if rms < 1 else [f"error {rms:.3f} steps"]
    neighbours = max(abs(float(np.corrcoef(one[:-1], one[1:])[0, 1])) for one in error)
    with np.errstate(invalid="ignore", divide="ignore"):
        music = max(abs(float(np.nan_to_num(np.corrcoef(one, other)[0, 1]))) for one, other in zip(error, expected, strict=True))
    wrong = [] if DITHER_LSB[0] <= rms <= DITHER_LSB[1] else [f"error {rms:.3f} steps"]
    wrong += [] if neighbours <= MOST_CORRELATION else [f"its error is not white ({neighbours:.3f})"]
    wrong += [] if music <= MOST_CORRELATION else [f"its error follows the music ({music:.3f})"]
    return f"dither {rms:.3f} steps, white", wrong
