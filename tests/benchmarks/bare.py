"""The floor: the bare library calls on the same notes and stems, one after the other on one core, in the same run."""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from pedalboard import Compressor, Convolution, Gain, HighpassFilter, HighShelfFilter, LowShelfFilter, PeakFilter, Pedalboard
from pedalboard.io import AudioFile

from contracts.context import Context
from contracts.music import Score
from services.generator.production.rendering import render_stem

Audio = NDArray[np.float32]
RATE = 48_000


def floor(context: Context, score: Score) -> dict[str, float]:
    """Seconds by name: every stem rendered, a strip of six pedalboard effects on each, two convolution reverbs, files encoded."""
    assert context.production is not None
    seconds: dict[str, float] = {}
    began = time.monotonic()

    def lap(name: str) -> None:
        nonlocal began
        now = time.monotonic()
        seconds[name], began = now - began, now

    stems = [render_stem(score, part, plan) for part, plan in context.production.plan.items()]
    lap("render")
    strip = Pedalboard([HighpassFilter(80), LowShelfFilter(), PeakFilter(), HighShelfFilter(), Compressor(-20, 3), Gain(-6)])
    stems = [strip(stem, RATE) for stem in stems]
    total = np.asarray(sum(stems))
    lap("strips")
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("room", "hall"):
            soundfile.write(f"{scratch}/{name}.wav", _impulse(), RATE)
            stems.append(Pedalboard([Convolution(f"{scratch}/{name}.wav", mix=1.0)])(total, RATE))
        lap("spaces")
        _encode(np.clip(sum(stems), -0.9, 0.9), stems, Path(scratch))
        lap("encode")
    return seconds


def _impulse() -> NDArray[np.float64]:
    count = 2 * RATE
    noise = np.random.default_rng(0).standard_normal((count, 2))
    return np.asarray(0.1 * noise * np.exp(-6.9 * np.arange(count) / count)[:, None])


def _encode(total: Any, stems: list[Any], folder: Path) -> None:
    """The master as WAV, FLAC and MP3 V0, and every stem as WAV, 24 bit."""
    soundfile.write(folder / "a.wav", total.T, RATE, subtype="PCM_24")
    soundfile.write(folder / "a.flac", total.T, RATE, subtype="PCM_24")
    with AudioFile(str(folder / "a.mp3"), "w", RATE, 2, quality="V0") as out:
        out.write(np.asarray(total, dtype=np.float32))
    for stem in stems:
        soundfile.write(folder / "stem.wav", np.asarray(stem).T, RATE, subtype="PCM_24")
