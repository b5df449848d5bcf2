"""The MP3: encoded again a little lower where its decoded peak passes full scale."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.mixer import files
from services.music.audio.levels import decibels, linear
from services.music.audio.true_peak import true_peak

Audio = NDArray[np.float32]

STEP_MARGIN_DB = 0.15
MOST_TRIES = 4


def id3_key(key: str) -> str:
    """A key as ID3's TKEY writes it: "Am", "C#m", "Eb"; modes with a minor third count as minor."""
    words = key.replace("♯", "#").replace("♭", "b").split()
    if not words:
        return ""
    minor = len(words) > 1 and words[1].lower() in ("minor", "dorian", "phrygian", "aeolian", "locrian")
    return words[0] + ("m" if minor else "")


def decoded_peak(path: Path) -> float:
    """True peak of a decoded MP3, linear."""
    return true_peak(files.read_mp3(path), 4)


def encode_mp3(path: Path, audio: Audio, rate: int, tags: dict[str, Any], gain_db: float = 0.0) -> float:
    """Encode [2, samples] as V0, from `gain_db` down, and tag it. Returns the gain at which its decoded true peak is under 0 dBTP."""
    for _ in range(MOST_TRIES):
        files.write_mp3(path, audio * np.float32(linear(gain_db)) if gain_db else audio, rate)
        over_db = decibels(decoded_peak(path))
        if over_db < 0:
            break
        gain_db -= over_db + STEP_MARGIN_DB
    files.tag_mp3(path, title=tags["title"], artist=tags["artist"], bpm=tags["bpm"], key=id3_key(tags["key"]), genre=tags["genre"])
    return gain_db
