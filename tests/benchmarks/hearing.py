"""Three minutes of reference heard on one core, beside bare librosa in the same run; and how long a brief takes.

`python -m tests.benchmarks.hearing FILE` writes its section into docs/benchmarks.md; `make bench` calls it with the song that it made.
Each side runs in a process of its own, pinned to one core, everything compiled before: processor seconds of the process and what it
starts, and the highest PSS of both together.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile as sf

from tests.benchmarks.song import watched

DOCS = Path(__file__).parents[2] / "docs" / "benchmarks.md"
TITLE = "## Hearing a reference, reading a sentence"
LIMIT_S, LIMIT_BYTES, LIMIT_BRIEF_MS = 6.0, 10**9, 50.0


def section(path: Path) -> str:
    """The section in Markdown, of one sound file."""
    info = sf.info(path)
    ours, theirs, briefs = (_measured(side, path) for side in ("ours", "librosa", "briefs"))
    rows = [
        TITLE,
        "",
        f"{info.duration:.0f} s of stereo at {info.samplerate} Hz, each side alone on one core. Bare librosa: load, onsets, beats,",
        "harmonic part, chroma (CQT), MFCC, borders by clustering of beats: no bars, chords, drums, lines, loudness or spectrum.",
        "",
        "| | processor s | times faster than the music | peak PSS, GB |",
        "|---|---|---|---|",
        *(f"| {name} | {side['cpu_s']:.2f} | {info.duration / side['cpu_s']:.0f} × | {side['peak'] / 1e9:.2f} |"
          for name, side in (("the ears", ours), ("bare librosa", theirs))),
        f"| limit, for three minutes | {LIMIT_S:g} | | {LIMIT_BYTES / 1e9:g} |",
        "",
        f"A brief, offline, over {briefs['count']:.0f} prompts in seven languages, processor ms: {briefs['p50']:.1f} (median),",
        f"{briefs['p95']:.1f} (95 %), {briefs['most']:.1f} (slowest); the first of a process, which reads the tables,",
        f"{briefs['first']:.0f}. The limit is {LIMIT_BRIEF_MS:g}.",
    ]  # fmt: skip
    return "\n".join(rows) + "\n"


def _measured(side: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.hearing", str(path), "--side", side]
    done = subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _alone(function: Callable[[Path], object], path: Path) -> dict[str, float]:
    """Processor seconds and peak memory of one call in this process, after one of a few seconds."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with watched() as memory:
        before = sum(os.times()[:4])
        function(path)
        seconds = sum(os.times()[:4]) - before
    return {"cpu_s": seconds, "peak": float(memory.peak)}


def _ours(path: Path) -> object:
    from services.analyzer.hearing import hear

    return hear(path)


def _librosa(path: Path) -> object:
    import librosa

    mono, rate = librosa.load(path, sr=22_050, mono=True)
    strength = librosa.onset.onset_strength(y=mono, sr=rate)
    onsets = librosa.onset.onset_detect(onset_envelope=strength, sr=rate)
    tempo, beats = librosa.beat.beat_track(onset_envelope=strength, sr=rate)
    chroma = librosa.feature.chroma_cqt(y=librosa.effects.harmonic(mono), sr=rate)
    timbre = librosa.feature.mfcc(y=mono, sr=rate)
    borders = librosa.segment.agglomerative(librosa.util.sync(chroma, beats), 10)
    return onsets, tempo, timbre, borders


def _briefs() -> dict[str, float]:
    from contracts.context import Options
    from services.enhancer.reading import read_prompt
    from tests.evaluation.brief_truth import load

    times = []
    for truth in load():
        before = time.process_time()
        try:
            read_prompt(truth.text, Options(), seed=truth.number)
        except Exception:  # noqa: BLE001, S112  a prompt that is refused or fails is counted in docs/brief.md, not here
            continue
        times.append(1000 * (time.process_time() - before))
    first, rest = times[0], np.array(times[1:])
    p50, p95 = np.percentile(rest, (50, 95))
    return {"first": first, "p50": float(p50), "p95": float(p95), "most": float(rest.max()), "count": float(len(times))}


def _side(side: str, path: Path) -> dict[str, float]:
    if side == "briefs":
        return _briefs()
    if side == "ours":
        from services.analyzer.hearing import warm

        warm()
        return _alone(_ours, path)
    _warm_librosa(path)
    return _alone(_librosa, path)


def _warm_librosa(path: Path) -> None:
    """Eight seconds of the file, so that librosa's compiled parts are compiled."""
    import tempfile

    audio, rate = sf.read(path, stop=8 * sf.info(path).samplerate, always_2d=True)
    with tempfile.NamedTemporaryFile(suffix=".wav") as short:
        sf.write(short.name, audio, rate)
        _librosa(Path(short.name))


def main() -> int:
    """Measure one side, or all and write the section. Returns 0 where the limits hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--side", choices=("ours", "librosa", "briefs"), default=None)
    parser.add_argument("--out", type=Path, default=DOCS)
    asked = parser.parse_args()
    if asked.side:
        print(json.dumps(_side(asked.side, asked.file)))
        return 0
    text = section(asked.file)
    page = asked.out.read_text("utf-8") if asked.out.exists() else "# Benchmarks\n"
    found = re.search(rf"{re.escape(TITLE)}\n.*?(?=\n## |\Z)", page, re.DOTALL)
    page = page.replace(found.group(0), text) if found else f"{page.rstrip()}\n\n{text}"
    asked.out.write_text(page.rstrip() + "\n", "utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
