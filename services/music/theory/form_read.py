"""Form: sections by what changes and what comes back, with letters, and what the letters make together."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from contracts.music import Key
from contracts.theory import Form, FormKind, ReadSection
from services.music.theory.phrasing import bar_prints, letter
from services.music.theory.piece import Piece

Array = npt.NDArray[np.float64]

_PRIOR = {
    1: -1.2,
    2: -0.5,
    3: -0.7,
    4: -0.1,
    5: -0.55,
    6: -0.4,
    7: -0.6,
    8: 0.0,
    9: -0.5,
    10: -0.4,
    12: -0.1,
    14: -0.4,
    16: -0.05,
    20: -0.5,
    24: -0.5,
}
_PER_SECTION = -0.40
_LONGEST = 24
_SAME, _VARIED = 0.80, 0.93
_WHOLE_SONG, _LONGEST_SONG = 16, 512
"""Bars of pieces whose form is looked for."""
_MOST_LINES = 24
_FRAME = ("intro", "outro", "ending", "coda")


def bar_features(piece: Piece) -> tuple[Array, Array, Array, Array]:
    """Per bar: harmony by halves [bars, 24], strokes per line [bars, lines], drums by place [bars, 64], tune [bars, 192]."""
    bars, ticks = piece.bars, piece.bar_ticks
    harmony, texture = np.zeros((bars, 24)), np.zeros((bars, max(len(piece.lines), 1)))
    drums, tune = np.zeros((bars, 64)), np.zeros((bars, 16 * 12))
    lead = piece.leading
    for index, line in enumerate(piece.lines):
        for note in line.notes:
            bar = piece.bar_of(note.start)
            if not 0 <= bar < bars:
                continue
            place = min(15, max(0, round(16 * (note.start - bar * ticks) / ticks)))
            texture[bar, index] += 1
            if line.role == "drums":
                drums[bar, place + 16 * (0 if note.pitch in (35, 36) else 1 if note.pitch in (37, 38, 39, 40) else 2)] += 1
            elif lead is not None and line is lead:
                tune[bar, place * 12 + note.pitch % 12] += 1
            else:
                _hold(harmony, note.start, note.end, note.pitch % 12, ticks)
    return harmony, texture, drums, tune


def _hold(harmony: Array, start: int, end: int, pc: int, ticks: int) -> None:
    half = ticks // 2
    for at in range(start // half, min(-(-end // half), 2 * len(harmony))):
        share = min(end, (at + 1) * half) - max(start, at * half)
        harmony[at // 2, (at % 2) * 12 + pc] += share / half


def likeness(piece: Piece) -> tuple[Array, Array]:
    """Likeness of each two bars in material and in texture [bars, bars], 0–1."""
    harmony, texture, drums, tune = bar_features(piece)
    loud = texture / np.maximum(texture.max(axis=0, keepdims=True), 1e-9)
    played = (texture > 0).astype(float)
    same = 1 - (played @ (1 - played).T + (1 - played) @ played.T) / played.shape[1]
    dense = 1 - sum(np.abs(line[:, None] - line[None]) for line in loud.T[:_MOST_LINES]) / min(loud.shape[1], _MOST_LINES)
    look = 0.4 * same + 0.2 * dense + 0.25 * _cosine(drums) + 0.15 * _register(piece)
    has = np.asarray(tune.sum(axis=1) > 0)
    sung = np.where(has[:, None] & has[None], _cosine(tune), np.where(has[:, None] == has[None], 0.5, 0.0))
    return 0.6 * _cosine(harmony) + 0.4 * sung, look


def _register(piece: Piece) -> Array:
    """Likeness of the height of each two bars' tune [bars, bars]: 1 at the same height, 0 an octave apart or where only one has a tune."""
    total, count = np.zeros(piece.bars), np.zeros(piece.bars)
    lead = piece.leading
    for note in lead.notes if lead else ():
        bar = min(piece.bar_of(note.start), piece.bars - 1)
        total[bar] += note.pitch
        count[bar] += 1
    height = np.where(count > 0, total / np.maximum(count, 1), -12.0)
    return np.asarray(1 - np.minimum(1.0, np.abs(height[:, None] - height[None]) / 12))


def _cosine(rows: Array) -> Array:
    """Cosine of each two rows; two empty rows are alike, an empty and a full one are not."""
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.maximum(norm, 1e-9)
    empty = norm[:, 0] == 0
    return np.asarray(np.where(empty[:, None] & empty[None], 1.0, unit @ unit.T))


def novelty(alike: Array, width: int) -> Array:
    """How much the bars before each bar line differ from those after it [bars], 0 at the edges."""
    bars = len(alike)
    out = np.zeros(bars)
    for at in range(1, bars):
        w = min(width, at, bars - at)
        if w < 2:
            continue
        before, after = slice(at - w, at), slice(at, at + w)
        within = (alike[before, before].mean() + alike[after, after].mean()) / 2
        out[at] = max(0.0, float(within - alike[before, after].mean()))
    return out


