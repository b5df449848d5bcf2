"""Learns how drummers play from Groove MIDI (its training split only): timing, coupling, dynamics, ghosts, hats and fills by style.

Run: python -m services.generator.training.grooves --data DIR. Writes services/generator/learned/grooves.json.
Timing model, fitted by moments of the lateness left after each take's own means: a drift that all limbs share (SD, phi per
beat; the covariance of hand and foot on one step continues that of neighbouring steps, so a gesture of its own is not needed)
and each voice's own spread. Spreads are those at 125 BPM and above. Small styles are drawn toward all styles.
"""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from services.generator.arrangement.grooves import tempo_scale
from services.generator.training.archives import unpacked
from services.generator.training.drum_takes import STYLES, VOICES, Take, read_takes
from services.generator.training.fills import learn_fills

TABLE = Path(__file__).parents[1] / "learned" / "grooves.json"
_LEAST = 24
_KEEPING, _STRUCK = ("hat", "ride"), ("kick", "snare")


def place_class(slot: int, grid: int) -> int:
    """0 beats 1 and 3, 1 beats 2 and 4, 2 the "e" or second triplet, 3 the "&", 4 the "a" or third triplet."""
    inside = slot % grid
    if inside == 0:
        return slot // grid % 2
    return {4: (0, 2, 3, 4), 3: (0, 2, 4)}[grid][inside]


def residuals(take: Take) -> tuple[np.ndarray, float]:
    """Lateness less the take's mean and its swing [strokes], and the swing as long to short of the pair that swings."""
    late = take.late_ms - np.mean(take.late_ms[take.steady])
    off = np.isin(take.slots % take.grid, (1, 3) if take.grid == 4 else (2,)) & take.steady
    if np.sum(off) < 8:
        return late, 1.0 if take.grid == 4 else 2.0
    shift = float(np.median(late[off]) - np.median(late[take.steady & ~off]))
    late = late - np.where(off, shift, 0.0)
    pair_ms = 30_000.0 / take.bpm * (1 if take.grid == 4 else 2)
    share = 0.5 + shift / pair_ms if take.grid == 4 else 2 / 3 + shift / pair_ms
    return late - np.mean(late[take.steady]), float(np.clip(share / (1 - share), 0.8, 4.0))


def _table(values: dict[str, list[tuple[int, float]]], grid: int, takes_of: dict[str, int]) -> dict[str, list[float]]:
    """Mean by slot of each voice [4·grid], thin slots drawn to their class, classes to zero."""
    out = {}
    for voice, pairs in values.items():
        if len(pairs) < _LEAST or not takes_of[voice]:
            continue
        slots, numbers = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
        row = []
        for slot in range(4 * grid):
            same = np.array([place_class(int(s), grid) for s in slots]) == place_class(slot, grid)
            wide = numbers[same].sum() / (same.sum() + 12.0)
            here = slots == slot
            row.append(round(float((numbers[here].sum() + 24.0 * wide) / (here.sum() + 24.0)), 2))
        out[voice] = row
    return out


