"""Further files of a finished sound: its codings and sample rates, each held under its ceiling and tagged."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.sound import coding_and_rate, format_file
from services.mixer import files
from services.mixer.delivery.dither import to_16_bit
from services.mixer.delivery.resampling import highest_peak, resampled
from services.mixer.delivery.riff import Loudness
from services.mixer.delivery.tagging import Tags, tag_flac, tag_mp3, tag_ogg, wav_chunks
from services.music.audio.levels import decibels, linear
from services.music.audio.loudness import integrated_lufs, loudness_range, momentary_lufs, short_term_lufs
from services.music.audio.true_peak import true_peak
from services.music.pictures import Picture

Audio = NDArray[np.float32]
Write = Callable[[Path, Audio], None]
Read = Callable[[Path], Audio]
Tag = Callable[[Path, Tags, Picture | None], None]

MASTER_RATE = 48_000
LOSSY_CEILING_DBTP = 0.0
STEP_MARGIN_DB = 0.15  # an encoder's peaks move by tenths when its input is a little lower
RESAMPLED_MARGIN_DB = 0.02
MOST_TRIES = 4


@dataclass(frozen=True)
class Coding:
    """One coding: its suffix, its media type, and whether it keeps every sample."""

    suffix: str
    media_type: str
    lossless: bool = True
    bits: int = 24


CODINGS: dict[str, Coding] = {
    "wav16": Coding("wav", "audio/wav", bits=16),
    "wav24": Coding("wav", "audio/wav"),
    "wav32f": Coding("wav", "audio/wav", bits=32),
    "flac": Coding("flac", "audio/flac"),
    "flac16": Coding("flac", "audio/flac", bits=16),
    "mp3_v0": Coding("mp3", "audio/mpeg", lossless=False),
    "mp3_320": Coding("mp3", "audio/mpeg", lossless=False),
    "ogg": Coding("ogg", "audio/ogg", lossless=False),
}


@dataclass(frozen=True)
class Format:
    """A coding at a rate in Hz."""

    coding: str
    rate: int

    @classmethod
    def parse(cls, text: str) -> "Format":
        """From "wav16@44100", which was checked at the door (contracts.sound.Format)."""
        return cls(*coding_and_rate(text))

    @property
    def how(self) -> Coding:
        """What its coding is."""
        return CODINGS[self.coding]

    @property
    def name(self) -> str:
        """Its file in the folder."""
        return format_file(f"{self.coding}@{self.rate}")


@dataclass(frozen=True)
class Encoded:
    """What was written: the constant gain that its peaks asked for, and its true peak as decoded."""

    gain_db: float
    true_peak_dbtp: float


def measure(audio: Audio, rate: int) -> Loudness | None:
    """Loudness of audio [2, samples]; None for silence."""
    integrated = integrated_lufs(audio, rate)
    if not math.isfinite(integrated):
        return None
    momentary, short = momentary_lufs(audio, rate), short_term_lufs(audio, rate)
    return Loudness(
        integrated,
        loudness_range(audio, rate),
        decibels(true_peak(audio, 4)),
        float(momentary.max(initial=integrated)),
        float(short.max()) if short.size else integrated,
    )


def encode(path: Path, audio: Audio, rate: int, kind: Format, ceiling_dbtp: float, tags: Tags, cover: Picture | None) -> Encoded:
    """Write audio [2, samples] as `kind`. Raised peaks are met by a constant gain: see `_lossless` and `lossy`."""
    sound = resampled(audio, rate, kind.rate)
    if not kind.how.lossless:
        return lossy(path, sound, kind, tags, lambda: cover)
    return _lossless(path, sound, kind, ceiling_dbtp, tags, cover)


def _lossless(path: Path, audio: Audio, kind: Format, ceiling_dbtp: float, tags: Tags, cover: Picture | None) -> Encoded:
    """A resampler may raise peaks: where they pass the ceiling, the file is that much quieter."""
    peak_db = decibels(highest_peak(audio, kind.rate))
    gain_db = min(0.0, ceiling_dbtp - RESAMPLED_MARGIN_DB - peak_db) if peak_db > ceiling_dbtp else 0.0
    if gain_db:
        audio = audio * np.float32(linear(gain_db))
    samples = to_16_bit(audio, f"{kind.coding}@{kind.rate}") if kind.how.bits == 16 else None
    if kind.how.suffix == "flac":
        if samples is None:
            files.write_flac_24(path, audio, kind.rate)
        else:
            files.write_flac_16(path, samples, kind.rate)
        tag_flac(path, tags, cover)
        return Encoded(gain_db, peak_db + gain_db)
    before, after = wav_chunks(tags, cover, measure(audio, kind.rate), history(kind.rate, kind.how.bits))
    if samples is not None:
        files.write_wav_16(path, samples, kind.rate, before, after)
    elif kind.how.bits == 32:
        files.write_float_wav(path, audio, kind.rate, before, after)
    else:
        files.write_wav_24(path, audio, kind.rate, before, after)
    return Encoded(gain_db, peak_db + gain_db)


def history(rate: int, bits: int) -> str:
    """A line of coding history (EBU R 98)."""
    return f"A=PCM,F={rate},W={bits},M=stereo,T=Houseband"


def lossy(path: Path, audio: Audio, kind: Format, tags: Tags, cover: Callable[[], Picture | None], gain_db: float = 0.0) -> Encoded:
    """Encode from `gain_db` down until what a decoder makes of it stays under full scale between samples; then tag it.

    `cover` is asked for when the tags are written, and may still be drawn until then.
    """
    write, read, tag = _codec(kind)
    peak_db = -math.inf
    for _ in range(MOST_TRIES):
        write(path, audio * np.float32(linear(gain_db)) if gain_db else audio)
        peak_db = decibels(true_peak(read(path), 4))
        if peak_db < LOSSY_CEILING_DBTP:
            break
        gain_db -= peak_db - LOSSY_CEILING_DBTP + STEP_MARGIN_DB
    tag(path, tags, cover())
    return Encoded(gain_db, peak_db)


def _codec(kind: Format) -> tuple[Write, Read, Tag]:
    if kind.coding == "ogg":
        return lambda path, audio: files.write_ogg(path, audio, kind.rate), lambda path: files.read_audio(path)[0], tag_ogg
    quality: str | int = 320 if kind.coding == "mp3_320" else "V0"
    return lambda path, audio: files.write_mp3(path, audio, kind.rate, quality), files.read_mp3, tag_mp3
