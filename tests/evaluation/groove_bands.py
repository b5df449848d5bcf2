"""Prints how the band plays in each genre beside the bands that real songs fall in.

Run: python -m tests.evaluation.groove_bands [seeds] [--out FILE].

Bands: POP909 whole song (melody and piano: compared with melody, counter and comping here) for notes per beat, groove
consistency and GS; Groove MIDI for ghosts and timing; POP909 piano for bars equal to the bar before.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np

from contracts.music import PPQ, Part, Role, Score
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.music.packs.genres import genres
from tests.evaluation.features import texture
from tests.evaluation.measures import keep
from tests.evaluation.ours import STEP, brief_of
from tests.evaluation.piece import Tone

BANDS = {"notes/beat": (3.4, 7.3), "consist": (0.71, 0.94), "GS": (0.64, 0.91), "same bar": (0.15, 0.6), "vel SD": (9.0, 20.0)}

_NOTE = """Means of songs of two minutes. notes/beat, consist and GS: everything pitched but the bass, against POP909 (melody and piano);
calm and full: notes per beat of all parts in the calmest and the fullest section; ghosts: share of soft snare strokes (people: .54);
swing: long to short of hats and ride; same bar: comping bars whose gestures equal the bar before (POP909 piano: .28)."""


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
    brief = brief_of(style, seed, 120.0)
    score = arrange(compose(brief, seed).score, brief, seed).score
    beats = score.end_tick / PPQ
    pitched = [n for p in score.parts.values() if p.role not in (Role.DRUMS, Role.PERCUSSION, Role.BASS, Role.FX) for n in p.notes]
    everything = [n for p in score.parts.values() for n in p.notes]
    heard = texture(sorted(Tone(round(n.start / STEP), n.duration / STEP, n.pitch, n.velocity) for n in pitched), score.bars)
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
        "consist": heard.get("groove_adjacent", float("nan")),
        "GS": heard.get("groove", float("nan")),
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
