"""The training archives on disk: packed (`name.tar.xz`) or unpacked (`name/`), in one folder."""

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import BadInput


@contextmanager
def unpacked(data: Path, *names: str) -> Iterator[list[Path]]:
    """The folders of archives; packed ones are unpacked for as long as they are needed. Raises BadInput where one is missing."""
    with tempfile.TemporaryDirectory() as scratch:
        found = []
        for name in names:
            folder, packed = data / name, data / f"{name}.tar.xz"
            if not folder.is_dir():
                if not packed.is_file():
                    raise BadInput("data", str(data), f"a folder that holds {name}/ or {name}.tar.xz")
                with tarfile.open(packed) as archive:
                    archive.extractall(scratch, filter="data")
                folder = Path(scratch) / name
            found.append(folder)
        yield found
