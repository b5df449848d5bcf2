"""Voicings of a progression by minimal movement: a shortest path over all playable voicings.

Costs after the rules of thumb of part-writing (Kostka & Payne, *Tonal Harmony*) and the taxicab size of a voice leading
(Tymoczko, *A Geometry of Music*, 2011): see each term. Only sustained parts need it; stabs may move in parallel.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

from contracts.music import Chord

Voicing = tuple[int, ...]

_KEPT = 80  # voicings per chord that enter the search
_LOW_LIMIT = {1: 52, 2: 52, 3: 52, 4: 48, 5: 46, 6: 50}  # lowest MIDI note on which a small interval does not growl
_PERFECT = {0, 7}


@dataclass(frozen=True)
class VoicingRules:
    """What a style asks of its voicings."""

    span: int = 19
    """Widest distance between lowest and highest voice, semitones."""
    strict: bool = False
    """Classical part-writing: no parallel or hidden perfect intervals between any outer voices, at nearly any cost."""
    rootless: bool = False
    """Leave the root to the bass where the chord has four notes or more (jazz, neo-soul)."""
    bass_in_lowest: bool = False
    """The lowest voice takes the root, or the slash bass."""


DEFAULT_RULES = VoicingRules()


def voice_progression(
    chords: list[Chord],
    low: int,
    high: int,
    voices: int = 4,
    *,
    rules: VoicingRules = DEFAULT_RULES,
    top: list[int | None] | None = None,
    previous: Voicing | None = None,
) -> list[Voicing]:
    """The smoothest chain of voicings, one per chord, each ascending in MIDI notes within [low, high].

    Args:
        chords: the progression.
        low: lowest MIDI note allowed.
        high: highest MIDI note allowed; the window is widened to an octave where it is narrower.
        voices: notes per chord; triads double the root, then the fifth, where more are asked for.
        rules: what the style asks.
        top: per chord, a pitch that the highest voice should stay near or below (a melody), or None.
        previous: the voicing that was heard before, to go on from.

    Returns:
        One tuple of `voices` (or fewer, where a chord has fewer notes in reach) MIDI notes per chord.
    """
    if not chords:
        return []
    high = max(high, low + 12)
    tops = top or [None] * len(chords)
    layers = [_candidates(chord, low, high, voices, rules) for chord in chords]
    best: list[list[tuple[float, int]]] = []
    for index, layer in enumerate(layers):
        rows: list[tuple[float, int]] = []
        for voicing in layer:
            local = _local_cost(voicing, chords[index], (low + high) / 2, rules, tops[index])
            if index == 0:
                rows.append((local + (_move_cost(previous, voicing, rules) if previous else 0.0), -1))
                continue
            steps = ((best[-1][k][0] + _move_cost(old, voicing, rules), k) for k, old in enumerate(layers[index - 1]))
            cost, origin = min(steps)
            rows.append((cost + local, origin))
        best.append(rows)
    path = [min(range(len(best[-1])), key=lambda k: best[-1][k])]
    for index in range(len(chords) - 1, 0, -1):
        path.append(best[index][path[-1]][1])
    return [layers[index][k] for index, k in enumerate(reversed(path))]


def voice_leading_size(a: Voicing, b: Voicing) -> int:
    """Sum of the voices' moves in semitones; where sizes differ, each extra voice moves to the nearest one."""
    if len(a) == len(b):
        return sum(abs(x - y) for x, y in zip(a, b, strict=True))
    few, many = sorted((a, b), key=len)
    return sum(min(abs(x - y) for y in few) for x in many)


def has_parallel_perfects(a: Voicing, b: Voicing) -> bool:
    """Whether the outer voices move in parallel perfect fifths, octaves or unisons."""
    before, after = (a[-1] - a[0]) % 12, (b[-1] - b[0]) % 12
    return before == after and before in _PERFECT and a[0] != b[0] and (b[0] - a[0]) * (b[-1] - a[-1]) > 0


