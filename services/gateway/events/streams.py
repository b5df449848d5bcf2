"""All streams of this process, and the patrol that looks after them.

The patrol drops readers that are stuck, gives signs of life, looks in the database for what no wake told of, and ends streams of
readers who lost their part in the composition: for all streams at once, so that many streams cost few queries.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.gateway.database.engine import Database
from services.gateway.events.feed import Clock, Feed
from services.gateway.events.hub import Hub, composition_topic, job_topic
from services.gateway.events.lookout import newest_seqs, parts_in
from services.gateway.events.reader import CUT_OFF, ERASED, SLOW, Reader, Way
from services.gateway.events.sources import CompositionSource, JobSource, Source
from services.gateway.people.principal import Principal
from services.gateway.settings import GatewaySettings

log = structlog.get_logger(__name__)

_LONGEST_TICK_S, _SHORTEST_TICK_S = 1.0, 0.01
_OVER = 1008
"""Close code: the key is over (policy violation)."""


class Streams:
    """The streams that somebody reads here, by topic."""

    def __init__(self, database: Database, hub: Hub, settings: GatewaySettings, clock: Clock) -> None:
        self._database, self._hub, self._settings, self._clock = database, hub, settings, clock
        self.is_good: Callable[[Principal], bool] = _everybody
        self.stuck: set[Reader] = set()
        self._feeds: dict[str, Feed] = {}
        self._of: dict[str, set[Feed]] = {}
        self._suspects: set[str] = set()
        self._bell = asyncio.Event()
        self._looked = time.monotonic()
        hub.on_access = self.suspect

    @contextmanager
    def job(self, job_id: str, composition_id: str, who: Principal, after: int, way: Way) -> Iterator[Reader]:
        """Read a job's events after a seq for as long as the block lasts. Whoever calls has checked that `who` may."""
        topic = job_topic(job_id)
        if topic not in self._feeds:
            feed = self._add(topic, JobSource(self._database, job_id, composition_id))
            feed.open(self._hub.watch(job_id, feed.poke))
        with self._reading(topic, who, after, way) as reader:
            yield reader

    @contextmanager
    def composition(self, composition_id: str, who: Principal, after: int, way: Way) -> Iterator[Reader]:
        """Read a composition's changes above a revision for as long as the block lasts."""
        topic = composition_topic(composition_id)
        if topic not in self._feeds:
            feed = self._add(topic, CompositionSource(self._database, composition_id))
            feed.open(self._hub.watch_composition(composition_id, feed.poke))
        with self._reading(topic, who, after, way) as reader:
            yield reader

    def feed_of(self, composition_id: str) -> Feed | None:
        """The stream of a composition, where somebody reads it here."""
        return self._feeds.get(composition_topic(composition_id))

    def suspect(self, composition_id: str) -> None:
        """Check soon who may still read the streams of a composition."""
        if composition_id in self._of:
            self._suspects.add(composition_id)
            self._bell.set()

    @property
    def reading(self) -> int:
        """How many read now."""
        return sum(len(feed.readers) for feed in self._feeds.values())

    async def run(self) -> None:
        """Patrol until cancelled."""
        shortest = min(self._settings.heartbeat_s, self._settings.reader_timeout_s) / 4
        tick_s = min(max(shortest, _SHORTEST_TICK_S), _LONGEST_TICK_S)
        while True:
            try:
                async with asyncio.timeout(tick_s):  # not wait_for: of Python 3.11 it swallows a cancellation that comes with the bell
                    await self._bell.wait()
            except TimeoutError:
                self._drop_the_stuck()
                self._give_signs_of_life()
            self._bell.clear()
            await self._look()

    def _add(self, topic: str, source: Source) -> Feed:
        feed = self._feeds[topic] = Feed(source, self._clock, self.stuck)
        self._of.setdefault(source.composition_id, set()).add(feed)
        return feed

    @contextmanager
    def _reading(self, topic: str, who: Principal, after: int, way: Way) -> Iterator[Reader]:
        feed = self._feeds[topic]
        reader = Reader(feed, who, after, way)
        feed.readers.add(reader)
        if len(feed.readers) == 1:
            feed.poke()
        reader.pump()
        try:
            yield reader
        finally:
            reader.ended = True
            self.stuck.discard(reader)
            feed.readers.discard(reader)
            if not feed.readers:
                self._remove(topic, feed)

    def _remove(self, topic: str, feed: Feed) -> None:
        del self._feeds[topic]
        kin = self._of[feed.source.composition_id]
        kin.discard(feed)
        if not kin:
            del self._of[feed.source.composition_id]
        feed.close()

    def _drop_the_stuck(self) -> None:
        """End readers that took nothing for too long; and those whose key is over."""
        now, limit_s = time.monotonic(), self._settings.reader_timeout_s
        for reader in tuple(self.stuck):
            if reader.stuck_since is None or reader.ended:
                self.stuck.discard(reader)
            elif now - reader.stuck_since > limit_s:
                log.info("reader_dropped", composition_id=reader.feed.source.composition_id, stuck_s=round(now - reader.stuck_since, 1))
                reader.end(SLOW, f"nothing was read for {limit_s:g} s")
        for feed in tuple(self._feeds.values()):
            for reader in tuple(feed.readers):
                if not self.is_good(reader.who):
                    reader.end(_OVER, "the key is over")

    def _give_signs_of_life(self) -> None:
        now = time.monotonic()
        for feed in tuple(self._feeds.values()):
            if now - feed.spoken >= self._settings.heartbeat_s:
                feed.beat()

    async def _look(self) -> None:
        """See who may still read; and, every `heartbeat_s`, whether a wake was lost."""
        suspects, self._suspects = self._suspects, set()
        everything = time.monotonic() - self._looked >= self._settings.heartbeat_s
        if everything:
            self._looked, suspects = time.monotonic(), set(self._of)
        try:
            await self._cut_off(suspects)
            if everything:
                await self._catch_up()
        except (SQLAlchemyError, OSError) as error:
            log.warning("streams_not_looked_after", reason=str(error))
            self._suspects |= suspects

    async def _cut_off(self, compositions: set[str]) -> None:
        """End the streams of those who have no part in it any more."""
        if not compositions:
            return
        async with self._database.read() as session:
            parts = await parts_in(session, compositions)
        for composition_id in compositions:
            users = parts.get(composition_id)
            for reader in [reader for feed in self._of.get(composition_id, ()) for reader in feed.readers]:
                if users is None:
                    reader.end(ERASED, "it was erased")
                elif reader.who.user not in users:
                    reader.end(CUT_OFF, "no part in it any more")

    async def _catch_up(self) -> None:
        """Wake the streams that the database is ahead of."""
        async with self._database.read() as session:
            newest = await newest_seqs(session, set(self._feeds))
        for topic, seq in newest.items():
            feed = self._feeds.get(topic)
            if feed is not None and (feed.last is None or seq > feed.last):
                feed.poke()


def _everybody(_who: Principal) -> bool:
    return True
