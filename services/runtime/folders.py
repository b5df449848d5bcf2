"""Folders that a variable of the environment names, separated as in PATH."""

import os
from pathlib import Path


def folders_of(variable: str) -> tuple[Path, ...]:
    """The folders, in order of precedence; none where the variable is empty or unset."""
    return tuple(Path(folder).expanduser().resolve() for folder in os.environ.get(variable, "").split(os.pathsep) if folder)
