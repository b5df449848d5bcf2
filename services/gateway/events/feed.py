"""The shared end of one stream: read once, encoded once, whoever many read it.

A feed holds the newest messages of a job or a composition, and each reader's place in them. What is behind the tail is read in
pages that all who are that far behind share. Lines of progress, signs of life and who is there are not stored: of each kind the
feed holds the newest, and a reader that is slow sees only that one.
"""

import asyncio
import time
from bisect import bisect_right
from collections.abc import Callable
from contextlib import AbstractContextManager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from contracts.events import Progress
from services.gateway.events.entries import Entry
from services.gateway.events.hub import Watch
from services.gateway.events.reader import Reader
from services.gateway.events.sources import PAGE, Source

log = structlog.get_logger(__name__)

_AT_A_STRETCH = 256
"""Readers that are served before others get a turn."""
_FEW = 8
"""So few readers share nothing worth keeping."""
PRESENCE = "presence"

Clock = Callable[[], float]
Worded = Callable[[int, int], Entry]
"""What is not stored, worded for a seq and a number."""


class Feed:
    """One stream of this process. `poke` is all that others call; the work is done by a task that lives while there is some."""

    def __init__(self, source: Source, clock: Clock, stuck: set[Reader]) -> None:
        self.source, self.stuck = source, stuck
        self.readers: set[Reader] = set()
        self.number = 0
        self.last: int | None = None
        self.spoken = time.monotonic()
        self._clock = clock
        self._percent, self._over = 0.0, False
        self._floor, self._tail = 0, list[Entry]()
        self._back_floor, self._back = 0, list[Entry]()
        self._behind: set[Reader] = set()
        self._slots: dict[str, Entry] = {}
        self._presence: Worded | None = None
        self._shown: Worded | None = None
        self._stale = True
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._watch: Watch | None = None
        self._watching: AbstractContextManager[Watch] | None = None

    def open(self, watching: AbstractContextManager[Watch]) -> None:
        """Be woken from now on."""
        self._watching, self._watch = watching, watching.__enter__()

    def close(self) -> None:
        """Nobody reads it any more."""
        if self._watching is not None:
            self._watching.__exit__(None, None, None)
        self._watching, self._watch, self._closed = None, None, True  # a read that is under way ends by itself

    def poke(self) -> None:
        """Look into the database, and tell the readers."""
        self._stale = True
        self._start()

    def beat(self) -> None:
        """Give a sign of life."""
        if self.last is not None and not self._over:
            self._put("heartbeat", lambda seq, number: self.source.heartbeat(seq, self._percent, self._clock(), number))
            self._start()

    def show(self, presence: Worded) -> None:
        """Tell who is there."""
        self._presence = presence
        self._start()

    def is_over_for(self, reader: Reader) -> bool:
        """Whether a reader has seen the last message that there will be."""
        return self._over and self.last is not None and reader.cursor >= self.last

    def next_for(self, reader: Reader) -> Entry | None:
        """The message after a reader's place; None: it has them all, or they are being read."""
        if self.last is None:
            return None
        if reader.cursor >= self.last:
            return next((entry for entry in self._slots.values() if entry.number > reader.seen), None)
        if reader.cursor >= self._floor:
            return _after(self._tail, reader.cursor)
        if self._back and self._back_floor <= reader.cursor < self._back[-1].seq:
            return _after(self._back, reader.cursor)
        self._behind.add(reader)
        self._start()
        return None

    def _start(self) -> None:
        if self._task is None and not self._closed:
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        """Read and tell until nothing is left to do."""
        try:
            while True:
                await self._read()
                await self._read_back()
                if self._closed:
                    return
                self._collect()
                await self._fan_out()
                self._trim()
                if not (self._stale or self._behind or self._presence or (self._watch and self._watch.waits)):
                    return
        except (SQLAlchemyError, OSError) as error:  # the patrol looks again
            log.warning("feed_not_read", composition_id=self.source.composition_id, reason=str(error))
        finally:
            self._task = None

    async def _read(self) -> None:
        """Bring the tail up to date."""
        if not self._stale:
            return
        self._stale = False
        if self.last is None:
            newest = await self.source.newest()
            first = min((reader.cursor for reader in self.readers), default=newest)
            self._floor = self.last = min(max(first, newest - PAGE), newest)
        more = True
        while more:
            page = await self.source.read(self.last)
            self._percent, self._over, more = max(self._percent, page.percent), page.over, page.more
            if page.entries:
                self._tail += page.entries
                self.last = page.entries[-1].seq
                self._keep_presence()

    def _keep_presence(self) -> None:
        """After a stored message what was told before it is old; who is there is told behind it."""
        shown, self._slots = self._slots.get(PRESENCE), {}
        if shown is not None and self._shown is not None:
            self._slots[PRESENCE] = self._shown(self.last or 0, shown.number)

    async def _read_back(self) -> None:
        """Read a page for those who are behind the tail: the one that is farthest behind says which."""
        behind, self._behind = {reader for reader in self._behind if not reader.ended}, set()
        if not behind:
            return
        self._back_floor = min(reader.cursor for reader in behind)
        self._back = list((await self.source.read(self._back_floor)).entries)
        if not self._back or self._back[-1].seq > self._floor:  # it reaches into the tail
            self._tail = [*self._back, *(entry for entry in self._tail if not self._back or entry.seq > self._back[-1].seq)]
            self._floor, self._back = self._back_floor, []

    def _collect(self) -> None:
        """Word what is not stored."""
        while self._watch is not None and (line := self._watch.take_progress()) is not None:
            if not self._over:
                self._percent = max(self._percent, line.percent)
                self._put(f"progress {line.job_id}", self._worded_progress(line))
        if self._presence is not None:
            self._shown, self._presence = self._presence, None
            self._put(PRESENCE, self._shown)

    def _worded_progress(self, line: Progress) -> Worded:
        percent, time_s = self._percent, self._clock()
        return lambda seq, number: self.source.progress(line, seq, percent, time_s, number)

    def _put(self, name: str, worded: Worded) -> None:
        """Lay a line in place of the last one of its name."""
        self.number += 1
        self._slots.pop(name, None)
        self._slots[name] = worded(self.last or 0, self.number)

    async def _fan_out(self) -> None:
        self.spoken = time.monotonic()
        for index, reader in enumerate(tuple(self.readers), 1):
            reader.pump()
            if index % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)

    def _trim(self) -> None:
        """Forget what nobody needs: behind all readers where they are few, else all but a page."""
        seen = min((reader.cursor for reader in self.readers), default=self.last or 0) if len(self.readers) < _FEW else 0
        keep = max(bisect_right(self._tail, seen, key=_seq), len(self._tail) - PAGE)
        if keep > 0:
            self._floor = self._tail[keep - 1].seq
            del self._tail[:keep]
        if not self._behind:
            self._back = []


def _seq(entry: Entry) -> int:
    return entry.seq


def _after(entries: list[Entry], seq: int) -> Entry | None:
    """The first of the entries above a seq."""
    place = bisect_right(entries, seq, key=_seq)
    return entries[place] if place < len(entries) else None
