"""What the judge measures of a piece: one number per feature and song, the same code for real songs and ours.

Sources: pitch-class entropy and grooving similarity after Wu & Yang, *The Jazz Transformer* (2020), with 16 slots a bar; scale
consistency, empty beats, groove consistency after MusPy (Dong et al. 2020); repetition, chord fit, harmony, accompaniment and
dynamics as in the notes of the house (per-song shares). A feature that a song does not have (no two sung letters, no comping) is
left out. Where performance lengths of a source are unsure, distances between onsets are used.
"""

import math
import zlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise
from statistics import fmean, median, pstdev

from tests.evaluation.piece import BAR, Piece, Tone, in_bars

Features = dict[str, float]
_MAJOR = frozenset({0, 2, 4, 5, 7, 9, 11})
_SCALES = tuple(frozenset((pc + shift) % 12 for pc in _MAJOR) for shift in range(12))
_BEAT = 4


def features_of(piece: Piece) -> Features:
    """All features of a piece; those it does not have are missing."""
    found: Features = {}
    whole = piece.whole if piece.comping else ()
    band = tuple(sorted((*whole, *piece.bass))) if whole else ()
    for prefix, tones in (("melody", piece.melody), ("whole", whole), ("band", band)):
        found |= {f"{prefix}.{name}": value for name, value in texture(tones, piece.bars).items()}
    for measure in (_repetition, _breath, _contrast, _rhythm, _chord_fit, _harmony, _accompaniment, _dynamics, _hook):
        found |= measure(piece)
    return {name: round(value, 5) for name, value in found.items() if math.isfinite(value)}


def texture(tones: Sequence[Tone], bars: int) -> Features:
    """The measures of music.md: entropies, grooving similarity, scale, air, density, range."""
    if len(tones) < 4:
        return {}
    by_bar = in_bars(tuple(tones), bars)
    sounding = [bar for bar in by_bar if bar]
    grooves = [groove(bar) for bar in by_bar]
    fours = [[t for bar in by_bar[i : i + 4] for t in bar] for i in range(0, bars, 4)]
    pitches = [t.pitch for t in tones]
    return {
        "entropy": entropy(p % 12 for p in pitches),
        "entropy_1": _mean(entropy(t.pitch % 12 for t in bar) for bar in sounding),
        "entropy_4": _mean(entropy(t.pitch % 12 for t in four) for four in fours if four),
        "groove": _all_alike(grooves),
        "groove_adjacent": _mean(_alike(a, b) for a, b in pairwise(grooves)),
        "scale": max(_share(p % 12 in scale for p in pitches) for scale in _SCALES),
        "empty_beats": _empty_beats(tones, bars),
        "notes_per_beat": len(tones) / (bars * _BEAT),
        "range": float(max(pitches) - min(pitches)),
    }


def groove(bar: Iterable[Tone]) -> frozenset[int]:
    """Slots of a bar on which something begins."""
    return frozenset(tone.slot for tone in bar)


def shape(bar: Iterable[Tone]) -> tuple[tuple[int, int], ...]:
    """Slots and pitches of a bar."""
    return tuple((tone.slot, tone.pitch) for tone in bar)


def entropy(values: Iterable[Hashable]) -> float:
    """Entropy of a sequence's values in bits."""
    counts = Counter(values)
    total = counts.total()
    return -sum(c / total * math.log2(c / total) for c in counts.values()) if total else 0.0


def compression(tones: Sequence[Tone]) -> float:
    """Bytes of (pitch, distance to the next onset) over their zlib length: how much a melody repeats itself."""
    data = bytes(value for a, b in pairwise(tones) for value in (a.pitch, min(255, b.step - a.step)))
    return len(data) / max(1, len(zlib.compress(data, 9)))


def _repetition(piece: Piece) -> Features:
    bars = [shape(bar) for bar in piece.melody_bars]
    found = {"earlier_1": _earlier(bars, 1), "compression": compression(piece.melody)}
    twos = [tuple(bars[p.start + i : p.start + i + 2]) for p in piece.phrases if p.sung for i in range(0, p.bars - 1, 2)]
    found["earlier_2"] = _earlier([tuple(x for bar in two for x in (*bar, (-1, -1))) for two in twos], 2)
    same, rhythm, heads, tails = [], [], [], []
    for phrases in piece.letters().values():
        for i, one in enumerate(phrases):
            for other in phrases[i + 1 :]:
                pairs = [
                    (bars[one.start + k], bars[other.start + k]) for k in range(min(one.bars, other.bars)) if other.start + k < len(bars)
                ]
                pairs = [(a, b) for a, b in pairs if a or b]
                if len(pairs) < 3:
                    continue
                same.append(_share(a == b for a, b in pairs))
                rhythm.append(_share([s for s, _ in a] == [s for s, _ in b] for a, b in pairs))
                half = len(pairs) // 2
                heads.append(_share(a != b for a, b in pairs[:half]))
                tails.append(_share(a != b for a, b in pairs[half:]))
    if same:
        found |= {"return_same": fmean(same), "return_rhythm": fmean(rhythm), "return_varies_tail": fmean(tails) - fmean(heads)}
        found["returns_all_equal"] = _share(one == 1.0 for one in same)
    return found


