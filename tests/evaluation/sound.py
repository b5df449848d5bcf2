"""How finished songs sound, measured: `make eval-sound`. The tables go to docs/sound.md.

Songs over all styles from the prompts of score_prompts.toml (seed = number), the real stages in process, the delivered 24-bit files read
back. Options: --songs N, --first N, --seconds S, --workers N, --only STYLE,STYLE, --out FILE, --keep FILE (a JSON line per song beside
the system's temporary files; a run that was stopped goes on where it stood, as long as the code is the same), --again (forget those
lines).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from services.mixer.profiles import profiles
from tests.evaluation.sound_faults import faults
from tests.evaluation.sound_measures import measure
from tests.evaluation.sound_song import Asked, finish, songs
from tests.evaluation.sound_table import page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "sound.md"
KEEP = Path(tempfile.gettempdir()) / "houseband-eval-sound.jsonl"
_CODE = (".py", ".toml", ".dsp", ".json")


def code_stamp() -> str:
    """Digest of everything that makes the sound and of the measures: lines of other code are not mixed into a table."""
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("contracts/**/*"), *ROOT.glob("services/**/*"), *Path(__file__).parent.glob("sound*.py")]):
        if path.suffix in _CODE and path.is_file():
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def listen(asked: Asked, seconds: float) -> dict[str, Any]:
    """Make one song and measure it. A song that could not be made is a result of this measurement, told with its error."""
    began = time.perf_counter()
    line: dict[str, Any] = {"number": asked.number, "style": asked.style, "prompt": asked.prompt, "asked_s": seconds}
    try:
        with tempfile.TemporaryDirectory(prefix="houseband-sound-") as folder:
            song = finish(asked, Path(folder), seconds=seconds)
            mastering = song.context.mastering
            assert mastering is not None
            line |= measure(song.master, song.stems, song.rate, song.score, profiles()[song.profile].tone)
            line |= {
                "profile": song.profile,
                "target_lufs": song.context.technical.target_lufs,
                "ceiling_dbtp": song.context.technical.true_peak_ceiling_dbtp,
                "limited_by_ceiling": mastering.limited_by_ceiling,
                "length_s": round(song.master.shape[1] / song.rate, 2),
                "stages": {name: round(wall, 2) for name, wall in song.seconds.items()},
                "faults": faults(song),
            }
    except Exception as error:  # noqa: BLE001  see the docstring
        line |= {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}", "trace": traceback.format_exc(limit=-6)}
    return line | {"wall_s": round(time.perf_counter() - began, 1)}


def kept(path: Path, stamp: str, seconds: float) -> dict[int, dict[str, Any]]:
    """Songs measured before by the same code at the same length, by number."""
    if not path.exists():
        return {}
    lines = [json.loads(text) for text in path.read_text("utf-8").splitlines() if text.endswith("}")]
    return {line["number"]: line for line in lines if (line["stamp"], line["asked_s"]) == (stamp, seconds) and "error" not in line}


def run(wanted: list[Asked], seconds: float, workers: int, path: Path) -> list[dict[str, Any]]:
    """Measure what is not measured yet, `workers` songs at once, each line kept as it comes. In order of the songs."""
    stamp = code_stamp()
    found = kept(path, stamp, seconds)
    missing = [asked for asked in wanted if asked.number not in found]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool, path.open("a", encoding="utf-8") as out:
        running = [pool.submit(listen, asked, seconds) for asked in missing]
        for done in as_completed(running):
            line = done.result() | {"stamp": stamp}
            found[line["number"]] = line
            out.write(json.dumps(line) + "\n")
            out.flush()
            print(_told(line), file=sys.stderr, flush=True)
    return [found[asked.number] for asked in wanted]


def _told(line: dict[str, Any]) -> str:
    if "error" in line:
        return f"{line['number']:4d} {line['style']:15} FAILED {line['error']}"
    return (
        f"{line['number']:4d} {line['style']:15} {line['lufs']:7.2f} LUFS {line['dbtp']:6.2f} dBTP  corridor {line['share']:4.0%}  "
        f"null {line['null']:7.1f}  low {line['low_correlation']:5.2f}  {line['wall_s']:5.1f} s"
    )


def main() -> int:
    """Make, measure, write. Returns 1 where a song could not be made."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--songs", type=int, default=200)
    parser.add_argument("--first", type=int, default=1, help="number of the first song")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="styles, with commas between")
    parser.add_argument("--out", type=Path, default=DOCS)
    parser.add_argument("--keep", type=Path, default=KEEP)
    parser.add_argument("--again", action="store_true")
    asked = parser.parse_args()
    only = set(filter(None, asked.only.split(",")))
    numbered = songs(asked.first + asked.songs - 1)[asked.first - 1 :]
    wanted = [song for song in numbered if not only or song.style in only]
    if asked.again:
        asked.keep.unlink(missing_ok=True)
    lines = run(wanted, asked.seconds, asked.workers, asked.keep)
    asked.keep.with_suffix(".json").write_text(json.dumps(lines, indent=1) + "\n", "utf-8")
    text = page(lines, asked.seconds)
    asked.out.write_text(text, "utf-8")
    print(text)
    return int(any("error" in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
