"""The outbox relay: gives the bus what the database owes it.

A crash anywhere is harmless. Revision 0 is created once, messages carry ids, and the row is marked last: whatever
was not marked is done again, with the same effect.
"""

import asyncio

import structlog
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.errors import BadInput, Unavailable
from contracts.events import Accepted
from services.gateway.database.models import ENDED, Job, OutboxRow
from services.gateway.jobs.acceptance import first_context, first_event
from services.gateway.jobs.endings import end_job
from services.gateway.ports import Desk
from services.gateway.releasing import ended_unsent, next_to_send

log = structlog.get_logger(__name__)

_MOST_FAILURES = 3
_REST_S = 0.05
"""Between two rounds: who orders a hundred songs in a second nudges a hundred times, and each round looks at all that wait."""


class OutboxRelay:
    """Sends what is owed: at once when nudged and there is a place, and again and again until the bus has it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._nudged = asyncio.Event()
        self._is_full = False

    def nudge(self) -> None:
        """There is something new to send. Where no place was left, it is looked for when one is free, or when its time comes."""
        if not self._is_full:
            self._nudged.set()

    def place_free(self) -> None:
        """A job has ended."""
        self._is_full = False
        self._nudged.set()

    async def run(self) -> None:
        """Relay until cancelled."""
        while True:
            self._nudged.clear()
            self._is_full = False
            await self.send_owed()
            await asyncio.sleep(min(_REST_S, self._desk.settings.outbox_period_s))
            try:
                async with asyncio.timeout(self._desk.settings.outbox_period_s):  # not wait_for: of 3.11 it may swallow a cancellation
                    await self._nudged.wait()
            except TimeoutError:
                continue

    async def send_owed(self) -> int:
        """Send what is owed, in turn between users, as far as there are places; how many the bus took.

        Of several gateways on one database one sends at a time: each would count the same places, and send the same jobs.
        """
        async with self._desk.database.in_turn("outbox"):
            return await self._send_turns()

    async def _send_turns(self) -> int:
        """A round of sending.

        A failure of one leaves the others alone; after a few it is the bus that fails, and the round is over.
        """
        sent = failed = 0
        waiting, free, done = await self._owed()
        try:
            for row_id, job in waiting:
                if sent == free or failed == _MOST_FAILURES:
                    break
                failure = await self._offer(job)
                done[row_id] = None if failure is None else str(failure)
                sent, failed = sent + (failure is None), failed + isinstance(failure, Unavailable)
        finally:
            if done:
                await self._mark(done)
        self._is_full = sent == free
        return sent

    async def _offer(self, job: Job) -> Exception | None:
        """Send a job; what went wrong, if something did."""
        try:
            await self.send(job)
        except Unavailable as error:
            log.warning("outbox_send_failed", job_id=job.id, reason=str(error))
            return error
        except BadInput as error:  # the version that it revises cannot be read
            await end_job(self._desk, job, "failed", error.problem())
            return error
        except ValidationError as error:  # nobody behind it has to wait for what no version of ours can read
            log.error("request_unreadable", job_id=job.id, errors=error.error_count())
            told = BadInput("request", job.id, "a request that can be read", hint=f"{error.errors()[0]['msg']}.")
            await end_job(self._desk, job, "failed", told.problem())
            return told
        return None

    async def send(self, job: Job) -> None:
        """Give one job to the bus: first its revision 0, then the event that refers to it, then the fact."""
        if job.status in ENDED:
            return
        context = await first_context(self._desk.objects, job)
        event = first_event(context)
        await asyncio.to_thread(self._desk.objects.create, event.revision, context.to_json())
        await self._desk.bus.publish_stage(event)
        await self._desk.bus.publish_fact(Accepted(job_id=job.id, composition_id=job.composition_id, time=job.created_at))

    async def _owed(self) -> tuple[list[tuple[int, Job]], int, dict[int, str | None]]:
        """What waits, in the order of its turn; how much of it may be sent; and the rows that are over, with nothing that went wrong."""
        async with self._desk.database.read() as session:
            over = await ended_unsent(session)
            waiting, free = await next_to_send(session, self._desk.settings.jobs_in_flight, self._desk.clock())
        return [(one.row_id, one.job) for one in waiting], free, dict.fromkeys(over)

    async def _mark(self, done: dict[int, str | None]) -> None:
        """Note of rows that they were sent, or why not, once for a round: who dies before it does the round again."""

        async def mark(session: AsyncSession) -> None:
            rows = select(OutboxRow, Job).join(Job, Job.id == OutboxRow.job_id).where(OutboxRow.id.in_(done)).order_by(OutboxRow.id)
            for row, job in (await session.execute(rows)).all():
                row.attempts += 1
                row.last_error = done[row.id]
                if row.last_error is None and row.sent_at is None:
                    row.sent_at = self._desk.clock()
                    if job.status == "queued":  # the time that it waited for its turn is not held against it
                        job.deadline_at = row.sent_at + self._desk.settings.job_deadline_s

        await self._desk.database.change(mark)
