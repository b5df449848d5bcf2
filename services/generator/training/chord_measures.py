"""Measures of a song's harmony, the same for annotated songs and for ours: vocabulary, rhythm, openings, cadences, returns."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from services.generator.training.chord_songs import Passage

_DIATONIC = {
    False: frozenset({"I", "ii", "iii", "IV", "V", "vi", "vii°"}),
    True: frozenset({"i", "ii°", "bIII", "iv", "v", "V", "bVI", "bVII"}),
}
LOOP_BARS = 4


def song_measures(passages: Sequence[Passage], *, minor: bool) -> dict[str, float]:
    """Numbers of one song; what a song cannot say (no chorus, nothing returns) is left out."""
    bars = [bar for passage in passages for bar in passage.bars]
    chords = {numeral for bar in bars for numeral, _ in bar}
    counts = [len({numeral for numeral, _ in bar}) for bar in bars]
    time: Counter[str] = Counter()
    for bar in bars:
        for numeral, quarters in bar:
            time[numeral] += quarters
    whole = sum(time.values())
    runs = sum(len(passage.runs) for passage in passages)
    tonic = "i" if minor else "I"
    measures = {
        "distinct": float(len([n for n in chords if time[n] >= 0.005 * whole or time[n] >= 4])),
        "chromatic": float(len(chords - _DIATONIC[minor])),
        "chromatic_time": sum(time[n] for n in chords - _DIATONIC[minor]) / whole,
        "tonic_time": time[tonic] / whole,
        "bars_with_one": counts.count(1) / len(bars),
        "bars_with_two": counts.count(2) / len(bars),
        "changes_per_bar": runs / len(bars),
        "looped": _looped(passages),
        "closed": float(np.mean([_is_closed(p, tonic) for p in passages])),
        "open": float(np.mean([p.bars[-1][-1][0] in ("V", "v", "bVII") for p in passages])),
    }
    for function in ("verse", "chorus", "prechorus", "bridge"):
        first = next((p for p in passages if p.function == function), None)
        if first is not None:
            measures[f"{function}_starts_home"] = float(first.bars[0][0][0] == tonic)
    return measures | _contrast(passages) | _returns(passages)


def _is_closed(passage: Passage, tonic: str) -> bool:
    return passage.bars[-1][-1][0] == tonic


def _looped(passages: Sequence[Passage]) -> float:
    """Share of sections of eight bars or more that are one loop of up to four bars."""
    long = [p.bars for p in passages if len(p.bars) >= 8]
    loops = [any(all(bar == bars[i % n] for i, bar in enumerate(bars)) for n in range(1, LOOP_BARS + 1)) for bars in long]
    return float(np.mean(loops)) if loops else 0.0


def _contrast(passages: Sequence[Passage]) -> dict[str, float]:
    """The first verse against the first chorus."""
    verse = next((p for p in passages if p.function == "verse"), None)
    chorus = next((p for p in passages if p.function == "chorus"), None)
    if verse is None or chorus is None:
        return {}
    one = {n for bar in verse.bars for n, _ in bar}
    two = {n for bar in chorus.bars for n, _ in bar}
    return {
        "jaccard": len(one & two) / len(one | two),
        "chorus_adds": float(bool(two - one)),
        "same_first_bar": float(verse.bars[0] == chorus.bars[0]),
        "identical": float(verse.bars[:8] == chorus.bars[:8]),
    }


def _returns(passages: Sequence[Passage]) -> dict[str, float]:
    """Bars that a section has in common with the first one of its function, where verse or chorus comes back."""
    shares, same = [], []
    for function in ("verse", "chorus"):
        first, *later = [p.bars for p in passages if p.function == function] or [()]
        for bars in later:
            length = min(len(first), len(bars))
            shares.append(sum(a == b for a, b in zip(first, bars, strict=False)) / length)
            same.append(float(first[:length] == bars[:length]))
    return {"return_bars": float(np.mean(shares)), "return_same": float(np.mean(same))} if shares else {}


def spread_of(songs: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    """Measure -> [mean, 5th percentile, median, 95th percentile] over songs."""
    names = sorted({name for song in songs for name in song})
    values = {name: [song[name] for song in songs if name in song] for name in names}
    return {n: [round(float(x), 3) for x in (np.mean(v), *np.percentile(v, (5, 50, 95)))] for n, v in values.items()}
