"""Are plain instructions understood? Hand-written ones with truth, read offline: `python -m tests.evaluation.instructions`.

The first half was there to make the reader better, the other one was written at the same time and not read until the reader stood.
Options: --held FILE, --out FILE (the table into a document), --all (print every miss). Returns 1 where the first half misses its aim.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from contracts.edits import Edit, Instructed, Outline
from contracts.errors import BadInput
from contracts.music import Key
from services.enhancer.instructing import read_instruction
from tests.evaluation.instructions_truth import HELD, TABLE, Truth, load

DOCS = Path(__file__).parents[2] / "docs" / "instructions.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
LEAST, MOST_MS = 0.95, 50.0
_FIELD = re.compile(r"^([a-z_.]+)(!=|=|>|<)(.*)$")


@dataclass(frozen=True)
class Judged:
    """One instruction, what is wrong with what came of it ("" for nothing), and the milliseconds it took."""

    truth: Truth
    fault: str
    ms: float
    refused: bool


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
    return Judged(truth, "" if "" in faults else faults[0], ms, found is None)


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
    plain = hasattr(edit, "bars") and kind in ("remove", "harmony") and "bars" not in named
    if plain and edit.bars is not None:  # type: ignore[union-attr]
        return False
    if kind == "remove" and "pieces" not in named and edit.pieces:  # type: ignore[union-attr]
        return False
    return all(_holds(_field(edit, name), sign, value) for name, (sign, value) in named.items())


def _field(edit: Edit, name: str) -> Any:
    if edit.kind != "mix":
        return getattr(edit, name)
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
        return value == wanted
    return bool({"=": abs(value - float(wanted)) < 0.06, ">": value > float(wanted), "<": value < float(wanted)}[sign])


def table(halves: dict[str, Sequence[Judged]]) -> str:
    """The figures of each half as a Markdown table."""
    rows = [
        "| half | instructions | right in everything | refused where nothing could be made | an edit that nobody asked for | ms, median | ms, p95 |",  # noqa: E501  a table of words or one pattern
        "|---|---|---|---|---|---|---|",
    ]
    for name, judged in halves.items():
        right = sum(not one.fault for one in judged)
        none = [one for one in judged if one.truth.asked == "refused"]
        more = sum(one.fault.startswith("made") for one in judged)
        times = [one.ms for one in judged]
        rows.append(
            f"| {name} | {len(judged)} | {right} ({right / len(judged):.1%}) | {sum(one.refused for one in none)}/{len(none)} | {more} "
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the table where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--held", type=Path, default=HELD, help="the half that was held out; an empty name leaves it unread")
    parser.add_argument("--out", type=Path, help=f"put the table between the marks of this document, such as {DOCS.name}")
    parser.add_argument("--all", action="store_true", help="print every miss")
    asked = parser.parse_args(arguments)
    halves = {"made with it": read(load(TABLE))}
    if asked.held.name:
        halves["held out"] = read(load(asked.held))
    print(table(halves))
    for name, judged in halves.items():
        for one in judged:
            if one.fault and asked.all:
                print(f"{name}: {one.truth.text!r} ({one.truth.asked}): {one.fault}")
    if asked.out:
        before, _, rest = asked.out.read_text("utf-8").partition(BEGIN)
        asked.out.write_text(f"{before}{BEGIN}\n{table(halves)}\n{END}{rest.partition(END)[2]}", "utf-8")
    first = halves["made with it"]
    return int(sum(not one.fault for one in first) < LEAST * len(first) or float(np.percentile([one.ms for one in first], 95)) > MOST_MS)


if __name__ == "__main__":
    sys.exit(main())
