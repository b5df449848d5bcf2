"""The reader's knowledge as TOML: words, styles, artists, production, uses."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """A table of this folder by file name without its ending."""
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text("utf-8"))


@cache
def names(folder: str) -> tuple[str, ...]:
    """The tables in a subfolder, in order."""
    return tuple(
        sorted(f"{folder}/{f.name.removesuffix('.toml')}" for f in (files(__package__) / folder).iterdir() if f.name.endswith(".toml"))
    )
