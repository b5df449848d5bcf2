"""How sections follow each other and how long they are, learned from annotated songs.

Harmonix Set (Nieto et al. 2019, MIT): functions with bars, by genre. SALAMI (Smith et al. 2011, CC0): functions of folk, reggae,
blues, jazz, soul and Latin music, without bars. POP909 structure (Dai et al. 2020, MIT): phrases inside sections.
Run as `python -m services.generator.training.sections --data DIR`; songs whose number is divisible by 5 are held out.
"""

import argparse
import csv
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path

from services.generator.composition.succession import END, START, Counts, Succession, contexts
from services.generator.training.archives import unpacked

OUT = Path(__file__).parents[1] / "learned" / "sections.json"
_HARMONIX = {
    "Pop": "pop", "Pop-Rock": "pop", "Hip-Hop": "hip_hop", "Dance/Electronic": "dance", "Country": "country", "Rock": "rock",
    "Alternative": "rock", "Classic Rock": "rock", "Grunge": "rock", "Indie Rock": "rock", "Punk": "rock", "Metal": "metal",
    "Prog": "metal", "R&B": "rnb", "Funk/Disco": "funk",
}  # fmt: skip
_SALAMI = {
    "Modern_Folk": "folk", "World_-_Celtic": "folk", "World_-_U_S__Traditional": "folk", "Reggae": "reggae", "Blues": "blues",
    "Jazz_-_Latin": "latin", "World_-_Cuban": "latin", "World_-_Latin_American": "latin", "Jazz": "jazz", "R_B": "soul",
    "Rock_-_Classic_Rock": "rock", "Rock_-_Roots_Rock": "rock", "Rock_-_Alternative_Metal": "rock", "Rock_-_Metal": "metal",
    "Alternative_Pop": "rock", "Country": "country",
}  # fmt: skip
_LABELS = {
    "intro": "intro", "opening": "intro", "verse": "verse", "prechorus": "prechorus", "pre-chorus": "prechorus", "chorus": "chorus",
    "refrain": "chorus", "postchorus": "postchorus", "post-chorus": "postchorus", "bridge": "bridge", "inst": "solo", "solo": "solo",
    "gtr": "solo", "instrumental": "solo", "guitarsolo": "solo", "break": "breakdown", "breakdown": "breakdown", "interlude": "breakdown",
    "build": "build", "head": "head", "theme": "head", "main_theme": "head", "secondary_theme": "bridge", "outro": "outro", "coda": "outro",
}  # fmt: skip


@dataclass(frozen=True)
class Annotated:
    """A song as annotated: its family, its number and its sections with bars (0 where the source has none)."""

    family: str
    number: int
    sections: tuple[tuple[str, int], ...]


@dataclass
class Family:
    """What is counted of one family."""

    songs: int = 0
    counts: Counts = field(default_factory=dict)
    lengths: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))


def label_of(name: str) -> str | None:
    """The function that a source's label stands for; None for silence and remarks."""
    stem = re.sub(r"[\d\s]+$", "", name.strip().lower())
    return _LABELS.get(stem)


def harmonix(folder: Path) -> Iterable[Annotated]:
    """Songs of the Harmonix Set, with the bars of each section."""
    rows = csv.DictReader((folder / "dataset" / "metadata.csv").open(encoding="utf-8"))
    for row in rows:
        family = _HARMONIX.get(row["Genre"])
        name = row["File"]
        marks = [line.split(maxsplit=1) for line in (folder / "dataset/segments" / f"{name}.txt").read_text("utf-8").splitlines() if line]
        beats = [line.split() for line in (folder / "dataset/beats_and_downbeats" / f"{name}.txt").read_text("utf-8").splitlines() if line]
        downbeats = [float(beat[0]) for beat in beats if beat[1] == "1"]
        if family is None or len(downbeats) < 8:
            continue
        sections = []
        for (start, label), (end, _) in pairwise(marks):
            known = label_of(label)
            bars = sum(float(start) - 0.15 <= beat < float(end) - 0.15 for beat in downbeats)
            if known and bars:
                sections.append((known, bars))
        yield Annotated(family, int(name[:4]), tuple(sections))


def salami(folder: Path) -> Iterable[Annotated]:
    """Songs of SALAMI, without bars: the first annotator's functions."""
    for row in csv.DictReader((folder / "metadata" / "metadata.csv").open(encoding="utf-8")):
        family = next((name for prefix, name in _SALAMI.items() if row["GENRE"].startswith(prefix)), None)
        path = folder / "annotations" / row["SONG_ID"] / "parsed" / "textfile1_functions.txt"
        if family is None or not path.is_file():
            continue
        names = [line.split("\t")[1] for line in path.read_text("utf-8").splitlines() if "\t" in line]
        known = [label for label in map(label_of, names) if label]
        if len(known) >= 3:
            yield Annotated(family, int(row["SONG_ID"]), tuple((label, 0) for label in known))


