"""`make bench`: speed and memory, each beside a baseline measured in the same run; the table goes to docs/benchmarks.md."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import song

DOCS = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def main() -> int:
    """Run and write the table. Returns 0 where the limits hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=DOCS)
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as scratch:
        made = song.make(Path(scratch) / "song", Path(scratch) / "home")
        baseline = song.bare(made.folder)
        stems = len(list((made.folder / "stems").iterdir()))
    text = _table(made, baseline, stems)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, "utf-8")
    print(text)
    return 0 if made.wall_s < song.LIMIT_S and made.peak_pss_bytes < song.LIMIT_BYTES else 1


def _table(made: song.Made, baseline: dict[str, float], stems: int) -> str:
    stages = made.report["timings"]["stages"]
    beside = {"production": "render", "mixing": "strips", "mastering": "encode"}
    lines = [
        "# Benchmarks",
        "",
        f"Made by `make bench` on {os.cpu_count()} cores, from the command to the verified folder:",
        f"“{song.PROMPT}”, {song.DURATION_S} s, {stems} stems.",
        "",
        "| figure | measured | limit |",
        "|---|---|---|",
        f"| wall, start-up included | {made.wall_s:.1f} s | {song.LIMIT_S:.0f} s |",
        f"| peak memory of the process tree (PSS) | {made.peak_pss_bytes / 1e9:.2f} GB | {song.LIMIT_BYTES / 1e9:.0f} GB |",
        f"| real time factor | {song.DURATION_S / made.wall_s:.1f} × | |",
        "",
        "Beside the bare library calls on the same notes and stems, one after the other on one core, in the same run:",
        "",
        "| stage | wall s | bare call | s | stage / bare |",
        "|---|---|---|---|---|",
    ]
    for name, seconds in stages.items():
        call = beside.get(name)
        cells = (call, f"{baseline[call]:.2f}", f"{seconds / baseline[call]:.2f}") if call else ("", "", "")
        lines.append(f"| {name} | {seconds:.2f} | {cells[0]} | {cells[1]} | {cells[2]} |")
    total = sum(baseline.values())
    lines.append(f"| **all** | **{made.wall_s:.2f}** | **all three** | **{total:.2f}** | **{made.wall_s / total:.2f}** |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
