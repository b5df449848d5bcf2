"""The shared tail, simulated: whatever happens to readers, none of them misses a message or gets one twice."""

# ruff: noqa: ARG002 - the signatures are those of a source and of a way

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events import Progress
from services.gateway.events.entries import Entry
from services.gateway.events.feed import Feed
from services.gateway.events.hub import Hub
from services.gateway.events.reader import Line, Reader
from services.gateway.events.sources import PAGE, Page
from services.gateway.people.principal import LOCAL


class Log:
    """A stream in memory, read in pages as the database is; it counts how often."""

    composition_id = "c"

    def __init__(self, length: int) -> None:
        self.length, self.over, self.reads = length, False, 0

    async def newest(self) -> int:
        return self.length

    async def read(self, after: int) -> Page:
        self.reads += 1
        await asyncio.sleep(0)
        last = min(self.length, max(after, 0) + PAGE)
        entries = tuple(Entry(seq, b"") for seq in range(after + 1, last + 1))
        return Page(entries, more=last < self.length and len(entries) == PAGE, over=self.over and last >= self.length)

    def progress(self, progress: Progress, seq: int, percent: float, time: float, number: int) -> Entry:
        return Entry.of(seq, progress, number)

    def heartbeat(self, seq: int, percent: float, time: float, number: int) -> Entry:
        return Entry(seq, b"", number)


class Way:
    """A way that has room for so many messages, until there is more."""

    def __init__(self) -> None:
        self.got: list[Entry] = []
        self.room = 0
        self.code: int | None = None

    def has_room(self) -> bool:
        return self.room > 0

    def send(self, entry: Entry) -> None:
        assert self.room > 0
        self.room -= 1
        self.got.append(entry)

    def end(self, code: int, reason: str) -> None:
        self.code = code


class Person:
    """Somebody who follows, leaves, and comes back with the last seq they have."""

    def __init__(self, feed: Feed) -> None:
        self.feed, self.seqs, self.after = feed, list[int](), 0
        self.way, self.reader = Way(), None

    def come(self) -> None:
        if self.reader is None:
            self.way = Way()
            self.reader = Reader(self.feed, LOCAL, self.after, self.way)
            self.feed.readers.add(self.reader)
            if len(self.feed.readers) == 1:
                self.feed.poke()

    def leave(self) -> None:
        """What was sent but not taken is lost on the way; what was taken counts."""
        if self.reader is not None:
            self.take(1000)
            self.feed.readers.discard(self.reader)
            self.reader.ended, self.reader = True, None

    def take(self, room: int) -> None:
        if self.reader is not None:
            self.way.room = room
            self.reader.pump()
            stored = [entry.seq for entry in self.way.got if entry.number == 0]
            self.seqs += stored
            self.after = max([self.after, *stored])
            self.way.got.clear()


STEPS = st.lists(
    st.tuples(st.sampled_from(["come", "leave", "take", "fact", "many", "lost", "beat", "turn"]), st.integers(0, 4)), max_size=60
)


@settings(max_examples=30, deadline=None)
@given(STEPS, st.sampled_from([0, 3, 2 * PAGE + 7]))
def test_nobody_misses_anything_or_gets_it_twice(steps: list[tuple[str, int]], length: int) -> None:
    """Over any order of facts, wakes, lost wakes, readers that come, are slow, leave and come back: every seq once, in order."""

    async def played() -> None:
        log, hub = Log(length), Hub()
        feed = Feed(log, lambda: 0.0, set())
        feed.open(hub.watch("j", feed.poke))
        people = [Person(feed) for _ in range(5)]
        for what, which in steps:
            person = people[which]
            match what:
                case "come" | "leave":
                    getattr(person, what)()
                case "take":
                    person.take(which + 1)
                case "fact" | "many" | "lost":
                    log.length += 1 if what != "many" else PAGE // 2
                    if what != "lost":
                        hub.wake("j")
                case "beat":
                    feed.beat()
                case _:
                    await asyncio.sleep(0)
        log.over = True
        for person in people:
            person.come()
        hub.wake("j")
        while any(person.way.code is None for person in people):
            for person in people:
                person.take(100_000)
            await asyncio.sleep(0)
        for person in people:
            person.take(0)
            assert person.seqs == list(range(1, log.length + 1))
        feed.close()

    asyncio.run(asyncio.wait_for(played(), 60))


def test_a_thousand_readers_cost_one_read() -> None:
    """All readers of a stream share one read of the database, and one encoding, of each message."""

    async def played() -> None:
        log, hub = Log(0), Hub()
        feed = Feed(log, lambda: 0.0, set())
        feed.open(hub.watch("j", feed.poke))
        people = [Person(feed) for _ in range(1000)]
        for person in people:
            person.come()
            person.way.room = 1_000_000
        for _ in range(20):
            await asyncio.sleep(0)
        before = log.reads
        for _ in range(10):
            log.length += 1
            hub.wake("j")
            for _ in range(20):
                await asyncio.sleep(0)
        assert all([entry.seq for entry in person.way.got] == list(range(1, 11)) for person in people)
        assert len({id(person.way.got[5]) for person in people}) == 1
        assert log.reads - before == 10
        feed.close()

    asyncio.run(played())


async def test_a_line_gives_what_is_left_before_it_ends() -> None:
    """A coroutine that reads a stream gets every message, and then the end."""
    log = Log(5)
    log.over = True
    feed = Feed(log, lambda: 0.0, set())
    line: Any = Line()
    reader = Reader(feed, LOCAL, 2, line)
    feed.readers.add(reader)
    feed.poke()
    assert [entry.seq async for entry in line.entries(reader)] == [3, 4, 5]
