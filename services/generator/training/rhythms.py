"""Learning rhythms and repetition: half bars and what follows them, pick-ups, how long notes sound, how bars of a phrase return."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from services.generator.composition.habits import HALF, bar_position, half_features
from services.generator.composition.plans import place_of
from services.generator.training.pitches import fresh_bars, parts, phrase_of_bar
from services.generator.training.songs import STEPS, SungNote, SungPhrase, SungSong

_HALVES = 120
_PICKUPS = 24
_FEWEST = 3

Json = dict[str, object]
Bar = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Sung:
    """A sung phrase: its notes with steps from its first bar line, those of its pick-up below 0."""

    song: SungSong
    phrase: SungPhrase
    notes: tuple[SungNote, ...]

    def bar(self, index: int) -> Bar:
        """Onset step and pitch of the notes in a bar."""
        return tuple((n.step % STEPS, n.pitch) for n in self.notes if n.step // STEPS == index)


def sung_phrases(song: SungSong) -> Iterator[Sung]:
    """The sung phrases of a song; a pick-up after a silence belongs to the phrase that it leads into."""
    owners = phrase_of_bar(song)
    starts = [i + 1 for i, (a, b) in enumerate(pairwise(song.notes)) if parts(a, b)]
    owned: dict[int, list[SungNote]] = {}
    for group in np.split(np.arange(len(song.notes)), starts):
        first = song.notes[int(group[0])]
        for i in group:
            note = song.notes[int(i)]
            owner = owners.get(note.step // STEPS, -1) if len(group) > 40 else owners.get((first.step + 7) // STEPS, -1)
            if note.step - first.step >= STEPS:
                owner = owners.get(note.step // STEPS, -1)
            owned.setdefault(owner, []).append(note)
    for index, phrase in enumerate(song.phrases):
        notes = owned.get(index, [])
        if phrase.letter.isupper() and len(notes) >= 4:
            origin = phrase.start * STEPS
            moved = sorted((SungNote(n.step - origin, n.length, n.pitch) for n in notes), key=lambda n: n.step)
            yield Sung(song, phrase, tuple(n for n in moved if n.step >= -STEPS))


def fit_rhythms(songs: Sequence[SungSong]) -> Json:
    """Half bars: names, shares by position, successions; per-song means of their features; pick-ups; sounding lengths."""
    positions: Counter[tuple[int, int]] = Counter()
    follows: Counter[tuple[int, int, int]] = Counter()
    pickups: Counter[tuple[int, ...]] = Counter()
    lengths: Counter[tuple[int, int]] = Counter()
    per_song: list[np.ndarray] = []
    for song in songs:
        fresh, means = fresh_bars(song), list[np.ndarray]()
        for sung in sung_phrases(song):
            pickups[tuple(n.step for n in sung.notes if n.step < 0)] += 1
            for a, b in pairwise(sung.notes):
                lengths[min(b.step - a.step, 17), min(a.length, 17)] += 1
            before = -1
            for index in range(sung.phrase.bars):
                onsets = [step for step, _ in sung.bar(index)]
                for half in range(2):
                    code = sum(1 << (HALF - 1 - (s - half * HALF)) for s in onsets if half * HALF <= s < (half + 1) * HALF)
                    if sung.phrase.start + index in fresh:
                        positions[2 * bar_position(index, sung.phrase.bars) + half, code] += 1
                        follows[half, before, code] += 1
                        means.append(half_features(code))
                    before = code
        per_song.append(np.mean(means, axis=0))
    common = [code for code, _ in _total(positions).most_common(_HALVES)]
    print(f"half bars: {len(_total(positions))}, {sum(_total(positions)[c] for c in common) / _total(positions).total():.3f} kept")
    known = {code: i for i, code in enumerate(common)}
    return {
        "halves": common,
        "positions": [[positions[p, code] for code in common] for p in range(8)],
        "follows": [
            [[known.get(a, -1), known[b], n] for (half, a, b), n in sorted(follows.items()) if half == side and b in known and n >= _FEWEST]
            for side in range(2)
        ],
        "mean": np.mean(per_song, axis=0).round(4).tolist(),
        "covariance": np.cov(np.array(per_song).T).round(5).tolist(),
        "pickups": [[list(steps), n] for steps, n in pickups.most_common(_PICKUPS)],
        "held": [[lengths[distance, length] for length in range(1, 18)] for distance in range(1, 18)],
    }


def _total(positions: Counter[tuple[int, int]]) -> Counter[int]:
    total: Counter[int] = Counter()
    for (_, code), n in positions.items():
        total[code] += n
    return total


def fit_plans(songs: Sequence[SungSong]) -> dict[str, dict[str, dict[str, int]]]:
    """How each bar of a new phrase relates to the bars before it in the phrase: position -> relation before -> relation -> count."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for song in songs:
        seen: set[str] = set()
        for sung in sung_phrases(song):
            if sung.phrase.bars < 4 or sung.phrase.letter in seen:
                continue
            seen.add(sung.phrase.letter)
            bars = [sung.bar(i) for i in range(sung.phrase.bars)]
            before = "start"
            for index in range(sung.phrase.bars):
                relation = _relation(bars, index)
                counts[place_of(index, sung.phrase.bars), before, relation] += 1
                before = relation
    result: dict[str, dict[str, dict[str, int]]] = {}
    for (place, before, relation), n in sorted(counts.items()):
        result.setdefault(place, {}).setdefault(before, {})[relation] = n
    return result


