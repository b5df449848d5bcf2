"""Keeping a house alive from a thread while the command follows its job."""

import shutil
import threading
import time
from pathlib import Path
from typing import Self

from contracts.errors import Unavailable
from houseband.display import Display
from houseband.launcher import House

EVERY_S = 0.1
# With less free than this not even the note that a job failed can be kept, so it would wait until there is room.
LEAST_FREE_BYTES = 1 << 20
FULL_FOR_S = 10.0


class Room:
    """Looks whether the disk of the store is full for longer than the services' first retries take."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._full_since: float | None = None

    def raise_if_full(self) -> None:
        """Raise Unavailable where there has been no room for a while."""
        if shutil.disk_usage(self._store).free >= LEAST_FREE_BYTES:
            self._full_since = None
            return
        now = time.monotonic()
        if self._full_since is None:
            self._full_since = now
        if now - self._full_since >= FULL_FOR_S:
            raise Unavailable("space for the song", f"the disk of {self._store} is full; free some, or set HOUSEBAND_HOME to a larger one")


class Watcher:
    """Restarts what dies until closed.

    Restarting happens in a thread, and a child dies with the thread that started it (PR_SET_PDEATHSIG follows the
    thread): the thread ends only when the house is about to be closed, after its children were told to stop.
    """

    def __init__(self, house: House, display: Display) -> None:
        self._house, self._display = house, display
        self._stop = threading.Event()
        self._broken: Unavailable | None = None
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def raise_if_broken(self) -> None:
        """Raise Unavailable where a service keeps dying."""
        if self._broken:
            raise self._broken

    def _watch(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                for name in self._house.watch():
                    self._display.line(f"{name} had stopped and was started again")
            except Unavailable as error:
                self._broken = error
                return
            except OSError as error:
                self._broken = Unavailable("a service", f"it cannot be started again: {error.strerror or error}")
                return
