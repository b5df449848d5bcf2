"""A user's own packs: every *.toml of the folders that were handed in, read with errors that name file, field and value."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from contracts.errors import BadInput
from services.music.packs.checking import faults
from services.music.packs.pack import GenrePack

FOLDERS = "packs"
"""The field that a problem with a folder is told under."""


def pack_files(folders: Sequence[Path]) -> list[Path]:
    """The files of all folders, in order; within a folder by name. Raises BadInput for a folder that is not there."""
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(FOLDERS, str(folder), "folders that exist, separated as in PATH")
        found += sorted(path for path in folder.glob("*.toml") if path.is_file())
    return found


def read_pack(path: Path, schema: type[GenrePack]) -> GenrePack:
    """One pack of the user. Raises BadInput whose field is `file: table.key`, for the first thing that is wrong."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(path.name, str(error), "a text of TOML (toml.io)", hint=f"The file is {path}.") from error
    except OSError as error:
        raise BadInput(FOLDERS, str(path), f"files that can be read ({error.strerror})") from error
    try:
        pack = schema.model_validate(raw)
    except ValidationError as error:
        raise _refused(path, raw, schema, error) from None
    for fault in faults(pack):
        raise BadInput(f"{path.name}: {fault.field}", fault.value, fault.allowed, hint=f"The file is {path}.")
    return pack


def _refused(path: Path, raw: dict[str, Any], schema: type[BaseModel], error: ValidationError) -> BadInput:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    allowed = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        allowed = f"one of {', '.join(_known(schema, first['loc'][:-1]))}"
    value = first["input"] if first["type"] != "missing" else "nothing"
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return BadInput(f"{path.name}: {where}", value if value is not raw else "nothing", allowed, hint=f"The file is {path}{more}.")


def _known(schema: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """The keys of the table at a place of the schema."""
    for step in loc:
        field = schema.model_fields.get(str(step))
        kind = field.annotation if field else None
        arguments = getattr(kind, "__args__", (kind,))
        inner = next((one for one in arguments if isinstance(one, type) and issubclass(one, BaseModel)), None)
        schema = inner or schema
    return sorted(schema.model_fields)
