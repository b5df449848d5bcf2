"""Prints how the band plays in each genre beside the bands that real songs fall in.

Run: python -m tests.evaluation.groove_bands [seeds] [--out FILE].

Bands: POP909 whole song (melody and piano: compared with melody, counter and comping here) for notes per beat, groove
consistency and GS; Groove MIDI for ghosts and timing; POP909 piano for bars equal to the bar before.
"""

import argparse
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np

from contracts.brief import Brief, Source, Stated
from contracts.music import PPQ, Note, Part, Role, Score
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.music.packs.genres import genres
from tests.evaluation.measures import keep

BANDS = {"notes/beat": (3.4, 7.3), "consist": (0.71, 0.94), "GS": (0.64, 0.91), "same bar": (0.15, 0.6), "vel SD": (9.0, 20.0)}

_NOTE = """Means of songs of two minutes. notes/beat, consist and GS: everything pitched but the bass, against POP909 (melody and piano);
calm and full: notes per beat of all parts in the calmest and the fullest section; ghosts: share of soft snare strokes (people: .54);
swing: long to short of hats and ride; same bar: comping bars whose gestures equal the bar before (POP909 piano: .28)."""


def brief_of(style: str, seconds: float = 120.0) -> Brief:
    """A brief that states the genre only."""
    identity = genres()[style].identity

    def guess(value: object) -> Stated:  # type: ignore[type-arg]
        return Stated(value=value, source=Source.INFERRED)

    key = "A minor" if identity.minor_share > 0.5 else "C major"
    return Brief(
        tempo_bpm=guess(identity.tempo_bpm[1]), key=guess(key), meter=guess("4/4"), duration_s=guess(seconds), genres=guess((style,)),
        moods=guess(()), energy=guess(identity.energy), valence=guess(identity.valence), instruments_with=guess(identity.band),
        instruments_without=guess(()), structure=guess(()), chords=guess({}), production=guess(()), use=guess(""),
    )  # fmt: skip


def onset_grid(notes: list[Note], score: Score) -> np.ndarray:
    """Onsets per sixteenth [bars, 16], nearest step."""
    bars, steps = score.bars, score.meter_value.ticks_per_bar // (PPQ // 4)
    grid = np.zeros((bars, steps), dtype=bool)
    for note in notes:
        step = round(note.start / (PPQ // 4))
        if step // steps < bars:
            grid[step // steps, step % steps] = True
    return grid


def consistency(grid: np.ndarray) -> tuple[float, float]:
    """Grooving similarity of adjacent bars and of all pairs."""
    full = grid[grid.any(axis=1)]
    if len(full) < 2:
        return float("nan"), float("nan")
    near = np.mean([1 - np.mean(a ^ b) for a, b in pairwise(full)])
    every = np.mean([1 - np.mean(a ^ b) for a, b in combinations(full[:60], 2)])
    return float(near), float(every)


def same_as_before(part: Part, score: Score) -> float:
    """Share of bars whose gestures fall where those of the bar before fell, of bars that play.

    Notes within an eighth of a beat are one gesture; places may differ by a sixth of a beat, since people play, swung or straight.
    """
    size = score.meter_value.ticks_per_bar
    bars: list[list[int]] = [[] for _ in range(score.bars)]
    for note in part.notes:
        number, inside = divmod(note.start + PPQ // 16, size)
        if number < score.bars and (not bars[number] or inside - bars[number][-1] > PPQ // 8):
            bars[number].append(inside)
    pairs = [(one, other) for one, other in pairwise(bars) if one and other]
    same = [len(x) == len(y) and all(abs(i - j) < PPQ // 6 for i, j in zip(x, y, strict=True)) for x, y in pairs]
    return float(np.mean(same)) if pairs else float("nan")


def _strokes(part: Part) -> int:
    """Gestures of a part: notes within 60 ticks of each other are one."""
    return 1 + sum(b.start - a.start > 60 for a, b in pairwise(part.notes)) if part.notes else 0


def swing_of(score: Score, pitches: frozenset[int]) -> float:
    """Median ratio of the off-beat's position, on eighths."""
    drums = score.parts.get("drums")
    phases = [(n.start % PPQ) / PPQ for n in (drums.notes if drums else ()) if n.pitch in pitches]
    off = [p for p in phases if 0.42 < p < 0.78]
    return float(np.median(off) / (1 - np.median(off))) if len(off) > 8 else float("nan")


def row(style: str, seed: int) -> dict[str, float]:
    """All measures of a song."""
    brief = brief_of(style)
    score = arrange(compose(brief, seed).score, brief, seed).score
    beats = score.end_tick / PPQ
    pitched = [n for p in score.parts.values() if p.role not in (Role.DRUMS, Role.PERCUSSION, Role.BASS, Role.FX) for n in p.notes]
    everything = [n for p in score.parts.values() for n in p.notes]
    near, every = consistency(onset_grid(pitched, score))
    drums = list(score.parts["drums"].notes) if "drums" in score.parts else []
    snares = [n for n in drums if n.pitch in (38, 40)]
    comps = [p for p in score.parts.values() if p.role is Role.HARMONY]
    energies = sorted(score.sections.values(), key=lambda s: s.energy)
    quarter = score.meter_value.ticks_per_bar

    def density(section: object) -> float:
        start, end = (section.start_bar - 1) * quarter, (section.end_bar - 1) * quarter  # type: ignore[attr-defined]
        return sum(start <= n.start < end for n in everything) / ((end - start) / PPQ)

    return {
        "parts": len(score.parts),
        "notes/beat": len(pitched) / beats,
        "strokes": sum(_strokes(p) for p in score.parts.values()) / beats,
        "all/beat": len(everything) / beats,
        "consist": near,
        "GS": every,
        "calm": density(energies[0]),
        "full": density(energies[-1]),
        "ghosts": float(np.mean([n.velocity <= 55 for n in snares])) if snares else float("nan"),
        "swing": swing_of(score, frozenset({42, 44, 46, 51})),
        "same bar": float(np.nanmean([same_as_before(p, score) for p in comps])) if comps else float("nan"),
        "vel SD": float(np.std([n.velocity for n in pitched])),
        "drum vSD": float(np.std([n.velocity for n in drums])) if drums else float("nan"),
    }


def main() -> None:
    """A line per genre, a star where a measure leaves its band."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seeds", nargs="?", type=int, default=2)
    parser.add_argument("--out", type=Path, default=None)
    arguments = parser.parse_args()
    seeds = range(1, 1 + arguments.seeds)
    header: list[str] = []
    lines: list[str] = []
    for style in genres():
        rows = [row(style, seed) for seed in seeds]
        if not header:
            header = list(rows[0])
            lines.append(f"{'genre':14s}" + "".join(f"{name:>11s}" for name in header))
            lines.append(f"{'(band)':14s}" + "".join(f"{'–'.join(map(str, BANDS[n])) if n in BANDS else '':>11s}" for n in header))
        cells = []
        for name in header:
            values = [r[name] for r in rows if not np.isnan(r[name])]
            mean = float(np.mean(values)) if values else float("nan")
            low, high = BANDS.get(name, (-1e9, 1e9))
            star = "" if np.isnan(mean) or low <= mean <= high else "*"
            cells.append(f"{mean:10.2f}{star or ' '}")
        lines.append(f"{style:14s}" + "".join(cells))
    table = "\n".join(line.rstrip() for line in lines)
    print(table)
    if arguments.out:
        command = f"python -m tests.evaluation.groove_bands {arguments.seeds} --out docs/music-measures.md"
        keep(arguments.out, "The band", command, _NOTE, table)


if __name__ == "__main__":
    main()
