"""Where Houseband keeps things on this machine."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from contracts.errors import Unavailable


@dataclass(frozen=True)
class Home:
    """The user's data folder: the object store and the gateway's database."""

    root: Path

    @classmethod
    def find(cls) -> Self:
        """HOUSEBAND_HOME, else the XDG data folder. Raises Unavailable where it cannot be written."""
        default = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "houseband"
        home = cls(Path(os.environ.get("HOUSEBAND_HOME") or default).expanduser().absolute())
        try:
            home.store.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"the data folder {home.root}", f"{error.strerror}; set HOUSEBAND_HOME to a writable folder") from error
        return home

    @property
    def store(self) -> Path:
        """Object store of the local mode."""
        return self.root / "store"

    @property
    def database(self) -> Path:
        """The gateway's SQLite file."""
        return self.root / "gateway.db"

    @property
    def address(self) -> Path:
        """Where `houseband up` writes its URL."""
        return self.root / "up.url"

    def lock(self) -> "HomeLock | None":
        """Hold the database for one house. None where another house of this user holds it."""
        handle = os.open(self.root / "house.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return None
        return HomeLock(handle)


@dataclass
class HomeLock:
    """An exclusive hold on the home; released when closed or when the process dies."""

    handle: int

    def release(self) -> None:
        """Let others in."""
        os.close(self.handle)
