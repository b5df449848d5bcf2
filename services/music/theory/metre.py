"""The hierarchy of pulses that notes make by themselves, beside the written meter.

- Autocorrelation of accents: Brown, "Determination of the Meter of Musical Scores by Autocorrelation", JASA 94 (1993).
- Inner metric weight: Volk, "The Study of Syncopation Using Inner Metric Analysis", JNMR 37 (2008), after Mazzola and Fleischer: the sum
  over all maximal chains of evenly spaced strokes (local meters) through a stroke of their length to the power of two.
"""

import numpy as np
import numpy.typing as npt

from contracts.theory import Metre, MetricLevel
from services.music.theory.piece import Piece
from services.music.theory.syncopation import divisions, weights

Array = npt.NDArray[np.float64]

_POWER = 2
_LEAST_LENGTH = 2
_LONGEST_BARS = 4
_MOST_STEPS = 8192
_NAMES = {1: "bar", 2: "2 bars", 4: "4 bars", 8: "8 bars", 16: "16 bars"}


def accents(piece: Piece, steps_per_bar: int) -> Array:
    """Strength of what begins on each step [bars * steps]: velocity, longer notes up to a beat count more."""
    out = np.zeros(piece.bars * steps_per_bar)
    step = piece.bar_ticks / steps_per_bar
    for line in piece.lines:
        for note in line.notes:
            at = round(note.start / step)
            if 0 <= at < len(out):
                length = 1.0 if line.role == "drums" else 0.5 + 0.5 * min(1.0, note.duration / piece.meter.ticks_per_beat)
                out[at] += note.velocity / 127 * length
    return out


def inner_metric_weight(struck: npt.NDArray[np.bool_], longest: int) -> Array:
    """Inner metric weight of each step [steps], 0 where nothing is struck.

    Args:
        struck: whether anything begins on each step.
        longest: largest distance of a local meter, in steps.
    """
    count = len(struck)
    onward = {0: np.zeros(count, np.int64)}
    total = np.zeros(count)
    for distance in range(1, min(longest, count // 2) + 1):
        ahead = np.zeros(count, np.int64)
        for at in range(((count - 1) // distance) * distance, -1, -distance):
            block = slice(at, min(at + distance, count))
            following = ahead[block.stop : block.stop + distance] if block.stop < count else np.zeros(0, np.int64)
            there = struck[block.stop : block.stop + distance] if block.stop < count else np.zeros(0, np.bool_)
            width = len(there)
            ahead[at : at + width] = np.where(struck[at : at + width] & there, following[:width] + 1, 0)
        onward[distance] = ahead
        _add_chains(total, struck, onward, distance)
    return total


def _add_chains(total: Array, struck: npt.NDArray[np.bool_], onward: dict[int, npt.NDArray[np.int64]], distance: int) -> None:
    ahead = onward[distance]
    before = np.zeros(len(struck), np.bool_)
    before[distance:] = struck[:-distance]
    begins = struck & ~before & (ahead >= _LEAST_LENGTH)
    for prime in (2, 3, 5, 7, 11, 13):
        if distance % prime == 0:  # a chain inside a denser chain is no local meter of its own
            begins &= onward[distance // prime] < ahead * prime
    for start in np.flatnonzero(begins):
        length = int(ahead[start])
        total[start : start + length * distance + 1 : distance] += length**_POWER


def autocorrelation(accent: Array, lag: int) -> float:
    """Likeness of accents and accents `lag` steps later, mean removed, 1 at lag 0."""
    if not 0 < lag < len(accent):
        return 0.0
    centred = accent - accent.mean()
    return float((centred[lag:] * centred[:-lag]).sum() / max((centred**2).sum(), 1e-9) * len(accent) / (len(accent) - lag))


def read_metre(piece: Piece) -> Metre | None:
    """The metric hierarchy of a piece; None where too little is struck to speak of one."""
    weight = np.array(weights(tuple(divisions(piece.meter))), np.float64)
    steps = len(weight)
    accent = accents(piece, steps)[:_MOST_STEPS]
    struck = accent > 0
    if struck.sum() < 8 or piece.bars < 2:
        return None
    inner = inner_metric_weight(struck, _LONGEST_BARS * steps)
    folded = _folded(inner, steps)
    levels = [_level(piece, accent, inner, struck, name, lag) for name, lag in _lags(piece, steps)]
    coherence = float(np.corrcoef(folded, weight)[0, 1]) if folded.std() > 0 and weight.std() > 0 else 0.0
    return Metre(
        written=str(piece.meter), levels=tuple(level for level in levels if level is not None), steps_per_bar=steps,
        profile=tuple(round(float(v), 3) for v in folded / max(folded.max(), 1e-9)), coherence=round(float(np.clip(coherence, -1, 1)), 3),
        confidence=round(float(np.clip(struck.sum() / 64, 0.2, 1.0)), 3),
    )  # fmt: skip


def _folded(inner: Array, steps: int) -> Array:
    """Mean weight at each step of the bar, over whole bars."""
    bars = len(inner) // steps
    return np.asarray(inner[: bars * steps].reshape(bars, steps).mean(axis=0))


def _lags(piece: Piece, steps: int) -> list[tuple[str, int]]:
    """The pulses of the written meter from the shortest step up to eight bars."""
    found, lag = [], steps
    for part in divisions(piece.meter):
        lag //= part
        if lag:
            found.append((_share_name(piece, lag, steps), lag))
    above = [(name, steps * bars) for bars, name in _NAMES.items() if 2 * bars <= piece.bars]
    return [*reversed(found), *above]


def _share_name(piece: Piece, lag: int, steps: int) -> str:
    ticks = piece.bar_ticks * lag // steps
    if ticks == piece.meter.ticks_per_beat:
        return "beat"
    beats = ticks / piece.meter.ticks_per_beat
    return f"{beats:g} beats" if beats > 1 else f"beat / {round(1 / beats)}"


def _level(piece: Piece, accent: Array, inner: Array, struck: npt.NDArray[np.bool_], name: str, lag: int) -> MetricLevel | None:
    if lag >= len(accent):
        return None
    on = inner[::lag][struck[::lag]]
    mean = inner[struck].mean()
    beats = lag * piece.bar_ticks / len(weights(tuple(divisions(piece.meter)))) / piece.meter.ticks_per_beat
    return MetricLevel(
        name=name, beats=round(beats, 3), autocorrelation=round(autocorrelation(accent, lag), 3),
        weight=round(float(on.mean() / mean), 3) if len(on) and mean > 0 else 0.0,
    )  # fmt: skip
