"""Progress lines: kept in memory for a moment, then written for all jobs at once.

A percentage is told only after it is in the database: so it does not fall when the gateway is restarted.
"""

import asyncio

from sqlalchemy import select, update

from contracts.events import Progress
from services.gateway.database.engine import Database
from services.gateway.database.models import OPEN, Job
from services.gateway.early.times import remaining_of
from services.gateway.events.hub import Hub

_MOST = 99.9  # only the fact that a job finished says 100


class ProgressLedger:
    """The newest line of each job, waiting to be written."""

    def __init__(self, database: Database, hub: Hub, period_s: float) -> None:
        self._database, self._hub, self._period_s = database, hub, period_s
        self._waiting: dict[str, Progress] = {}
        self._told = asyncio.Event()

    def note(self, progress: Progress) -> None:
        """Take a line; of two for one job the newer text and the higher percentage stay."""
        earlier = self._waiting.get(progress.job_id)
        percent = min(max(progress.percent, earlier.percent if earlier else 0.0), _MOST)
        self._waiting[progress.job_id] = progress.model_copy(update={"percent": percent})
        self._told.set()

    async def run(self) -> None:
        """Write until cancelled, at most once per period."""
        while True:
            await self._told.wait()
            await self.flush()
            await asyncio.sleep(self._period_s)

    async def flush(self) -> None:
        """Write what waits in one transaction, then tell it.

        Jobs in the order of their ids: two gateways that write of the same ones never wait for each other in a circle.
        """
        self._told.clear()
        lines, self._waiting = [self._waiting[job_id] for job_id in sorted(self._waiting)], {}
        if not lines:
            return
        async with self._database.write() as session:
            for line in lines:
                rising = update(Job).where(Job.id == line.job_id, Job.status.in_(OPEN), Job.progress < line.percent)
                await session.execute(rising.values(progress=line.percent))
            found = await session.scalars(select(Job).where(Job.id.in_([line.job_id for line in lines])))
            jobs = {job.id: job for job in found.all()}
        for line in lines:
            job = jobs.get(line.job_id)
            told = line.model_copy(update={"remaining_s": remaining_of(job)}) if job else line
            self._hub.tell(told, job.composition_id if job else None)
