"""Prints how our drummers play beside recorded ones that nothing was learned from (Groove MIDI).

Run: python -m tests.evaluation.drummers --data DIR [--seeds N] [--out FILE].

Held out are the test split and the validation split. Both sides go through the same analysis. Distances are
Kolmogorov-Smirnov distances between pooled strokes; beside each stands the distance of the recorded training split to the
held-out takes: people against people.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.stats import ks_2samp

from contracts.music import PPQ, Score
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.generator.training.archives import unpacked
from services.generator.training.drum_takes import GHOST_BELOW, PITCHES, VOICES, Take, read_takes
from services.generator.training.grooves import place_class, residuals
from services.music.packs.genres import genres
from tests.evaluation.measures import keep
from tests.evaluation.ours import brief_of

# Our genre -> the feel its drummer has, where the test split has that feel.
_HEADS = (
    "genre (feel, takes)", "timing SD ms: ours, held out", "lag 1: ours, held out", "KS timing: ours, people",
    "KS hat velocity: ours, people", "slot profile r: ours, people", "ghosts of snare: ours, held out, training",
    "KS ghost velocity: ours, people", "hits/beat: ours, held out",
)  # fmt: skip
STYLES = {
    "rock": "rock", "pop": "pop", "funk": "funk", "rnb_soul": "soul", "boom_bap": "hiphop", "jazz": "jazz", "salsa": "latin",
    "bossa_nova": "latin", "afrobeat": "afrobeat", "punk": "punk", "reggae": "reggae",
}  # fmt: skip
_TIME = ("hat", "ride")
_NOTE = """Our drummers against recorded ones that nothing was learned from (Groove MIDI, test and validation splits; number of takes in
brackets), songs of two minutes. "people": the training split against the same held-out takes. Timing: lateness less each take's means by
voice and place; velocity: hats and rides less their take's mean; swing removed."""


def our_take(score: Score, style: str, grid: int) -> Take | None:
    """The drum part of a score as a take."""
    part = score.parts.get("drums")
    if part is None or len(part.notes) < 40:
        return None
    rows = []
    for note in part.notes:
        voice = PITCHES.get(note.pitch)
        if voice:
            soft = voice == "snare" and note.velocity < GHOST_BELOW
            rows.append((note.start / PPQ, VOICES.index("ghost" if soft else voice), note.velocity))
    beats, voices, loud = (np.array(column) for column in zip(*sorted(rows), strict=True))
    return Take(style, score.tempo_bpm, "beat", grid, beats, voices, loud)


def left_over(take: Take) -> np.ndarray:
    """Lateness less the means of voice and place [strokes], NaN where a voice is rare."""
    late, _ = residuals(take)
    out = np.full(len(late), np.nan)
    kinds = np.array([place_class(int(s), take.grid) for s in take.slots])
    for voice in VOICES:
        for kind in range(5):
            mask = take.of(voice) & (kinds == kind)
            if np.sum(mask) >= 4:
                out[mask] = late[mask] - np.mean(late[mask])
    return out


def measure(takes: list[Take]) -> dict[str, np.ndarray]:
    """Pooled strokes and per-take numbers of some takes."""
    late, loud, ghosts, spread, lag, density, shares = [], [], [], [], [], [], []
    profile = np.full((len(takes), 4 * takes[0].grid), np.nan)
    for index, take in enumerate(takes):
        left = left_over(take)
        keeping = np.isin(take.voices, [VOICES.index(v) for v in _TIME]) & ~np.isnan(left)
        late.append(left[~np.isnan(left)])
        spread.append(float(np.nanstd(left)))
        series = left[keeping]
        if len(series) > 30:
            lag.append(float(np.corrcoef(series[:-1], series[1:])[0, 1]))
            own = take.velocities[keeping] - np.mean(take.velocities[keeping])
            loud.append(own)
            for slot in range(4 * take.grid):
                here = take.slots[keeping] == slot
                if np.any(here):
                    profile[index, slot] = np.mean(own[here])
        soft, hard = take.of("ghost"), take.of("snare")
        ghosts.append(take.velocities[soft])
        if np.sum(soft | hard) > 8:
            shares.append(float(np.sum(soft) / np.sum(soft | hard)))
        density.append(len(take.beats) / max(float(take.beats[-1] - take.beats[0]), 1.0))
    slots = np.array([np.mean(c[~np.isnan(c)]) if np.any(~np.isnan(c)) else np.nan for c in profile.T])
    return {
        "late": np.concatenate(late), "loud": np.concatenate(loud) if loud else np.zeros(1), "ghosts": np.concatenate(ghosts),
        "spread": np.array(spread), "lag": np.array(lag), "density": np.array(density), "shares": np.array(shares), "slots": slots,
    }  # fmt: skip


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance; NaN where either side has too little."""
    return float(ks_2samp(one, other).statistic) if len(one) > 12 and len(other) > 12 else float("nan")


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two velocity profiles over the slots that both know."""
    both = ~np.isnan(one) & ~np.isnan(other)
    return float(np.corrcoef(one[both], other[both])[0, 1]) if both.sum() > 4 else float("nan")


def rows(folder: Path, seeds: int) -> list[str]:
    """The table."""
    takes = {"train": read_takes(folder, "train"), "test": [*read_takes(folder, "test"), *read_takes(folder, "validation")]}
    out = [" | ".join(_HEADS), "---|" * len(_HEADS)]
    for genre, feel in STYLES.items():
        grid = 3 if feel == "jazz" else 4
        real = {split: [t for t in some if t.style == feel and t.grid == grid] for split, some in takes.items()}
        if genre not in genres() or not real["test"]:
            continue
        played = [our_take(_song(genre, seed), feel, grid) for seed in range(1, seeds + 1)]
        mine = [t for t in played if t is not None]
        if not mine:
            continue
        ours = measure(mine)
        test, train = measure(real["test"]), measure(real["train"])
        pair = [(distance(ours[k], test[k]), distance(train[k], test[k])) for k in ("late", "loud", "ghosts")]
        means = [(float(np.mean(ours[k])), float(np.mean(test[k]))) for k in ("spread", "lag", "shares", "density")]
        cells = [
            f"{genre} ({feel}, {len(real['test'])})", *(f"{a:.2f}, {b:.2f}" for a, b in (*means[:2], *pair[:2])),
            f"{likeness(ours['slots'], test['slots']):.2f}, {likeness(train['slots'], test['slots']):.2f}",
            f"{means[2][0]:.2f}, {means[2][1]:.2f}, {np.mean(train['shares']):.2f}", f"{pair[2][0]:.2f}, {pair[2][1]:.2f}",
            f"{means[3][0]:.1f}, {means[3][1]:.1f}",
        ]  # fmt: skip
        out.append(" | ".join(cells))
    return out


def _song(genre: str, seed: int) -> Score:
    brief = brief_of(genre)
    return arrange(compose(brief, seed).score, brief, seed).score


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="folder of groove_midi.tar.xz or of its unpacked folder")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with unpacked(options.data, "groove_midi") as (folder,):
        table = "\n".join(rows(folder / "groove", options.seeds))
    print(table)
    if options.out:
        keep(options.out, "Drummers", "python -m tests.evaluation.drummers --data DIR --out docs/music-measures.md", _NOTE, table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
