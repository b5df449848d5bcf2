"""Where the user's own genre packs lie: HOUSEBAND_PACKS, folders separated as in PATH. Read by those who start a process."""

from pathlib import Path

from services.runtime.folders import folders_of

VARIABLE = "HOUSEBAND_PACKS"


def pack_folders() -> tuple[Path, ...]:
    """The folders, in order of precedence; none where the variable is empty or unset."""
    return folders_of(VARIABLE)