def _earlier(units: Sequence[tuple[tuple[int, int], ...]], least_bars: int) -> float:
    """Share of units with two notes a bar at least that were heard before exactly so."""
    seen: set[Hashable] = set()
    repeated = counted = 0
    for unit in units:
        if sum(slot >= 0 for slot, _ in unit) < 2 * least_bars:
            continue
        counted += 1
        repeated += unit in seen
        seen.add(unit)
    return repeated / counted if counted else math.nan


def _breath(piece: Piece) -> Features:
    gaps = [b.step - a.step for a, b in pairwise(piece.melody)]
    runs, run = [], 0
    for gap in gaps:
        run += gap
        if gap >= 6:
            runs.append(run / _BEAT)
            run = 0
    ends, finals = [], []
    for phrase in piece.phrases:
        inside = [t for t in piece.melody if phrase.start <= t.bar < phrase.start + phrase.bars] if phrase.sung else []
        if inside:
            last = inside[-1]
            following = next((t for t in piece.melody if t.step > last.step), None)
            finals.append(last)
            if following and following.step - last.step <= 8 * BAR:
                ends.append((following.step - last.step) / _BEAT)
    degrees = [(t.pitch - piece.key_at(t.step)[0]) % 12 for t in finals]
    return {
        "empty_bars": 1 - len(piece.sung_bars) / piece.bars,
        "phrase_gap": median(ends) if ends else math.nan,
        "longest_run": math.log2(max(1.0, sorted(runs)[int(0.9 * len(runs))] if runs else piece.bars * 4.0)),
        "phrase_end_chord": _share(_in_chord(piece, t) for t in finals),
        "phrase_end_rest": _share(degree in (0, 2, 7) for degree in degrees),
        "sub_phrase": median(runs) if runs else piece.bars * 4.0,
    }


def _contrast(piece: Piece) -> Features:
    letters = piece.sections()
    if letters is None:
        return {}
    verse, chorus = ([piece.melody_bars[n] for n in piece.bars_of(letter)] for letter in letters)
    low, high = ([t.pitch for bar in bars for t in bar] for bars in (verse, chorus))
    if not low or not high:
        return {}
    shapes, rhythms = {shape(bar) for bar in verse if len(bar) > 1}, {groove(bar) for bar in verse if len(bar) > 1}
    full = [bar for bar in chorus if len(bar) > 1]
    found = {
        "lift_pitch": fmean(high) - fmean(low),
        "lift_peak": float(max(high) - max(low)),
        "lift_density": (len(high) / len(chorus)) / max(0.25, len(low) / len(verse)),
        "shared_bars": _share(shape(bar) in shapes for bar in full),
        "shared_rhythms": _share(groove(bar) in rhythms for bar in full),
    }
    roots = [Counter(c.triad for n in piece.bars_of(x) if (c := piece.chord_at(n * BAR))) for x in letters]
    if all(roots):
        found["shared_chords"] = (roots[0] & roots[1]).total() / max(1, min(r.total() for r in roots))
    band = [[piece.comping_bars[n] for n in piece.bars_of(letter)] for letter in letters]
    if all(any(bars) for bars in band):
        counts = [fmean(len(bar) for bar in bars) for bars in band]
        loud = [fmean(t.velocity for bar in bars for t in bar) for bars in band]
        found |= {"lift_comping": counts[1] / max(0.5, counts[0]), "lift_velocity": loud[1] - loud[0]}
    return found


