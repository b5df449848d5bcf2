"""Voicings of a progression by minimal movement: a shortest path over all playable voicings.

Costs after the rules of thumb of part-writing (Kostka & Payne, *Tonal Harmony*) and the taxicab size of a voice leading
(Tymoczko, *A Geometry of Music*, 2011): see each term. Only sustained parts need it; stabs may move in parallel.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from contracts.music import Chord

Voicing = tuple[int, ...]

_KEPT = 80  # voicings per chord that enter the search
_LOW_LIMIT = {1: 52, 2: 52, 3: 52, 4: 48, 5: 46, 6: 50}  # lowest MIDI note on which a small interval does not growl
_PERFECT = {0, 7}
_HIDDEN = 3.0  # hidden fifth or octave, reached by a leap of the top voice
_HERDED = 2.0  # all voices leap the same way
_TENDENCY = 2.5  # a seventh that does not fall, a leading tone on top that does not rise
_CROSSED = 8.0  # a voice above its neighbour's old place


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
    shape: Literal["any", "close", "drop2", "open"] = "any"
    """How the voices lie: inside an octave; the second from the top an octave lower (guitar, saxophones); wider than an octave."""
    ranges: tuple[tuple[int, int], ...] = ()
    """Lowest and highest MIDI note of each voice from the bottom up, where each is an instrument of its own (brass, strings, choir)."""


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
    costs = [np.array([_local_cost(v, chord, (low + high) / 2, rules, tops[i]) for v in layers[i]]) for i, chord in enumerate(chords)]
    if previous:
        costs[0] = costs[0] + np.array([move_cost(previous, voicing, rules) for voicing in layers[0]])
    total, origins = costs[0], []
    for index in range(1, len(chords)):
        steps = total[:, None] + _moves(chords[index - 1], chords[index], low, high, voices, rules)
        origin = steps.argmin(axis=0)
        total = steps[origin, np.arange(steps.shape[1])] + costs[index]
        origins.append(origin)
    path = [int(total.argmin())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return [layers[index][k] for index, k in enumerate(reversed(path))]


def path_cost(voicings: list[Voicing], chords: list[Chord], low: int, high: int, rules: VoicingRules = DEFAULT_RULES) -> float:
    """What a chain of voicings costs: what `voice_progression` makes smallest among the voicings that it considers."""
    own = sum(_local_cost(v, c, (low + high) / 2, rules, None) for v, c in zip(voicings, chords, strict=True))
    pairs = zip(pairwise(voicings), pairwise(chords), strict=True)
    return own + sum(move_cost(a, b, rules) + tendency_cost(a, b, before, after, rules) for (a, b), (before, after) in pairs)


def candidates(chord: Chord, low: int, high: int, voices: int, rules: VoicingRules = DEFAULT_RULES) -> tuple[Voicing, ...]:
    """The voicings of one chord that enter the search, best first."""
    return _candidates(chord, low, high, voices, rules)


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
            if not _covers(voicing, classes) or not _reachable(voicing, rules):
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


def _reachable(voicing: Voicing, rules: VoicingRules) -> bool:
    return all(low <= pitch <= high for pitch, (low, high) in zip(voicing, rules.ranges, strict=False))


def _lies(voicing: Voicing, shape: str) -> bool:
    """Whether a voicing has a shape; two notes have every shape."""
    if len(voicing) < 3 or shape == "any":
        return True
    span = voicing[-1] - voicing[0]
    if shape == "drop2":
        raised = sorted((*voicing[1:], voicing[0] + 12))
        return len(voicing) > 3 and raised[-1] - raised[0] < 12 and raised[-2] == voicing[0] + 12
    return span < 12 if shape == "close" else span > 12


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
    if third == 4 and 10 in chord.intervals:  # the leading tone of a dominant is not doubled
        cost += 2.0 * max(0, sum(p % 12 == (chord.root_class + 4) % 12 for p in voicing) - 1)
    if not _lies(voicing, rules.shape):
        cost += 4.0
    if top is not None:
        cost += max(0, voicing[-1] - top) * 1.0
    return cost


def move_cost(a: Voicing, b: Voicing, rules: VoicingRules = DEFAULT_RULES) -> float:
    """What it costs to move from one voicing to another, whatever the chords."""
    cost = float(voice_leading_size(a, b))
    cost += 0.5 * max(0, abs(b[-1] - a[-1]) - 2)
    if has_parallel_perfects(a, b):
        cost += _parallels(rules)
    elif (b[-1] - b[0]) % 12 in _PERFECT and (b[0] - a[0]) * (b[-1] - a[-1]) > 0 and abs(b[-1] - a[-1]) > 2:
        cost += _HIDDEN
    if len(a) == len(b):
        moves = [y - x for x, y in zip(a, b, strict=True)]
        if min(moves) > 2 or max(moves) < -2:
            cost += _HERDED
        cost += sum(_CROSSED for lower, new in zip(a[1:], b, strict=False) if new > lower)
    return cost


def tendency_cost(a: Voicing, b: Voicing, before: Chord, after: Chord, rules: VoicingRules = DEFAULT_RULES) -> float:
    """What it costs where a dominant's seventh does not fall, or its third, the leading tone, does not rise in the top voice."""
    if not _resolves(before, after) or len(a) != len(b):
        return 0.0
    weight = _TENDENCY * (2.0 if rules.strict else 1.0)
    seventh, leading = (before.root_class + 10) % 12, (before.root_class + 4) % 12
    cost = sum(weight for x, y in zip(a, b, strict=True) if x % 12 == seventh and y - x not in (-2, -1, 0))
    return cost + (weight if a[-1] % 12 == leading and b[-1] - a[-1] not in (0, 1) else 0.0)


