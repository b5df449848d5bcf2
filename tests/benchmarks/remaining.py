"""How far the remaining time that was shown was from what came: real songs of different lengths, one after the other in one house.

`python -m tests.benchmarks.remaining [--out FILE] [--songs N]`: the house knows nothing at first but what the prior says.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from houseband.client import Client
from houseband.launcher import House
from tests.songs import open_house

SONGS = (
    ("house", 60.0),
    ("sad piano ballad", 30.0),
    ("rock, electric guitar, organ, bass, drums", 120.0),
    ("lofi hip hop", 45.0),
    ("epic orchestral film music", 90.0),
    ("techno", 180.0),
    ("bossa nova with flute", 20.0),
    ("trance, 138 bpm", 75.0),
)
LIMIT = 0.25
AT = (0.1, 0.25, 0.5, 0.75)
"""Shares of the whole time at which the shown time is read."""
NAIVE_S = 90.0
"""What a sign that says "about a minute and a half" would say: the baseline."""


@dataclass
class Run:
    """One song: how long it took, and what was shown when."""

    prompt: str
    length_s: float
    whole_s: float = 0.0
    shown: list[tuple[float, float]] = field(default_factory=list)

    def at(self, share: float) -> tuple[float, float]:
        """(shown, true) remaining seconds when a share of the time had passed; between two messages the shown time runs down."""
        now = share * self.whole_s
        when, left = max((one for one in self.shown if one[0] <= now), default=self.shown[0])
        return max(left - (now - when), 0.5), self.whole_s - now

    def error(self, share: float) -> float:
        """Relative error of what was shown."""
        shown, true = self.at(share)
        return abs(shown - true) / true


def follow(house: House, prompt: str, length_s: float, seed: int) -> Run:
    """Make a song and note what was shown."""
    run = Run(prompt, length_s)
    with Client(house.url) as client:
        posted = time.monotonic()
        job = client.create_job(prompt, options={"duration_s": length_s, "seed": seed})
        for event in client.watch(job.job_id):
            house.watch()
            if event.remaining_s is not None:
                run.shown.append((time.monotonic() - posted, event.remaining_s))
        run.whole_s = time.monotonic() - posted
        assert client.job(job.job_id).status == "completed"
    return run


def table(runs: list[Run]) -> str:
    """Shown and true seconds at each share of the way."""
    head = " | ".join(f"at {share:.0%}" for share in AT)
    lines = [f"| song | took | {head} | median error |", f"|---|---|{'---|' * len(AT)}---|"]
    for run in runs:
        cells = " | ".join("{:.0f} for {:.0f} s".format(*run.at(share)) for share in AT)
        errors = median(run.error(share) for share in AT)
        lines.append(f"| {run.prompt}, {run.length_s:.0f} s | {run.whole_s:.1f} s | {cells} | {errors:.0%} |")
    return "\n".join(lines)


def told(runs: list[Run]) -> tuple[str, float]:
    """The figures in words, and the median error of all."""
    errors = [run.error(share) for run in runs for share in AT]
    first = [run.error(share) for run in runs[:1] for share in AT]
    naive = [abs(max(NAIVE_S - share * run.whole_s, 1.0) - run.at(share)[1]) / run.at(share)[1] for run in runs for share in AT]
    late = median(run.error(share) for run in runs[1:] for share in AT) if runs[1:] else float("nan")
    text = (
        f"Median error {median(errors):.0%} of {len(errors)} readings (limit {LIMIT:.0%}); of the first song, by the prior alone, "
        f"{median(first):.0%}, of the later ones {late:.0%}. A sign that always says {NAIVE_S:.0f} s: {median(naive):.0%}."
    )
    return text, median(errors)


def main() -> int:
    """Measure, print, write. Returns 0 where the median error is in the limit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--songs", type=int, default=len(SONGS))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, open_house(Path(scratch) / "home") as house:
        runs = [follow(house, prompt, length_s, seed) for seed, (prompt, length_s) in enumerate(SONGS[: asked.songs])]
    text, error = told(runs)
    print(f"{table(runs)}\n\n{text}")
    if asked.out:
        asked.out.write_text(f"{table(runs)}\n\n{text}\n", "utf-8")
    return 0 if error <= LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
