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
    if arguments.kind == "effects":
        print_table(("effect", "what", "parameter", "allowed", "default"), [row for entry in entries for row in _effect_rows(entry)])
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
    return _instruments()


def _instruments() -> list[dict[str, Any]]:
    """The instruments; where packs of the user's own are at hand, with the file that plays each, and the roles that they bind."""
    from services.generator.production.own import bound_by_packs
    from services.music.packs.instruments import instruments
    from services.runtime.sound_folders import sound_places

    rows: dict[str, dict[str, Any]] = {one.id: one.told for one in instruments().values()}
    for name, own in bound_by_packs(sound_places().packs).items():
        by = f" ({own.pack.name or own.pack.file.name})" if own.pack else ""
        rows.setdefault(name, {"id": name, "name": "every part of this role", "family": "", "roles": [name], "synonyms": []})
        rows[name]["played by your own"] = own.label + by
    return list(rows.values())


def _effect_rows(entry: dict[str, Any]) -> list[tuple[str, ...]]:
    """An effect and its parameters, a line each."""
    first, what = str(entry["id"]), str(entry.get("broken") or entry["what"])
    rows = [
        ("", one["what"], one["name"], _allowed(one), "" if one["default"] is None else _shown(one["default"]))
        for one in entry.get("parameters", ())
    ]
    return [(first, what, "", "", ""), *rows]


def _allowed(one: dict[str, Any]) -> str:
    """The range of a parameter with its unit, or its choices."""
    if one["kind"] == "bool":
        return "true, false"
    if one.get("choices"):
        return ", ".join(one["choices"]) + (f" ({one['unit']})" if one["unit"] else "")
    if one["kind"] in ("file", "text"):
        return str(one["kind"])
    low, high = ("" if bound is None else f"{bound:g}" for bound in (one["low"], one["high"]))
    return f"{low} … {high} {one['unit']}".strip()


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
