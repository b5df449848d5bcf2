"""How good the scores are, in numbers: `make eval-score`, or one part with `--part`. The tables go to docs/score.md.

Parts: prompts (are briefs obeyed), bands, overlap, signs, classifier, variety, speed. Options: --songs N for each covered style,
--jobs N processes, --data DIR of the archives (variety compares with the training songs only where they are there).
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from services.music.packs.genres import genres
from tests.benchmarks import score as speed
from tests.evaluation import obedience, parts, variety
from tests.evaluation.features import Features, features_of
from tests.evaluation.measures import keep
from tests.evaluation.ours import brief_of, covered, piece_of, write
from tests.evaluation.real import real_features

DOCS = Path(__file__).parents[2] / "docs" / "score.md"


@dataclass(frozen=True)
class Session:
    """One run: what is asked, and the songs that several parts share."""

    songs: int
    jobs: int
    data: Path | None

    def spread(self, function: Callable[..., object], work: Sequence[object]) -> list[object]:
        """The function over the work, on as many processes as asked."""
        if self.jobs <= 1:
            return [function(one) for one in work]
        with ProcessPoolExecutor(self.jobs) as pool:
            return list(pool.map(function, work, chunksize=4))

    @cached_property
    def real(self) -> list[Features]:
        """Features of the held-out real songs."""
        return list(real_features().values())

    @cached_property
    def ours(self) -> dict[str, list[Features]]:
        """Features of our songs in the covered styles, `songs` together."""
        return self._written(covered(), -(-self.songs // len(covered())))

    @cached_property
    def others(self) -> dict[str, list[Features]]:
        """Features of five songs in each other style."""
        return self._written([style for style in genres() if style not in covered()], 5)

    def _written(self, styles: Sequence[str], each: int) -> dict[str, list[Features]]:
        work = [(style, seed) for style in styles for seed in range(each)]
        found: dict[str, list[Features]] = {}
        for (style, _), features in zip(work, self.spread(song_features, work), strict=True):
            found.setdefault(style, []).append(features)  # type: ignore[arg-type]
        return found

    @property
    def ours_covered(self) -> list[Features]:
        """Features of our songs in the covered styles, together."""
        return [features for style in covered() for features in self.ours[style]]


def song_features(work: tuple[str, int]) -> Features:
    """Write one song of three minutes and measure it."""
    style, seed = work
    return features_of(piece_of(write(brief_of(style, seed), seed)))


PARTS: dict[str, tuple[str, Callable[..., tuple[str, str]]]] = {
    "prompts": ("Briefs obeyed", obedience.prompts),
    "bands": ("Inside the bands of real songs", parts.bands),
    "overlap": ("Overlap with held-out songs", parts.overlap),
    "signs": ("Ten signs of machine-made music", parts.signs),
    "classifier": ("Told apart from held-out songs", parts.classifier),
    "variety": ("Variety", variety.variety),
    "speed": ("Speed of a three-minute score", speed.speed),
}


def main() -> int:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--songs", type=int, default=100, help="songs in the covered styles together")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--data", type=Path, default=None, help="folder of the archives")
    parser.add_argument("--out", type=Path, default=None, help="keep the tables in this file")
    asked = parser.parse_args()
    session = Session(asked.songs, asked.jobs, asked.data)
    for name in asked.part or PARTS:
        title, part = PARTS[name]
        note, table = part(session)
        print(f"\n== {title}\n{note}\n\n{table}", flush=True)
        if asked.out or not asked.part:
            keep(asked.out or DOCS, title, f"python -m tests.evaluation.score --part {name} --songs {asked.songs}", note, table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
