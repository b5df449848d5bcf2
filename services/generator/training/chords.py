"""How chords follow each other and how long they last, learned from McGill Billboard (CC0) and POP909 (MIT).

Run as `python -m services.generator.training.chords --data DIR`: writes `services/generator/learned/chords.json` and prints
the cross-entropy on songs that were held out.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from services.generator.composition.chord_model import (
    LENGTHS,
    ORDER,
    ChordModel,
    border,
    chord_model_of,
    history_contexts,
    length_class,
    length_contexts,
    place_contexts,
)
from services.generator.training.archives import unpacked
from services.generator.training.chord_measures import song_measures, spread_of
from services.generator.training.chord_songs import ChordSong, billboard, pop909

OUT = Path(__file__).parents[1] / "learned" / "chords.json"
FAMILIES = ("billboard_major", "billboard_minor", "pop909_major", "pop909_minor")
_RARE = 12
_LEAST_SEEN = {3: 2, 4: 2, 5: 3, 6: 3}  # a context is kept when it was seen so often, by its length
_ESCAPES = (1.0, 2.0, 3.0, 4.0, 6.0)
_MIXES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)

Tally = defaultdict[str, Counter[str]]


def songs_by_family(data: Path) -> dict[str, list[ChordSong]]:
    """All songs of both sets, by family and mode."""
    found: dict[str, list[ChordSong]] = {name: [] for name in FAMILIES}
    with unpacked(data, "mcgill_billboard", "pop909_structure") as (charts, structures):
        for source, songs in (("billboard", billboard(charts)), ("pop909", pop909(structures))):
            for song in songs:
                found[f"{source}_{'minor' if song.minor else 'major'}"].append(song)
    return found


def learn(songs: Sequence[ChordSong], order: int = ORDER, escape: float = 2.0, mix: float = 0.0) -> dict[str, Any]:
    """The table of one family from the songs to learn from; `order`, `escape` and `mix` as `ChordModel` has them."""
    runs = Counter(run[0] for song in songs for passage in song.passages for run in passage.runs)
    numerals = [numeral for numeral, count in runs.most_common() if count >= _RARE]
    draft: dict[str, Any] = {"numerals": numerals, "chords": {"": ""}, "places": {}, "lengths": {}, "tables": {}}
    draft |= {"order": order, "escape": escape, "mix": mix}
    encode = chord_model_of(draft).encode
    chords: Tally = defaultdict(Counter)
    places: Tally = defaultdict(Counter)
    lengths: Tally = defaultdict(Counter)
    for song in songs:
        history, said = "", set[tuple[str, str]]()
        for passage in song.passages:
            history, before = history + border(passage.function), ""
            for numeral, onset, quarters in passage.runs:
                code, size = encode(numeral), length_class(quarters)
                for tally, context in [
                    *((chords, c) for c in history_contexts(history, order)),
                    *((places, c) for c in place_contexts(history, onset)[:-1]),
                ]:
                    if not context or (context, code) not in said:
                        said.add((context, code))
                        tally[context][code] += 1
                for context in length_contexts(onset, before):
                    lengths[context][chr(ord("A") + int(size))] += 1
                history, before = history + code, size
    return draft | {
        "chords": _packed(chords, 1),
        "places": _packed(places, 2),
        "lengths": _packed(lengths, 3),
        "tables": _tables(songs, set(numerals)),
    }


def _packed(tally: Tally, margin: int) -> dict[str, str]:
    """Counts in short form, without contexts that were hardly seen."""
    kept: dict[str, str] = {}
    for context in sorted(tally):
        seen = tally[context]
        if sum(seen.values()) < _LEAST_SEEN.get(len(context) + margin - 1, 1):
            continue
        kept[context] = "".join(f"{s}{n}" for s, n in sorted(seen.items(), key=lambda item: (-item[1], item[0])))
    return kept


def _tables(songs: Sequence[ChordSong], known: set[str]) -> dict[str, Any]:
    time: Counter[str] = Counter()
    starts: Tally = defaultdict(Counter)
    ends: Tally = defaultdict(Counter)
    shapes: Tally = defaultdict(Counter)
    for song in songs:
        for passage in song.passages:
            starts[passage.function][passage.bars[0][0][0]] += 1
            ends[passage.function][passage.bars[-1][-1][0]] += 1
            for bar in passage.bars:
                for numeral, quarters in bar:
                    time[numeral] += quarters
            for start in range(0, len(passage.bars) - 7, 8):
                shapes["8"][_shape(passage.bars[start : start + 8])] += 1
    return {
        "time": _shares({n: c for n, c in time.items() if n in known}),
        "starts": {f: _shares(c) for f, c in sorted(starts.items())},
        "ends": {f: _shares(c) for f, c in sorted(ends.items())},
        "shapes": {name: _shares(counts) for name, counts in shapes.items()},
        "songs": spread_of([song_measures(song.passages, minor=song.minor) for song in songs]),
    }


def _shape(bars: Sequence[tuple[tuple[str, int], ...]]) -> str:
    """How eight bars repeat: two bars four times, four bars twice, the head again with another end, or through."""
    if all(bar == bars[i % 2] for i, bar in enumerate(bars)):
        return "two"
    if bars[:4] == bars[4:]:
        return "four"
    return "head" if bars[:2] == bars[4:6] else "pair" if bars[:2] == bars[2:4] else "through"


def _shares(counts: dict[str, int] | Counter[str]) -> dict[str, float]:
    total = sum(counts.values()) or 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {name: round(count / total, 4) for name, count in ranked if count / total >= 0.003}


# --- judging ---------------------------------------------------------------------------------------------------------


def cross_entropy(model: ChordModel, songs: Iterable[ChordSong], order: int | None = None) -> tuple[float, int]:
    """Bits per chord on `songs` and how many chords that were; `order` hears only so many chords before and no place."""
    bits, count = 0.0, 0
    for song in songs:
        history = ""
        for passage in song.passages:
            history += border(passage.function)
            for numeral, onset, _ in passage.runs:
                code = model.encode(numeral)
                share = model.share(code, history, onset) if order is None else model.chords.share(code, history_contexts(history, order))
                bits, count, history = bits - float(np.log2(share)), count + 1, history + code
    return bits / max(count, 1), count


def length_entropy(model: ChordModel, songs: Iterable[ChordSong], *, blind: bool = False) -> float:
    """Bits per chord for its length; `blind` knows only how common each length is."""
    bits, count = 0.0, 0
    overall: Counter[str] = Counter()
    for context, seen in model.lengths.counts.items():
        if len(context) == 1:
            overall.update(seen)
    for song in songs:
        for passage in song.passages:
            before = ""
            for _, onset, quarters in passage.runs:
                size = length_class(quarters)
                blindly = (overall[size] + 1) / (sum(overall.values()) + len(LENGTHS))
                share = blindly if blind else model.lengths.share(size, length_contexts(onset, before))
                bits, count, before = bits - float(np.log2(share)), count + 1, size
    return bits / max(count, 1)


def chosen(songs: Sequence[ChordSong]) -> dict[str, Any]:
    """Order, escape and weight of the place that a tenth of the songs to learn from likes best when the others were learned."""
    apart, rest = list(songs[3::10]), [song for i, song in enumerate(songs) if i % 10 != 3]
    table = learn(rest)

    def bits(choice: dict[str, Any]) -> float:
        return cross_entropy(chord_model_of(table | choice), apart)[0]

    pairs = [{"order": order, "escape": escape, "mix": 0.0} for order in range(2, ORDER + 1) for escape in _ESCAPES]
    best = min(pairs, key=bits)
    return min(({**best, "mix": mix} for mix in _MIXES), key=bits)


def main(arguments: Sequence[str] | None = None) -> None:
    """Learns, writes the table and prints what it is worth on held-out songs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the archives")
    data = parser.parse_args(arguments).data
    families = songs_by_family(data)
    tables: dict[str, Any] = {}
    print("| family | songs learned / held out | order 0 | 1 | 2 | 5 | with place | order, escape, place | lengths: alone / in context |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, songs in families.items():
        known = [song for song in songs if not song.held_out]
        apart = [song for song in songs if song.held_out]
        tables[name] = learn(known, **chosen(known))
        model = chord_model_of(tables[name])
        orders = " | ".join(f"{cross_entropy(model, apart, order)[0]:.2f}" for order in (0, 1, 2, ORDER))
        full = cross_entropy(model, apart)[0]
        lengths = f"{length_entropy(model, apart, blind=True):.2f} / {length_entropy(model, apart):.2f}"
        chosen_ones = f"{model.order}, {model.chords.escape:g}, {model.mix:g}"
        print(f"| {name} | {len(known)} / {len(apart)} | {orders} | {full:.2f} | {chosen_ones} | {lengths} |")
    text = json.dumps({"families": tables}, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    OUT.write_text(text.replace('},"', '},\n"') + "\n", "utf-8")
    print(f"{OUT.name}: {OUT.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
