"""Many new jobs written at once: a few statements for all of them, where one by one each takes a dozen."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import FACT, Accepted
from services.gateway.database.models import Base, ChangeRow, Composition, FactRow, Job, OutboxRow
from services.gateway.early.times import Times, remaining_of
from services.gateway.jobs.facts import stored_id
from services.gateway.people.usage import JOBS, add_usage

_SET = tuple(Job.__mapper__.column_attrs.keys())
_INSERTS: dict[type[Base], Insert] = {model: insert(model) for model in (Composition, Job, FactRow, ChangeRow, OutboxRow)}
"""Run by the connection and not by the session, and of plain values: an object of each row is more work than the row."""


async def add_jobs(session: AsyncSession, jobs: Sequence[Job], times: Times) -> None:
    """Write down new songs, each with its first fact, what their compositions' readers are told, and what is owed to the bus.

    The rows are those that `acceptance.accept_job` writes for one job. Raises IntegrityError where one of them cannot be; nothing
    is written then.
    """
    for user, count in sorted(Counter(job.user for job in jobs).items()):  # in one order: two gateways never wait for each other
        await add_usage(session, user, {JOBS: float(count)}, max(job.created_at for job in jobs if job.user == user))
    facts = [_first_fact(session, job, times) for job in jobs]
    rows = {
        Composition: [
            {"id": job.composition_id, "user": job.user, "prompt": job.request["prompt"], "revision": 1, **_times(job)} for job in jobs
        ],
        Job: [{name: job.__dict__[name] for name in _SET if name in job.__dict__} for job in jobs],
        FactRow: facts,
        ChangeRow: [
            {"composition_id": job.composition_id, "revision": 1, "time": job.created_at, "user": job.user, **_started(job)} for job in jobs
        ],
        OutboxRow: [{"job_id": job.id, "created_at": job.created_at, "attempts": 0} for job in jobs],
    }
    connection = await session.connection()
    for model, written in rows.items():
        await connection.execute(_INSERTS[model], written)


def _times(job: Job) -> dict[str, float]:
    return {"created_at": job.created_at, "updated_at": job.created_at}


def _started(job: Job) -> dict[str, Any]:
    return {"type": "job_started", "data": {"job_id": job.id}}


def _first_fact(session: AsyncSession, job: Job, times: Times) -> dict[str, Any]:
    fact = Accepted(job_id=job.id, composition_id=job.composition_id, time=job.created_at)
    times.carry(session, job, fact)
    job.last_seq = 1
    return {
        "job_id": job.id,
        "seq": 1,
        "fact_id": stored_id(fact),
        "type": fact.fact,
        "stage": None,
        "time": fact.time,
        "progress": job.progress,
        "remaining_s": remaining_of(job, fact.time),
        "payload": FACT.dump_python(fact, mode="json"),
    }
