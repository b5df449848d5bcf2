"""Keeping a house alive from a thread while the command follows its job."""

import threading
from typing import Self

from contracts.errors import Unavailable
from houseband.display import Display
from houseband.launcher import House

EVERY_S = 0.1


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
