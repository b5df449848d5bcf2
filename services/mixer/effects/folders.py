"""Where files that an effect names may lie: HOUSEBAND_PLUGINS, folders separated as in PATH, which the operator allows."""

from pathlib import Path

from contracts.errors import BadInput
from services.runtime.folders import folders_of

VARIABLE = "HOUSEBAND_PLUGINS"


def plugin_folders() -> tuple[Path, ...]:
    """The folders; none where the variable is empty or unset."""
    return folders_of(VARIABLE)


def allowed_path(text: str, field: str, *, any_path: bool) -> Path:
    """An existing file or folder that may be read.

    Raises:
        BadInput: where there is none, or, unless `any_path`, where it lies outside the operator's folders (links are followed).
    """
    try:
        path = Path(text).expanduser()
        real = path.resolve()
        there = real.is_file() or real.is_dir()  # a pipe is neither: opening it would wait for ever
    except (OSError, RuntimeError, ValueError) as error:  # links go round, a name without end or with NUL, a user who does not exist
        raise BadInput(field, text, "a path that leads somewhere") from error
    folders = plugin_folders()
    if not any_path:
        if not folders:
            raise BadInput(field, text, f"nothing: this server names no folder of plugins ({VARIABLE})")
        if not any(real.is_relative_to(folder) for folder in folders):
            raise BadInput(field, text, f"a path inside {', '.join(map(str, folders))} ({VARIABLE})")
    if not there:
        raise BadInput(field, text, "a file that exists")
    return path
