"""What keeps chords alive between their changes: neighbour and passing tones, inner voices that move, fills where the lead breathes.

Real accompanists leave the bare chord on almost every bar (POP909: 2.1 bits of pitch classes a bar, a held triad has 1.6), by
notes that step away from a chord tone and back or on to the next chord. Every foreign note here is short, weak and led by step.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from contracts.music import PPQ, Chord
from services.generator.arrangement.frame import Bar, Frame, Hit, Span
from services.music.rng import rng

_KINDS = {"two_hands": 1.0, "arp": 1.0, "fingers": 1.0, "chords": 0.8, "strum": 0.8, "octaves": 0.5}
_RANKS = (1.0, 0.55, 0.35)
_EIGHTH = PPQ // 2
# What a chord tone steps up to: the root to the ninth, the third to the fourth, the fifth to the sixth (chances).
_NEIGHBOURS = {"root": 0.45, "third": 0.25, "fifth": 0.3}
_HIGHEST = 84

Strokes = dict[int, list[Hit]]


@dataclass(frozen=True)
class Hand:
    """Whose chords are coloured: the part, its place among the chord players, what it plays in each section, its highest note."""

    part: str
    rank: int
    kinds: Mapping[str, str]
    high: int


def coloured(frame: Frame, hand: Hand, hits: list[Hit], quiet: frozenset[int]) -> list[Hit]:
    """The part with its chords in motion, as much as the style has them move. Notes of the lead are never rubbed."""
    strokes: Strokes = {}
    for hit in sorted(hits):
        strokes.setdefault(hit.tick, []).append(hit)
    ticks = sorted(strokes)
    by_bar: dict[int, list[int]] = {}
    for tick in ticks:
        by_bar.setdefault(tick // frame.bar_ticks, []).append(tick)
    for bar in frame.bars:
        share = frame.pack.comping.ornament * _KINDS.get(hand.kinds.get(bar.section, ""), 0.0)
        share *= _RANKS[min(hand.rank, len(_RANKS) - 1)] * (0.8 + 0.4 * frame.section(bar.section).energy)
        if share <= 0 or bar.number in quiet or bar.number not in by_bar:
            continue
        generator = rng(frame.seed, "arrangement", "colour", hand.part, frame.memory(bar), bar.place)
        _bar(frame, hand, bar, strokes, by_bar[bar.number], share, generator)
    return sorted(hit for stroke in strokes.values() for hit in stroke)


def _bar(frame: Frame, hand: Hand, bar: Bar, strokes: Strokes, ticks: list[int], share: float, generator: np.random.Generator) -> None:
    """Neighbours inside each chord, a step into the next one, a fill where there is room."""
    end = bar.tick + frame.bar_ticks
    for span in frame.spans_in(bar.tick, end):
        inside = [t for t in ticks if span.start < t < span.end]
        for _ in range(1 if span.end - span.start < 3 * PPQ else 2):
            if inside and generator.random() < share:
                place = int(generator.integers(len(inside)))
                _neighbour(frame, strokes, inside[place], span, generator)
                inside = inside[:place] + inside[place + 2 :]
        following = frame.next_span(span.start)
        if following and following.start == span.end and generator.random() < share * 0.8:
            _step_on(frame, hand, strokes, [t for t in ticks if span.start <= t < span.end], following.start)
    if hand.rank == 0 and generator.random() < share * (1.0 if bar.place % 4 == 3 or bar.last else 0.55):
        _fill(frame, hand, bar, strokes, generator)


def _neighbour(frame: Frame, strokes: Strokes, tick: int, span: Span, generator: np.random.Generator) -> None:
    """One chord tone of a stroke a step higher for as long as the stroke lasts: 1-9, 3-4, 5-6, resolved by the next stroke."""
    stroke, chord = strokes[tick], span.chord
    steps = [s % 12 for s in chord.intervals]
    members = {"root": 0, "third": next((s for s in steps if s in (3, 4)), -1), "fifth": 7 if 7 in steps else -1}
    upper = [i for i, hit in enumerate(stroke) if hit.pitch > min(h.pitch for h in stroke) or (len(stroke) == 1 and hit.pitch >= 48)]
    lead = {n.pitch % 12 for n in frame.lead_notes if n.start < tick + _EIGHTH and n.end > tick}
    free = ladder(frame, chord, tick)
    options = []
    for name, step in members.items():
        old = (chord.root_class + step) % 12
        new = next(((old + d) % 12 for d in (2, 1) if (old + d) % 12 in free), None)
        rubs = new is None or step < 0 or old in lead or (new + 1) % 12 in lead or (name != "third" and (new - old) % 12 == 1)
        if not rubs and any(stroke[i].pitch % 12 == old for i in upper):
            options.append((name, old, new))
    if not options:
        return
    weights = np.array([_NEIGHBOURS[name] for name, _, _ in options])
    _, old, new = options[int(generator.choice(len(options), p=weights / weights.sum()))]
    up = ((new or 0) - old) % 12
    strokes[tick] = [
        hit._replace(pitch=hit.pitch + up, length=min(hit.length, PPQ)) if i in upper and hit.pitch % 12 == old else hit
        for i, hit in enumerate(stroke)
    ]


def _step_on(frame: Frame, hand: Hand, strokes: Strokes, ticks: list[int], change: int) -> None:
    """The highest voice walks on the last eighth through the scale to where it goes, or leaves its note and comes back to it."""
    if not ticks or change not in strokes or change - ticks[-1] > 2 * PPQ:
        return
    last, after = strokes[ticks[-1]], strokes[change]
    top, goal = max(h.pitch for h in last), max(h.pitch for h in after)
    near = [p for p in _line(frame, change - 1, min(top, goal) - 2, max(top, goal) + 2) if p != top and 1 <= abs(p - goal) <= 2]
    near = [p for p in near if abs(p - top) <= 4 and p <= min(hand.high, _HIGHEST) and not _rubs_lead(frame, p, change - _EIGHTH)]
    if not near:
        return
    pitch = min(near, key=lambda p: (abs(p - (top + goal) / 2), p))
    if change - ticks[-1] <= _EIGHTH and len(last) < 3:
        strokes[ticks[-1]] = [h._replace(pitch=pitch) if h.pitch == top else h for h in last]
        return
    at = change - _EIGHTH
    if any(abs(t - at) < _EIGHTH // 2 for t in ticks):
        return
    strokes[ticks[-1]] = [h._replace(length=min(h.length, at - h.tick)) if h.pitch >= top - 2 else h for h in last]
    voice = max(last, key=lambda h: h.pitch)
    strokes[at] = [Hit(at, _EIGHTH - 10, pitch, voice.velocity - 5.0, voice.voice)]


def _fill(frame: Frame, hand: Hand, bar: Bar, strokes: Strokes, generator: np.random.Generator) -> None:
    """Where the lead is silent for the bar's last beats: two to four eighths through the scale to the next bar's highest note."""
    end = bar.tick + frame.bar_ticks
    sung = max((min(n.end, end) for n in frame.lead_notes if n.start < end and n.end > bar.tick), default=bar.tick)
    beginning = min((n.start for n in frame.lead_notes if n.start >= end), default=end)
    stated = frame.span_at(end - 1).start + 1
    room = min(int((end - max(sung, stated)) // _EIGHTH), 4)
    if room < 2 or end not in strokes or (beginning == end and room < 3):
        return
    many = int(generator.integers(2, room + 1))
    goal = max(h.pitch for h in strokes[end])
    rising = bool(generator.random() < 0.55)
    first = end - many * _EIGHTH
    line = _line(frame, first, goal - 9, goal + 9)
    way = [p for p in line if p < goal][-many:] if rising else [p for p in line if p > goal][:many][::-1]
    if len(way) < many or max(way) > min(hand.high, _HIGHEST):
        return
    if many > 2 and generator.random() < 0.4:
        way[0] = min((h.pitch for t, s in strokes.items() if first - PPQ <= t <= first for h in s if h.pitch >= way[0] - 4), default=way[0])
    level = float(np.mean([h.velocity for h in strokes[end]])) - 4.0
    for index, pitch in enumerate(way):
        at = first + index * _EIGHTH
        kept = [h for h in strokes.get(at, []) if abs(h.pitch - pitch) > 2 and h.pitch < pitch + 3]
        strokes[at] = [*kept, Hit(at, _EIGHTH - 10, pitch, level + 1.5 * index, "chord")]


def _rubs_lead(frame: Frame, pitch: int, tick: int) -> bool:
    """Whether the lead sounds a semitone beside a pitch on the eighth from a tick."""
    return any((n.pitch - pitch) % 12 in (1, 11) for n in frame.lead_notes if n.start < tick + _EIGHTH and n.end > tick)


def _line(frame: Frame, tick: int, low: int, high: int) -> list[int]:
    """Pitches of the scale at a tick, as its chord bends it."""
    free = ladder(frame, frame.span_at(tick).chord, tick)
    return [p for p in range(low, high + 1) if p % 12 in free]


def ladder(frame: Frame, chord: Chord, tick: int) -> frozenset[int]:
    """Pitch classes to step through: the chord's, and the scale's that no altered chord tone replaces."""
    scale, tones = set(frame.scale_at(tick)), set(chord.pitch_classes)
    altered = tones - scale
    return frozenset(tones | {s for s in scale if not any((s - a) % 12 in (1, 11) for a in altered)})
