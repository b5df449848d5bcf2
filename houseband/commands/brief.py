"""`houseband brief`: what it would play, and why, without making anything."""

import argparse
import json

from contracts.brief import Brief
from contracts.context import Options
from houseband.request import check_prompt, read_brought, read_options
from houseband.tables import print_table


def run(arguments: argparse.Namespace) -> int:
    """Read a prompt and show the brief."""
    from services.enhancer.reading import read_prompt

    options = Options.model_validate(read_options(arguments))
    brought = read_brought(arguments)
    prompt = check_prompt(arguments.prompt)
    features, given, picture = None, None, None
    if brought.reference:
        from services.analyzer.hearing import hear

        features = hear(brought.reference)
    if brought.midi or brought.hum or brought.taps:
        from services.analyzer.bringing import bring

        given = bring(options, (brought.midi.read_bytes(), brought.midi.name) if brought.midi else None, brought.hum, brought.taps)
    if brought.image:
        from services.analyzer.picture import see_file

        picture = see_file(brought.image)
    brief = read_prompt(prompt, options, features, seed=arguments.seed, given=given, lyrics=brought.lyrics, picture=picture)
    if arguments.json:
        print(brief.model_dump_json())
        return 0
    print(f"{brief.title}\n{brief.text}\n")
    print_table(("field", "value", "source", "from", "why"), [_row(name, brief) for name in _fields(brief)])
    print()
    for step in brief.steps:
        print(f"{step.name}: {step.text}")
    for note in brief.notes:
        print(f"note: {note}")
    return 0


def _fields(brief: Brief) -> list[str]:
    return [name for name in type(brief).model_fields if hasattr(getattr(brief, name), "source")]


def _row(name: str, brief: Brief) -> tuple[str, ...]:
    field = getattr(brief, name)
    value = field.value
    if isinstance(value, tuple):
        shown = ", ".join(
            f"{one.label}:{one.bars}" if hasattr(one, "label") and one.bars else getattr(one, "label", str(one)) for one in value
        )
    elif isinstance(value, dict):
        shown = json.dumps(value)
    else:
        shown = f"{value:g}" if isinstance(value, float) else str(value)
    return name, shown or "-", field.source.value, field.evidence or "", field.reason or ""
