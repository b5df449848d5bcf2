"""Harmony of composed songs beside annotated real ones: `python -m tests.evaluation.chords --songs 200 --data DIR` prints the table.

Form and chords only, 190 s each, no key stated. The 5–95 % bands are those of the songs that were learned from and come with the
learned table; with --data (the archives) the songs that were held out stand beside ours.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from contracts.brief import Brief, Source
from contracts.music import Chord, Key
from services.generator.composition.chord_model import learned
from services.generator.composition.form import Form, plan_form
from services.generator.composition.harmony import Harmonist, SectionHarmony
from services.generator.training.chord_measures import song_measures
from services.generator.training.chord_songs import ChordSong, Passage
from services.generator.training.chords import cross_entropy, songs_by_family
from services.music.packs.genres import genres
from services.music.theory.roman import numeral_of, plain
from tests.generator.composition.briefs import brief

STYLES = {"billboard": ("rock", "country", "folk"), "pop909": ("pop",)}
TONICS = ("C", "D", "Eb", "E", "F", "G", "A", "Bb")
MEASURES = (
    "distinct", "chromatic", "chromatic_time", "tonic_time", "bars_with_one", "bars_with_two", "changes_per_bar", "looped", "open",
    "closed",
    "verse_starts_home", "chorus_starts_home", "prechorus_starts_home", "bridge_starts_home", "jaccard", "chorus_adds", "same_first_bar",
    "identical", "return_bars", "return_same",
)  # fmt: skip


def harmonised(style: str, seed: int, *, minor: bool) -> tuple[Form, dict[str, SectionHarmony]]:
    """Form and chords of one song whose key nobody stated."""
    wanted, form = planned(style, seed, minor=minor)
    return form, Harmonist(wanted, genres()[style].harmony, form, seed).write()


def planned(style: str, seed: int, *, minor: bool) -> tuple[Brief, Form]:
    """Brief and form of one song."""
    wanted = brief(style, duration_s=190.0, key=f"{TONICS[seed % len(TONICS)]} {'minor' if minor else 'major'}")
    wanted = Brief.model_validate(wanted.model_dump() | {"key": wanted.key.model_copy(update={"source": Source.INFERRED}).model_dump()})
    pack = genres()[style]
    return wanted, plan_form(wanted, pack.form, pack.identity.energy, seed)


def passages(form: Form, harmony: dict[str, SectionHarmony], beats: float = 4.0) -> list[Passage]:
    """The sections as the annotated songs are read: triads by bar, in quarters of it, against each section's own key."""
    found = []
    for slot in form.slots:
        section = harmony[slot.id]
        bars = []
        for bar in range(slot.start + 1, slot.start + slot.bars + 1):
            here = [event for event in section.events if event.bar == bar]
            edges = [round((event.beat - 1) * 4 / beats) for event in here] + [4]
            row: list[tuple[str, int]] = []
            for event, start, end in zip(here, edges, edges[1:], strict=False):
                name = _triad(event.chord, section.key)
                if row and row[-1][0] == name:
                    row[-1] = (name, row[-1][1] + end - start)
                elif end > start:
                    row.append((name, end - start))
            bars.append(tuple(row))
        found.append(Passage(slot.function, tuple(bars)))
    return found


def _triad(chord: Chord, key: Key) -> str:
    name = plain(numeral_of(chord, key))
    if 3 not in chord.intervals and 4 not in chord.intervals:  # without a third: the mode's
        steps = {0, 2, 5, 7} if key.is_minor else {2, 4, 9, 11}
        name = name.lower() if (chord.root_class - key.tonic_class) % 12 in steps and chord.quality[:3] != "sus" else name
    return name + "°" if chord.quality in ("dim", "dim7", "m7b5") else name


