"""The temporary folder of a house. Where a house was killed, the next one takes its folder away."""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PREFIX = "houseband-"
_OWNER = "owner.lock"


@dataclass
class RunDir:
    """A folder that is locked for as long as its owner lives, and gone afterwards. Use as a context manager."""

    path: Path
    handle: int

    @classmethod
    def open(cls) -> Self:
        """A new one, once what killed houses left behind is gone. Raises OSError where there is no place for it."""
        _sweep(Path(tempfile.gettempdir()))
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        try:
            handle = os.open(path / _OWNER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        return cls(path, handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.handle)


def _sweep(parent: Path) -> None:
    """Remove this user's folders whose owner is dead. One without a lock file is just being made, or is not ours."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            handle = os.open(folder / _OWNER, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
