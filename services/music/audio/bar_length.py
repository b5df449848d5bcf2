"""How many beats a bar has and how the beat divides: what comes again after how long, weighed by a small learned model."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
HALVES = 6
"""Places per half beat."""
LAGS = tuple(range(3, 17))
"""Half beats after which something may come again."""
METERS = ("4/4", "3/4", "6/8", "12/8", "5/4", "7/8")
HALF_BEATS = {"4/4": 8, "3/4": 6, "6/8": 4, "12/8": 8, "5/4": 10, "7/8": 7, "2/4": 4}
_COMPOUND = ("6/8", "12/8")
LEAST_THIRD = 0.28
"""Our shuffles have up to 0.20, our compound songs 0.38 and more."""
_AGAIN = 5.0
"""Log odds of a bar after which the strokes come again exactly, and after four beats not at all."""
_HEAD_WEIGHTS = np.asarray([0.5, 0.3, 1.5])
_GROUPS = (slice(0, 1), slice(1, 4), slice(0, 4), slice(4, 5))


@dataclass(frozen=True)
class MeterModel:
    """Weights of a softmax over METERS: `mean`, `scale` [features], `weights` [meters, features + 1]."""

    mean: Floats
    scale: Floats
    weights: Floats

    def shares(self, row: Floats) -> Floats:
        """How likely each meter is."""
        odds = self.weights[:, :-1] @ ((row - self.mean) / self.scale) + self.weights[:, -1]
        share = np.exp(odds - odds.max())
        return np.asarray(share / share.sum())


def by_half_beats(cells: Floats, start: float, beat: float) -> Floats:
    """Strength [half beats, HALVES, 5] from `start` on (cells), a beat being `beat` cells."""
    count = int((len(cells) - 1 - start) // (beat / 2))
    at = np.rint(start + np.arange(count * HALVES) * beat / 2 / HALVES).astype(int)
    values = np.log1p(cells[np.clip(at, 0, len(cells) - 1)] / (cells.mean(axis=0) + 1e-9))
    return np.asarray(values.reshape(count, HALVES, -1))


def phase_contrasts(halves: Floats, length: int) -> Floats:
    """How much each half beat of a bar stands out at its beginning: bass, all strokes, harmony, [length, 3] in deviations."""
    heads = np.stack([halves[:, 0, 0], halves[:, 0, :4].sum(axis=1), halves[:, :2, 4].max(axis=1)], axis=1)
    heads = (heads - heads.mean(axis=0)) / (heads.std(axis=0) + 1e-9)
    whole = len(heads) // length * length
    return np.asarray(heads[:whole].reshape(-1, length, 3).mean(axis=0)) if whole else np.zeros((length, 3))


def meter_row(halves: Floats) -> Floats:
    """What a meter shows in: likeness after each lag by register, contrast of the best first beat, thirds against halves."""
    centred = halves - halves.mean(axis=0)
    parts = []
    for group in _GROUPS:
        values = centred[:, :, group].reshape(len(centred), -1)
        power = float((values**2).sum()) + 1e-9
        for lag in LAGS:
            count = len(values) - lag
            parts.append(float((values[lag:] * values[:-lag]).sum()) / power * len(values) / count if count > 4 else 0.0)
    for length in (4, 6, 7, 8, 10):
        parts += list(phase_contrasts(halves, length).max(axis=0))
    beat = halves[: len(halves) // 2 * 2].reshape(-1, 2 * HALVES, halves.shape[2]).mean(axis=0)
    for columns in (slice(0, 1), slice(1, 4)):
        place = beat[:, columns].sum(axis=1)
        parts += list(place[[3, 4, 6, 8, 9]] / (place[0] + 0.1))
    return np.asarray(parts)


@dataclass(frozen=True)
class Bar:
    """`beats` per bar (3.5 in 7/8), the first of which lies `first` beats after the reference beat; the meter and how likely it is."""

    meter: str
    beats: float
    first: float
    share: float


def _middle_third(halves: Floats) -> float:
    """Strength on the first third of the beat over that on the second: a shuffle leaves it out, a compound meter strikes it."""
    beat = halves[: len(halves) // 2 * 2].reshape(-1, 2 * HALVES, halves.shape[2]).mean(axis=0)[:, 1:4].sum(axis=1)
    base = float(beat.min())
    return (float(beat[4]) - base) / max(float(beat[8]) - base, 1e-9)


def find_bar(cells: Floats, start: float, beat: float, model: MeterModel) -> Bar:
    """The meter, and where its bars begin, of beats that are `beat` cells long; `start` (cells) begins a bar if there are four.

    In 4/4 the first beat is that which was found together with the octave.
    """
    halves = by_half_beats(cells, start, beat)
    if len(halves) < 2 * max(LAGS):
        return Bar("4/4", 4.0, 0.0, 0.0)
    row = meter_row(halves)
    again = row[2 * len(LAGS) : 3 * len(LAGS)]
    gain = [
        _AGAIN * float(again[LAGS.index(HALF_BEATS[meter])] - again[LAGS.index(8)]) if HALF_BEATS[meter] in (6, 7, 10) else 0.0
        for meter in METERS
    ]
    shares = model.shares(row) * np.exp(gain)
    shares /= shares.sum()
    if _middle_third(halves) < LEAST_THIRD:
        shares = np.where([meter in _COMPOUND for meter in METERS], 0.0, shares)
        shares = shares / max(float(shares.sum()), 1e-12)
    index = int(np.argmax(shares))
    meter, share = METERS[index], float(shares[index])
    if meter == "4/4":
        return Bar(meter, 4.0, 0.0, share)
    length = HALF_BEATS[meter]
    score = phase_contrasts(halves, length) @ _HEAD_WEIGHTS
    if length % 2 == 0:
        score[1::2] = -np.inf
    return Bar(meter, length / 2, int(np.argmax(score)) / 2, share)
