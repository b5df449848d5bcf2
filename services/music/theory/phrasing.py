"""Phrases: where a line breathes, in whole bars; periods and sentences (Schoenberg; Caplin, *Classical Form*, 1998).

Breaths after Cambouropoulos's local boundaries (2001): a distance between strokes that is long beside its neighbours. Phrases are the
best cut of each section by breaths, by bars that begin as an earlier phrase did, and by lengths of four and eight bars.
"""

from collections.abc import Sequence
from itertools import pairwise

from contracts.music import Note
from contracts.theory import Phrase, PhraseGroup, ReadCadence
from services.music.theory.piece import EARLY, Piece, top_line

_PRIOR = {1: -1.5, 2: -0.35, 3: -0.6, 4: 0.0, 5: -0.6, 6: -0.4, 7: -0.7, 8: -0.05, 9: -0.9, 10: -0.8, 12: -0.7, 16: -0.8}
_PER_PHRASE = -0.3
_ALIKE = 0.6
_RETURN = 0.35
Print = frozenset[tuple[int, int]]


def breaths(notes: Sequence[Note], bars: int, bar_ticks: int, beat: int) -> list[float]:
    """How much a line breathes at each bar line from 0 [bars], 0–1."""
    out = [0.0] * bars
    line = top_line(notes)
    gaps = [b.start - a.start for a, b in pairwise(line)]
    for i, (before, after) in enumerate(pairwise(line)):
        near = [g for g in gaps[max(0, i - 3) : i] + gaps[i + 1 : i + 4] if g > 0]
        usual = sum(near) / len(near) if near else gaps[i]
        rest = max(0, after.start - before.end)
        strength = max(0.0, (gaps[i] - usual) / (gaps[i] + usual)) + 0.5 * min(1.0, rest / beat) * (gaps[i] > usual)
        first = -(-(before.start + 1) // bar_ticks)  # bar lines inside the distance, or just after an upbeat begins
        last = (after.start + beat + beat // 2) // bar_ticks
        if last - first > 1:
            last = max(first, last)
            strength = 1.0
        for bar in {first, last} if first <= last else ():
            if 0 < bar < bars and bar * bar_ticks <= after.start + 1.5 * beat:
                out[bar] = max(out[bar], min(1.0, strength))
    return out


def bar_prints(notes: Sequence[Note], bars: int, bar_ticks: int) -> list[Print]:
    """Each bar of a line as (eighth-triplet place, pitch class)."""
    out: list[set[tuple[int, int]]] = [set() for _ in range(bars)]
    for note in top_line(notes):
        bar = (note.start + EARLY) // bar_ticks
        if 0 <= bar < bars:
            out[bar].add((round((note.start - bar * bar_ticks) / 160), note.pitch % 12))
    return [frozenset(p) for p in out]


def alike(one: Sequence[Print], other: Sequence[Print]) -> float:
    """Likeness of two stretches of bars: common notes over all notes, rhythm alone counting half."""
    if not any(one) or not any(other):
        return 0.0
    shares = []
    for a, b in zip(one, other, strict=False):
        if not a and not b:
            continue
        same = len(a & b) / max(len(a | b), 1)
        places, others = {p for p, _ in a}, {p for p, _ in b}
        rhythm = len(places & others) / max(len(places | others), 1)
        shares.append(max(same, 0.5 * (same + rhythm)))
    return sum(shares) / max(len(shares), 1)


def read_phrases(piece: Piece, sections: Sequence[tuple[int, int]]) -> list[tuple[int, int, float]]:
    """(first bar from 0, bars, how sure) of each phrase. `sections`: (first bar, bars) that no phrase crosses."""
    lead = piece.leading
    notes = lead.notes if lead else tuple(n for line in piece.of("chords", "bass", "other") for n in line.notes)
    strength = breaths(notes, piece.bars, piece.bar_ticks, piece.meter.ticks_per_beat) if notes else [0.0] * piece.bars
    prints = bar_prints(notes, piece.bars, piece.bar_ticks)
    found = []
    for first, bars in sections:
        found += _cut(first, bars, strength, prints)
    return found


def _cut(first: int, bars: int, strength: Sequence[float], prints: Sequence[Print]) -> list[tuple[int, int, float]]:
    """The best phrases of one section, by dynamic programming over its bar lines."""
    best: list[tuple[float, int]] = [(0.0, 0)] + [(-1e9, 0)] * bars
    for end in range(1, bars + 1):
        for length in range(1, min(end, 16) + 1):
            start = end - length
            gain = _PER_PHRASE + _PRIOR.get(length, -1.2)
            if start:
                again = max((alike(prints[first + start : first + start + 2], prints[first + s : first + s + 2])
                             for s in (start - 8, start - 4, start - 2) if s >= 0), default=0.0)  # fmt: skip
                gain += strength[first + start] + _RETURN * (again if start % 2 == 0 else 0.0)
            if best[start][0] + gain > best[end][0]:
                best[end] = (best[start][0] + gain, start)
    cuts, at = [bars], bars
    while at:
        at = best[at][1]
        cuts.append(at)
    cuts.reverse()
    return [
        (first + a, b - a, 0.5 + 0.5 * (strength[first + b] if b < bars and first + b < len(strength) else 1.0)) for a, b in pairwise(cuts)
    ]


def lettered(piece: Piece, found: Sequence[tuple[int, int, float]]) -> tuple[Phrase, ...]:
    """Phrases with letters: those that begin alike share one."""
    lead = piece.leading
    notes = lead.notes if lead else tuple(n for line in piece.of("chords", "bass", "other") for n in line.notes)
    prints = bar_prints(notes, piece.bars, piece.bar_ticks)
    kinds: list[int] = []
    for index, (start, bars, _) in enumerate(found):
        width = max(1, bars // 2)
        same = next(
            (kinds[j] for j in range(index) if abs(found[j][1] - bars) <= 2
             and alike(prints[start : start + width], prints[found[j][0] : found[j][0] + width]) >= _ALIKE), None,
        )  # fmt: skip
        kinds.append(max(kinds, default=-1) + 1 if same is None else same)
    return tuple(
        Phrase(bar=start + 1, bars=bars, letter=letter(kind, small=True), confidence=round(min(1.0, sure), 3))
        for (start, bars, sure), kind in zip(found, kinds, strict=True)
    )


def letter(kind: int, *, small: bool = False) -> str:
    """A, B, … Z, A2, B2, …; small for phrases."""
    turn, index = divmod(kind, 26)
    return chr((97 if small else 65) + index) + (str(turn + 1) if turn else "")


def ended(phrases: Sequence[Phrase], cadences: Sequence[ReadCadence]) -> tuple[Phrase, ...]:
    """Phrases with the cadence that each ends on: one in its second half."""
    out = []
    for phrase in phrases:
        kind = next((c.kind for c in reversed(cadences) if phrase.bar + (phrase.bars - 1) // 2 <= c.bar < phrase.bar + phrase.bars), None)
        out.append(phrase.model_copy(update={"cadence": kind}))
    return tuple(out)


def groups(piece: Piece, phrases: Sequence[Phrase], cadences: Sequence[ReadCadence]) -> tuple[PhraseGroup, ...]:
    """Sentences and periods, none inside another."""
    lead = piece.leading
    if lead is None:
        return ()
    prints = bar_prints(lead.notes, piece.bars, piece.bar_ticks)
    found: list[PhraseGroup] = []
    taken: set[int] = set()
    for i, phrase in enumerate(phrases):
        for group in (_sentence(phrases, i, prints, cadences), _period(phrases, i, cadences)):
            bars = set(range(group.bar, group.bar + group.bars)) if group else set()
            if group and not bars & taken:
                found.append(group)
                taken |= bars
        _ = phrase
    return tuple(found)


def _weight(phrase: Phrase, cadences: Sequence[ReadCadence]) -> int:
    """How closed a phrase ends: 0 nothing, 1 half or deceptive, 2 imperfect or plagal, 3 perfect."""
    last = next((c for c in reversed(cadences) if phrase.bar + (phrase.bars - 1) // 2 <= c.bar < phrase.bar + phrase.bars), None)
    if last is None:
        return 0
    return {"half": 1, "deceptive": 1, "plagal": 2, "authentic": 3 if last.strength == "perfect" else 2}[last.kind]


def _period(phrases: Sequence[Phrase], i: int, cadences: Sequence[ReadCadence]) -> PhraseGroup | None:
    """Two phrases that begin alike, of which the second ends more firmly."""
    if i + 1 >= len(phrases):
        return None
    one, other = phrases[i], phrases[i + 1]
    if one.letter != other.letter or one.bars != other.bars or one.bars < 2 or one.bar + one.bars != other.bar:
        return None
    open_end, close = _weight(one, cadences), _weight(other, cadences)
    if 1 <= open_end < close and close >= 2:
        return PhraseGroup(
            kind="period", bar=one.bar, bars=one.bars + other.bars, parts=(one.bars, other.bars), confidence=0.9 if close == 3 else 0.7
        )
    if open_end == close and open_end:
        return PhraseGroup(kind="repeated phrase", bar=one.bar, bars=one.bars + other.bars, parts=(one.bars, other.bars), confidence=0.6)
    return None


def _sentence(phrases: Sequence[Phrase], i: int, prints: Sequence[Print], cadences: Sequence[ReadCadence]) -> PhraseGroup | None:
    """An idea, the idea again (moved or not), and a continuation twice as long that ends in a cadence."""
    start = phrases[i].bar - 1
    for whole in (8, 16, 4):
        idea = whole // 4
        edges = {p.bar - 1 + p.bars for p in phrases[i:]}
        if start + whole not in edges:
            continue
        one, two = prints[start : start + idea], prints[start + idea : start + 2 * idea]
        rest = prints[start + 2 * idea : start + 3 * idea]
        closes = any(start + whole - max(1, idea) <= c.bar - 1 < start + whole for c in cadences)
        again, goes_on = _shape_alike(one, two), _shape_alike(one, rest)
        if all(one) and all(two) and again >= 0.75 and goes_on < 0.7 and goes_on < again - 0.15 and closes:
            return PhraseGroup(
                kind="sentence", bar=start + 1, bars=whole, parts=(idea, idea, 2 * idea), confidence=round(0.4 + 0.5 * again, 3)
            )
    return None


def _shape_alike(one: Sequence[Print], other: Sequence[Print]) -> float:
    """Likeness of rhythm and of direction, so that a sequence counts as a repetition."""
    total = []
    for a, b in zip(one, other, strict=False):
        places, others = {p for p, _ in a}, {p for p, _ in b}
        total.append(len(places & others) / max(len(places | others), 1))
    return sum(total) / max(len(total), 1)
