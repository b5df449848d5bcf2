"""Statistics of recorded drum fills: which cells the hands play in its first, middle and last part, on which drums, how loud."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np

from services.generator.training.drum_takes import VOICES, Take

_DRUMS = ("snare", "tom_high", "tom_mid", "tom_low", "kick", "crash", "hat")
_SAME = {"ghost": "snare", "rim": "snare", "open": "hat", "ride": "hat", "bell": "hat", "pedal": "hat"}


def learn_fills(takes: list[Take]) -> dict[str, Any]:
    """Spans, one-beat cells of the hands by third, drum by quarter, steps between drums, velocity by eighth of the fill."""
    spans: list[float] = []
    cells: list[Counter[str]] = [Counter(), Counter(), Counter()]
    feet: Counter[str] = Counter()
    drums = np.zeros((4, len(_DRUMS)))
    moves = {drum: Counter[str]() for drum in _DRUMS[:4]}
    ramps: list[np.ndarray] = []
    triplets = 0
    for take in takes:
        span = float(take.beats[-1] - take.beats[0])
        if not 0.75 <= span <= 8.5:
            continue
        spans.append(span)
        triplets += take.grid == 3
        names = [_SAME.get(VOICES[int(v)], VOICES[int(v)]) for v in take.voices]
        done = (take.beats - take.beats[0]) / (span + 1e-9)
        hands = [i for i, n in enumerate(names) if n in _DRUMS[:4]]
        for index, name in enumerate(names):
            drums[min(int(done[index] * 4), 3), _DRUMS.index(name)] += 1
        for one, two in pairwise(hands):
            if take.steps[two] > take.steps[one]:
                moves[names[one]][names[two]] += 1
        if take.grid == 4:
            _count_cells(take, names, cells, feet)
        if len(hands) >= 6:
            loud = np.array([take.velocities[i] for i in hands], dtype=float)
            parts = np.minimum((done[hands] * 8).astype(int), 7)
            row = np.array([loud[parts == k].mean() if np.any(parts == k) else np.nan for k in range(8)])
            ramps.append(row - np.nanmean(row))
    share = drums / np.maximum(drums.sum(axis=1, keepdims=True), 1)
    return {
        "count": len(spans),
        "span_beats": [round(float(q), 2) for q in np.quantile(spans, (0.1, 0.25, 0.5, 0.75, 0.9))],
        "triplet_share": round(triplets / max(len(spans), 1), 3),
        "cells": [_shares(c, 12) for c in cells],
        "feet": _shares(feet, 6),
        "drums": {d: [round(float(x), 3) for x in share[:, i]] for i, d in enumerate(_DRUMS)},
        "moves": {d: _shares(c, 4) for d, c in moves.items()},
        "ramp": [round(float(x), 1) for x in np.nanmean(np.stack(ramps), axis=0)],
    }


def _count_cells(take: Take, names: list[str], cells: list[Counter[str]], feet: Counter[str]) -> None:
    """Adds the beats of a fill as cells: `x` a stroke of the hands, `o` a soft one, `.` none; the last beat is the last third."""
    first, last = int(take.beats[0] + 0.1), int(take.beats[-1] + 0.1)
    for beat in range(first, last + 1):
        hand, foot = ["."] * 4, ["."] * 4
        for index, name in enumerate(names):
            place = int(take.steps[index]) - 4 * beat
            if 0 <= place < 4 and name in _DRUMS[:4]:
                hand[place] = "x" if take.velocities[index] >= 56 or hand[place] == "x" else "o"
            elif 0 <= place < 4 and name == "kick":
                foot[place] = "k"
        third = 2 if beat == last else 0 if beat == first else 1
        if any(c != "." for c in hand):
            cells[third]["".join(hand)] += 1
        if any(c != "." for c in foot):
            feet["".join(foot)] += 1


def _shares(counter: Counter[str], most: int) -> dict[str, float]:
    common = counter.most_common(most)
    total = max(sum(n for _, n in common), 1)
    return {name: round(n / total, 3) for name, n in common}