def family_table(family: str, songs: int, held: dict[str, list[ChordSong]]) -> list[str]:
    """Rows of Markdown for one family and both modes: real mean (5–95 %), held out, ours, shares inside; vocabulary, surprise."""
    rows = []
    for mode in ("major", "minor"):
        model = learned()[f"{family}_{mode}"]
        written = [
            passages(*harmonised(style, seed, minor=mode == "minor"))
            for style in STYLES[family]
            for seed in range(songs // len(STYLES[family]))
        ]
        ours = [song_measures(song, minor=mode == "minor") for song in written]
        apart = held.get(f"{family}_{mode}", [])
        others = [song_measures(song.passages, minor=song.minor) for song in apart]
        head = "| measure | real mean (5–95 %) | held out | inside | ours | inside |\n|---|---|---|---|---|---|"
        rows.append(f"\n**{family}, {mode}** ({len(written)} songs of ours, {len(apart)} held out)\n\n{head}")
        for name in MEASURES:
            real = model.tables["songs"].get(name)
            if real and any(name in song for song in ours):
                cells = " | ".join(_inside(songs_, name, real) for songs_ in (others, ours))
                rows.append(f"| {name} | {real[0]:.2f} ({real[1]:.2f}–{real[3]:.2f}) | {cells} |")
        rows += _vocabulary(written, model.shares_of("time"))
        rows += _changes(written, [song.passages for song in apart]) if apart else []
        bits = [model.bits(p.runs, p.function) for song in written for p in song]
        sizes = [len(p.runs) for song in written for p in song]
        real_bits = f", of held-out songs {cross_entropy(model, apart)[0]:.2f}" if apart else ""
        rows.append(f"\nSurprise to the model in bits per chord: of our chords {np.average(bits, weights=sizes):.2f}{real_bits}.")
    return rows


def _vocabulary(written: Sequence[Sequence[Passage]], real: dict[str, float]) -> list[str]:
    time_of: Counter[str] = Counter()
    for song in written:
        for passage in song:
            for numeral, _, quarters in passage.runs:
                time_of[numeral] += quarters
    whole = sum(time_of.values())
    names = sorted(real, key=lambda n: -real[n])[:12]
    overlap = sum(min(real.get(n, 0.0), time_of[n] / whole) for n in set(real) | set(time_of))
    listed = ", ".join(f"{n} {100 * time_of[n] / whole:.0f} ({100 * real[n]:.0f})" for n in names)
    return [f"\nTime in %, ours (real): {listed}. Overlap {overlap:.2f}."]


def _changes(written: Sequence[Sequence[Passage]], real: Sequence[Sequence[Passage]]) -> list[str]:
    """The commonest chord changes inside sections, ours and those of held-out songs."""
    shares = []
    for songs in (written, real):
        counts = Counter((a[0], b[0]) for song in songs for passage in song for a, b in pairwise(passage.runs))
        shares.append({change: count / counts.total() for change, count in counts.items()})
    ours, theirs = shares
    overlap = sum(min(share, theirs.get(change, 0.0)) for change, share in ours.items())
    names = sorted(theirs, key=lambda change: -theirs[change])[:12]
    listed = ", ".join(f"{a}>{b} {100 * ours.get((a, b), 0.0):.0f} ({100 * theirs[a, b]:.0f})" for a, b in names)
    return [f"\nChanges in %, ours (held out): {listed}. Overlap {overlap:.2f}."]


def _inside(songs: Sequence[dict[str, float]], name: str, real: Sequence[float]) -> str:
    """Mean and share inside the 5–95 % band; a dash where there are no songs."""
    values = [song[name] for song in songs if name in song]
    if not values:
        return "– | –"
    inside = float(np.mean([real[1] - 1e-9 <= v <= real[3] + 1e-9 for v in values]))
    return f"{np.mean(values):.2f} | {inside:.0%}"


def main() -> None:
    """Prints the tables and how long the harmony of a song takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=200, help="of ours, by family and mode")
    parser.add_argument("--data", type=Path, help="folder of the archives")
    options = parser.parse_args()
    held: dict[str, list[ChordSong]] = {}
    if options.data:
        known = songs_by_family(options.data)
        held = {name: [song for song in songs if song.held_out] for name, songs in known.items()}
    for family in STYLES:
        print("\n".join(family_table(family, options.songs, held)))
    spent = 0.0
    for seed in range(40):
        wanted, form = planned("pop", seed, minor=bool(seed % 2))
        start = time.process_time()
        Harmonist(wanted, genres()["pop"].harmony, form, seed).write()
        spent += time.process_time() - start
    print(f"\nHarmony of a song of 190 s: {spent / 40 * 1000:.0f} ms of one core.")


if __name__ == "__main__":
    main()
