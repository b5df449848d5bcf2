"""Pitches for a rhythm: a line sampled note by note from what real singers do after two notes, over a chord, in a place of the bar.

The log odds are learned (`habits`); a style moves them: its scale, how often it leaps and repeats, how far it goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contracts.music import MODES, Chord, Key
from services.generator.composition.habits import SPREAD, WIDEST, Array, Habits, habits, move_class, quality_class, size_class
from services.generator.composition.wishes import SongWish
from services.music.packs.melody_table import MelodyTable
from services.music.theory.scales import blues_classes, chord_scale, ladder, mode_classes, pentatonic_classes

_NEVER = -1e9
# What the defaults of a style's table stand for: a table that says otherwise moves the learned odds by the ratio.
_CHORDAL = (0.2, 0.2, 0.5, 0.5, 0.5)  # of the learned pull to chord tones, by metrical weight: returns are fitted to chords besides
_BLUE = 0.4  # blue notes stand over any chord
_RUSHED = 1.5  # nobody sings a fifth within a 16th
_USUAL_LEAPS, _USUAL_REPEATS = 0.12, 0.23


@dataclass(frozen=True)
class Place:
    """One note to be pitched."""

    weight: int
    """Metrical weight of its step, 0–4."""
    length: int
    """Class of the steps until the next note (`length_class`)."""
    speed: int
    """Class of the steps since the note before (`speed_class`)."""
    chord: Chord
    key: Key
    centre: float
    """Pitch that these two bars circle around."""
    rest: bool = False
    """Whether a silence comes before it."""
    last: bool = False
    """Whether a silence comes after it."""
    final: bool = False
    """Whether it is the phrase's last."""
    target: float | None = None
    """A pitch to stay near (the note of a motif)."""
    pull: float = 0.0
    """How strongly: log odds lost per squared semitone."""
    exactly: frozenset[int] | None = None
    """Pitch classes allowed (an ending), or None."""


@dataclass(frozen=True)
class Trail:
    """What was sung last: up to two pitches, and whether the last one fitted its chord, at which weight."""

    pitches: tuple[int, ...] = ()
    fits: bool = True
    weight: int = 0

    def after(self, pitch: int, place: Place) -> "Trail":
        """The trail one note later."""
        return Trail((*self.pitches[-1:], pitch), pitch % 12 in place.chord.pitch_classes, place.weight)


