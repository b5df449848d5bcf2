"""What nobody hears any more goes; what was measured elsewhere is learned."""

import asyncio

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import ENDED, FactRow, Job
from services.gateway.early.drafts import drop_draft
from services.gateway.ports import Desk

EVERY_S = 30.0
KEPT_S = 600.0
"""A draft stays this long after its song is ready, for those who are in the middle of it; after a cancellation it goes at once."""
LOOKS_BACK_S = 86_400.0
log = structlog.get_logger(__name__)


class EarlyKeeper:
    """Drops the drafts of ended jobs, and keeps the measured times fresh."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._dropped: set[str] = set()

    async def run(self) -> None:
        """Keep until cancelled."""
        while True:
            await self.keep()
            await asyncio.sleep(EVERY_S)

    async def keep(self) -> int:
        """One round; how many drafts were dropped."""
        times = self._desk.times
        async with self._desk.database.read() as session:
            await times.load(session)
            over = await self._over(self._desk.clock(), session)
        async with self._desk.database.write() as session:
            await times.prune(session)
        for composition_id, job_id in over:
            count = await drop_draft(self._desk, composition_id, job_id)
            self._dropped.add(job_id)
            log.info("draft_dropped", job_id=job_id, objects=count)
        return len(over)

    async def _over(self, now: float, session: AsyncSession) -> list[tuple[str, str]]:
        """Jobs whose draft nobody needs any more, as (composition, job)."""
        drafted = select(FactRow.job_id).where(FactRow.type == "preview_ready", FactRow.job_id == Job.id).exists()
        recent = select(Job).where(Job.status.in_(ENDED), Job.ended_at > now - LOOKS_BACK_S, drafted)
        jobs = await session.scalars(recent)
        return [
            (job.composition_id, job.id)
            for job in jobs
            if job.id not in self._dropped and (job.status == "cancelled" or (job.ended_at or 0.0) < now - KEPT_S)
        ]
