"""A job's events for one reader of a gRPC stream."""

import asyncio
from collections.abc import AsyncIterator

from contracts.events import TERMINAL_FACTS
from services.gateway.database.models import ENDED, Job
from services.gateway.database.queries import facts_after
from services.gateway.events.messages import Message, fact_message, heartbeat_message, progress_message
from services.gateway.ports import Desk


async def job_events(desk: Desk, job_id: str, after: int) -> AsyncIterator[Message]:
    """Facts after `after` from the database, then live with progress and heartbeats, until the last fact.

    The reader's pace is its own: nothing is queued for it, and nothing waits for it.
    """
    seq, percent = after, 0.0
    with desk.hub.watch(job_id) as watch:
        while True:
            async with desk.database.read() as session:
                job = await session.get_one(Job, job_id)
                rows = await facts_after(session, job_id, seq)
                ended = job.status in ENDED if not rows else rows[-1].type in TERMINAL_FACTS
            percent = max(percent, rows[0].progress if rows else job.progress)
            for row in rows:
                percent, seq = max(percent, row.progress), row.seq
                yield fact_message(row)
            if ended:
                return
            if (progress := watch.take_progress()) is not None:
                percent = max(percent, progress.percent)
                yield progress_message(progress, seq, percent, desk.clock())
            try:
                await asyncio.wait_for(watch.bell.wait(), desk.settings.heartbeat_s)
            except TimeoutError:
                yield heartbeat_message(seq, percent, desk.clock())
            watch.bell.clear()
