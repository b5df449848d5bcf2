"""Fifty prompts through the whole house, and 28 of styles at the edge; the tables go to docs/evaluation.md: `make eval`.

Options: --seconds N (length of each song), --table prompts|edge, --only N,N (lines of that table), --out FILE, --keep FOLDER (the songs).
What stands in the page beside a table stays.
"""

import argparse
import re
import sys
import tempfile
import time
import tomllib
from pathlib import Path

from houseband.client import Client
from houseband.home import Home
from houseband.launcher import House
from tests.songs import Song, finish_song

HERE = Path(__file__).parent
AT_ONCE = 3
TITLES = {"prompts": "Fifty prompts", "edge": "Styles at the edge"}
SEEDS = {"prompts": 0, "edge": 100}
"""What is added to a line's number."""


def main() -> int:
    """Make the songs and write the table. Returns 0 where the figures of the issue hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--table", choices=tuple(TITLES), default="prompts")
    parser.add_argument("--only", type=lambda text: [int(one) for one in text.split(",")], default=None)
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "docs" / "evaluation.md")
    parser.add_argument("--keep", type=Path, default=None, help="keep the songs in this folder")
    arguments = parser.parse_args()
    prompts = [one["text"] for one in tomllib.loads((HERE / "prompts.toml").read_text("utf-8"))[arguments.table]]
    wanted = arguments.only or list(range(1, len(prompts) + 1))
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        (home / "store").mkdir(parents=True)
        folder = arguments.keep or Path(scratch) / "songs"
        folder.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with House.open(Home(home)) as house:
            lines = [(n, prompts[n - 1]) for n in wanted]
            songs = dict(_make(house, folder, lines, arguments.seconds, SEEDS[arguments.table]))
        text = _table(arguments.table, songs, prompts, arguments.seconds, time.monotonic() - began)
    write(arguments.out, arguments.table, text)
    print(text)
    first = sum(_passed_at_first(song) for song in songs.values()) / len(songs)
    return 0 if first >= 0.95 and all(song.report["passed"] for song in songs.values()) else 1


def write(page: Path, table: str, text: str) -> None:
    """Put a table in place of the one of its title; the rest of the page stays."""
    page.parent.mkdir(parents=True, exist_ok=True)
    known = page.read_text("utf-8") if page.exists() else "# Prompts through the whole house\n"
    found = re.search(rf"^## {TITLES[table]}\n.*?(?=^## |\Z)", known, re.MULTILINE | re.DOTALL)
    page.write_text(known.replace(found.group(0), f"{text}\n") if found else f"{known.rstrip()}\n\n{text}\n", "utf-8")


def _make(house: House, folder: Path, lines: list[tuple[int, str]], seconds: float, seed: int) -> list[tuple[int, Song]]:
    made = []
    with Client(house.url) as client:
        for start in range(0, len(lines), AT_ONCE):
            turn = lines[start : start + AT_ONCE]
            jobs = [(n, client.create_job(text, options={"duration_s": seconds, "seed": seed + n})) for n, text in turn]
            for number, job in jobs:
                song = finish_song(house, client, job, folder / f"{number:02d}")
                made.append((number, song))
                print(
                    f"{number:3d} {song.job.status} attempts {song.report['attempts']} {sorted(song.failed_checks())}",
                    file=sys.stderr,
                    flush=True,
                )
    return made


def _passed_at_first(song: Song) -> bool:
    return bool(song.report["passed"] and song.report["attempts"] == 1)


def _table(table: str, songs: dict[int, Song], prompts: list[str], seconds: float, wall_s: float) -> str:
    first = sum(map(_passed_at_first, songs.values()))
    passed = sum(song.report["passed"] for song in songs.values())
    lines = [
        f"## {TITLES[table]}",
        "",
        (
            f"`python -m tests.evaluation --table {table} --seconds {seconds:g}`: each sentence of `{table}` in "
            f"tests/evaluation/prompts.toml as a song of {seconds:g} s; "
            f"the seed is {f'{SEEDS[table]} and ' if SEEDS[table] else ''}its number."
        ),
        "",
        (
            f"**{first} of {len(songs)} passed every check at the first attempt ({100 * first / len(songs):.0f} %), "
            f"{passed} of {len(songs)} after retries ({100 * passed / len(songs):.0f} %).** "
            f"Wall {wall_s:.0f} s on this machine."
        ),
        "",
        "| # | prompt | tempo asked / heard | key | LUFS | dBTP | null dBFS | stems | attempts | passed | rejected for |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_row(n, prompts[n - 1], song) for n, song in sorted(songs.items()))]) + "\n"


def _row(number: int, prompt: str, song: Song) -> str:
    report = song.report
    checks = {check["name"]: check for check in report["checks"]}

    def measured(name: str, places: int = 1) -> str:
        value = checks.get(name, {}).get("measured")
        return "–" if value is None else f"{value:.{places}f}" if isinstance(value, int | float) else str(value)

    asked = checks.get("tempo", {}).get("asked") or song.score["tempo_bpm"]
    reasons = sorted({check["name"] for verdict in report.get("history", []) for check in verdict["checks"] if not check["passed"]})
    reasons += sorted(f"**{name}**" for name in song.failed_checks())
    stems = len(list((song.folder / "stems").iterdir()))
    cells = [
        str(number), prompt.replace("|", "/"), f"{asked:g} / {measured('tempo', 2)}", f"{song.score['key']}", measured("loudness", 2),
        measured("true_peak", 2), measured("stems_null"), str(stems), str(report["attempts"]),
        "yes" if report["passed"] else "**no**", ", ".join(reasons),
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
