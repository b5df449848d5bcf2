"""The keys of a piece: one for the whole, and where it modulates; modes where the evidence is strong."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.features import KeySpan
from contracts.music.key import Key
from services.analyzer.chord_grid import Grid
from services.analyzer.chord_model import QUALITIES, STATES
from services.analyzer.chord_path import chord_path
from services.analyzer.key_finding import WEIGHTS, evidence, fits, key_named, tonic_shares
from services.music.audio.keygram import CLASSES
from services.music.theory.modulation import closeness, key_path

Array = npt.NDArray[np.float64]
Heard = npt.NDArray[np.float32]

_FIT, _HOME, _BASS = 0.25, 0.5, 0.3
"""What a second says for a key: its chord's fit, its being the tonic, its bass."""
SWITCH = 8.0
"""What a new key must gain, in seconds of clear evidence or so.

Where two songs were put together, 7 finds 31 of 33 borders and one in 66 whole songs that is none; 10 finds 27 and none.
"""
_SAME_NOTES = 3.0
LEAST_SPAN_S = 8.0
_MODE_SHARE = 0.72
_MODE_LEAST = 0.05


@dataclass(frozen=True)
class Keys:
    """The keys: `number` 0–23 in each stretch, and the name of each span."""

    key: Key
    confidence: float
    by_stretch: npt.NDArray[np.int64]
    starts: tuple[int, ...]
    names: tuple[Key, ...]
    sure: tuple[float, ...]

    def spans(self, grid: Grid) -> Iterator[KeySpan]:
        """The spans in seconds."""
        ends = [*self.starts[1:], len(grid.edges_s) - 1]
        for start, end, key, sure in zip(self.starts, ends, self.names, self.sure, strict=True):
            yield KeySpan(
                start_s=round(float(grid.edges_s[start]), 3),
                end_s=round(float(grid.edges_s[end]), 3),
                key=str(key),
                confidence=round(sure, 3),
            )

    def at(self, time_s: float, grid: Grid) -> Key:
        """The key in force at a time in seconds."""
        stretch = int(np.searchsorted(grid.edges_s, time_s + 1e-3)) - 1
        return self.names[int(np.searchsorted(self.starts, stretch, side="right")) - 1]


def find_keys(heard: Heard, grid: Grid, silent: npt.NDArray[np.bool_], classes: Heard, bass: Heard, *, ended: bool = False) -> Keys:
    """The keys of what is heard.

    Args:
        heard: log probability of each chord [stretches, STATES].
        grid: where stretches begin.
        silent: where no pitch sounds [stretches].
        classes: pitch classes of what sounds [stretches, 12].
        bass: pitch classes of the bass [stretches, 12].
        ended: whether the music comes to an end, instead of being cut or faded.
    """
    likely = np.exp(heard.astype(np.float64))
    path = chord_path(heard, grid, None, silent)
    whole, sure = _best(likely, path, grid, classes, bass, slice(None), ended)
    starts = _areas(likely, path, grid, bass, whole)
    numbers, confidences = [], []
    for start, end in zip(starts, [*starts[1:], len(path)], strict=True):
        number, own = (
            (whole, sure) if len(starts) == 1 else _best(likely, path, grid, classes, bass, slice(start, end), ended and end == len(path))
        )
        numbers.append(number)
        confidences.append(own)
    starts, numbers, confidences = _merged(starts, numbers, confidences)
    by_stretch = np.repeat(numbers, np.diff([*starts, len(path)]))
    names = tuple(
        _with_mode(number, likely[start:end], classes[start:end], grid.lengths_s[start:end])
        for number, start, end in zip(numbers, starts, [*starts[1:], len(path)], strict=True)
    )
    time = [float(grid.lengths_s[by_stretch == number].sum()) for number in numbers]
    home = numbers.index(whole) if whole in numbers else int(np.argmax(time))
    return Keys(names[home], confidences[home], by_stretch, tuple(starts), names, tuple(confidences))


def _best(
    likely: Array, path: npt.NDArray[np.int64], grid: Grid, classes: Heard, bass: Heard, part: slice, ended: bool
) -> tuple[int, float]:
    """The key of a part, and its share among all keys."""
    stop = part.indices(len(path))[1]
    edges = grid.edges_s[part.indices(len(path))[0] : stop + 1]
    own = Grid(edges, grid.place[part], grid.beat_of[part])
    score = evidence(likely[part], path[part], own, classes[part], bass[part], ended=ended) @ WEIGHTS
    share = np.exp(score - score.max())
    number = int(score.argmax())
    return number, float(share[number] / share.sum())


def _areas(likely: Array, path: npt.NDArray[np.int64], grid: Grid, bass: Heard, whole: int) -> list[int]:
    """Where keys begin: stretches."""
    low = np.tile(bass / np.maximum(bass.sum(axis=1, keepdims=True), 1e-9), (1, 2))
    says = _FIT * fits(likely) + _HOME * tonic_shares(likely) + _BASS * low
    says *= (grid.lengths_s * (path < STATES))[:, None]
    says[:, closeness()[whole] == 0] += 1e-3
    spans = key_path(says, SWITCH, _SAME_NOTES)
    starts = [start for start, _ in spans]
    ends = [*starts[1:], len(path)]
    kept = [0]
    for start, end in zip(starts, ends, strict=True):
        if (
            start
            and grid.edges_s[end] - grid.edges_s[start] >= LEAST_SPAN_S
            and grid.edges_s[start] - grid.edges_s[kept[-1]] >= LEAST_SPAN_S
        ):
            kept.append(start)
    return kept


def _merged(starts: list[int], numbers: list[int], sure: list[float]) -> tuple[list[int], list[int], list[float]]:
    kept = [i for i in range(len(starts)) if i == 0 or numbers[i] != numbers[i - 1]]
    return [starts[i] for i in kept], [numbers[i] for i in kept], [sure[i] for i in kept]


def _with_mode(number: int, likely: Array, classes: Heard, lengths_s: Array) -> Key:
    """The key, with the mode's name where its own degree is heard and the plain one is not."""
    key = key_named(number)
    tonic = key.tonic_class
    sound = (classes / np.maximum(classes.max(axis=1, keepdims=True), 1e-9) * lengths_s[:, None]).sum(axis=0)
    sound = sound / max(float(sound.sum()), 1e-9)
    cube = likely.reshape(len(likely), CLASSES, len(QUALITIES))
    chords = (cube * lengths_s[:, None, None]).sum(axis=0) / max(float(lengths_s.sum()), 1e-9)
    for mode, own, plain, root, qualities in _MODES[key.mode]:
        there, missing = sound[(tonic + own) % CLASSES], sound[(tonic + plain) % CLASSES]
        chord = chords[(tonic + root) % CLASSES, [QUALITIES.index(q) for q in qualities]].sum()
        if chord >= _MODE_LEAST and there >= _MODE_SHARE * (there + missing) and there > _MODE_LEAST / 2:
            return Key(key.tonic, mode)
    return key


# Mode, its own degree, the plain degree instead, and a chord that has it: root and qualities.
_MODES: dict[str, tuple[tuple[str, int, int, int, tuple[str, ...]], ...]] = {
    "major": (("mixolydian", 10, 11, 10, ("", "maj7")), ("lydian", 6, 5, 2, ("", "7"))),
    "minor": (("dorian", 9, 8, 5, ("", "7")), ("phrygian", 1, 2, 1, ("", "maj7"))),
}
