"""Variety and originality: a hundred seeds of one prompt, their hooks, and melodic stretches shared with the training songs."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from contracts.context import Options
from contracts.music import Score
from services.enhancer.reading import read_prompt
from services.generator.composition import compose
from services.generator.training.archives import unpacked
from tests.evaluation.ours import STEP
from tests.evaluation.pop909 import read_pop909

if TYPE_CHECKING:
    from tests.evaluation.score import Session

PROMPT = "uplifting pop song in C major, 112 bpm, 2 minutes"
SEEDS = 100
GRAM = 12
_HOOK_NOTES = 7
_DIVISIONS = 24
_HOOKS = ("chorus", "drop", "head", "theme")
Event = tuple[int, int]
"""Pitch and onset, in sixteenths or finer where a source needs it."""


def write_one(seed: int) -> tuple[list[list[Event]], list[list[list[Event]]]]:
    """The melody of a seed as one line, and its first four bars in each chorus, bar by bar."""
    brief = read_prompt(PROMPT, Options(), seed=seed)
    score = compose(brief, seed).score
    line = [(n.pitch, round(n.start / STEP)) for n in score.parts["melody"].notes]
    return [line], hooks_of(score)


def hooks_of(score: Score) -> list[list[list[Event]]]:
    """Bars of the melody (pitch, step in the bar) in each section that holds the hook, its first four bars."""
    size = score.meter_value.ticks_per_bar
    notes = score.parts["melody"].notes if "melody" in score.parts else ()
    found = []
    for section in score.sections.values():
        if section.label in _HOOKS:
            bars = range(section.start_bar - 1, min(section.end_bar - 1, section.start_bar + 3))
            found.append([[(n.pitch, round((n.start - bar * size) / STEP)) for n in notes if n.start // size == bar] for bar in bars])
    return found


def shape(events: Sequence[Event]) -> tuple[tuple[int, int], ...]:
    """Intervals and distances between onsets: the same tune in another key has the same shape."""
    return tuple((b[0] - a[0], b[1] - a[1]) for a, b in pairwise(events))


def grams(line: Sequence[Event], size: int = GRAM) -> Iterator[tuple[tuple[int, int], ...]]:
    """All stretches of `size` intervals and distances, without those that only repeat one note or run in one way evenly."""
    steps = shape(line)
    for start in range(len(steps) - size + 1):
        gram = steps[start : start + size]
        if max(distance for _, distance in gram) <= 4 * 16 and len(set(gram)) > 1:
            yield gram


def hook_shape(hooks: list[list[list[Event]]]) -> tuple[tuple[int, int], ...]:
    """The first notes of the first hook."""
    flat = [(pitch, step + 16 * number) for number, bar in enumerate(hooks[0]) for pitch, step in bar] if hooks else []
    return shape(flat[: _HOOK_NOTES + 1])


def hook_returns(hooks: list[list[list[Event]]]) -> bool:
    """Whether every chorus holds the first chorus's first bar with three notes, at any pitch."""
    first = next((bar for bar in hooks[0] if len(bar) >= 3), None) if hooks else None
    if first is None:
        return False
    wanted = (shape(first), first[0][1])
    return all(any((shape(bar), bar[0][1]) == wanted for bar in bars if len(bar) >= 3) for bars in hooks)


def training_lines(data: Path) -> Iterator[list[Event]]:
    """Melodies of all POP909 songs and OpenEWLD lead sheets, in sixteenths."""
    with unpacked(data, "pop909", "pop909_structure") as (songs, structure):
        for piece in read_pop909(songs, structure):
            yield [(tone.pitch, tone.step) for tone in piece.melody]
    with unpacked(data, "openewld") as (folder,):
        for path in sorted(folder.rglob("*.mxl")):
            line = _lead_sheet(path)
            if len(line) > GRAM:
                yield line


def _lead_sheet(path: Path) -> list[Event]:
    """The melody of a compressed MusicXML file; times in sixteenths, rounded. A file that cannot be read gives no notes."""
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(n for n in archive.namelist() if n.endswith(".xml") and not n.startswith("META-INF"))
            root = ElementTree.fromstring(archive.read(name))  # noqa: S314  local data of the evaluation
    except (zipfile.BadZipFile, ElementTree.ParseError, StopIteration):
        return []
    line: list[Event] = []
    now, divisions = 0.0, 1.0
    part = root.find("part")
    for measure in part.findall("measure") if part is not None else ():
        for node in measure:
            if node.tag == "attributes":
                divisions = float(node.findtext("divisions") or divisions)
            length = float(node.findtext("duration") or 0) / divisions * 4
            if node.tag == "backup":
                now -= length
            elif node.tag == "forward" or (node.tag == "note" and node.find("rest") is not None):
                now += length
            elif node.tag == "note" and node.find("chord") is None:
                pitch = node.find("pitch")
                tied = any(tie.get("type") == "stop" for tie in node.findall("tie"))
                if pitch is not None and not tied and node.find("grace") is None:
                    line.append((_midi(pitch), round(now)))
                now += length
    return line


def _midi(pitch: ElementTree.Element) -> int:
    step = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[pitch.findtext("step") or "C"]
    return 12 * (int(pitch.findtext("octave") or 4) + 1) + step + round(float(pitch.findtext("alter") or 0))


def variety(session: Session) -> tuple[str, str]:
    """Distinct hooks, hooks that return, and stretches shared with the training songs where the archives are there."""
    songs = session.spread(write_one, range(1, SEEDS + 1))
    hooks = [hook_shape(hooks) for _, hooks in songs]  # type: ignore[misc]
    returns = sum(hook_returns(hooks) for _, hooks in songs)  # type: ignore[misc]
    lines = [
        f"{'songs':44}{len(songs):6}",
        f"{'different hooks (first seven intervals)':44}{len(set(hooks)):6}",
        f"{'songs whose hook is in every chorus':44}{returns:6}",
    ]
    if session.data:
        known: Counter[int] = Counter()
        openings: Counter[int] = Counter()
        count = 0
        for line in training_lines(session.data):
            count += 1
            known.update({hash(gram) for gram in grams(line)})
            openings.update({hash(gram) for gram in grams(line, _HOOK_NOTES)})
        shared = [len({gram for gram in grams(melody[0]) if hash(gram) in known}) for melody, _ in songs]  # type: ignore[misc]
        lines += [
            f"{'training songs compared (POP909, OpenEWLD)':44}{count:6}",
            f"{'songs sharing a 12-gram with any of them':44}{sum(n > 0 for n in shared):6}",
            f"{'shared 12-grams, all songs together':44}{sum(shared):6}",
            f"{'hooks (seven intervals) found in any of them':44}{sum(hash(hook) in openings for hook in hooks):6}",
        ]
    else:
        lines.append("training songs: not compared, the archives are not here (--data DIR)")
    note = f"""“{PROMPT}”, seeds 1 to {SEEDS}. A hook: the intervals and onset distances of the first seven
steps of the first chorus. A 12-gram: twelve intervals with the distances between onsets, in sixteenths;
even runs of one interval (repeated notes, plain scales) do not count."""
    return note, "\n".join(lines)
