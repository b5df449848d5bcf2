"""Which of the jobs that wait are given to the bus next: in turn between users, so that one with fifty starves nobody.

The stages work through their queues in order. What is fair is therefore decided before: only so many jobs are on the bus at once, and a
place that becomes free goes to whoever has the fewest jobs there, then to whoever was served longest ago, then to the oldest job.
Everything is read from the database, so that a gateway that starts again, or another one, decides the same.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import ENDED, OPEN, Job, OutboxRow

LOOKS_BACK_S = 3600.0
"""Who was served before that counts as never served."""
_MOST_USERS = 1000
"""Users that are looked at in a round, those who wait longest first."""


@dataclass(frozen=True)
class Waiting:
    """A job that is owed to the bus."""

    row_id: int
    job: Job
    attempts: int


async def next_to_send(session: AsyncSession, in_flight: int, now: float) -> tuple[list[Waiting], int]:
    """The jobs that wait in the order of their turn, and how many of them may be sent now."""
    there = await _on_the_bus(session)
    free = max(in_flight - sum(there.values()), 0)
    if not free:
        return [], 0
    heads = await _first_of_each(session, free)
    users = {waiting.job.user for waiting in heads}
    served = await _served(session, now - LOOKS_BACK_S) if len(users) > 1 else {}
    rank = dict.fromkeys(users, 0)
    turns: list[tuple[int, int, float, int]] = []
    for waiting in heads:
        user = waiting.job.user
        rank[user] += 1
        turns.append((waiting.attempts, there.get(user, 0) + rank[user], served.get(user, 0.0), waiting.row_id))
    order = sorted(range(len(heads)), key=turns.__getitem__)
    return [heads[place] for place in order], free


async def ended_unsent(session: AsyncSession) -> list[int]:
    """Outbox rows of jobs that ended before they were sent: nothing is owed for them any more."""
    statement = select(OutboxRow.id).join(Job, Job.id == OutboxRow.job_id).where(OutboxRow.sent_at.is_(None), Job.status.in_(ENDED))
    return list(await session.scalars(statement.limit(1000)))


async def _on_the_bus(session: AsyncSession) -> dict[str, int]:
    """How many jobs of each user are at work or in the queues."""
    statement = (
        select(Job.user, func.count())
        .join(OutboxRow, OutboxRow.job_id == Job.id)
        .where(Job.status.in_(OPEN), OutboxRow.sent_at.is_not(None))
        .group_by(Job.user)
    )
    return dict((await session.execute(statement)).tuples().all())


async def _first_of_each(session: AsyncSession, most: int) -> list[Waiting]:
    """The oldest `most` jobs of each user that wait, in the order of the rows."""
    place = func.row_number().over(partition_by=Job.user, order_by=OutboxRow.id).label("place")
    ranked = (
        select(OutboxRow.id, OutboxRow.attempts, OutboxRow.job_id, place)
        .join(Job, Job.id == OutboxRow.job_id)
        .where(OutboxRow.sent_at.is_(None), Job.status.in_(OPEN))
        .subquery()
    )
    statement = (
        select(ranked.c.id, ranked.c.attempts, Job)
        .join(Job, Job.id == ranked.c.job_id)
        .where(ranked.c.place <= most)
        .order_by(ranked.c.place, ranked.c.id)
        .limit(_MOST_USERS)
    )
    found = [Waiting(row_id, job, attempts) for row_id, attempts, job in (await session.execute(statement)).all()]
    return sorted(found, key=lambda waiting: waiting.row_id)


async def _served(session: AsyncSession, since: float) -> dict[str, float]:
    """When a job of each user was last given to the bus."""
    statement = (
        select(Job.user, func.max(OutboxRow.sent_at))
        .join(OutboxRow, OutboxRow.job_id == Job.id)
        .where(OutboxRow.sent_at >= since)
        .group_by(Job.user)
    )
    return {user: sent_at or 0.0 for user, sent_at in (await session.execute(statement)).all()}
