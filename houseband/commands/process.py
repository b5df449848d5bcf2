"""`houseband process IN OUT --do OPERATION ...`: operations and effects on any sound file."""

import argparse
import json
import math
import sys
from typing import TYPE_CHECKING

from contracts.errors import BadInput
from houseband.tables import print_table

if TYPE_CHECKING:
    from services.mixer.effects.processing import Facts


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked and tell what it did to length, loudness and peak. Nothing is left behind where it fails."""
    from services.mixer.effects.processing import process
    from services.mixer.effects.statements import read_operations_file, read_statement

    operations = []
    if arguments.ops is not None:
        operations += [(f"ops[{index}]", one) for index, one in enumerate(read_operations_file(arguments.ops, "ops"))]
    operations += [(f"do[{index}]", read_statement(text, f"do[{index}]")) for index, text in enumerate(arguments.do)]
    if not operations:
        raise BadInput("do", "", "at least one operation, such as --do trim:start=1,end=10; `houseband catalog effects` lists them")
    done = process(arguments.source, arguments.target, operations)
    if arguments.json:
        print(json.dumps(done.document(), ensure_ascii=False))
        return 0
    for step in done.steps:
        stated = ", ".join(f"{name} {_shown(value)}" for name, value in step.parameters.items() if value is not None)
        print(f"{step.effect}: {stated}" if stated else step.effect)
    rows = [(name, *(_facts(one, name) for one in (done.before, done.after))) for name in ("length", "format", "loudness", "true peak")]
    print_table(("", arguments.source.name, arguments.target.name), rows)
    if done.clipped:
        print(f"houseband: {done.clipped} samples passed full scale and were clipped; normalise, limit or write wav32f", file=sys.stderr)
    if done.quieter_db:
        print(f"houseband: {done.quieter_db:.2f} dB quieter, since {done.coding} raises peaks over full scale otherwise", file=sys.stderr)
    return 0


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _facts(one: "Facts", name: str) -> str:
    if name == "length":
        return f"{one.seconds:.3f} s"
    if name == "format":
        channels = {1: "mono", 2: "stereo"}.get(one.channels, f"{one.channels} channels")
        return f"{channels}, {one.rate_hz / 1000:g} kHz"
    level, unit = (one.loudness_lufs, "LUFS") if name == "loudness" else (one.true_peak_dbtp, "dBTP")
    return f"{level:.2f} {unit}" if math.isfinite(level) else "silent"
