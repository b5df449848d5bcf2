"""Harmony of composed songs beside annotated real ones: `python -m tests.evaluation.chords [songs per style]` prints the table.

Form and chords only, 190 s each, no key stated; real values come with the learned table (services/generator/learned/chords.json).
"""

import sys
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

from contracts.brief import Brief, Source
from contracts.music import Chord, Key
from services.generator.composition.chord_model import learned
from services.generator.composition.form import Form, plan_form
from services.generator.composition.harmony import Harmonist, SectionHarmony
from services.generator.training.chord_measures import song_measures
from services.generator.training.chord_songs import Passage
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
    wanted = brief(style, duration_s=190.0, key=f"{TONICS[seed % len(TONICS)]} {'minor' if minor else 'major'}")
    wanted = Brief.model_validate(wanted.model_dump() | {"key": wanted.key.model_copy(update={"source": Source.INFERRED}).model_dump()})
    pack = genres()[style]
    form = plan_form(wanted, pack.form, pack.identity.energy, seed)
    return form, Harmonist(wanted, pack.harmony, form, seed).write()


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


def family_table(family: str, songs: int) -> list[str]:
    """Rows of Markdown for one family: real mean (5–95 %), ours, share of ours inside, for both modes; then vocabulary and surprise."""
    rows = []
    for mode in ("major", "minor"):
        model = learned()[f"{family}_{mode}"]
        written = [
            passages(*harmonised(style, seed, minor=mode == "minor"))
            for style in STYLES[family]
            for seed in range(songs // len(STYLES[family]))
        ]
        ours = [song_measures(song, minor=mode == "minor") for song in written]
        rows.append(f"\n**{family}, {mode}** ({len(written)} songs)\n\n| measure | real mean (5–95 %) | ours | inside |\n|---|---|---|---|")
        for name in MEASURES:
            real = model.tables["songs"].get(name)
            values = [song[name] for song in ours if name in song]
            if real and values:
                inside = float(np.mean([real[1] - 1e-9 <= v <= real[3] + 1e-9 for v in values]))
                rows.append(f"| {name} | {real[0]:.2f} ({real[1]:.2f}–{real[3]:.2f}) | {np.mean(values):.2f} | {inside:.0%} |")
        rows += _vocabulary(written, model.shares_of("time"))
        bits = [model.bits(p.runs, p.function) for song in written for p in song]
        sizes = [len(p.runs) for song in written for p in song]
        rows.append(f"\nSurprise of our chords to the model: {np.average(bits, weights=sizes):.2f} bits per chord.")
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


def main() -> None:
    """Prints the tables and how long the harmony of a song takes."""
    songs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for family in STYLES:
        print("\n".join(family_table(family, songs)))
    start = time.perf_counter()
    for seed in range(40):
        harmonised("pop", seed, minor=bool(seed % 2))
    print(f"\nForm and harmony of a song: {(time.perf_counter() - start) / 40 * 1000:.0f} ms.")


if __name__ == "__main__":
    main()
