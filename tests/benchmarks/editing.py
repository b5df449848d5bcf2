"""One edit of a three-minute song beside its first make: wall seconds, and which dry stems were made again.

`python -m tests.benchmarks.editing [--out FILE] [--keep DIR]`: a real house, the song made once from nothing, then each edit laid
on the first version.
"""

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from houseband.client import Client
from tests.benchmarks.song import DURATION_S, PROMPT, SEED
from tests.songs import Song, finish_song, make_song, open_house

LIMIT = 0.5
EDITS: dict[str, list[dict[str, Any]]] = {
    "another take of the bass": [{"kind": "rewrite", "parts": ["bass"]}],
    "the organ on a Rhodes": [{"kind": "instrument", "parts": ["organ"], "instrument": "electric_piano"}],
    "a violin more": [{"kind": "add", "instrument": "violin"}],
    "drums softer in one section": [{"kind": "level", "parts": ["drums"], "sections": ["SECTION"], "db": -4.0}],
    "everything in another key": [{"kind": "key", "key": "D minor"}],
}
ONE_PART = frozenset(list(EDITS)[:4])


@dataclass(frozen=True)
class Edited:
    """One edit: seconds from the order to the verified folder, and the dry stems that are new."""

    name: str
    wall_s: float
    made: tuple[str, ...]
    kept: int
    stages: dict[str, float]
    passed: bool
    diff: str


def measured(scratch: Path) -> tuple[float, Song, list[Edited]]:
    """(seconds of the first make, the song, what each edit took)."""
    with open_house(scratch / "home") as house, Client(house.url) as client:
        began = time.monotonic()
        first = make_song(house, scratch / "first", PROMPT, options={"duration_s": DURATION_S, "seed": SEED})
        first_s = time.monotonic() - began
        composition, number = first.job.composition_id, _number(first)
        section = list(first.score["sections"])[2]
        done = []
        for name, edits in EDITS.items():
            sent = json.loads(json.dumps(edits).replace("SECTION", section))
            began = time.monotonic()
            asked = client.revise(composition, number, edits=sent)
            song = finish_song(house, client, client.job(asked.job_id), scratch / name.replace(" ", "_"))
            wall_s = time.monotonic() - began
            before, after = _stems(first), _stems(song)
            made = tuple(part for part, digest in after.items() if before.get(part) != digest)
            told = client.diff(composition, _number(song), against=number)["text"]
            done.append(
                Edited(name, wall_s, made, len(after) - len(made), song.report["timings"]["stages"], not song.failed_checks(), told)
            )
        return first_s, first, done


def _number(song: Song) -> int:
    assert song.job.results is not None
    assert song.job.results.version is not None
    return song.job.results.version


def _stems(song: Song) -> dict[str, str]:
    """Digests of the dry stems, as the manifest tells them."""
    found: dict[str, str] = json.loads((song.folder / "manifest.json").read_text("utf-8"))["dry_stems"]
    return found


def table(first_s: float, edits: list[Edited]) -> str:
    """Markdown."""
    lines = [
        "| edit | wall | of the first make | dry stems made | kept | the diff says |",
        "|---|---|---|---|---|---|",
        f"| the first make | {first_s:.1f} s | 1 | all | - | - |",
    ]
    for one in edits:
        made = ", ".join(one.made) if 0 < len(one.made) < 4 else str(len(one.made))
        passed = "" if one.passed else " (a check failed)"
        lines.append(f"| {one.name}{passed} | {one.wall_s:.1f} s | {one.wall_s / first_s:.2f} | {made} | {one.kept} | {one.diff} |")
    return "\n".join(lines)


def main() -> int:
    """Run, print and write the table. Returns 0 where every edit of one part stays within its share of the first make."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", type=Path, help="keep the songs here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        first_s, _, edits = measured(arguments.keep or Path(scratch))
    text = table(first_s, edits)
    print(text)
    for one in edits:
        print(one.name, {stage: round(seconds, 1) for stage, seconds in one.stages.items()})
    if arguments.out:
        arguments.out.write_text(text + "\n", "utf-8")
    return 0 if all(one.wall_s <= LIMIT * first_s for one in edits if one.name in ONE_PART) else 1


if __name__ == "__main__":
    raise SystemExit(main())