def phrases(folder: Path) -> dict[str, Counter[str]]:
    """Length of a sung section in bars -> its phrases, such as 16 -> "a8 a8"; runs of sung phrases between instrumental ones."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for path in sorted((folder / "POP909").glob("*/human_label1.txt")):
        if int(path.parent.name) % 5 == 0:
            continue
        tokens = re.findall(r"([A-Za-z])(\d+)", path.read_text("utf-8").strip())
        for sung, run in groupby(tokens, key=lambda token: token[0].isupper()):
            run_tokens = list(run)
            for start in range(0, len(run_tokens) if sung else 0, 2):
                pair = run_tokens[start : start + 2]
                letters = {letter: "ab"[i] for i, letter in enumerate(dict.fromkeys(letter for letter, _ in pair))}
                total = sum(int(bars) for _, bars in pair)
                if len(pair) == 2 and total <= 24:
                    found[str(total)][" ".join(f"{letters[letter]}{bars}" for letter, bars in pair)] += 1
    return {length: counter for length, counter in sorted(found.items()) if sum(counter.values()) >= 30}


def counted(songs: Iterable[Annotated]) -> dict[str, Family]:
    """Successions and lengths by family, and over all of them as "all"."""
    families: dict[str, Family] = defaultdict(Family)
    for song in songs:
        for family in (families[song.family], families["all"]):
            family.songs += 1
            labels = [label for label, _ in song.sections]
            for context, following in zip(contexts(labels), [*labels, END], strict=True):
                for known in context:
                    row = family.counts.setdefault(known, {})
                    row[following] = row.get(following, 0) + 1
            for label, bars in song.sections:
                if bars:
                    family.lengths[label][bars] += 1
    return families


def table(families: dict[str, Family], inner: dict[str, Counter[str]]) -> dict[str, object]:
    """What is written: counts seen at least twice (once in small families), and lengths of at least 2 % of a label."""
    learned = {}
    for name, family in sorted(families.items()):
        least = 2 if family.songs > 100 else 1
        rows = {key: {k: n for k, n in sorted(row.items()) if n >= least} for key, row in sorted(family.counts.items())}
        lengths = {
            label: {str(bars): n for bars, n in sorted(counter.items()) if n >= max(2, 0.02 * sum(counter.values()))}
            for label, counter in sorted(family.lengths.items())
        }
        learned[name] = {
            "songs": family.songs,
            "next": {key: row for key, row in rows.items() if row},
            "lengths": {label: row for label, row in lengths.items() if row},
        }
    return {"families": learned, "inner": {length: dict(counter.most_common(6)) for length, counter in inner.items()}}


def bits(model: Succession, songs: Iterable[Annotated]) -> float:
    """Cross-entropy of held-out songs in bits per section, their end included."""
    total = count = 0.0
    for song in songs:
        labels = [label for label, _ in song.sections]
        for context, following in zip(contexts(labels), [*labels, END], strict=True):
            total -= math.log2(model.share(context, following))
            count += 1
    return total / max(count, 1)


def main() -> None:
    """Learn, write, and print what held-out songs cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    with unpacked(arguments.data, "harmonix", "salami", "pop909_structure") as folders:
        songs = [*harmonix(folders[0]), *salami(folders[1])]
        inner = phrases(folders[2])
    train, held = [s for s in songs if s.number % 5], [s for s in songs if s.number % 5 == 0]
    learned = table(counted(train), inner)
    OUT.write_text(json.dumps(learned, sort_keys=True, separators=(",", ":")) + "\n", "utf-8")
    print(f"{len(train)} songs learned, {len(held)} held out, {OUT.stat().st_size / 1000:.0f} KB")
    for family in sorted({song.family for song in held}):
        own = [song for song in held if song.family == family]
        costs = [bits(Succession.of(learned, family, order=order), own) for order in (0, 1, 3)]
        print(f"{family:8} {len(own):4} songs  bits per section: order 0 {costs[0]:.2f}, order 1 {costs[1]:.2f}, full {costs[2]:.2f}")


if __name__ == "__main__":
    main()


__all__ = ["START", "Annotated", "Family", "bits", "counted", "harmonix", "label_of", "phrases", "salami", "table"]
