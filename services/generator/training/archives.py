"""The training archives on disk: packed (`name.tar.xz`) or unpacked, from one folder."""

import tarfile
from pathlib import Path

from contracts.errors import BadInput


def opened(data: Path, name: str, scratch: Path) -> Path:
    """The folder of an archive's content; a packed one is unpacked under `scratch` first. Raises BadInput where there is neither."""
    for folder in (data / name, scratch / name):
        if folder.is_dir():
            return folder
    packed = data / f"{name}.tar.xz"
    if not packed.is_file():
        raise BadInput("data", str(data), f"a folder that holds {name}/ or {name}.tar.xz")
    with tarfile.open(packed) as archive:
        archive.extractall(scratch, filter="data")
    return scratch / name
