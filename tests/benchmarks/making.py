"""`make bench ARGS=song`: speed and memory, each beside a baseline measured in the same run; the tables go to docs/benchmarks.md.

A part that compares the mastering with another tool is tests/benchmarks/mastering.py, with `section() -> str` in Markdown.
"""

import argparse
import importlib
import importlib.util
import os
import sys
import tempfile
from pathlib import Path

from contracts.music import Score
from services.mixer.profiles import profile
from tests.benchmarks import bare, cancel, hearing, meters, song, wire

DOCS = Path(__file__).parents[2] / "docs" / "benchmarks.md"
SOUND = ("production", "mixing", "mastering")


def main() -> int:
    """Run and write the tables. Returns 0 where the limits hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=DOCS)
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as scratch:
        first, second, moved, peak = song.make_twice(Path(scratch))
        score = Score.model_validate_json((first.song.folder / "score.json").read_bytes())
        floor = bare.floor(first.context, score)
        text = "\n".join([
            _head(first, second, moved, peak),
            _stages(first, floor),
            "## Meters and limiter\n\nProcessor seconds on the same master, three minutes of stereo at 48 kHz.\n",
            meters.table(first.song.folder / "master.wav", profile(score.genre)),
            "",
            hearing.section(first.song.folder / "master.wav"),
            cancel.section(Path(scratch) / "cancel"),
            wire.section(),
            _comparison(),
        ])  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text.rstrip() + "\n", "utf-8")
    print(text)
    return 0 if first.sound_s <= song.LIMIT_S and peak < song.LIMIT_BYTES else 1


def _comparison() -> str:
    """The mastering beside another tool, where that tool is installed here."""
    return (
        str(importlib.import_module("tests.benchmarks.mastering").section())
        if importlib.util.find_spec("tests.benchmarks.mastering")
        else ""
    )


def _head(first: song.Made, second: song.Made, moved: song.Made, peak: int) -> str:
    players = len(first.context.production.plan) if first.context.production else 0
    stems = len(list((first.song.folder / "stems").iterdir()))
    lines = [
        "# Benchmarks",
        "",
        f"Made by `make bench` on {os.cpu_count()} cores: “{song.PROMPT}”, {song.DURATION_S} s, {players} players",
        f"({stems} delivered stems with the shared spaces), in a house that is up.",
        "",
        "| figure | measured | limit |",
        "|---|---|---|",
        f"| from the score to the delivered files | {first.sound_s:.1f} s | {song.LIMIT_S:.0f} s |",
        f"| from the request to the verified folder | {first.wall_s:.1f} s | |",
        f"| peak memory of the process tree (PSS) | {peak / 1e9:.2f} GB | {song.LIMIT_BYTES / 1e9:.0f} GB |",
        f"| real time factor | {song.DURATION_S / first.wall_s:.1f} × | |",
        f"| the same job again: from the score to the files (request to folder) | {second.sound_s:.1f} s ({second.wall_s:.1f} s) | |",
        f"| again with one fader moved | {moved.sound_s:.1f} s ({moved.wall_s:.1f} s) | |",
        "",
    ]
    return "\n".join(lines)


def _stages(first: song.Made, floor: dict[str, float]) -> str:
    """Where the time goes, beside the bare calls on one core and spread over all."""
    beside = {"production": ("render",), "mixing": ("strips", "spaces"), "mastering": ("encode",)}
    lines = [
        "## Where the time goes",
        "",
        "Beside the bare library calls on the same notes and stems, one after the other on one core, in the same run: every stem played; a",
        "strip of six effects on each and two convolution reverbs; files encoded. Between the stages: the bus, the stores, the database.",
        "",
        "| stage | wall s | bare call | s |",
        "|---|---|---|---|",
    ]
    for name, seconds in first.stages.items():
        calls = beside.get(name, ())
        lines.append(f"| {name} | {seconds:.2f} | {', '.join(calls)} | {f'{sum(floor[call] for call in calls):.2f}' if calls else ''} |")
    sound, total = sum(first.stages.get(name, 0.0) for name in SOUND), sum(floor.values())
    cores = os.cpu_count() or 1
    lines += [
        f"| **score to files** | **{sound:.2f}** | all, on one core | **{total:.2f}** |",
        f"| | | all, if {cores} cores shared them evenly | {total / cores:.2f} |",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
