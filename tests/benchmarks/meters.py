"""How fast the meters and the limiter are on a three-minute record, beside libebur128 and pyloudnorm in the same run."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyebur128
import pyloudnorm
import soundfile
from numpy.typing import NDArray

from services.mixer.mastering.chain import Aim, master_gain
from services.mixer.profiles import Profile
from services.music.audio.loudness import integrated_lufs, loudness_range
from services.music.audio.true_peak import true_peak_dbtp

Audio = NDArray[np.float32]
TARGETS = (-14.0, -9.0)
BEFORE_DB = -4.0
"""The record is turned down before it is mastered again: a limiter at work from a mix's level."""


def table(path: Path, profile: Profile) -> str:
    """A Markdown table of seconds and values, each function called once before (the compiler is not timed)."""
    read, rate = soundfile.read(path, dtype="float32", always_2d=True)
    audio: Audio = np.ascontiguousarray(read.T)
    rows = ["| meter | s | value |", "|---|---|---|"]
    for name, function in _meters(audio, rate).items():
        function()
        began = time.process_time()
        value = function()
        rows.append(f"| {name} | {time.process_time() - began:.3f} | {value:.3f} |")
    quiet = np.asarray(audio * 10 ** (BEFORE_DB / 20), dtype=np.float32)
    peaks = np.abs(quiet).max(axis=0)
    rows += ["", "| limiter, to | s | tries | reached |", "|---|---|---|---|"]
    for target in TARGETS:
        began = time.process_time()
        mastered = master_gain(quiet.copy(), peaks.copy(), rate, profile, Aim(target, -1.0))
        seconds = time.process_time() - began
        reached = f"{mastered.loudness_lufs:.2f} LUFS, {mastered.true_peak_dbtp:.2f} dBTP"
        rows.append(f"| {target:g} LUFS | {seconds:.2f} | {mastered.tries} | {reached} |")
    return "\n".join(rows)


def _meters(audio: Audio, rate: int) -> dict[str, Callable[[], float]]:
    interleaved = np.ascontiguousarray(audio.T)
    modes = pyebur128.MeasurementMode

    def ebur128(mode: int) -> pyebur128.R128State:
        state = pyebur128.R128State(audio.shape[0], rate, mode)
        state.add_frames(interleaved.ravel(), interleaved.shape[0])
        return state

    def their_peak() -> float:
        state = ebur128(modes.MODE_TRUE_PEAK)
        return float(20 * np.log10(max(pyebur128.get_true_peak(state, channel) for channel in range(audio.shape[0]))))

    return {
        "integrated loudness, ours, LUFS": lambda: integrated_lufs(audio, rate),
        "integrated loudness, libebur128": lambda: float(pyebur128.get_loudness_global(ebur128(modes.MODE_I))),
        "integrated loudness, pyloudnorm": lambda: float(pyloudnorm.Meter(rate).integrated_loudness(interleaved)),
        "loudness range, ours, LU": lambda: loudness_range(audio, rate),
        "loudness range, libebur128": lambda: float(pyebur128.get_loudness_range(ebur128(modes.MODE_LRA))),
        "true peak 4×, ours, dBTP": lambda: true_peak_dbtp(audio, rate, 4),
        "true peak 8×, ours": lambda: true_peak_dbtp(audio, rate, 8),
        "true peak 4×, libebur128": their_peak,
    }
