"""The reconciler: no job is ever stuck.

The database says which jobs exist. For one that has not ended and of which the stream holds no message, either the end
is there and was not heard, or the next event was lost with the bus: then it is published again, from the newest
revision. The message id gets a suffix, since the broker refuses an id it has seen for a while, even after the ack.
"""

import asyncio

import structlog
from sqlalchemy import func, select

from contracts.context import successor
from contracts.errors import BadInput, Problem, Unavailable
from contracts.events import StageReady
from services.gateway.database.models import OPEN, Job, OutboxRow
from services.gateway.jobs.endings import end_job, find_end, settle_end
from services.gateway.jobs.revisions import load_context, newest_revision
from services.gateway.ports import Desk

log = structlog.get_logger(__name__)
_LEAST_PAUSE_S = 0.5


class Reconciler:
    """Looks after the open jobs, at start and then periodically."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """Reconcile until cancelled."""
        while True:
            await self.reconcile()
            await asyncio.sleep(await self._pause_s())

    async def _pause_s(self) -> float:
        """The period, or less where a job's deadline comes before."""
        async with self._desk.database.read() as session:
            nearest = await session.scalar(select(func.min(Job.deadline_at)).where(Job.status == "processing"))
        period_s = self._desk.settings.reconcile_period_s
        return period_s if nearest is None else min(max(nearest - self._desk.clock(), _LEAST_PAUSE_S), period_s)

    async def reconcile(self) -> dict[str, str]:
        """Look at every open job once; what was done for each, by job id. An unavailable bus or store is met next time.

        Of several gateways on one database one does it at a time: the next one finds what was published in the queues.
        """
        async with self._desk.database.in_turn("reconciler"):
            return await self._look_around()

    async def _look_around(self) -> dict[str, str]:
        done: dict[str, str] = {}
        try:
            await self._desk.bus.restore()
        except Unavailable as error:
            log.warning("bus_unavailable", reason=str(error))
        for job in await self._open_jobs():
            try:
                done[job.id] = await self._look_after(job)
            except Unavailable as error:
                done[job.id] = "unavailable"
                log.warning("reconcile_postponed", job_id=job.id, reason=str(error))
            except BadInput as error:
                await end_job(self._desk, job, "failed", error.problem())
                done[job.id] = "failed"
        acted = {job_id: action for job_id, action in done.items() if action != "waiting"}
        if acted:
            log.info("reconciled", jobs=acted)
        return done

    async def _look_after(self, job: Job) -> str:
        if self._desk.clock() > job.deadline_at:
            end = await end_job(self._desk, job, "failed", deadline_problem(self._desk.clock() - job.created_at))
            return end.status
        if await self._desk.bus.pending(job.id):
            return "waiting"
        # Asked for after the queue: a worker creates end.json before it acknowledges its last message.
        if end_document := await find_end(self._desk.objects, job.composition_id, job.id):
            await settle_end(self._desk, end_document)
            return end_document.status
        revision = await asyncio.to_thread(newest_revision, self._desk.objects, job.composition_id, job.id)
        return await self._republish(job, revision) if revision else await self._owe_again(job)

    async def _republish(self, job: Job, revision: str) -> str:
        """Publish what follows the newest revision, or end the job where nothing follows."""
        context = await load_context(self._desk.objects, revision)
        following = successor(context)
        if following.stage is None:
            end = await end_job(self._desk, job, following.end or "failed", lost_verdict_problem() if following.end == "failed" else None)
            return end.status
        event = StageReady(
            job_id=job.id,
            composition_id=job.composition_id,
            stage=following.stage,
            revision=revision,
            seq=context.seq,
            attempt=following.attempt,
        )
        # Counted before it is sent: an id that may have been used is never used again.
        async with self._desk.database.write() as session:
            row = await session.get_one(Job, job.id, with_for_update=True)
            row.republished += 1
            count = row.republished
        await self._desk.bus.publish_stage(event, suffix=f"/r{count}")
        return f"republished {following.stage}"

    async def _owe_again(self, job: Job) -> str:
        """Not even revision 0 is there: the store lost it. The request is in the database, so the outbox owes it again."""
        async with self._desk.database.write() as session:
            row = await session.scalar(select(OutboxRow).where(OutboxRow.job_id == job.id))
            if row is None or row.sent_at is None:
                return "waiting"
            row.sent_at = None
        return "owed again"

    async def _open_jobs(self) -> list[Job]:
        """Open jobs whose first event left the outbox; the relay looks after the others, until they waited too long."""
        queued_before = self._desk.clock() - self._desk.settings.queue_deadline_s
        statement = (
            select(Job)
            .join(OutboxRow, OutboxRow.job_id == Job.id)
            .where(Job.status.in_(OPEN))
            .where(OutboxRow.sent_at.is_not(None) | (Job.created_at < queued_before))
            .order_by(Job.created_at)
        )
        async with self._desk.database.read() as session:
            return list(await session.scalars(statement))


def deadline_problem(deadline_s: float) -> Problem:
    """The job took too long."""
    return Problem(
        title="The job took too long",
        status=504,
        detail=f"The job did not end within {deadline_s:.0f} s; it was stopped. Its newest revision is kept.",
        code="deadline_exceeded",
    )


def lost_verdict_problem() -> Problem:
    """QA refused the song for the last time, and the worker died before it could say so."""
    return Problem(
        title="The song did not pass its checks",
        status=500,
        detail="A check failed after all retries; report.json says which.",
        code="qa_failed",
    )
