"""`houseband catalog KIND`: what there is to choose from."""

import argparse
import json
from typing import Any

from houseband.tables import print_table


def run(arguments: argparse.Namespace) -> int:
    """Show one catalogue."""
    entries = read_catalog(arguments.kind)
    if arguments.json:
        print(json.dumps(entries, ensure_ascii=False))
        return 0
    columns = list(dict.fromkeys(column for entry in entries for column in entry))
    print_table(columns, [[_shown(entry.get(column, "")) for column in columns] for entry in entries])
    return 0


def read_catalog(kind: str) -> list[dict[str, Any]]:
    """The entries of a catalogue, from the service that owns it."""
    if kind in ("genres", "moods"):
        from services.enhancer.catalog import catalog as words

        return list(words()[kind])
    if kind == "effects":
        from services.mixer.catalog import effects

        return effects()
    if kind == "providers":
        from services.generator.production.engines import providers

        return [{"id": name, **row} for name, row in providers().items()]
    from services.music.packs.instruments import instruments

    return [
        {"id": one.id, "name": one.name, "family": one.family, "roles": list(one.roles), "synonyms": list(one.synonyms)}
        for one in instruments().values()
    ]


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