def _rhythm(piece: Piece) -> Features:
    bars = [groove(bar) for bar in piece.melody_bars if bar]
    slots = [t.slot for t in piece.melody]
    gaps = [min(32, b.step - a.step) for a, b in pairwise(piece.melody)]
    pushed = [a for a, b in pairwise(piece.melody) if a.slot % 4 and (a.step // 4 + 1) * 4 < b.step]
    return {
        "bar_rhythms": len(set(bars)) / max(1, len(bars)),
        "off_eighths": _share(slot % 4 == 2 for slot in slots),
        "pushes_6_14": _share(slot in (6, 14) for slot in slots),
        "sixteenths": _share(slot % 2 == 1 for slot in slots),
        "downbeats": _share(slot == 0 for slot in slots),
        "syncopation": len(pushed) / max(1, len(slots)),
        "gap_entropy": entropy(gaps),
        "gap_commonest": Counter(gaps).most_common(1)[0][1] / len(gaps) if gaps else math.nan,
        "leaps": _share(abs(b.pitch - a.pitch) >= 5 for a, b in pairwise(piece.melody) if b.step - a.step <= 8),
        "repeated_notes": _share(a.pitch == b.pitch for a, b in pairwise(piece.melody) if b.step - a.step <= 8),
        "leap_reversal": _share(
            (b.pitch - a.pitch) * (c.pitch - b.pitch) < 0
            for a, b, c in zip(piece.melody, piece.melody[1:], piece.melody[2:], strict=False)
            if abs(b.pitch - a.pitch) >= 5
        ),
    }


def _chord_fit(piece: Piece) -> Features:
    if not piece.chords:
        return {}
    fits: dict[str, list[bool]] = {"chord_strong": [], "chord_weak": [], "chord_off": []}
    foreign, leapt, chromatic = 0, 0, 0
    tones = piece.melody
    for index, tone in enumerate(tones):
        fit = _in_chord(piece, tone)
        place = "chord_strong" if tone.slot in (0, 8) else "chord_weak" if tone.slot % 4 == 0 else "chord_off"
        fits[place].append(fit)
        tonic, minor = piece.key_at(tone.step)
        chromatic += (tone.pitch - tonic) % 12 not in ((0, 2, 3, 5, 7, 8, 10, 11) if minor else _MAJOR)
        if not fit and 0 < index < len(tones) - 1:
            foreign += 1
            leapt += all(abs(other.pitch - tone.pitch) > 2 for other in (tones[index - 1], tones[index + 1]))
    shares = {name: _share(values) for name, values in fits.items()}
    return {**shares, "foreign_leapt": leapt / foreign if foreign >= 8 else math.nan, "chromatic": chromatic / max(1, len(tones))}


def _harmony(piece: Piece) -> Features:
    chords = [c for c in piece.chords if c.start < piece.bars * BAR]
    if len(chords) < 4:
        return {}
    triads = [c.triad for i, c in enumerate(chords) if i == 0 or c.triad != chords[i - 1].triad]
    grams = list(zip(triads, triads[1:], triads[2:], strict=False))
    time = sum(c.end - c.start for c in chords)
    steps = [(b[0] - a[0]) % 12 for a, b in pairwise(triads)]
    at_end = [piece.chord_at(min(piece.bars, p.start + p.bars) * BAR - 1) for p in piece.phrases if p.sung]
    goals = [(c.root - piece.key_at(c.start)[0]) % 12 in (0, 7) for c in at_end if c]
    tonic = [(c.end - c.start) for c in chords if c.root == piece.key_at(c.start)[0]]
    outside = [c.end - c.start for c in chords if not _diatonic(piece, c.root, c.start)]
    sevenths = [c.end - c.start for c in chords if len(c.classes) > 3]
    return {
        "triads": float(len(set(triads))),
        "changes_per_bar": len(triads) / piece.bars,
        "chord_trigrams": len(set(grams)) / max(1, len(grams)),
        "fifths": _share(step in (5, 7) for step in steps),
        "phrase_goals": _share(goals),
        "tonic_time": sum(tonic) / time,
        "outside_time": sum(outside) / time,
        "seventh_time": sum(sevenths) / time,
        "slash_time": sum(c.end - c.start for c in chords if c.bass != c.root) / time,
    }


def _diatonic(piece: Piece, root: int, step: int) -> bool:
    tonic, minor = piece.key_at(step)
    return (root - tonic) % 12 in ((0, 2, 3, 5, 7, 8, 10) if minor else _MAJOR)


def _accompaniment(piece: Piece) -> Features:
    if len(piece.comping) < 16:
        return {}
    bars = piece.comping_bars
    played = [(groove(a), groove(b)) for a, b in pairwise(bars) if a and b]
    onsets = Counter(t.step for t in piece.comping)
    low = in_bars(tuple(sorted((*piece.comping, *piece.bass))), piece.bars)
    tops, roots = [], []
    for before, span in pairwise(piece.chords):
        sounding = [[t.pitch for t in piece.comping if s.start <= t.step < s.end] for s in (before, span)]
        if all(sounding):
            tops.append(float(abs(max(sounding[1]) - max(sounding[0]))))
        first = [t.pitch for t in low[span.start // BAR] if span.start <= t.step < span.start + 4] if span.start // BAR < piece.bars else []
        if first and span.root != before.root:
            roots.append(min(first) % 12 in (span.root, span.bass))
    players = [in_bars(player, piece.bars) for player in piece.players or (piece.comping,)]
    return {
        "same_as_before": fmean(_share(groove(a) == groove(b) for a, b in pairwise(p) if a and b) for p in players),
        "comping_patterns": fmean(len({groove(bar) for bar in p if bar}) / max(1, sum(map(bool, p))) for p in players),
        "comping_near": _mean(_alike(a, b) for a, b in played),
        "notes_per_onset": len(piece.comping) / len(onsets),
        "top_move": median(tops) if tops else math.nan,
        "bass_root": _share(roots),
        "lowest": median(min(t.pitch for t in bar) for bar in low if bar),
        "comping_top": median(max(t.pitch for t in bar) for bar in bars if bar),
    }


def _dynamics(piece: Piece) -> Features:
    found: Features = {}
    for name, tones in (("melody", piece.melody), ("comping", piece.comping)):
        loud = [float(t.velocity) for t in tones if t.velocity]
        if len(loud) < 24 or pstdev(loud) == 0:
            if len(loud) >= 24:
                found[f"velocity_sd_{name}"] = 0.0
            continue
        mean = fmean(loud)
        lag = sum((a - mean) * (b - mean) for a, b in pairwise(loud)) / (len(loud) - 1) / pstdev(loud) ** 2
        found |= {f"velocity_sd_{name}": pstdev(loud), f"velocity_memory_{name}": lag}
    heard: dict[Hashable, list[tuple[int, ...]]] = {}
    for bar in piece.melody_bars:
        if len(bar) > 2:
            heard.setdefault(shape(bar), []).append(tuple(t.velocity for t in bar))
    twice = [bars for bars in heard.values() if len(bars) > 1]
    if twice:
        found["velocity_copies"] = fmean(1 - (len(set(bars)) - 1) / (len(bars) - 1) for bars in twice)
    return found


def _hook(piece: Piece) -> Features:
    bars = [shape(bar) for bar in piece.melody_bars]
    twos = Counter(tuple(bars[i : i + 2]) for i in range(len(bars) - 1) if len(bars[i]) + len(bars[i + 1]) >= 5 and bars[i] and bars[i + 1])
    ones = Counter(bar for bar in bars if len(bar) >= 3)
    pitches = [t.pitch for t in piece.melody]
    top = [t for t in piece.melody if t.pitch == max(pitches)]
    return {
        "hook_count": float(max(twos.values(), default=0)),
        "bar_hook_count": float(max(ones.values(), default=0)),
        "peaks": float(len(top)),
        "peak_place": top[0].bar / piece.bars if top else math.nan,
        "last_degree_rest": float((pitches[-1] - piece.key_at(piece.melody[-1].step)[0]) % 12 in (0, 4, 7, 3)),
    }


def _in_chord(piece: Piece, tone: Tone) -> bool:
    chord = piece.chord_at(tone.step)
    return chord is not None and tone.pitch % 12 in chord.classes


def _all_alike(bars: Sequence[frozenset[int]]) -> float:
    """Mean grooving similarity of all pairs of bars: a slot on which k of n bars begin something differs in k (n - k) pairs."""
    pairs = len(bars) * (len(bars) - 1) / 2
    counts = Counter(slot for bar in bars for slot in bar)
    return 1.0 - sum(k * (len(bars) - k) for k in counts.values()) / (BAR * pairs) if pairs else math.nan


def _alike(a: frozenset[int], b: frozenset[int]) -> float:
    return 1.0 - len(a ^ b) / BAR


def _empty_beats(tones: Sequence[Tone], bars: int) -> float:
    sounding = {b for t in tones for b in range(t.step // _BEAT, math.ceil((t.step + max(t.length, 0.1)) / _BEAT))}
    return 1.0 - sum(beat < bars * _BEAT for beat in sounding) / (bars * _BEAT)


def _share(values: Iterable[bool]) -> float:
    return _mean(float(value) for value in values)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return fmean(found) if found else math.nan


Measure = Callable[[Piece], Features]