def returns(material: Array) -> Array:
    """How well each bar line begins a stretch of four bars that is heard elsewhere and did not run on from before [bars]."""
    bars, width = len(material), 4
    out = np.zeros(bars)
    if bars < 2 * width:
        return out
    run = np.stack([_diagonal(material, lag, width) for lag in range(bars)])
    for at in range(1, bars - width + 1):
        others = [b for b in range(bars - width + 1) if abs(b - at) >= width]
        gains = [
            run[abs(b - at), min(at, b)] - (material[at - 1, b - 1] if b else 0.5) for b in others if run[abs(b - at), min(at, b)] > 0.8
        ]
        out[at] = max(0.0, max(gains, default=0.0))
    return out


def _diagonal(material: Array, lag: int, width: int) -> Array:
    """Mean likeness of stretches `lag` bars apart, by first bar of the earlier one [bars]; 0 where they do not fit."""
    line = np.diagonal(material, lag)
    out = np.zeros(len(material))
    if len(line) >= width:
        out[: len(line) - width + 1] = np.convolve(line, np.ones(width) / width, "valid")
    return out


def find_stretches(piece: Piece) -> list[tuple[int, int]]:
    """(first bar from 0, bars) of each section, by the best cut; the whole piece where it is short."""
    if not _WHOLE_SONG <= piece.bars <= _LONGEST_SONG or not any(line.notes for line in piece.lines):
        return [(0, piece.bars)]
    material, look = likeness(piece)
    gain = 2.4 * novelty(look, 4) + 1.0 * novelty(look, 8) + 0.9 * novelty(material, 4) + 0.35 * returns(material)
    gain = np.minimum(gain, 1.5)
    bars = piece.bars
    best: list[tuple[float, int]] = [(0.0, 0)] + [(-1e9, 0)] * bars
    for end in range(1, bars + 1):
        for length in range(1, min(end, _LONGEST) + 1):
            start = end - length
            value = best[start][0] + _PER_SECTION + _PRIOR.get(length, -0.8) + (gain[start] if start else 0.0)
            if value > best[end][0]:
                best[end] = (value, start)
    cuts = [bars]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    cuts.reverse()
    return [(a, b - a) for a, b in pairwise(cuts)]


def letters_of(piece: Piece, stretches: Sequence[tuple[int, int]]) -> list[tuple[int, bool]]:
    """(kind from 0, varied) of each section: what is alike in material shares a kind."""
    material, look = likeness(piece)
    found: list[tuple[int, bool]] = []
    for index, one in enumerate(stretches):
        score, kind = max(((_alike(material, look, one, stretches[j]), -found[j][0]) for j in range(index)), default=(0.0, 0))
        if score >= _SAME:
            found.append((-kind, score < _VARIED))
        else:
            found.append((max((k for k, _ in found), default=-1) + 1, False))
    return found


def _alike(material: Array, look: Array, one: tuple[int, int], other: tuple[int, int]) -> float:
    """Likeness of two sections bar by bar, over the shorter one; very different lengths are no repetition."""
    (a, length), (b, width) = one, other
    short = min(length, width)
    if short < 0.45 * max(length, width):
        return 0.0
    both = 0.75 * material + 0.25 * look
    return float(np.mean([both[a + i, b + i] for i in range(short)]))


def read_form(piece: Piece, home: Key | None) -> Form:
    """The form of a piece: its own sections where they are marked, else what is found."""
    marked = [(s.start, s.bars) for s in piece.stretches]
    stretches = marked or find_stretches(piece)
    kinds = letters_of(piece, stretches)
    labels = [s.label for s in piece.stretches]
    if labels:
        kinds = _by_label(labels, kinds)
    elif piece.bars >= 24 and len(stretches) >= 3:
        labels = _functions(piece, stretches, [k for k, _ in kinds])
    sections = tuple(
        ReadSection(
            bar=start + 1, bars=bars, letter=letter(kind) + ("'" if varied else ""), label=labels[i] if labels else "",
            confidence=0.95 if marked else round(0.5 + 0.1 * min(3, bars % 4 == 0), 3),
        )
        for i, ((start, bars), (kind, varied)) in enumerate(zip(stretches, kinds, strict=True))
    )  # fmt: skip
    source = "score" if marked and piece.source == "score" else "markers" if marked else "repetition"
    kind = kind_of(piece, sections, home)
    return Form(
        kind=kind, letters=" ".join(s.letter for s in sections), sections=sections, source=source, confidence=0.9 if marked else 0.6
    )


def _by_label(labels: Sequence[str], kinds: Sequence[tuple[int, bool]]) -> list[tuple[int, bool]]:
    """Marked sections of one name share a letter; the first is what the others are varied from."""
    order = list(dict.fromkeys(labels))
    first = {label: kinds[labels.index(label)][0] for label in order}
    return [
        (order.index(label), kind != first[label] or (varied and labels.index(label) != i))
        for i, (label, (kind, varied)) in enumerate(zip(labels, kinds, strict=True))
    ]


