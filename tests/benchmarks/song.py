"""A two-minute song from the command to the folder, beside the bare library calls on the same material in the same run."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

PROMPT = "uplifting pop with piano, electric guitar, strings and synth pads, 120 bpm, A minor"
DURATION_S = 120
SEED = 1
LIMIT_S, LIMIT_BYTES = 60.0, 4 * 10**9


@dataclass(frozen=True)
class Made:
    """One run of the command."""

    wall_s: float
    peak_pss_bytes: int
    report: dict[str, Any]
    folder: Path


def make(folder: Path, home: Path) -> Made:
    """Run the command as a newcomer would, watching the memory of its whole process tree (PSS) four times a second."""
    line = [
        sys.executable,
        "-m",
        "houseband",
        "make",
        PROMPT,
        "--duration",
        str(DURATION_S),
        "--seed",
        str(SEED),
        "--out",
        str(folder),
        "--quiet",
    ]
    began = time.monotonic()
    process = subprocess.Popen(line, env={**os.environ, "HOUSEBAND_HOME": str(home)})
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    code = process.wait()
    wall_s = time.monotonic() - began
    watcher.join()
    if code != 0:
        raise SystemExit(f"the song was not made: exit code {code}")
    return Made(wall_s, peak[0], json.loads((folder / "report.json").read_text("utf-8")), folder)


def _watch(pid: int, peak: list[int]) -> None:
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            total = 0
            for process in [root, *root.children(recursive=True)]:
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue
            peak[0] = max(peak[0], total)
            time.sleep(0.25)
    except psutil.Error:
        return


def bare(folder: Path) -> dict[str, float]:
    """Seconds of the bare library calls, one after the other on one core: render, strips, encode."""
    from contracts.music.score import Score
    from contracts.upgrades import read_context
    from services.generator.production import render_stem

    score = Score.model_validate_json((folder / "score.json").read_bytes())
    context = read_context((folder / "context.json").read_bytes())
    assert context.production
    began = time.monotonic()
    stems = {part: render_stem(score, part, plan) for part, plan in context.production.plan.items()}
    rendered = time.monotonic()
    total = _strips(stems)
    stripped = time.monotonic()
    _encode(total)
    encoded = time.monotonic()
    return {"render": rendered - began, "strips": stripped - rendered, "encode": encoded - stripped}


def _strips(stems: dict[str, Any]) -> Any:
    from pedalboard import Compressor, Gain, HighpassFilter, HighShelfFilter, LowShelfFilter, PeakFilter, Pedalboard

    strip = Pedalboard([HighpassFilter(80), LowShelfFilter(), PeakFilter(), HighShelfFilter(), Compressor(-20, 3), Gain(-6)])
    return sum(strip(stem, 48_000) for stem in stems.values())


def _encode(audio: Any) -> None:
    import soundfile
    from pedalboard.io import AudioFile

    audio = np.clip(audio, -0.9, 0.9)
    with tempfile.TemporaryDirectory() as scratch:
        soundfile.write(f"{scratch}/a.wav", audio.T, 48_000, subtype="PCM_24")
        soundfile.write(f"{scratch}/a.flac", audio.T, 48_000, subtype="PCM_24")
        with AudioFile(f"{scratch}/a.mp3", "w", 48_000, 2, quality="V0") as out:
            out.write(audio)