def _relation(bars: Sequence[Bar], index: int) -> str:
    """The closest relation to an earlier bar: its kind and how many bars back; "new" or "rest" otherwise."""
    bar = bars[index]
    if not bar:
        return "rest"
    if len(bar) < 2:
        return "new"
    for kind in ("exact", "sequence", "head", "rhythm"):
        for back in (2, 4, 1, 6, 3, 5, 7):
            if index - back >= 0 and len(bars[index - back]) >= 2 and _related(kind, bars[index - back], bar):
                return f"{kind}:{back}"
    return "new"


def _related(kind: str, a: Bar, b: Bar) -> bool:
    rhythm = tuple(s for s, _ in a) == tuple(s for s, _ in b)
    if kind == "exact":
        return a == b
    if kind == "sequence":
        moves = [(y - x, v - u) for ((_, x), (_, y)), ((_, u), (_, v)) in zip(pairwise(a), pairwise(b), strict=False)]
        return rhythm and all(abs(p - q) <= 1 and (p > 0) == (q > 0) for p, q in moves)
    if kind == "head":
        first = [x for x in a if x[0] < HALF], [x for x in b if x[0] < HALF]
        return len(first[0]) >= 2 and first[0] == first[1]
    return rhythm


def fit_heights(songs: Sequence[SungSong]) -> Json:
    """Height of sections over the song, of two bars over their phrase, and how neighbours among them go together."""
    offsets: dict[str, list[float]] = {}
    units: dict[int, list[float]] = {}
    pairs: list[tuple[float, float]] = []
    contrasts: list[float] = []
    for song in songs:
        letters: dict[str, list[int]] = {}
        for sung in sung_phrases(song):
            letters.setdefault(sung.phrase.letter, []).extend(n.pitch for n in sung.notes)
            mean = float(np.mean([n.pitch for n in sung.notes]))
            row = [[n.pitch for n in sung.notes if n.step // (2 * STEPS) == u] for u in range(4)]
            means = [sum(p - mean for p in pitches) / (len(pitches) + 4) for pitches in row]
            if sung.phrase.bars == 8 and all(row):
                for unit, value in enumerate(means):
                    units.setdefault(unit, []).append(value)
                pairs += pairwise(means)
            offsets.setdefault("phrase", []).append(mean)
        if "A" in letters and "B" in letters:
            contrasts.append(float(np.mean(letters["B"]) - np.mean(letters["A"])))
    a, b = np.array(pairs).T
    return {
        "unit_mean": [round(float(np.mean(units[u])), 3) for u in range(4)],
        "unit_deviation": [round(float(np.std(units[u])), 3) for u in range(4)],
        "unit_correlation": [round(float(np.corrcoef(a, b)[0, 1]), 3)],
        "contrast": [round(float(np.mean(contrasts)), 3), round(float(np.std(contrasts)), 3)],
    }
