"""Where a stream's messages come from: the facts of a job, the changes of a composition."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select

from contracts.events import TERMINAL_FACTS, Progress
from services.gateway.collaboration.changes import changes_after
from services.gateway.database.engine import Database
from services.gateway.database.models import ENDED, Composition, Job
from services.gateway.database.queries import facts_after
from services.gateway.events.entries import Entry
from services.gateway.events.messages import change_message, fact_message, heartbeat_message, job_progress_message, progress_message

PAGE = 500
"""Most messages that are read at once."""


@dataclass(frozen=True)
class Page:
    """What was read: messages in order; whether more lie behind them; whether the last one is among what is known."""

    entries: tuple[Entry, ...]
    more: bool
    over: bool
    percent: float = 0.0


class Source(Protocol):
    """The stored messages of a stream, and how those that are not stored are worded."""

    composition_id: str

    async def newest(self) -> int:
        """Seq of the last message that is stored."""

    async def read(self, after: int) -> Page:
        """Messages above a seq, from the database."""

    def progress(self, progress: Progress, seq: int, percent: float, time: float, number: int) -> Entry:
        """A line of progress."""

    def heartbeat(self, seq: int, percent: float, time: float, number: int) -> Entry:
        """A sign of life."""


class JobSource:
    """The facts of a job."""

    def __init__(self, database: Database, job_id: str, composition_id: str) -> None:
        self._database, self.job_id, self.composition_id = database, job_id, composition_id

    async def newest(self) -> int:
        """Seq of the last fact."""
        async with self._database.read() as session:
            return await session.scalar(select(Job.last_seq).where(Job.id == self.job_id)) or 0

    async def read(self, after: int) -> Page:
        """Facts above a seq, and whether the job has ended with them."""
        async with self._database.read() as session:
            job = await session.get(Job, self.job_id)
            rows = await facts_after(session, self.job_id, after, PAGE)
        if job is None:  # erased meanwhile: the patrol tells the readers
            return Page((), more=False, over=False)
        more = len(rows) == PAGE
        over = not more and (rows[-1].type in TERMINAL_FACTS if rows else job.status in ENDED)
        entries = tuple(Entry.of(row.seq, fact_message(row)) for row in rows)
        return Page(entries, more=more, over=over, percent=rows[-1].progress if rows else job.progress)

    def progress(self, progress: Progress, seq: int, percent: float, time: float, number: int) -> Entry:
        """A line of progress; it bears the seq of the last fact."""
        return Entry.of(seq, progress_message(progress, seq, percent, time), number)

    def heartbeat(self, seq: int, percent: float, time: float, number: int) -> Entry:
        """A sign of life."""
        return Entry.of(seq, heartbeat_message(seq, percent, time), number)


class CompositionSource:
    """The changes of a composition."""

    def __init__(self, database: Database, composition_id: str) -> None:
        self._database, self.composition_id = database, composition_id

    async def newest(self) -> int:
        """The revision."""
        async with self._database.read() as session:
            return await session.scalar(select(Composition.revision).where(Composition.id == self.composition_id)) or 0

    async def read(self, after: int) -> Page:
        """Changes above a revision. It is never over; where it is erased, the patrol tells the readers."""
        async with self._database.read() as session:
            rows = await changes_after(session, self.composition_id, after, PAGE)
        return Page(tuple(Entry.of(row.revision, change_message(row)) for row in rows), more=len(rows) == PAGE, over=False)

    def progress(self, progress: Progress, seq: int, percent: float, time: float, number: int) -> Entry:  # noqa: ARG002 - its job's own
        """A line of progress of one of its jobs."""
        return Entry.of(seq, job_progress_message(progress, self.composition_id, seq, time), number)

    def heartbeat(self, seq: int, percent: float, time: float, number: int) -> Entry:  # noqa: ARG002 - a composition has no percentage
        """A sign of life."""
        return Entry.of(seq, heartbeat_message(seq, 0.0, time), number)
