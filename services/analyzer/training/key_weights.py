"""Learns how much each piece of evidence for a key weighs, `services.analyzer.key_finding.WEIGHTS`, and prints it.

    python -m services.analyzer.training.key_weights --data DIR --songs DIR

Softmax regression, no weight below zero, on excerpts of three sets that count alike: rendered songs as the ears hear them, and
chord annotations of McGill Billboard (CC0) and POP909 (MIT) with some doubt put in. A fifth of each is held out and scored by
the weighted measure of MIREX. Excerpts, since a recording that is brought may begin and end anywhere.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from contracts.music import Key
from contracts.music.chord import QUALITIES as INTERVALS
from contracts.music.score import Score
from services.analyzer.chord_grid import Grid, grid_of
from services.analyzer.chord_model import QUALITIES, STATES, learned, seen_from_roots, stretches_of
from services.analyzer.chord_path import chord_path
from services.analyzer.key_finding import evidence
from services.analyzer.training.chord_ears import heard
from services.analyzer.training.key_chords import Sequence, billboard, pop909
from services.music.audio.keygram import CLASSES

Array = npt.NDArray[np.float64]

SONGS_OF_EACH, EXCERPTS, PENALTY, SEED, DOUBT = 250, 4, 0.003, 0, 0.2


class Case(NamedTuple):
    """Evidence [KEYS, kinds] of an excerpt, its key, its set and its song."""

    evidence: Array
    key: int
    set: int
    song: int


def rendered_cases(folder: Path, rng: np.random.Generator) -> list[Case]:
    """Excerpts of rendered songs, on their own beats."""
    found = []
    for song, path in enumerate(sorted(folder.glob("*.json"))):
        score = Score.model_validate_json(path.read_text("utf-8"))
        meter, key = score.meter_value, Key.parse(score.key)
        beats = np.array([score.seconds_at(tick) for tick in range(0, score.end_tick, meter.ticks_per_beat)])
        bars = np.array([score.seconds_at(tick) for tick in range(0, score.end_tick, meter.ticks_per_bar)])
        grid = grid_of(beats, bars, score.music_s)
        sound = stretches_of(heard(path.with_suffix(".flac")), grid.edges_s)
        likely = learned().log_likely(seen_from_roots(sound))
        states = chord_path(likely, grid, None, np.zeros(len(likely), np.bool_))
        for _ in range(EXCERPTS):
            size = int(rng.integers(32, max(40, len(states))))
            start = int(rng.integers(0, max(1, len(states) - size)))
            part = slice(start, min(len(states), start + size))
            own = Grid(grid.edges_s[part.start : part.stop + 1], grid.place[part], grid.beat_of[part])
            seen = evidence(np.exp(likely[part].astype(np.float64)), states[part], own, sound.classes[part], sound.bass[part])
            found.append(Case(seen, CLASSES * key.is_minor + key.tonic_class, 0, song))
    return found


def annotated_case(song: Sequence, per_unit: float, rng: np.random.Generator) -> tuple[Array, int]:
    """Evidence and key of an excerpt of an annotated song, moved to any key; `per_unit` stretches for each unit of length."""
    states = np.array([state for state, length in song.chords for _ in range(max(1, round(length * per_unit)))])
    size = int(rng.integers(24, 120))
    start = int(rng.integers(0, max(1, len(states) - size)))
    moved = int(rng.integers(CLASSES))
    states = (states[start : start + size] + moved * len(QUALITIES)) % STATES
    likely = np.full((len(states), STATES), DOUBT / STATES)
    likely[np.arange(len(states)), states] += 1 - DOUBT
    classes, bass = 0.3 * rng.random((len(states), CLASSES)), 0.1 * rng.random((len(states), CLASSES))
    for row, state in enumerate(states):
        root, quality = divmod(int(state), len(QUALITIES))
        classes[row, [(root + step) % CLASSES for step in INTERVALS[QUALITIES[quality]]]] += 1
        bass[row, root] += 1
    grid = Grid(np.arange(len(states) + 1.0), np.ones(len(states), np.int64), np.arange(len(states)))
    seen = evidence(likely, states, grid, classes.astype(np.float32), bass.astype(np.float32))
    return seen, CLASSES * song.minor + (song.tonic + moved) % CLASSES


def fitted(cases: list[Case]) -> Array:
    """The weights."""
    seen, keys = np.stack([case.evidence for case in cases]), np.array([case.key for case in cases])
    sets = np.array([case.set for case in cases])
    weight = np.array([1 / (sets == own).sum() for own in sets])
    weight /= weight.sum()
    spread = seen.std(axis=(0, 1))
    scaled, rows = seen / spread, np.arange(len(keys))

    def loss(weights: Array) -> tuple[float, Array]:
        score = scaled @ weights
        share = np.exp(score - score.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        slope = (share[:, :, None] * scaled).sum(axis=1) - scaled[rows, keys]
        lost = -(weight * np.log(share[rows, keys] + 1e-12)).sum() + PENALTY * float(weights @ weights)
        return float(lost), (weight[:, None] * slope).sum(axis=0) + 2 * PENALTY * weights

    count = seen.shape[2]
    return np.asarray(minimize(loss, np.ones(count), jac=True, bounds=[(0, None)] * count).x / spread)


def weighted(found: int, key: int) -> float:
    """1 for the key, .5 for a fifth above it in its mode, .3 for its relative, .2 for its parallel key (MIREX)."""
    if found == key:
        return 1.0
    up, same_mode = (found - key) % CLASSES, found // CLASSES == key // CLASSES
    if same_mode:
        return 0.5 if up == 7 else 0.0
    return 0.2 if up == 0 else 0.3 if up == (3 if key >= CLASSES else 9) else 0.0


def main() -> None:
    """Reads the data, prints held-out scores and the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--songs", type=Path, required=True)
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    cases = rendered_cases(options.songs, rng)
    sets = (billboard(options.data / "mcgill_billboard.tar.xz"), 2.0), (pop909(options.data / "pop909.tar.xz"), 0.6)
    for number, (songs, per_unit) in enumerate(sets, start=1):
        known = list(songs)
        for index in rng.permutation(len(known))[:SONGS_OF_EACH]:
            cases.append(Case(*annotated_case(known[index], per_unit, rng), number, int(index)))
    held = [case for case in cases if case.song % 5 == 0]
    weights = fitted([case for case in cases if case.song % 5])
    for number, name in enumerate(("rendered songs", "Billboard", "POP909")):
        scores = [weighted(int((case.evidence @ weights).argmax()), case.key) for case in held if case.set == number]
        print(f"{name}: weighted {np.mean(scores):.3f} of {len(scores)} excerpts held out")
    print(np.round(fitted(cases), 2).tolist())


if __name__ == "__main__":
    main()
