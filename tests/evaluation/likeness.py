"""What does a reference bring? "make something like this" beside a song of the same genre without it: docs/references.md.

`python -m tests.evaluation.likeness FILE...` hears each FILE, makes both songs with the real stages, and measures both against the
reference. A score beside a file (NAME.json, with NAME.txt: genre) is its truth: the stages see the sound only.
Options: --songs N (the first N files), --seconds S (length of the songs; default: the reference's), --jobs N, --docs (write the
tables), --pictures DIR (one picture per reference), --seed N.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from contracts.context import Options
from contracts.music import Score
from services.analyzer.hearing import hear
from tests.evaluation.likeness_measures import Likeness, Reference, measure
from tests.evaluation.likeness_picture import draw
from tests.evaluation.measures import keep
from tests.evaluation.sound_song import Asked, finish

DOCS = Path(__file__).parents[2] / "docs" / "references.md"
PROMPT = "make something like this"
ORDER = (
    "tempo within 4 %", "tempo, any octave", "key", "meter", "form borders F", "bars per section in common", "groove r",
    "drums or none alike", "families in common", "energy curve r", "loudness apart, LU", "width apart, dB", "tone, whole record",
    "tone, worst judged section", "sections judged ≥ .85", "shared figures, as heard", "shared figures, in truth",
)  # fmt: skip


def reference_of(path: Path) -> Reference:
    """Hear a file under a bare name; its score and genre, where they lie beside it, are the truth."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / f"reference{path.suffix}"
        shutil.copyfile(path, bare)
        heard = hear(bare)
    truth, words = path.with_suffix(".json"), path.with_suffix(".txt")
    score = Score.model_validate_json(truth.read_text("utf-8")) if truth.exists() else None
    style = words.read_text("utf-8").splitlines()[0] if score and words.exists() else heard.genres[0].value if heard.genres else "pop"
    return Reference(path.stem, style, heard, score)


def compare(reference: Reference, seconds: float | None, seed: int, pictures: Path | None = None) -> tuple[Likeness, Likeness]:
    """The song like the reference, and one of its genre that knows nothing of it, both beside it."""
    found = []
    for with_reference in (True, False):
        prompt = PROMPT if with_reference else f"{reference.style.replace('_', ' ')}"
        options = Options(target_lufs="reference") if with_reference else Options(genre=reference.style)
        length = seconds or (None if with_reference else min(max(reference.heard.duration_s, 20.0), 240.0))
        with tempfile.TemporaryDirectory() as folder:
            asked = Asked(seed, reference.style, prompt)
            heard = reference.heard if with_reference else None
            song = finish(asked, Path(folder), seconds=length, options=options, heard=heard)
            found.append(measure(reference, song.score, song.master, song.rate, with_reference=with_reference))
            if pictures is not None:
                pictures.mkdir(parents=True, exist_ok=True)
                name = f"{reference.name[:24]}-{'with' if with_reference else 'without'}.png"
                draw(reference, song.score, song.master, song.rate, pictures / name)
    return found[0], found[1]


def table(pairs: Sequence[tuple[Likeness, Likeness]]) -> str:
    """Means over all references, with and without."""
    lines = [f"{'':28}{'songs':>6}{'with':>8}{'without':>9}{'worst with':>12}"]
    for name in ORDER:
        both = [(one.figures[name], other.figures.get(name)) for one, other in pairs if name in one.figures]
        if not both:
            continue
        mine = [value for value, _ in both]
        theirs = [value for _, value in both if value is not None]
        worst = max(mine) if "apart" in name or "shared" in name else min(mine)
        without = f"{np.mean(theirs):9.2f}" if theirs else f"{'–':>9}"
        lines.append(f"{name:28}{len(mine):6}{np.mean(mine):8.2f}{without}{worst:12.2f}")
    return "\n".join(lines)


def each(pairs: Sequence[tuple[Likeness, Likeness]]) -> str:
    """A few figures of every reference."""
    shown = (("tempo within 4 %", "tempo"), ("key", "key"), ("form borders F", "form"), ("groove r", "groove"),
             ("families in common", "band"), ("energy curve r", "energy"),
             ("tone, whole record", "tone"), ("tone, worst judged section", "worst"))  # fmt: skip
    lines = [f"{'reference':26}" + "".join(f"{name:>14}" for _, name in shown)]
    for one, other in pairs:
        cells = []
        for name, _ in shown:
            mine, theirs = (f"{like.figures[name]:.2f}" if name in like.figures else "–" for like in (one, other))
            cells.append(f"{mine + ' / ' + theirs:>14}")
        lines.append(f"{f'{one.name[:14]} {one.style}'[:25]:26}" + "".join(cells))
    return "\n".join(lines)


def sections(pairs: Sequence[tuple[Likeness, Likeness]]) -> str:
    """Similarity of every key section, with and without; in brackets what only informs."""
    lines = []
    for one, other in pairs:
        cells = []
        for name, value in one.sections.items():
            shown = f"{name} {value:.2f}" + (f" / {other.sections[name]:.2f}" if name in other.sections else "")
            cells.append(shown if name in one.judged else f"({shown})")
        lines.append(f"{f'{one.name[:14]} {one.style}'[:25]:26}" + "; ".join(cells))
    return "\n".join(lines)


def main() -> None:
    """Measure and print, or write the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--songs", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    files = options.files[: options.songs]
    with ProcessPoolExecutor(options.jobs) as pool:
        references = list(pool.map(reference_of, files))
        jobs = [pool.submit(compare, reference, options.seconds, options.seed, options.pictures) for reference in references]
        pairs = []
        for job in jobs:
            pairs.append(job.result())
            print(each(pairs[-1:]), flush=True)
            if options.docs:
                write(pairs, options.seed)
    print(table(pairs), each(pairs), sections(pairs), sep="\n\n")


def write(pairs: Sequence[tuple[Likeness, Likeness]], seed: int) -> None:
    """Keep the tables of what has been measured."""
    command = "python -m tests.evaluation.likeness FILE... --docs"
    note = f"{len(pairs)} references, one song each with it and one of its genre without; seed {seed}"
    keep(DOCS, "With and without the reference", command, note, table(pairs))
    keep(DOCS, "Each reference: with / without", command, note, each(pairs))
    keep(DOCS, "Tone section by section: with / without", command, "In brackets what only informs. " + note, sections(pairs))


if __name__ == "__main__":
    main()
