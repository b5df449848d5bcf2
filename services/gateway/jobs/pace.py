"""How many orders are read at the door: all of them at the pace of people, some of them in a rush."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST_AT_ONCE = 4
AT_A_STRETCH, PER_S = 20.0, 2.0
UNHURRIED = 10.0
"""Of those at a stretch so many have all their time; the later ones come in a rush."""
HURRIED = 0.075
"""The share of its time that an order has in a rush, or beside others."""


class Pace:
    """Says whether an order is read, and how long it may take.

    Beyond the pace an order is taken unread, as its stage reads it: nobody waits in line, and the reader keeps its time for songs.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._filled, self._budget, self._open = clock, clock(), AT_A_STRETCH, 0

    @contextmanager
    def reading(self, patience_s: float) -> Iterator[float | None]:
        """For as long as the block lasts an order is read, for at most so many seconds: fewer in a rush. None: it is not read."""
        now = self._clock()
        self._budget, self._filled = min(self._budget + (now - self._filled) * PER_S, AT_A_STRETCH), now
        if self._open >= MOST_AT_ONCE or self._budget < 1.0:
            yield None
            return
        hurried = self._open > 0 or self._budget <= AT_A_STRETCH - UNHURRIED
        self._budget, self._open = self._budget - 1.0, self._open + 1
        try:
            yield patience_s * HURRIED if hurried else patience_s
        finally:
            self._open -= 1
