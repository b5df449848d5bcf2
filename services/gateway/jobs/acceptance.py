"""Taking a job: its row, its first fact and what is owed to the bus are written in one transaction."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.context import Context, Request, first_stage, revision_key
from contracts.events import Accepted, StageReady
from services.gateway.database.models import Composition, Job, OutboxRow
from services.gateway.jobs.facts import append_fact
from services.gateway.ports import Desk
from services.gateway.problems import Refused


@dataclass(frozen=True)
class Idempotency:
    """A client's key for one request, and the digest of what it asked."""

    key: str
    digest: str


async def accept_job(desk: Desk, request: Request, composition_id: str, job_id: str, once: Idempotency | None = None) -> Job:
    """Write the job down. From here on it will be made, whatever crashes.

    Raises Refused where another request has taken the same idempotency key for something else.
    """
    now = desk.clock()
    job = Job(
        id=job_id,
        composition_id=composition_id,
        user=request.user,
        status="queued",
        progress=0.0,
        attempt=1,
        last_seq=0,
        republished=0,
        request=request.model_dump(mode="json", by_alias=True),
        created_at=now,
        updated_at=now,
        deadline_at=now + desk.settings.job_deadline_s,
        idempotency_key=once.key if once else None,
        idempotency_digest=once.digest if once else None,
    )
    try:
        async with desk.database.write() as session:
            session.add(Composition(id=composition_id, user=request.user, prompt=request.prompt, created_at=now, updated_at=now))
            await session.flush()
            session.add(job)
            await session.flush()
            await append_fact(session, Accepted(job_id=job_id, composition_id=composition_id, time=now))
            session.add(OutboxRow(job_id=job_id, created_at=now, attempts=0))
    except IntegrityError:
        earlier = await find_earlier(desk, request.user, once)
        if earlier is None:
            raise
        return earlier
    return job


async def find_earlier(desk: Desk, user: str, once: Idempotency | None) -> Job | None:
    """The job that the same request made before. Raises Refused where the key was used for another request."""
    if once is None:
        return None
    async with desk.database.read() as session:
        job = await _job_by_key(session, user, once.key)
    if job is not None and job.idempotency_digest != once.digest:
        raise Refused(
            422,
            "This Idempotency-Key was used for another request.",
            code="idempotency_key_reused",
            field="Idempotency-Key",
            value=once.key,
            allowed="the same request, or a new key",
        )
    return job


async def _job_by_key(session: AsyncSession, user: str, key: str) -> Job | None:
    found: Job | None = await session.scalar(select(Job).where(Job.user == user, Job.idempotency_key == key))
    return found


def first_context(job: Job) -> Context:
    """Revision 0 of a job: its request, and nothing decided yet."""
    return Context(
        composition_id=job.composition_id,
        job_id=job.id,
        seq=0,
        created_at=job.created_at,
        request=Request.model_validate(job.request),
    )


def first_event(context: Context) -> StageReady:
    """What starts the work."""
    return StageReady(
        job_id=context.job_id,
        composition_id=context.composition_id,
        stage=first_stage(context.request),
        revision=revision_key(context.composition_id, context.job_id, context.seq, None, context.attempt),
        seq=context.seq,
        attempt=context.attempt,
    )
