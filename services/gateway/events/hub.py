"""Waking those who watch a job.

The hub carries no facts: a watcher that is woken reads them from the database, in order, at its own pace. So a slow
reader holds up nobody, nothing is queued for it, and nothing can be missed or doubled.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from contracts.events import Progress


class Watch:
    """One watcher's bell, and the newest progress it has not seen yet (older lines are dropped)."""

    def __init__(self) -> None:
        self.bell = asyncio.Event()
        self._progress: Progress | None = None

    def tell(self, progress: Progress) -> None:
        """Leave a progress line, in place of one that was not taken."""
        self._progress = progress
        self.bell.set()

    def take_progress(self) -> Progress | None:
        """The newest line, once."""
        progress, self._progress = self._progress, None
        return progress


class Hub:
    """The watchers of each job in this process."""

    def __init__(self) -> None:
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)

    @contextmanager
    def watch(self, job_id: str) -> Iterator[Watch]:
        """Be woken for a job for as long as the block lasts."""
        watch = Watch()
        self._watches[job_id].add(watch)
        try:
            yield watch
        finally:
            self._watches[job_id].discard(watch)
            if not self._watches[job_id]:
                del self._watches[job_id]

    def wake(self, job_id: str) -> None:
        """There are new facts of this job in the database."""
        for watch in self._watches.get(job_id, ()):
            watch.bell.set()

    def tell(self, progress: Progress) -> None:
        """A new line of progress."""
        for watch in self._watches.get(progress.job_id, ()):
            watch.tell(progress)

    @property
    def watching(self) -> int:
        """How many watch now."""
        return sum(len(watches) for watches in self._watches.values())
