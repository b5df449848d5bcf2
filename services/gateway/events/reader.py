"""One reader of a stream: a place in the shared tail, and nothing else that could grow."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Protocol

from services.gateway.events.entries import Entry
from services.gateway.people.principal import Principal

if TYPE_CHECKING:
    from services.gateway.events.feed import Feed

DONE = 1000
"""WebSocket close codes: the last message is out (RFC 6455 7.4.1);"""
SLOW = 4008
"""nothing could be sent for `reader_timeout_s`;"""
CUT_OFF = 4403
"""the reader has no part in it any more;"""
ERASED = 4410
"""what it followed was erased."""


class Way(Protocol):
    """How messages get to a reader."""

    def has_room(self) -> bool:
        """Whether a message can be taken at once."""

    def send(self, entry: Entry) -> None:
        """Take a message."""

    def end(self, code: int, reason: str) -> None:
        """Close with a code."""


class Reader:
    """A cursor over a feed. It is woken by `pump`, which never waits: what its way has no room for stays in the feed."""

    __slots__ = ("_way", "cursor", "ended", "feed", "seen", "stuck_since", "who")

    def __init__(self, feed: "Feed", who: Principal, after: int, way: Way) -> None:
        self.feed, self.who, self.cursor, self._way = feed, who, after, way
        self.seen = feed.number
        self.stuck_since: float | None = None
        self.ended = False

    def pump(self) -> None:
        """Send what there is, as far as there is room."""
        while not self.ended:
            if not self._way.has_room():
                self._is_stuck()
                return
            self.stuck_since = None
            entry = self.feed.next_for(self)
            if entry is None:
                if self.feed.is_over_for(self):
                    self.end(DONE, "")
                return
            self.cursor = max(self.cursor, entry.seq)
            self.seen = entry.number or self.seen
            self._way.send(entry)

    def end(self, code: int, reason: str) -> None:
        """Send nothing more."""
        if not self.ended:
            self.ended = True
            self._way.end(code, reason)

    def _is_stuck(self) -> None:
        if self.stuck_since is None:
            self.stuck_since = time.monotonic()
            self.feed.stuck.add(self)


class Line:
    """A way for a coroutine that sends by itself: one message at a time, and the next only when that one is out."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()
        self._entry: Entry | None = None
        self.code: int | None = None
        self.reason = ""

    def has_room(self) -> bool:
        """Whether the last message was taken."""
        return self._entry is None

    def send(self, entry: Entry) -> None:
        """Hold a message until it is taken."""
        self._entry = entry
        self._bell.set()

    def end(self, code: int, reason: str) -> None:
        """Let the coroutine end, after the message that it still has to take."""
        self.code, self.reason = code, reason
        self._bell.set()

    async def entries(self, reader: Reader) -> AsyncIterator[Entry]:
        """What comes, until the end."""
        reader.pump()
        while True:
            while self._entry is None and self.code is None:
                self._bell.clear()
                await self._bell.wait()
            if self._entry is None or self.code in (SLOW, CUT_OFF, ERASED):
                return
            yield self._entry
            self._entry = None
            reader.pump()
