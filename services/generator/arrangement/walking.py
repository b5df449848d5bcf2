"""Walking bass: one note per beat, chosen for a whole section at once so that the line knows where it is going.

Chord tones on strong beats, roots where chords change, passing and neighbouring notes between, a step into each new chord from
below, above or from its dominant; no note twice in a row, leaps turned back, a contour that climbs and falls over the bars.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from services.generator.arrangement.frame import Bar, Frame, Span
from services.generator.arrangement.metre import groups
from services.music.rng import rng

# Cost of a move by semitones, 0 to 12.
_MOVES = np.array([4.0, 0.0, 0.0, 0.3, 0.35, 0.7, 1.8, 0.8, 1.9, 2.0, 2.6, 3.4, 1.3])
_INTO = np.array([2.5, 0.0, 0.15, 1.6, 1.6, 0.7, 2.4, 0.8, 2.6, 2.6, 2.6, 3.0, 1.6])
_FAR = 4.5


class Beat(NamedTuple):
    """One note to place: its tick, length, chord, whether the chord begins here, whether another begins on the next."""

    tick: int
    length: int
    span: Span
    new: bool
    strong: bool
    bar: Bar


def beats_of(frame: Frame, bars: list[Bar]) -> list[Beat]:
    """The beats of some bars, with one more wherever a chord begins between them."""
    out: list[Beat] = []
    for bar in bars:
        ticks = {bar.tick + g.tick: g.role in (0, 2) for g in groups(frame.meter, bar.number)}
        for span in frame.spans_in(bar.tick, bar.tick + frame.bar_ticks):
            ticks.setdefault(span.start, True)
        ordered = sorted(ticks)
        for tick, end in zip(ordered, [*ordered[1:], bar.tick + frame.bar_ticks], strict=True):
            span = frame.span_at(tick)
            out.append(Beat(tick, end - tick, span, span.start == tick, ticks[tick], bar))
    return out


def walk(frame: Frame, bars: list[Bar], low: int, high: int, last: int, root: Callable[[Span], int]) -> list[tuple[Beat, int]]:
    """The line through some bars as (beat, pitch), by dynamic programming over pairs of notes.

    Args:
        frame: the song.
        bars: neighbouring bars in which the bass walks.
        low: lowest note.
        high: highest note.
        last: note before the first beat.
        root: bass pitch class of a chord (the slash bass where there is one).
    """
    beats = beats_of(frame, bars)
    if not beats:
        return []
    pitches = np.arange(low, high + 1)
    count = len(pitches)
    own = np.stack([_fit(frame, beat, pitches, root(beat.span), index, len(beats)) for index, beat in enumerate(beats)])
    apart = np.abs(pitches[:, None] - pitches[None, :])
    plain, into = (np.where(apart <= 12, table[np.minimum(apart, 12)], _FAR) for table in (_MOVES, _INTO))
    turn = _turning(pitches)
    start = np.where(np.abs(pitches - last) <= 12, _MOVES[np.minimum(np.abs(pitches - last), 12)], _FAR)
    if len(beats) == 1:
        return [(beats[0], int(pitches[np.argmin(own[0] + start)]))]
    cost = (own[0] + start)[:, None] + own[1][None, :] + (into if beats[1].new else plain)
    back = np.zeros((len(beats), count, count), dtype=np.int16)
    for index in range(2, len(beats)):
        total = cost[:, :, None] + turn
        back[index] = np.argmin(total, axis=0)
        cost = np.min(total, axis=0) + own[index][None, :] + (into if beats[index].new else plain)
    one, two = (int(i) for i in np.unravel_index(int(np.argmin(cost)), cost.shape))
    line = [two, one]
    for index in range(len(beats) - 1, 1, -1):
        line.append(int(back[index][line[-1], line[-2]]))
    return [(beat, int(pitches[i])) for beat, i in zip(beats, reversed(line), strict=True)]


def _turning(pitches: np.ndarray) -> np.ndarray:
    """Cost of three notes in a row [before, between, after]: no to and fro, leaps answered by a step back, lines that go on."""
    first = pitches[None, :, None] - pitches[:, None, None]
    second = pitches[None, None, :] - pitches[None, :, None]
    cost = np.where((first + second == 0) & (first != 0), 1.5, 0.0)
    leap = np.abs(first) > 5
    cost = cost + np.where(leap & (np.sign(first) == np.sign(second)) & (np.abs(second) > 2), 1.2, 0.0)
    return np.asarray(cost - np.where(~leap & (np.sign(first) == np.sign(second)), 0.25, 0.0))


def _fit(frame: Frame, beat: Beat, pitches: np.ndarray, root: int, index: int, total: int) -> np.ndarray:
    """Cost of each pitch on a beat [pitches]."""
    chord, classes = beat.span.chord, pitches % 12
    tones, scale = set(chord.pitch_classes), set(frame.scale_at(beat.tick))
    toned, scaled = np.isin(classes, list(tones)), np.isin(classes, list(scale))
    if beat.new:
        cost = np.where(classes == root, 0.0, 9.0)
    elif beat.strong:
        cost = np.where(classes == root, 0.3, np.where(toned, 0.0, np.where(scaled, 1.6, 4.0)))
    else:
        cost = np.where(toned, 0.2, np.where(scaled, 0.35, 1.1))
    generator = rng(frame.seed, "arrangement", "bass", "walk", frame.memory(beat.bar), beat.bar.place, beat.tick % frame.bar_ticks)
    middle, height = (pitches[0] + pitches[-1]) / 2 - 1.5, (pitches[-1] - pitches[0]) * 0.3
    phase = rng(frame.seed, "arrangement", "bass", "contour", frame.function(beat.bar.section)).random()
    wave = middle + height * np.sin(2 * np.pi * (index / max(total, 1) * max(round(total / 24), 1) + phase))
    return np.asarray(cost + 0.07 * np.abs(pitches - wave) + generator.random(len(pitches)) * 0.8)