def _timing(takes: list[Take], grid: int) -> dict[str, Any]:
    """Means by voice and slot, and the moments of the drift, the gesture and each voice."""
    means: dict[str, list[float]] = {v: [] for v in VOICES}
    by_slot: dict[str, list[tuple[int, float]]] = {v: [] for v in VOICES}
    spread: dict[str, list[float]] = {v: [] for v in VOICES}
    swings: list[float] = []
    lags = np.arange(2 * grid + 1)
    products, weights = np.zeros(len(lags)), np.zeros(len(lags))
    for take in takes:
        late, swing = residuals(take)
        swings.append(swing)
        anchor = late[take.of("kick") | take.of("snare")]
        reference = float(np.mean(anchor)) if len(anchor) else 0.0
        left = late.copy()
        for voice in VOICES:
            mask = take.of(voice)
            if np.sum(mask) < 6:
                left[mask] = np.nan
                continue
            means[voice].append(float(np.mean(late[mask])) - reference)
            own = late[mask] - np.mean(late[mask])
            by_slot[voice] += list(zip(take.slots[mask].tolist(), own.tolist(), strict=True))
            classes = np.array([place_class(int(s), grid) for s in take.slots[mask]])
            for kind in range(5):
                if np.any(classes == kind):
                    own[classes == kind] -= np.mean(own[classes == kind])
            left[mask] = np.clip(own, -60.0, 60.0) / tempo_scale(take.bpm)
            spread[voice] += list(left[mask])
        _accumulate(take, left, products, weights)
    cov = products / np.maximum(weights, 1.0)
    good = cov > 1.0
    slope, level = np.polyfit(lags[good] / grid, np.log(cov[good]), 1, w=np.sqrt(weights[good]))
    drift = float(np.exp(float(level)))
    own_ms = {v: round(max(float(np.var(s)) - drift, 4.0) ** 0.5, 2) for v, s in spread.items() if len(s) >= _LEAST}
    counts = {v: len(m) for v, m in means.items()}
    return {
        "takes": len(takes),
        "mean_ms": {v: round(float(np.median(m)), 2) for v, m in means.items() if len(m) >= 2},
        "slot_ms": _table(by_slot, grid, counts),
        "phi": round(float(np.clip(np.exp(float(slope)), 0.2, 0.85)), 3),
        "drift_ms": round(float(np.sqrt(drift)), 2),
        "own_ms": own_ms,
        "swing": [round(float(q), 3) for q in np.quantile(swings, (0.1, 0.5, 0.9))] if swings else [1.0, 1.0, 1.0],
    }


def _accumulate(take: Take, left: np.ndarray, products: np.ndarray, weights: np.ndarray) -> None:
    """Adds a take's products of residuals at lags of 0 (timekeeping hand against kick or snare on one step) and more steps."""
    known = take.steady & ~np.isnan(left)
    keeping, struck = (known & np.isin(take.voices, [VOICES.index(v) for v in names]) for names in (_KEEPING, _STRUCK))
    total = int(take.steps.max()) + 1
    one, other = (np.bincount(take.steps[m], left[m], total) for m in (keeping, struck))
    here, there = (np.bincount(take.steps[m], minlength=total) for m in (keeping, struck))
    both = (here == 1) & (there == 1)
    products[0] += float(np.sum(one[both] * other[both]))
    weights[0] += float(np.sum(both))
    sums, count = one + other, here + there
    for lag in range(1, len(products)):
        products[lag] += float(np.sum(sums[:-lag] * sums[lag:]))
        weights[lag] += float(np.sum(count[:-lag] * count[lag:]))


def _dynamics(takes: list[Take], grid: int) -> dict[str, Any]:
    """Velocity by voice (mean of takes, SD between them, SD at one place of the bar), by slot, and how it carries on."""
    means: dict[str, list[float]] = {v: [] for v in VOICES}
    by_slot: dict[str, list[tuple[int, float]]] = {v: [] for v in VOICES}
    spread: dict[str, list[float]] = {v: [] for v in VOICES}
    acf: list[list[float]] = []
    for take in takes:
        for voice in VOICES:
            mask = take.of(voice)
            if np.sum(mask) < 6:
                continue
            loud = take.velocities[mask].astype(float)
            means[voice].append(float(np.mean(loud)))
            own = loud - np.mean(loud)
            by_slot[voice] += list(zip(take.slots[mask].tolist(), own.tolist(), strict=True))
            for slot in set(take.slots[mask].tolist()):
                here = take.slots[mask] == slot
                own[here] -= np.mean(own[here])
            spread[voice] += list(own)
            if voice in ("hat", "ride") and len(own) > 60 and np.std(own) > 2:
                acf.append([float(np.mean(own[:-k] * own[k:]) / np.var(own)) for k in (1, 2, 4, 8)])
    level = {
        v: [round(float(np.mean(m)), 1), round(float(np.std(m)) if len(m) > 2 else 8.0, 1), round(float(np.std(spread[v])), 1)]
        for v, m in means.items()
        if m
    }
    counts = {v: len(m) for v, m in means.items()}
    carried = [round(float(x), 3) for x in np.mean(acf, axis=0)] if acf else [0.13, 0.22, 0.19, 0.14]
    return {"level": level, "slot_level": _table(by_slot, grid, counts), "velocity_acf": carried}


