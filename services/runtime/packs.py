"""Where the user's own genre packs lie: HOUSEBAND_PACKS, folders separated as in PATH. Read by those who start a process."""

import os
from pathlib import Path

VARIABLE = "HOUSEBAND_PACKS"


def pack_folders() -> tuple[Path, ...]:
    """The folders, in order of precedence; none where the variable is empty or unset."""
    return tuple(Path(folder).expanduser().resolve() for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder)
