"""Are plain instructions understood? Hand-written ones with truth, read offline: `python -m tests.evaluation.instructions`.

The first half was there to make the reader better, the other one was written at the same time and not read until the reader stood; a
third table, full of traps, was written then, and another after its misses were mended. A fourth and a fifth are of single drums, bars,
words, keys and tempos of sections and four more languages: one was read before there were such edits, one after. A sixth and a seventh are
hostile: opposites, limits, comparisons. The worst that a reader can do is a wrong edit without a word. Options: --held FILE (in place of
all but the first), --out FILE (the tables into a document), --all (print every miss). Returns 1 where the first half misses its aim.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from contracts.edits import Edit, Instructed, Outline
from contracts.errors import BadInput
from contracts.music import Key
from services.enhancer.instructing import read_instruction
from tests.evaluation.instructions_truth import FIFTH, FOURTH, HELD, SECOND, SEVENTH, SIXTH, SONGS, TABLE, THIRD, Truth, load

DOCS = Path(__file__).parents[2] / "docs" / "instructions.md"
BEGIN_SHOWN, END_SHOWN = "<!-- shown -->", "<!-- /shown -->"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
LEAST, MOST_MS = 0.95, 50.0
SHOWN = (
    "drums quieter in the second verse", "everything but the drums softer", "bass up 3 dB",
    "the guitar is too loud, the piano not loud enough", "in G minor", "a minor third up", "half a step down", "make it major",
    "relative major", "the bass an octave lower", "10 bpm faster", "a bit slower", "double time", "from 120 to 126",
    "swap the piano for a Rhodes", "a vibraphone in place of the piano", "play the guitar part on a banjo", "turn the bass into an 808",
    "swap guitar and piano", "add strings in the bridge", "gospel choir in the last chorus", "no hi-hats",
    "no drums except in the choruses", "in the bridge only strings", "drop the drums out for the first 8 bars", "another bass line",
    "busier drums in the last chorus", "keep the drums but rewrite everything else", "re-harmonise the bridge", "chorus chords: F G Am C",
    "longer intro", "8 bars more", "make it 3 minutes long", "the second chorus twice as long", "cut the second verse",
    "repeat the last chorus", "add a bridge after the first chorus", "move the bridge after the second verse", "make the chorus bigger",
    "calmer verses", "same but sad", "make it swing", "straight", "tighter", "fade out at the end", "loop it", "brighter", "less muddy",
    "wider", "more reverb on the vocals", "no reverb on the drums", "pan the guitar slightly left", "distort the bass",
    "loud like a club record", "-11 LUFS, true peak -1 dBTP", "mach das Schlagzeug in der zweiten Strophe leiser",
    "einen Ganzton höher, aber langsamer", "sin batería en el puente", "cambia el piano por una guitarra acústica",
    "remplace le piano par un orgue", "la guitare moins forte, sauf dans le refrain", "quietr gutiars in the brigde", "louder kick",
    "softer hi-hats in the last chorus", "bars 17 to 20 quieter",
    "the last four bars of the bridge without drums",
    "hi-hats out in bars 13 to 16", "more reverb on the vocals in the bridge", "the last chorus a whole tone up", "the bridge in C minor",
    "the outro slower", "last chorus at 126 bpm", "call it Winter Sun", "drums quieter in the tenth verse", "undo that, and 10 bpm faster",
    "tira a guitarra da introdução", "meio tom acima", "più riverbero sulla voce", "togli la batteria nel ponte", "2番のドラムを小さくして",
    "ピアノをローズに変えて", "最後のサビだけ半音上げて", "把钢琴换成电钢琴", "第二段主歌的鼓小声一点",
    "drums quieter in the verse and louder in the chorus", "not so fast, and order me a pizza",
    "remove the fade", "half as much reverb", "the strings should only come in from the second chorus on", "no guitar before the bridge",
    "guitar just in verse 1", "make verse 2 different from verse 1", "key change for the last chorus please",
    "start straight with the chorus", "make the bridge as loud as the choruses", "let the bass drop out right before the final chorus",
)  # fmt: skip
"""What the document shows, over the pop song of the truth tables."""
SHOWN_SUNG = (
    "change the line 'Sail away, paper boats' to 'Drift away, paper boats'", "replace 'river' with 'harbour' in the lyrics",
    "new lyrics for verse 2: The tide came in and took the shore / I do not write you any more", "change 'kazoo' to 'boat' in the lyrics",
)  # fmt: skip
"""And over its ballad, which has words."""
_FIELD = re.compile(r"^([a-z_.]+)(!=|=|>|<)(.*)$")


@dataclass(frozen=True)
class Judged:
    """One instruction, what is wrong with what came of it ("" for nothing), and the milliseconds it took."""

    truth: Truth
    fault: str
    ms: float
    refused: bool
    silent: bool = False
    """Whether it is wrong and nothing was told as unread: the user cannot know."""


def read(truths: Sequence[Truth]) -> list[Judged]:
    """Read every instruction, timing each."""
    read_instruction("slower", truths[0].outline)  # builds the vocabulary
    return [_read(truth) for truth in truths]


def _read(truth: Truth) -> Judged:
    began = time.process_time()
    try:
        found: Instructed | None = read_instruction(truth.text, truth.outline)
    except BadInput:
        found = None
    ms = 1000 * (time.process_time() - began)
    faults = [fault_of(found, one.strip(), truth.outline) for one in truth.asked.split(" | ")]
    wrong = "" not in faults
    return Judged(truth, faults[0] if wrong else "", ms, found is None, silent=wrong and found is not None and not found.unread)


def fault_of(found: Instructed | None, asked: str, outline: Outline) -> str:
    """What is wrong with what was understood; "" where it is right."""
    if asked == "refused" or found is None:
        return "" if asked == "refused" and found is None else f"made {_shown(found)}" if found else "refused"
    wanted = [line.strip() for line in asked.split(";")]
    words = [word for line in wanted if line.startswith("unread=") for word in line.removeprefix("unread=").split("+")]
    left = list(found.edits)
    for line in (line for line in wanted if not line.startswith("unread=")):
        match = next((edit for edit in left if _is(edit, line, outline)), None)
        if match is None:
            return f"no '{line}' in {_shown(found)}"
        left.remove(match)
    if left:
        return f"made more: {_shown(Instructed(edits=tuple(left)))}"
    unread = " ".join(found.unread).lower()
    silent = [word for word in words if word not in unread]
    if silent or (unread and not words):
        return f"unread {found.unread}" if not silent else f"'{silent[0]}' was not told as unread"
    return ""


def _shown(found: Instructed) -> str:
    return "; ".join(f"{edit.kind} {edit.model_dump(exclude={'words', 'kind'}, exclude_defaults=True)}" for edit in found.edits)


def _is(edit: Edit, line: str, outline: Outline) -> bool:
    kind, *fields = line.split()
    if edit.kind != kind:
        return False
    named = {}
    for name, sign, value in (_FIELD.match(one).groups() for one in fields):  # type: ignore[union-attr]
        named[name] = (sign, value)
    for name, known in (("parts", outline.parts), ("sections", outline.sections)):
        if hasattr(edit, name):
            said = named.pop(name, ("=", ""))[1]
            listed = set(said.lstrip("!").split(",")) - {""}
            asked = set(known) - listed if said.startswith("!") else listed or set(known)
            if set(getattr(edit, name) or known) != asked:
                return False
    if "bars" not in named and isinstance(getattr(edit, "bars", None), tuple):
        return False
    if "pieces" not in named and getattr(edit, "pieces", None):
        return False
    return all(_holds(_field(edit, name), sign, value) for name, (sign, value) in named.items())


def _field(edit: Edit, name: str) -> Any:
    if edit.kind != "mix":
        return getattr(edit, name, None)
    if "." not in name:
        return edit.mix.changes.get(name)
    part, name = name.split(".")
    channel = edit.mix.channels.get(part)
    return getattr(channel, name) if channel and name in channel.model_fields_set else None


def _holds(value: Any, sign: str, wanted: str) -> bool:
    if value is None:
        return False
    if isinstance(value, tuple):
        shown = [str(one) for one in value]
        return shown == re.split(r"[,-]" if value and isinstance(value[0], int) else ",", wanted)
    if isinstance(value, str) and re.fullmatch(r"[A-G][#b]?_[a-z]+", wanted):
        one, other = Key.parse(value), Key.parse(wanted.replace("_", " "))
        return (one.tonic_class, one.mode) == (other.tonic_class, other.mode)
    if isinstance(value, str):
        return value.replace(" ", "_") == wanted.replace(" ", "_")
    return bool({"=": abs(value - float(wanted)) < 0.06, ">": value > float(wanted), "<": value < float(wanted)}[sign])


def table(halves: Mapping[str, Sequence[Judged]]) -> str:
    """The figures of each half as a Markdown table."""
    rows = [
        "| table | instructions | right in everything | refused where nothing could be made | an edit that nobody asked for | refused though possible | wrong without a word | ms, median | ms, p95 |",  # noqa: E501  a table of words or one pattern
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, judged in halves.items():
        right = sum(not one.fault for one in judged)
        none = [one for one in judged if one.truth.asked == "refused"]
        more = sum(one.fault.startswith("made") for one in judged)
        needless = sum(bool(one.fault) and one.refused for one in judged)
        silent = sum(one.silent for one in judged)
        times = [one.ms for one in judged]
        rows.append(
            f"| {name} | {len(judged)} | {right} ({right / len(judged):.1%}) | {sum(one.refused for one in none)}/{len(none)} | {more} "
            f"| {needless} | {silent} ({silent / len(judged):.1%}) "
            f"| {np.median(times):.1f} | {np.percentile(times, 95):.1f} |"
        )
    kinds: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for one in (one for judged in halves.values() for one in judged):
        for kind in {line.split()[0].partition("=")[0] for line in one.truth.asked.split(" | ")[0].split("; ")}:
            kinds[kind] += 1
            missed[kind] += bool(one.fault)
    rows += ["", "| kind | instructions with it | wrong |", "|---|---|---|"]
    rows += [f"| {kind} | {count} | {missed[kind]} |" for kind, count in sorted(kinds.items())]
    return "\n".join(rows)


def shown() -> str:
    """What the reader makes of some instructions, as a Markdown table."""
    rows = ["| said | understood |", "|---|---|"]
    for said, song in [*((said, SONGS["pop"]) for said in SHOWN), *((said, SONGS["ballad"]) for said in SHOWN_SUNG)]:
        try:
            found = read_instruction(said, song)
        except BadInput as refused:
            rows.append(f"| {said} | *Refused: {refused.hint}.* |")
            continue
        unread = f" *Not understood: {'; '.join(found.unread)}.*" if found.unread else ""
        rows.append(f"| {said} | {' '.join(found.told)}{unread} |")
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the table where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--held", type=Path, help="another table in place of the held ones; an empty name: none")
    parser.add_argument("--out", type=Path, help=f"put the table between the marks of this document, such as {DOCS.name}")
    parser.add_argument("--all", action="store_true", help="print every miss")
    asked = parser.parse_args(arguments)
    halves = {"made with it": read(load(TABLE))}
    for name, path in (
        {"held out": HELD, "traps": SECOND, "third": THIRD, "fourth": FOURTH, "fifth": FIFTH, "sixth": SIXTH, "seventh": SEVENTH}.items()
        if asked.held is None
        else [("held out", asked.held)]
    ):
        halves |= {name: read(load(path))} if path.name else {}
    print(table(halves))
    for name, judged in halves.items():
        for one in judged:
            if one.fault and asked.all:
                print(f"{name}: {one.truth.text!r} ({one.truth.asked}): {one.fault}")
    if asked.out:
        before, _, rest = asked.out.read_text("utf-8").partition(BEGIN)
        page = f"{before}{BEGIN}\n{table(halves)}\n{END}{rest.partition(END)[2]}"
        before, _, rest = page.partition(BEGIN_SHOWN)
        asked.out.write_text(f"{before}{BEGIN_SHOWN}\n{shown()}\n{END_SHOWN}{rest.partition(END_SHOWN)[2]}", "utf-8")
    first = halves["made with it"]
    return int(sum(not one.fault for one in first) < LEAST * len(first) or float(np.percentile([one.ms for one in first], 95)) > MOST_MS)


if __name__ == "__main__":
    sys.exit(main())
