"""What a command line states in files and pairs: a mix sheet, instruments of one's own, an earlier song to make again."""

import argparse
import json
import tomllib
from pathlib import Path
from typing import Any

from contracts.context import Context
from contracts.errors import BadInput
from contracts.upgrades import read_context

MOST_SHEET_BYTES = 2**20
_FOUND_BY_NAME = ("reference", "midi", "hum", "image", "base", "cover")


def read_mix(path: Path) -> dict[str, Any]:
    """A mix sheet, TOML or JSON, as the option `mix`. Raises BadInput for a file that is neither."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_SHEET_BYTES + 1)
        if len(data) > MOST_SHEET_BYTES:
            raise BadInput("mix", str(path), f"a mix sheet of at most {MOST_SHEET_BYTES // 1024} KiB")
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            "mix", str(path), "a readable mix sheet (TOML or JSON)", hint=getattr(error, "strerror", None) or str(error)
        ) from error
    try:
        sheet: Any = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("mix", str(path), "TOML or JSON as `houseband show DIR --mix` writes it", hint=str(error)) from error
    return dict(sheet)


def read_sounds(pairs: list[str]) -> dict[str, str]:
    """`NAME=FILE` pairs as the option `sounds`, each file by its absolute path. Raises BadInput for a pair that is none."""
    found = {}
    for pair in pairs:
        name, equals, file = pair.partition("=")
        if not equals or not name.strip() or not file.strip():
            raise BadInput("sound", pair, "NAME=FILE, such as bass=MyBass.sf2 or lead=/plugins/Lead.vst3")
        found[name.strip()] = str(Path(file.strip()).expanduser().absolute())
    return found


def earlier_request(arguments: argparse.Namespace) -> tuple[str, int, dict[str, Any]]:
    """Prompt, seed and options of the song in the folder `--again`, with what it was given in words.

    For a song as it was first made; one that was revised is `remaking.py`'s. Raises BadInput for a folder that holds no song, and for one
    whose song heard a file that is not given now.
    """
    request = read_folder_context("again", arguments.again).request
    for name in _FOUND_BY_NAME:
        if getattr(request, name) is not None and getattr(arguments, name) is None:
            key = Path(getattr(request, name).key).name
            raise BadInput("again", str(arguments.again), f"the same files as then: add --{name} {key}")
    if request.taps and not arguments.taps:
        arguments.taps = ", ".join(str(time_s) for time_s in request.taps)
    if request.lyrics and not arguments.lyrics:
        raise BadInput("again", str(arguments.again), "the same files as then: add --lyrics FILE")
    return request.prompt, request.seed, request.options.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def read_folder_context(field: str, folder: Path) -> Context:
    """context.json of a delivered folder. Raises BadInput, naming `field`, for a folder without one."""
    path = folder / "context.json"
    if not path.is_file():
        raise BadInput(field, str(folder), "the folder of a song that Houseband made, with its context.json")
    try:
        return read_context(path.read_bytes())
    except ValueError as error:
        raise BadInput(field, str(path), "a context as Houseband writes it", hint=str(error).splitlines()[0]) from error