class Voice:
    """One singer or player in one song: register, scale habits, interval habits."""

    def __init__(self, table: MelodyTable, key: Key, low: int, high: int, wish: SongWish, *, sharpness: float = 1.0) -> None:
        self.table, self.key, self.low, self.high, self.sharpness = table, key, low, high, sharpness
        self.wish = wish
        self.pitches = np.arange(low, high + 1)
        self.habits = habits()
        self._moves = _move_tables(self.habits, self.pitches, table, wish)
        self._keys: dict[Key, tuple[Array, Array]] = {}
        self._scales: dict[tuple[Chord, Key], frozenset[int]] = {}
        self._grounds: dict[tuple[Chord, Key, int, int], Array] = {}

    def pitch(self, place: Place, trail: "Trail", draw: np.random.Generator) -> int:
        """A pitch for a place after what came before."""
        scores = self._scores(place, trail.pitches, fits=trail.fits, weight=trail.weight)
        return int(self.pitches[_sample(scores * self.sharpness, draw)])

    def _scores(self, place: Place, sung: Sequence[int], *, fits: bool, weight: int) -> Array:
        """Log odds of each pitch of the register."""
        tables = self.habits.pitch
        scores = self._ground(place.chord, place.key, place.weight, place.length).copy()
        height = (self.pitches - place.centre) / SPREAD
        up, wide, up_rest, wide_rest = tables["height"]
        scores += (up + up_rest * place.rest) * height + (wide + wide_rest * place.rest) * height**2
        mode = int(place.key.is_minor)
        degree = (self.pitches - place.key.tonic_class) % 12
        if place.rest or not sung:
            scores += tables["first"][mode][degree]
        if place.last:
            scores += tables["last"][mode][degree]
        if place.final:
            scores += tables["final"][mode][degree]
        if sung:
            scores += self._after(place, sung, fits=fits, weight=weight)
        if place.target is not None:
            scores -= place.pull * (self.pitches - place.target) ** 2
        if place.exactly is not None:
            allowed = np.isin(self.pitches % 12, list(place.exactly))
            scores = np.where(allowed, scores, _NEVER) if (allowed & (scores > _NEVER / 2)).any() else scores
        return np.asarray(scores, dtype=np.float64)

    def _after(self, place: Place, sung: Sequence[int], *, fits: bool, weight: int) -> Array:
        """Log odds that come from the one or two notes before."""
        before = min(max(sung[-1], self.low), self.high) - self.low
        earlier = sung[-2] if len(sung) > 1 else sung[-1]
        turn = 7 if place.rest else int(move_class(np.array([sung[-1] - earlier]))[0])
        held = 4 if place.rest else 2 * int(not fits) + int(weight >= 2)
        moves, turns, holds = self._moves
        scores = moves[int(place.rest), place.speed, before] + turns[turn, before] + holds[held, before]
        _, bigram = self._of_key(place.key)
        scores = scores + bigram[before]
        if self.low <= earlier <= self.high and earlier != sung[-1]:
            back, other = self.habits.pitch["return"][int(place.rest)][[1, 0]]
            scores[earlier - self.low] += back - other
        return np.asarray(scores, dtype=np.float64)

    def _ground(self, chord: Chord, key: Key, weight: int, length: int) -> Array:
        """Log odds by degree and chord alone; what the scale lacks is out."""
        name = (chord, key, weight, length)
        known = self._grounds.get(name)
        if known is None:
            tables = self.habits.pitch
            tones = frozenset(chord.pitch_classes)
            degrees, _ = self._of_key(key)
            over = tables["over"][quality_class(chord.root_class, tones), int(weight >= 3)] * (
                _BLUE if self.table.scale == "blues" else 1.0
            )
            inside = np.isin(self.pitches % 12, list(tones))
            triad = np.isin(self.pitches % 12, list(chord.pitch_classes[:3]))  # sevenths and ninths are colours, they do not pull
            known = degrees + over[(self.pitches - chord.root_class) % 12] + _CHORDAL[weight] * tables["chord"][weight, length] * triad
            allowed = np.isin(self.pitches % 12, list(self.scale_of(chord, key)))
            foreign = inside & ~np.isin(self.pitches % 12, list(mode_classes(key)))
            known = np.where(foreign, np.maximum(known, known.mean()), known)
            known = self._grounds[name] = np.where(allowed, known, _NEVER)
        return known

    def _of_key(self, key: Key) -> tuple[Array, Array]:
        """Log odds of the register's pitches by their degree, and of each after each other one."""
        known = self._keys.get(key)
        if known is None:
            mode = int(key.is_minor)
            degree = (self.pitches - key.tonic_class) % 12
            odds = self.habits.pitch["degree"][mode] + self.wish.degrees
            pairs = self.habits.pitch["bigram"][mode].copy()
            usual = set(MODES["minor" if key.is_minor else "major"])
            for step in set(MODES[key.mode]) - usual:
                twin = next((s for s in (step - 1, step + 1) if s % 12 in usual), step) % 12
                odds[step], pairs[step], pairs[:, step] = odds[twin], pairs[twin], pairs[:, twin]
            if self.table.scale in ("blues", "bebop"):
                odds, pairs = np.maximum(odds, -0.4) * 0.5, pairs * 0.3
            known = self._keys[key] = (odds[degree], pairs[degree[:, None], degree[None, :]])
        return known

    def scale_of(self, chord: Chord, key: Key) -> frozenset[int]:
        """Pitch classes that this style sings over a chord: never the major seventh beside a minor one, in no scale."""
        known = self._scales.get((chord, key))
        if known is None:
            minor_seventh = (chord.root_class + 10) % 12 in chord.pitch_classes
            rubbing = frozenset({(chord.root_class + 11) % 12} if minor_seventh else ()) - frozenset(chord.pitch_classes)
            known = self._scales[chord, key] = self._scale_of(chord, key) - rubbing
        return known

    def _scale_of(self, chord: Chord, key: Key) -> frozenset[int]:
        tones = frozenset(chord.pitch_classes)
        if self.table.scale == "blues":
            return blues_classes(key) | tones
        if self.table.scale == "pentatonic":
            return chord_scale(key, chord, pentatonic_classes(key)) | tones
        return chord_scale(key, chord, mode_classes(key))

    def fold(self, pitch: int) -> int:
        """The pitch moved by octaves into the register."""
        while pitch < self.low:
            pitch += 12
        while pitch > self.high:
            pitch -= 12
        return max(self.low, pitch)

    def scale_step(self, pitch: int, steps: int, key: Key) -> int:
        """The pitch moved by diatonic steps."""
        notes = ladder(mode_classes(key), 0, 127)
        index = min(range(len(notes)), key=lambda i: abs(notes[i] - pitch))
        return self.fold(notes[max(0, min(len(notes) - 1, index + steps))])


def _move_tables(learned: Habits, pitches: np.ndarray, table: MelodyTable, wish: SongWish) -> tuple[Array, Array, Array]:
    """Log odds of each pitch after each other one: by rest and speed, by the move before, by what must resolve."""
    distance = np.subtract.outer(pitches, pitches).T
    clipped = np.clip(distance, -WIDEST, WIDEST) + WIDEST
    sizes, moves = size_class(distance), move_class(distance)
    style = np.where(np.abs(distance) >= 5, np.log(max(table.leaps, 0.01) / _USUAL_LEAPS), 0.0)
    style = np.where(distance == 0, np.log(max(table.repeats, 0.02) / _USUAL_REPEATS), style)
    style = style + wish.intervals[clipped]
    steps = learned.pitch["interval"][:, clipped][:, None] + learned.pitch["speed"][:, sizes][None] + style
    steps[:, 0] -= _RUSHED * (np.abs(distance) >= 7)
    return steps, learned.pitch["turn"][:, moves], learned.pitch["resolve"][:, np.minimum(sizes, 3)]


def _sample(scores: Array, draw: np.random.Generator) -> int:
    share = np.exp(scores - scores.max())
    summed = np.cumsum(share)
    return int(min(np.searchsorted(summed, draw.random() * summed[-1], side="right"), len(share) - 1))