def _functions(piece: Piece, stretches: Sequence[tuple[int, int]], kinds: Sequence[int]) -> list[str]:
    """What sections are to a song: what comes back at its busiest is the chorus, what leads there the verse."""
    lead = piece.leading
    prints = bar_prints(lead.notes, piece.bars, piece.bar_ticks) if lead else []
    loud = np.zeros(piece.bars)
    for line in piece.lines:
        for note in line.notes:
            loud[min(piece.bar_of(note.start), piece.bars - 1)] += note.velocity
    strokes = np.array([loud[a : a + b].mean() for a, b in stretches])
    sung = [sum(bool(p) for p in prints[a : a + b]) >= 0.4 * b for a, b in stretches]
    if not any(sung):
        return [""] * len(stretches)
    returning = [k for k in dict.fromkeys(kinds) if kinds.count(k) > 1 and any(s for s, kind in zip(sung, kinds, strict=True) if kind == k)]
    if not returning:
        return ["intro" if i == 0 and not sung[0] else "outro" if i == len(kinds) - 1 and not sung[-1] else "" for i in range(len(kinds))]
    hook = max(returning, key=lambda k: strokes[[i for i, kind in enumerate(kinds) if kind == k]].mean())
    labels = []
    for i, kind in enumerate(kinds):
        if not sung[i]:
            labels.append("intro" if i == 0 else "outro" if i == len(kinds) - 1 else "interlude")
        elif kind == hook:
            labels.append("chorus")
        elif kind in returning or i < kinds.index(hook):
            labels.append("verse")
        else:
            labels.append("bridge" if i < len(kinds) - 1 else "outro")
    return labels


def kind_of(piece: Piece, sections: Sequence[ReadSection], home: Key | None) -> FormKind:
    """What the sections make together, frames such as an intro aside."""
    if home is not None and blues_choruses(piece, home):
        return "twelve-bar blues"
    core = [s for s in sections if s.label not in _FRAME]
    if {"verse", "chorus"} <= {s.label for s in core}:
        return "verse and chorus"
    text = "".join(s.letter.replace("'", "")[0] for s in core)
    plain = {c: chr(65 + i) for i, c in enumerate(dict.fromkeys(text))}
    text = "".join(plain[c] for c in text)
    known: dict[str, FormKind] = {
        "AB": "binary", "AABB": "binary", "ABA": "ternary", "AABA": "song form (AABA)", "AABABA": "song form (AABA)",
        "ABACA": "rondo", "ABACABA": "rondo", "ABACADA": "rondo",
    }  # fmt: skip
    if text in known:
        return known[text]
    if set(text) == {"A"} and len(text) > 1:
        return "strophic"
    if len(text) == 1:
        return "loop" if _loops(piece) else "other"
    return "through-composed" if len(set(text)) == len(text) and len(text) > 2 else "other"


_BLUES = (0, (0, 5), 0, 0, 5, 5, 0, 0, (7, 2), (5, 7), (0, 9), (7, 0, 2, 5))


def _root_in(piece: Piece, bar: int, tonic: int) -> int | None:
    """Root above the tonic of the chord that fills most of a bar."""
    spans: dict[int, int] = {}
    for t in piece.chords:
        inside = min(t.end, (bar + 1) * piece.bar_ticks) - max(t.start, bar * piece.bar_ticks)
        if inside > 0:
            above = (t.chord.root_class - tonic) % 12
            spans[above] = spans.get(above, 0) + inside
    return max(spans, key=lambda r: spans[r]) if spans else None


def blues_choruses(piece: Piece, home: Key) -> list[int]:
    """First bars (from 0) of twelve bars that go the way of a blues in the home key; empty unless they make half of the piece."""
    roots = [_root_in(piece, bar, home.tonic_class) for bar in range(piece.bars)]
    found, at = [], 0
    while at + 12 <= piece.bars:
        fits = [root in (place if isinstance(place, tuple) else (place,)) for root, place in zip(roots[at : at + 12], _BLUES, strict=True)]
        moves = {0, 5, 7} <= {r for r in roots[at : at + 12] if r is not None} and fits[4] and fits[8]
        if sum(fits) >= 11 and moves and roots[at] == 0:
            found.append(at)
            at += 12
        else:
            at += 1
    return found if len(found) * 12 >= 0.5 * piece.bars else []


def _loops(piece: Piece) -> bool:
    """Whether the same one, two or four bars of chords go round."""
    roots = [_root_in(piece, bar, 0) for bar in range(piece.bars)]
    return piece.bars >= 8 and any(all(a == b for a, b in zip(roots, roots[n:], strict=False)) for n in (1, 2, 4))