@lru_cache(maxsize=4096)
def _candidates(chord: Chord, low: int, high: int, voices: int, rules: VoicingRules) -> tuple[Voicing, ...]:
    classes = _wanted_classes(chord, voices, rules)
    bass = chord.bass_class
    found: list[tuple[float, Voicing]] = []
    for span in (rules.span, high - low):
        pitches = [p for p in range(low, high + 1) if p % 12 in set(classes)]
        for voicing in combinations(pitches, min(voices, max(len(set(classes)), voices))):
            if voicing[-1] - voicing[0] > span or (rules.bass_in_lowest and voicing[0] % 12 != bass):
                continue
            if not _covers(voicing, classes):
                continue
            found.append((_local_cost(voicing, chord, (low + high) / 2, rules, None), voicing))
        if found:
            break
    if not found:
        return (_fallback(chord, low),)
    return tuple(voicing for _, voicing in sorted(found)[:_KEPT])


def _wanted_classes(chord: Chord, voices: int, rules: VoicingRules) -> tuple[int, ...]:
    """Pitch classes to sound, by importance: third, seventh, colours, root, fifth."""
    root = chord.root_class
    by_step = {step: (root + step) % 12 for step in chord.intervals}
    guide = [by_step[s] for s in chord.intervals if s in (2, 3, 4, 5, 10, 11) and s > 0]
    sixths = [by_step[s] for s in chord.intervals if s in (9,)]
    altered = [by_step[s] for s in chord.intervals if s in (6, 8)]
    tensions = [by_step[s] for s in chord.intervals if s > 12]
    fifth = [by_step[s] for s in chord.intervals if s == 7]
    rich = len(chord.intervals) > 3
    bass = [chord.bass_class] if rules.bass_in_lowest else []
    order = [*bass, *guide, *altered, *sixths, *tensions]
    order += [*fifth, root] if rules.rootless and rich else [root, *fifth]
    return tuple(dict.fromkeys(order))[: max(voices, 1)]


def _covers(voicing: Voicing, classes: tuple[int, ...]) -> bool:
    present = {p % 12 for p in voicing}
    return all(c in present for c in classes[: len(voicing)])


def _fallback(chord: Chord, low: int) -> Voicing:
    root = low + (chord.root_class - low) % 12
    return tuple(root + step for step in chord.intervals[:3])


def _local_cost(voicing: Voicing, chord: Chord, centre: float, rules: VoicingRules, top: int | None) -> float:
    cost = 0.15 * abs(sum(voicing) / len(voicing) - centre)
    for lower, upper in pairwise(voicing):
        limit = _LOW_LIMIT.get(upper - lower)
        if limit is not None and lower < limit:
            cost += 4.0
        if upper - lower == 1:
            cost += 0.7
        if upper - lower > 9 and lower >= 52:
            cost += 0.5 * (upper - lower - 9)
    cost += max(0, voicing[-1] - voicing[0] - 16)
    third = next((s for s in chord.intervals if s in (3, 4)), None)
    if third is not None:
        doubled = sum(p % 12 == (chord.root_class + third) % 12 for p in voicing) - 1
        cost += 1.5 * max(0, doubled) * (2.0 if third == 4 and rules.strict else 1.0)
    if top is not None:
        cost += max(0, voicing[-1] - top) * 1.0
    return cost


def _move_cost(a: Voicing, b: Voicing, rules: VoicingRules) -> float:
    cost = float(voice_leading_size(a, b))
    cost += 0.5 * max(0, abs(b[-1] - a[-1]) - 2)
    strict = 40.0 if rules.strict else 6.0
    if has_parallel_perfects(a, b):
        cost += strict
    elif (b[-1] - b[0]) % 12 in _PERFECT and (b[0] - a[0]) * (b[-1] - a[-1]) > 0 and abs(b[-1] - a[-1]) > 2:
        cost += 3.0  # hidden fifth or octave, reached by a leap of the top voice
    if len(a) == len(b):
        moves = [y - x for x, y in zip(a, b, strict=True)]
        if min(moves) > 2 or max(moves) < -2:
            cost += 2.0
        cost += sum(8.0 for lower, new in zip(a[1:], b, strict=False) if new > lower)  # a voice above its neighbour's old place
    return cost
