"""Pitches for a rhythm: exact sampling of a line from interval, chord, degree, register and contour terms.

The chain is sampled by forward filtering and backward sampling, so that a fixed ending shapes the whole line before it.
Shares are those of POP909 (282,423 sung notes) and OpenEWLD; styles move them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.music import Chord, Key
from services.music.packs.melody_table import MelodyTable
from services.music.theory.scales import blues_classes, chord_scale, ladder, mode_classes, pentatonic_classes

Array = npt.NDArray[np.float64]
_NEVER = -1e9

# Share of absolute intervals in semitones, POP909.
_INTERVALS = {0: 0.237, 1: 0.083, 2: 0.365, 3: 0.139, 4: 0.05, 5: 0.064, 6: 0.002, 7: 0.04, 8: 0.008, 9: 0.012, 10: 0.004, 12: 0.008}
_MAJOR_DEGREES = {0: 0.23, 2: 0.18, 4: 0.19, 5: 0.05, 7: 0.18, 9: 0.135, 11: 0.045}
_MINOR_DEGREES = {0: 0.26, 2: 0.08, 3: 0.16, 5: 0.15, 7: 0.21, 8: 0.03, 10: 0.11}
# Log odds for a chord tone by metrical weight, set so that 78/74/65/60 % of notes are chord tones.
_CHORD_PULL = {4: 1.5, 3: 1.3, 2: 0.85, 1: 0.6, 0: 0.5}


@dataclass(frozen=True)
class Place:
    """One note to be pitched."""

    weight: int
    """Metrical weight of its step, 0–4."""
    length: int
    """Steps until the next note."""
    chord: Chord
    key: Key
    target: float | None = None
    """A pitch to stay near (contour, or the note of the motif)."""
    pull: float = 0.0
    """How strongly: log odds lost per squared semitone."""
    exactly: frozenset[int] | None = None
    """Pitch classes allowed (an ending), or None."""
    rest_before: bool = False


class Voice:
    """One singer or player in one song: register, scale habits, interval habits."""

    def __init__(self, table: MelodyTable, key: Key, low: int, high: int) -> None:
        self.table, self.key, self.low, self.high = table, key, low, high
        self.pitches = list(range(low, high + 1))
        self._moves = self._interval_table()
        self._scales: dict[tuple[Chord, Key], frozenset[int]] = {}

    def _interval_table(self) -> Array:
        size = len(self.pitches)
        moves = np.full((size, size), np.log(0.0008))
        leap_scale = self.table.leaps / 0.09
        for a in range(size):
            for b in range(size):
                step = b - a
                share = _INTERVALS.get(abs(step), 0.0008)
                if step == 0:
                    share = max(0.02, self.table.repeats)
                elif abs(step) >= 5:
                    share *= leap_scale * (1.12 if step > 0 else 0.9)
                else:
                    share *= 1.08 if step < 0 else 0.93
                moves[a, b] = np.log(share if step == 0 else share / 2)
        return moves

    def sing(self, places: list[Place], centre: float, draw: np.random.Generator, *, spread: float = 5.5) -> list[int]:
        """One pitch per place, sampled from the whole chain.

        Args:
            places: the notes in time order.
            centre: pitch that the line circles around.
            draw: source of chance.
            spread: semitones of one standard deviation around the centre.
        """
        if not places:
            return []
        local = np.stack([self._local(place, centre, spread) for place in places])
        forward = [local[0]]
        for index in range(1, len(places)):
            move = self._move(places[index - 1], places[index])
            joined = forward[-1][:, None] + move
            peak = joined.max(axis=0)
            forward.append(local[index] + peak + np.log(np.exp(joined - peak).sum(axis=0)))
        chosen = [_sample(forward[-1], draw)]
        for index in range(len(places) - 2, -1, -1):
            move = self._move(places[index], places[index + 1])
            chosen.append(_sample(forward[index] + move[:, chosen[-1]], draw))
        return [self.pitches[i] for i in reversed(chosen)]

    def _local(self, place: Place, centre: float, spread: float) -> Array:
        pitches = np.array(self.pitches)
        classes = pitches % 12
        allowed = self.scale_of(place.chord, place.key)
        tones = set(place.chord.pitch_classes)
        degrees = _MINOR_DEGREES if place.key.is_minor else _MAJOR_DEGREES
        score = -0.4 * ((pitches - centre) / spread) ** 2
        pull = _CHORD_PULL[place.weight] + (0.5 if place.length >= 6 else 0.0)
        for i, pc in enumerate(classes):
            if int(pc) not in allowed or (place.exactly is not None and int(pc) not in place.exactly):
                score[i] = _NEVER
                continue
            degree = int(pc - place.key.tonic_class) % 12
            score[i] += 0.5 * np.log(degrees.get(degree, 0.03))
            if int(pc) in tones:
                score[i] += pull
            elif any((int(pc) - t) % 12 == 1 for t in tones) and place.weight >= 2:
                score[i] -= 1.0  # a semitone above a chord tone grates when it is held
        if place.target is not None:
            score = score - place.pull * (pitches - place.target) ** 2
        if score.max() <= _NEVER / 2:
            return self._local(_freed(place), centre, spread)
        return np.asarray(score, dtype=np.float64)

    def scale_of(self, chord: Chord, key: Key) -> frozenset[int]:
        """Pitch classes that this style sings over a chord."""
        known = self._scales.get((chord, key))
        if known is None:
            known = self._scales[chord, key] = self._scale_of(chord, key)
        return known

    def _scale_of(self, chord: Chord, key: Key) -> frozenset[int]:
        tones = frozenset(chord.pitch_classes)
        if self.table.scale == "blues":
            return blues_classes(key) | tones
        if self.table.scale == "pentatonic":
            return chord_scale(key, chord, pentatonic_classes(key)) | tones
        return chord_scale(key, chord, mode_classes(key))

    def _move(self, a: Place, b: Place) -> Array:
        """Interval terms between two notes; after a rest leaps are freer, from a dissonance they are dearer."""
        if b.rest_before:
            return self._moves * 0.5
        tones = set(a.chord.pitch_classes)
        moves = self._moves
        foreign = np.array([p % 12 not in tones for p in self.pitches])
        if foreign.any() and a.weight >= 2:
            distance = np.abs(np.subtract.outer(self.pitches, self.pitches))
            moves = moves - 1.2 * (foreign[:, None] & (distance > 2))
        return moves

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


def _freed(place: Place) -> Place:
    return Place(place.weight, place.length, place.chord, place.key, place.target, place.pull, None, place.rest_before)


def _sample(scores: Array, draw: np.random.Generator) -> int:
    share = np.exp(scores - scores.max())
    return int(draw.choice(len(share), p=share / share.sum()))
