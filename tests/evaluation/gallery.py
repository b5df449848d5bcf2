"""One song of every style as a picture to look through: `make gallery` writes docs/gallery.

Options: --seconds S, --only STYLE,STYLE, --workers N, --out FOLDER.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from services.mixer.profiles import profiles
from tests.evaluation.gallery_picture import draw
from tests.evaluation.sound_faults import faults
from tests.evaluation.sound_measures import measure
from tests.evaluation.sound_song import Asked, finish, songs
from tests.evaluation.sound_table import on_target, under_ceiling

FOLDER = Path(__file__).parents[2] / "docs" / "gallery"
LEAST_STYLES = 64
_HEAD = """# One song of every style

Made by `make gallery`: the first sentence of each style in tests/evaluation/score_prompts.toml, {seconds:g} s, mastered to its target.
Each picture: loudness over time with the sections; spectrogram; long-term spectrum per third octave against the genre's corridor (red:
over 3 dB away); and every stem's own loudness (blue: players, brown: shared spaces). Numbers by tests/evaluation/sound_measures.py.
"""


def picture(asked: Asked, seconds: float, folder: Path) -> dict[str, Any]:
    """Make a song, draw it, and return its numbers."""
    with tempfile.TemporaryDirectory(prefix="houseband-gallery-") as scratch:
        song = finish(asked, Path(scratch), seconds=seconds)
        score = song.score
        facts = f"{score.tempo_bpm:g} bpm, {score.key}, {score.meter}"
        draw(song, f"{asked.style.replace('_', ' ')} · seed {asked.number} · {facts}", folder / f"{asked.style}.png")
        found = measure(song.master, song.stems, song.rate, score, profiles()[song.profile].tone)
        technical = song.context.technical
        aims = {"target_lufs": technical.target_lufs, "ceiling_dbtp": technical.true_peak_ceiling_dbtp}
        return found | aims | {"asked": asked, "facts": facts, "faults": faults(song), "stems": list(song.stems)}


def chosen(only: set[str]) -> list[Asked]:
    """The first song of each style, in the order of the styles."""
    first: dict[str, Asked] = {}
    for asked in songs(LEAST_STYLES):
        first.setdefault(asked.style, asked)
    return [asked for style, asked in sorted(first.items()) if not only or style in only]


def page(found: list[dict[str, Any]], seconds: float) -> str:
    """The page that shows them."""
    text = [_HEAD.format(seconds=seconds)]
    for line in found:
        asked: Asked = line["asked"]
        contrast = f", chorus over verse {line['contrast']:+.1f} LU" if line["contrast"] == line["contrast"] else ""
        verdict = "on target" if on_target(line) and under_ceiling(line) else "OFF TARGET"
        said = ", ".join(f"{fault['kind']} ({fault['where']})" for fault in line["faults"])
        text += [
            f"## {asked.style.replace('_', ' ').capitalize()}",
            "",
            f"“{asked.prompt}” · seed {asked.number} · {line['facts']} · {len(line['stems'])} stems: {', '.join(line['stems'])}",
            "",
            f"{line['lufs']:.2f} LUFS, {line['dbtp']:.2f} dBTP ({verdict}), "
            f"{line['share']:.0%} of the bands within, loudness range {line['lra']:.1f} LU, crest {line['crest']:.1f} dB{contrast}, "
            f"correlation {line['correlation']:.2f} (below 150 Hz {line['low_correlation']:.2f}), stems null {line['null']:.0f} dBFS."
            + (f" Detected: {said}." if said else ""),
            "",
            f"![{asked.style}]({asked.style}.png)",
            "",
        ]
    return "\n".join(text)


def main() -> int:
    """Make the pictures and the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--only", default="", help="styles, with commas between")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=FOLDER)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    wanted = chosen(set(filter(None, asked.only.split(","))))
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(picture, wanted, [asked.seconds] * len(wanted), [asked.out] * len(wanted)))
    (asked.out / "README.md").write_text(page(found, asked.seconds), "utf-8")
    print(json.dumps({line["asked"].style: line["share"] for line in found}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