def _habits(takes: list[Take], grid: int) -> dict[str, Any]:
    """Chance of a stroke by voice and slot, ghosts against all snare strokes, one-beat cells of the hat, crashes on the one."""
    struck = {v: np.zeros(4 * grid) for v in VOICES}
    bars = ghosts = snares = 0
    cells: Counter[str] = Counter()
    for take in takes:
        count = int(take.steps.max() // (4 * grid)) + 1
        bars += count
        for voice in VOICES:
            mask = take.of(voice)
            both = np.unique(np.stack([take.steps[mask] // (4 * grid), take.slots[mask]]), axis=1)
            struck[voice] += np.bincount(both[1].astype(int), minlength=4 * grid)
        ghosts += int(np.sum(take.of("ghost")))
        snares += int(np.sum(take.of("ghost") | take.of("snare")))
        hat = np.full(count * 4 * grid, ".")
        hat[take.steps[take.of("hat")]] = "x"
        hat[take.steps[take.of("open")]] = "X"
        cells.update("".join(hat[i : i + grid]) for i in range(0, len(hat), grid))
    del cells["." * grid]
    total = max(sum(cells.values()), 1)
    return {
        "bars": bars,
        "chance": {v: [round(float(x / max(bars, 1)), 3) for x in row] for v, row in struck.items() if row.sum() >= 8},
        "ghost_share": round(ghosts / max(snares, 1), 3),
        "hat_cells": {cell: round(n / total, 3) for cell, n in cells.most_common(8)},
    }


def _toward(own: dict[str, Any], every: dict[str, Any], takes: int) -> dict[str, Any]:
    """A style's numbers drawn toward all styles' by the weight of four takes; what it lacks is theirs."""
    weight = takes / (takes + 4.0)
    out = dict(own)
    for name in ("mean_ms", "slot_ms", "own_ms", "level", "slot_level"):
        mine, theirs = own[name], every[name]
        out[name] = {v: _between(mine.get(v), theirs.get(v), weight) for v in VOICES if v in mine or v in theirs}
    for name in ("phi", "drift_ms"):
        out[name] = _between(own[name], every[name], weight)
    return out


def _between(mine: Any, theirs: Any, weight: float) -> Any:
    """The weighted mean of two numbers or of two rows of equal length; what only one side has is that side's."""
    if mine is None or theirs is None:
        return theirs if mine is None else mine
    if isinstance(mine, list):
        return [round(weight * a + (1 - weight) * b, 2) for a, b in zip(mine, theirs, strict=True)]
    return round(weight * mine + (1 - weight) * theirs, 3)


def learn(folder: Path) -> dict[str, Any]:
    """The whole table from the training split: style -> timing, dynamics, habits, fills."""
    beats, fills = read_takes(folder, "train"), read_takes(folder, "train", "fill")
    table: dict[str, Any] = {}
    every: dict[int, dict[str, Any]] = {}
    for grid in (4, 3):
        takes = [t for t in beats if t.grid == grid]
        every[grid] = _timing(takes, grid) | _dynamics(takes, grid)
    table["all"] = every[4] | _habits([t for t in beats if t.grid == 4], 4) | {"fills": learn_fills(fills), "grid": 4}
    for style in STYLES:
        grid = 3 if style in ("jazz", "shuffle") else 4
        takes = [t for t in beats if t.style == style and t.grid == grid]
        own = _toward(_timing(takes, grid) | _dynamics(takes, grid), every[grid], len(takes))
        mine = [t for t in fills if t.style == style]
        table[style] = own | _habits(takes, grid) | {"fills": learn_fills(mine if len(mine) >= 12 else fills), "grid": grid}
    return {"source": "Groove MIDI Dataset (Google), CC BY 4.0, training split", "styles": table}


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="folder of groove_midi.tar.xz or of its unpacked folder")
    with unpacked(parser.parse_args().data, "groove_midi") as (folder,):
        TABLE.write_text(json.dumps(learn(folder / "groove"), sort_keys=True, separators=(",", ":")) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
