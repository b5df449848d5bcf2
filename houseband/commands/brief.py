"""`houseband brief`: what it would play, and why, without making anything."""

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.brief import Brief
from contracts.context import Options
from contracts.features import PictureFeatures
from contracts.preferences import Preferences
from houseband.home import Home
from houseband.request import Brought, read_brought, read_options, wanted_prompt
from houseband.showing import plain
from houseband.tables import print_table
from houseband.tastes import known_taste
from services.runtime.stores import open_store

if TYPE_CHECKING:
    from services.enhancer import enhancing


def run(arguments: argparse.Namespace) -> int:
    """Read a prompt as a job would, and show the brief."""
    from services.enhancer.enhancing import enhanced

    options = Options.model_validate(read_options(arguments))
    reader = _reader(options)
    brought = _heard(options, read_brought(arguments), reader)
    prompt = wanted_prompt(arguments.prompt, {"brief": options.brief})
    read = enhanced(prompt, options, brought, seed=arguments.seed, reader=reader)
    if arguments.json:
        print(read.brief.model_dump_json())
        return 0
    _tell(read.brief)
    if read.account:
        print(f"asked: {read.account.told()}")
    return 0


def _heard(options: Options, brought: Brought, reader: "enhancing.Reader | None") -> "enhancing.Brought":
    """What is heard, read and seen in the files, by the parts that a job's analyzer has."""
    from services.enhancer import enhancing

    features, given, picture = None, None, None
    if brought.reference:
        from services.analyzer.hearing import hear

        features = hear(brought.reference)
    if brought.midi or brought.hum or brought.taps:
        from services.analyzer.bringing import bring

        given = bring(options, (_start_of(brought.midi), brought.midi.name) if brought.midi else None, brought.hum, brought.taps)
    if brought.image:
        from services.analyzer.picture import see_file

        picture = _looked(brought.image, see_file(brought.image), reader)
    return enhancing.Brought(features, given, brought.lyrics, _taste(options), picture)


def _taste(options: Options) -> Preferences | None:
    """What a job of these options would lean on: what was learned on this machine, unless it is to be ignored."""
    if isinstance(options.taste, Preferences):
        return options.taste
    known = known_taste(Home.find()) if options.taste == "use" else Preferences()
    return known if known.judgements else None


def _reader(options: Options) -> "enhancing.Reader | None":
    """A language model where one may read, with the answers that this machine's store keeps: a song made of this brief pays no more."""
    from services.enhancer.enhancing import Reader
    from services.enhancer.model.cache import Answers
    from services.enhancer.model.settings import model_settings

    if options.enhance != "llm":
        return None
    store = os.environ.get("HOUSEBAND_STORE") or Home.find().store.as_uri()
    return Reader(model_settings(), Answers(open_store(store)))


def _looked(image: Path, measured: PictureFeatures, reader: "enhancing.Reader | None") -> PictureFeatures:
    """The picture as a vision model sees it, where one is set up and may look."""
    from services.enhancer.model.vision import look

    return look(image.read_bytes(), measured, reader.settings, reader.answers).picture if reader else measured


def _start_of(midi: Path) -> bytes:
    """As much of a file as the reader of MIDI needs to refuse one that is too large."""
    from services.analyzer.midi_file import LARGEST_BYTES

    with midi.open("rb") as file:
        return file.read(LARGEST_BYTES + 1)


def _tell(brief: Brief) -> None:
    from services.enhancer.reading.steps import fields

    print(f"{plain(brief.title)}\n{plain(brief.text)}\n")
    print_table(("field", "value", "source", "from", "why"), [_row(name, brief) for name in fields(brief)])
    print()
    for step in brief.steps:
        print(f"{step.name}: {plain(step.text)}")
    for note in brief.notes:
        print(f"note: {plain(note)}")


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
