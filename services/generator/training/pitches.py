"""Learning which note comes next: a log-linear model over the notes of the singer's range, fitted by maximum likelihood.

Each note is predicted from the two before it, its chord, key, place in the bar and in the phrase, and the height of its two bars.
Bars that only return are left out, since the composer copies them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from contracts.music import Meter
from services.generator.composition.grid import Grid
from services.generator.composition.habits import (
    GAP,
    LONG,
    PITCH_SHAPES,
    SPREAD,
    WIDEST,
    length_class,
    move_class,
    quality_class,
    size_class,
    speed_class,
)
from services.generator.training.songs import STEPS, SungNote, SungSong

GRID = Grid(Meter.parse("4/4"))
_SMOOTHING = 4.0
_RIDGE = 2.0
_MOST = 30


@dataclass(frozen=True)
class Offsets:
    """Where each table begins in the vector of weights."""

    starts: dict[str, int]
    size: int

    @classmethod
    def of(cls, shapes: dict[str, tuple[int, ...]]) -> "Offsets":
        """The layout of tables in a row; the last place is for what does not apply."""
        starts, at = {}, 0
        for name, shape in shapes.items():
            starts[name] = at
            at += int(np.prod(shape))
        return cls(starts, at + 1)


LAYOUT = Offsets.of(PITCH_SHAPES)


def fit_pitches(songs: Sequence[SungSong]) -> dict[str, npt.NDArray[np.float64]]:
    """The tables of the model, in log odds."""
    index, heights, chosen, real = _examples(songs)
    count = len(index)
    rows = np.arange(count)
    first_height = LAYOUT.starts["height"]

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        padded = weights.copy()
        padded[-1] = 0.0
        scores = padded[index].sum(axis=2) + heights @ padded[first_height : first_height + 4]
        scores[~real] = -1e9
        scores -= scores.max(axis=1, keepdims=True)
        share = np.exp(scores)
        share /= share.sum(axis=1, keepdims=True)
        value = -np.log(share[rows, chosen]).sum()
        share[rows, chosen] -= 1.0
        slope: npt.NDArray[np.float64] = np.bincount(index.ravel(), np.repeat(share.ravel(), index.shape[2]), minlength=LAYOUT.size).astype(
            np.float64
        )
        slope[first_height : first_height + 4] += (share[:, :, None] * heights).sum(axis=(0, 1))
        slope += 2 * _RIDGE * weights
        slope[-1] = 0.0
        return value + _RIDGE * float((weights**2).sum()), slope

    found = minimize(loss, np.zeros(LAYOUT.size), jac=True, method="L-BFGS-B", options={"maxiter": 70})
    tables = {}
    for name, shape in PITCH_SHAPES.items():
        start = LAYOUT.starts[name]
        tables[name] = np.asarray(found.x[start : start + int(np.prod(shape))]).reshape(shape)
    print(f"pitch model: {count} notes, {found.fun / count:.3f} nats a note, {found.nit} steps")
    return tables


def _examples(
    songs: Sequence[SungSong],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    rows, heights, chosen, real = [], [], [], []
    for song in songs:
        for features, height, choice in _of_song(song):
            pad = _MOST - len(features)
            if pad < 0:
                continue
            rows.append(np.pad(features, ((0, pad), (0, 0)), constant_values=LAYOUT.size - 1))
            heights.append(np.pad(height, ((0, pad), (0, 0))))
            real.append(np.arange(_MOST) < _MOST - pad)
            chosen.append(choice)
    return np.array(rows, dtype=np.int32), np.array(heights), np.array(chosen), np.array(real)


def _of_song(song: SungSong) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], int]]:
    low, high = min(n.pitch for n in song.notes), max(n.pitch for n in song.notes)
    candidates = np.arange(low, high + 1)
    fresh = fresh_bars(song)
    centres = unit_centres(song)
    ends = phrase_ends(song)
    notes = song.notes
    for i, note in enumerate(notes):
        chord = song.chord(note.step)
        if note.step // STEPS not in fresh or chord is None or i < 2:
            continue
        before, earlier = notes[i - 1], notes[i - 2]
        following = notes[i + 1].step if i + 1 < len(notes) else note.step + 16
        place = NotePlace(
            tonic=song.tonic, minor=song.minor, root=chord[0], tones=chord[1], weight=GRID.weight(note.step), steps=following - note.step,
            rest=parts(before, note), speed=note.step - before.step,
            last=i + 1 == len(notes) or parts(note, notes[i + 1]), final=i in ends, before=before.pitch, earlier=earlier.pitch,
            before_weight=GRID.weight(before.step), before_fits=_fits(song, before), centre=centres[note.step // (2 * STEPS)],
        )  # fmt: skip
        yield features_of(candidates, place), heights_of(candidates, place), note.pitch - low


@dataclass(frozen=True)
class NotePlace:
    """All that is known of a note before its pitch."""

    tonic: int
    minor: bool
    root: int
    tones: frozenset[int]
    weight: int
    steps: int
    rest: bool
    speed: int
    last: bool
    final: bool
    before: int
    earlier: int
    before_weight: int
    before_fits: bool
    centre: float


def features_of(candidates: npt.NDArray[np.int64], place: NotePlace) -> npt.NDArray[np.int64]:
    """Index of the weight that each table gives each candidate: [candidate, table]."""
    mode = int(place.minor)
    degree = (candidates - place.tonic) % 12
    interval = np.clip(candidates - place.before, -WIDEST, WIDEST)
    fits = np.isin(candidates % 12, list(place.tones))
    strong = int(place.weight >= 3)
    none = np.full(len(candidates), LAYOUT.size - 1)
    turn = 7 if place.rest else int(move_class(np.array([place.before - place.earlier]))[0])
    held = 4 if place.rest else 2 * int(not place.before_fits) + int(place.before_weight >= 2)
    columns = {
        "interval": (int(place.rest), interval + WIDEST),
        "speed": (speed_class(place.speed), size_class(interval)),
        "turn": (turn, move_class(interval)),
        "return": (int(place.rest), ((candidates == place.earlier) & (candidates != place.before)).astype(int)),
        "degree": (mode, degree),
        "bigram": (mode, (place.before - place.tonic) % 12, degree),
        "over": (quality_class(place.root, place.tones), strong, (candidates - place.root) % 12),
        "resolve": (held, np.minimum(size_class(interval), 3)),
        "first": (mode, degree) if place.rest else None,
        "last": (mode, degree) if place.last else None,
        "final": (mode, degree) if place.final else None,
    }
    result = [
        none if where is None else np.ravel_multi_index(np.broadcast_arrays(*where), PITCH_SHAPES[name]) + LAYOUT.starts[name]
        for name, where in columns.items()
    ]
    chord = np.ravel_multi_index((place.weight, length_class(place.steps)), PITCH_SHAPES["chord"]) + LAYOUT.starts["chord"]
    return np.stack([*result, np.where(fits, chord, none)], axis=1)


def heights_of(candidates: npt.NDArray[np.int64], place: NotePlace) -> npt.NDArray[np.float64]:
    """Height over the centre of the two bars: itself and squared, and both again after a rest."""
    height = (candidates - place.centre) / SPREAD
    after = height * place.rest
    return np.stack([height, height**2, after, after * height], axis=1)


def parts(a: SungNote, b: SungNote) -> bool:
    """Whether two notes belong to different sub-phrases."""
    return b.step - a.step >= LONG or b.step - a.step - a.length >= GAP


def fresh_bars(song: SungSong) -> set[int]:
    """Bars that do not return exactly from earlier ones."""
    bars: dict[int, list[tuple[int, int]]] = {}
    for note in song.notes:
        bars.setdefault(note.step // STEPS, []).append((note.step % STEPS, note.pitch))
    seen: set[tuple[tuple[int, int], ...]] = set()
    fresh: set[int] = set()
    for bar in sorted(bars):
        shape = tuple(bars[bar])
        if shape not in seen:
            fresh.add(bar)
        seen.add(shape)
    return fresh


def unit_centres(song: SungSong) -> dict[int, float]:
    """Mean height of each two bars, drawn to that of the phrase where there are few notes."""
    result: dict[int, float] = {}
    whole = float(np.mean([n.pitch for n in song.notes]))
    owners = phrase_of_bar(song)
    by_phrase: dict[int, list[int]] = {}
    by_unit: dict[int, list[int]] = {}
    for note in song.notes:
        bar = note.step // STEPS
        by_phrase.setdefault(owners.get(bar, -1), []).append(note.pitch)
        by_unit.setdefault(bar // 2, []).append(note.pitch)
    for unit, pitches in by_unit.items():
        mean = float(np.mean(by_phrase.get(owners.get(unit * 2, -1), [whole])))
        result[unit] = (sum(pitches) + _SMOOTHING * mean) / (len(pitches) + _SMOOTHING)
    return result


def phrase_of_bar(song: SungSong) -> dict[int, int]:
    """Index of the phrase that a bar lies in."""
    return {bar: i for i, phrase in enumerate(song.phrases) for bar in range(phrase.start, phrase.start + phrase.bars)}


def phrase_ends(song: SungSong) -> set[int]:
    """Indices of the last notes of phrases; a pick-up after a silence belongs to the next phrase."""
    owners = phrase_of_bar(song)
    starts = [i + 1 for i, (a, b) in enumerate(pairwise(song.notes)) if parts(a, b)]
    groups = np.split(np.arange(len(song.notes)), starts)
    ends: dict[int, int] = {}
    for group in groups:
        first = song.notes[int(group[0])]
        owner = owners.get((first.step + 7) // STEPS, -1)
        ends[owner] = int(group[-1])
    return set(ends.values())


def _fits(song: SungSong, note: SungNote) -> bool:
    chord = song.chord(note.step)
    return chord is not None and note.pitch % 12 in chord[1]
