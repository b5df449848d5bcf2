"""Waking those who watch a job or a composition, in this process and, through `replicas.py`, in the other gateways.

The hub carries no facts: a watcher that is woken reads them from the database, in order, at its own pace. So a slow
reader holds up nobody, nothing is queued for it, and nothing can be missed or doubled.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from contracts.events import Here, Live, Progress


class Watch:
    """One watcher's bell, and the newest progress of each job that it has not seen yet (older lines are dropped)."""

    def __init__(self, on_ring: Callable[[], None] | None = None) -> None:
        self.bell = asyncio.Event()
        self._on_ring = on_ring
        self._progress: dict[str, Progress] = {}

    def ring(self) -> None:
        """There is something to look at."""
        self.bell.set()
        if self._on_ring:
            self._on_ring()

    def tell(self, progress: Progress) -> None:
        """Leave a progress line, in place of one of the same job that was not taken."""
        self._progress[progress.job_id] = progress
        self.ring()

    @property
    def waits(self) -> bool:
        """Whether a line waits."""
        return bool(self._progress)

    def take_progress(self) -> Progress | None:
        """A newest line that waits, once."""
        return self._progress.pop(next(iter(self._progress))) if self._progress else None


class Others(Protocol):
    """The other gateways, as the hub sees them."""

    def follow(self, topic: str) -> None:
        """Somebody here watches a topic now."""

    def leave(self, topic: str) -> None:
        """Nobody here watches a topic any more."""

    def say(self, live: Live, key: str = "") -> None:
        """Tell the others; of what waits with one topic and key the newest is told."""


class Nobody:
    """A gateway alone."""

    def follow(self, topic: str) -> None:
        """Nothing to follow."""

    def leave(self, topic: str) -> None:
        """Nothing to leave."""

    def say(self, live: Live, key: str = "") -> None:
        """Nobody to tell."""


def job_topic(job_id: str) -> str:
    """Topic of a job."""
    return f"job.{job_id}"


def composition_topic(composition_id: str) -> str:
    """Topic of a composition."""
    return f"composition.{composition_id}"


class Hub:
    """The watchers of each topic in this process."""

    def __init__(self, replica: str = "") -> None:
        self.replica = replica
        self.others: Others = Nobody()
        self.on_access: Callable[[str], None] = _ignore
        self.on_here: Callable[[str, Here | None], None] = _ignore_here
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)

    def watch(self, job_id: str, on_ring: Callable[[], None] | None = None) -> AbstractContextManager[Watch]:
        """Be woken for a job for as long as the block lasts."""
        return self._watch(job_topic(job_id), on_ring)

    def watch_composition(self, composition_id: str, on_ring: Callable[[], None] | None = None) -> AbstractContextManager[Watch]:
        """Be woken for a composition for as long as the block lasts."""
        return self._watch(composition_topic(composition_id), on_ring)

    @contextmanager
    def _watch(self, topic: str, on_ring: Callable[[], None] | None) -> Iterator[Watch]:
        watch = Watch(on_ring)
        if topic not in self._watches:
            self.others.follow(topic)
        self._watches[topic].add(watch)
        try:
            yield watch
        finally:
            self._watches[topic].discard(watch)
            if not self._watches[topic]:
                del self._watches[topic]
                self.others.leave(topic)

    def wake(self, job_id: str) -> None:
        """There are new facts of this job in the database."""
        self._wake(job_topic(job_id))

    def wake_composition(self, composition_id: str) -> None:
        """Something of this composition changed in the database: to be called after the commit."""
        self._wake(composition_topic(composition_id))

    def wake_access(self, composition_id: str) -> None:
        """Somebody's rights in a composition changed, or it was erased: open streams are checked again, here and elsewhere."""
        self.on_access(composition_id)
        self.others.say(Live(by=self.replica, topic=f"access.{composition_id}"))

    def tell(self, progress: Progress, composition_id: str | None = None) -> None:
        """A new line of progress."""
        topics = [job_topic(progress.job_id), *([composition_topic(composition_id)] if composition_id else [])]
        for topic in topics:
            self._tell(topic, progress)
            self.others.say(Live(by=self.replica, topic=topic, progress=progress), f"progress {progress.job_id}")

    def heard(self, live: Live) -> None:
        """What another gateway says."""
        kind, _, name = live.topic.partition(".")
        if live.by == self.replica:
            return
        if kind == "access":
            self.on_access(name)
        elif live.here or live.asks:
            self.on_here(name, live.here)
        elif live.progress:
            self._tell(live.topic, live.progress)
        else:
            self.ring(live.topic)

    def ring(self, topic: str) -> None:
        """Ring every bell of a topic in this process."""
        for watch in tuple(self._watches.get(topic, ())):
            watch.ring()

    def ring_all(self) -> None:
        """Ring every bell: the line to the other gateways was broken for a while."""
        for topic in tuple(self._watches):
            self.ring(topic)

    @property
    def watching(self) -> int:
        """How many watch now."""
        return sum(len(watches) for watches in self._watches.values())

    def _wake(self, topic: str) -> None:
        self.ring(topic)
        self.others.say(Live(by=self.replica, topic=topic))

    def _tell(self, topic: str, progress: Progress) -> None:
        for watch in tuple(self._watches.get(topic, ())):
            watch.tell(progress)


def _ignore(_composition_id: str) -> None:
    pass


def _ignore_here(_composition_id: str, _here: Here | None) -> None:
    pass