def _parallels(rules: VoicingRules) -> float:
    return 40.0 if rules.strict else 6.0


def _resolves(before: Chord, after: Chord) -> bool:
    """Whether a dominant seventh goes where it leads: a fifth down, or a step up (deceptively)."""
    dominant = 4 in before.intervals and 10 in before.intervals
    return dominant and (after.root_class - before.root_class) % 12 in (5, 1, 2)


@lru_cache(maxsize=384)
def _moves(before: Chord, after: Chord, low: int, high: int, voices: int, rules: VoicingRules) -> NDArray[np.float64]:
    """The cost of every move between the candidates of two chords: `move_cost` and `tendency_cost`, all pairs at once."""
    old, new = (_candidates(c, low, high, voices, rules) for c in (before, after))
    if len({len(v) for v in (*old, *new)}) > 1:
        return np.array([[move_cost(a, b, rules) + tendency_cost(a, b, before, after, rules) for b in new] for a in old])
    a, b = np.array(old)[:, None, :], np.array(new)[None, :, :]
    moves = b - a
    low_move, top_move = moves[..., 0], moves[..., -1]
    cost: NDArray[np.float64] = np.abs(moves).sum(axis=2) + 0.5 * np.maximum(np.abs(top_move) - 2, 0)
    first, second = (a[..., -1] - a[..., 0]) % 12, (b[..., -1] - b[..., 0]) % 12
    similar = low_move * top_move > 0
    parallel = (first == second) & np.isin(first, list(_PERFECT)) & similar
    hidden = np.isin(second, list(_PERFECT)) & similar & (np.abs(top_move) > 2) & ~parallel
    cost = cost + _parallels(rules) * parallel + _HIDDEN * hidden
    cost += _HERDED * ((moves.min(axis=2) > 2) | (moves.max(axis=2) < -2))
    cost += _CROSSED * (b[..., :-1] > a[..., 1:]).sum(axis=2)
    if _resolves(before, after):
        weight = _TENDENCY * (2.0 if rules.strict else 1.0)
        held = np.isin(moves, (-2, -1, 0))
        cost += weight * ((a % 12 == (before.root_class + 10) % 12) & ~held).sum(axis=2)
        cost += weight * ((a[..., -1] % 12 == (before.root_class + 4) % 12) & ~np.isin(top_move, (0, 1)))
    return cost
