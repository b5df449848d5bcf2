"""Taking a job: its row, its first fact and what is owed to the bus are written in one transaction."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.context import Context, Request, first_stage, revision_key
from contracts.events import Accepted, StageReady
from contracts.retake import carried_over
from contracts.revising import MAIN
from services.gateway.database.models import Composition, Job, OutboxRow, Version
from services.gateway.early.times import Times
from services.gateway.jobs.facts import append_fact
from services.gateway.jobs.many import add_jobs
from services.gateway.jobs.revisions import load_context
from services.gateway.people.quotas import Limits, limits_for, take_job
from services.gateway.ports import Desk
from services.gateway.problems import Refused, not_found
from services.gateway.tastes import add_preferences
from services.gateway.versions.branches import branches_of, locked
from services.runtime.workbench import Objects


@dataclass(frozen=True)
class Idempotency:
    """A client's key for one request, and the digest of what it asked."""

    key: str
    digest: str


async def accept_job(
    desk: Desk, request: Request, composition_id: str, job_id: str, once: Idempotency | None = None, limits: Limits | None = None
) -> Job:
    """Write the job down. From here on it will be made, whatever crashes.

    Raises Refused where another request has taken the same idempotency key for something else, and (429, 403) over a quota.
    """
    now, limits = desk.clock(), limits or limits_for(desk.settings)

    def drawn_up() -> Job:
        job = row_of(desk, request, composition_id, job_id, now)
        job.bytes = brought_bytes(request)
        job.idempotency_key, job.idempotency_digest = (once.key, once.digest) if once else (None, None)
        return job

    async def write_down(session: AsyncSession) -> Job:
        job = drawn_up()
        session.add(Composition(id=composition_id, user=request.user, prompt=request.prompt, created_at=now, updated_at=now))
        await session.flush()
        await take_job(session, limits, request.user, request.options.duration_s, now)
        await add_preferences(session, [job])
        await _owe(session, job, now, desk.times)
        return job

    try:
        job = None if limits.counts_jobs else await _accepted_with_others(desk, drawn_up())
        if job is None:
            job = await desk.database.change(write_down)
    except IntegrityError:
        earlier = await find_earlier(desk, request.user, once)
        if earlier is None:
            raise
        return earlier
    desk.hub.wake_composition(composition_id)
    return job


async def _accepted_with_others(desk: Desk, job: Job) -> Job | None:
    """A job without quotas, written down with those that come at the same time; None where one of them stood in the way of all."""

    async def write(jobs: list[Job]) -> None:
        async with desk.database.write() as session:
            await add_preferences(session, jobs)
            await add_jobs(session, jobs, desk.times)

    try:
        await desk.orders.bring(job, write)
    except IntegrityError:
        return None
    return job


async def accept_revision(
    desk: Desk,
    request: Request,
    parent: Version,
    job_id: str,
    expected_head: int | None,
    wanted: str | None,
    limits: Limits | None = None,
) -> Job:
    """Write down a job that revises `parent`, on the branch that `versions.branches` gives it.

    Raises Refused: 409 where somebody was faster, as far as whoever asks minds, 404 where the composition was erased meanwhile,
    429 and 403 over a quota.
    """
    now = desk.clock()
    async with desk.database.write() as session:
        composition = await locked(session, parent.composition_id)
        if composition is None or composition.erased_at is not None:
            raise not_found("composition", parent.composition_id)
        branches = await branches_of(session, parent.composition_id)
        branch = branches.continued(parent.number, parent.branch, wanted, expected_head)
        on_branch = request.model_copy(
            update={"revises": request.revises.model_copy(update={"branch": branch}) if request.revises else None}
        )
        job = row_of(desk, on_branch, parent.composition_id, job_id, now)
        job.parent, job.branch = parent.number, branch
        await take_job(session, limits or limits_for(desk.settings), request.user, request.options.duration_s, now)
        await _owe(session, job, now, desk.times)
    return job


def row_of(desk: Desk, request: Request, composition_id: str, job_id: str, now: float) -> Job:
    """The row of a job of which nothing is done yet."""
    return Job(
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
        branch=MAIN,
    )


def brought_bytes(request: Request) -> int:
    """Bytes of the files that came with a request."""
    files = (request.reference, request.midi, request.hum, request.image, request.base, request.cover)
    return sum(artifact.bytes for artifact in files if artifact is not None)


async def _owe(session: AsyncSession, job: Job, now: float, times: Times) -> None:
    """The job, its first fact and what is owed to the bus."""
    session.add(job)
    await session.flush()
    await append_fact(session, Accepted(job_id=job.id, composition_id=job.composition_id, time=now), times=times)
    session.add(OutboxRow(job_id=job.id, created_at=now, attempts=0))


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


async def first_context(objects: Objects, job: Job) -> Context:
    """Revision 0 of a job: its request, and what it carries over from the version that it revises.

    Raises BadInput for a version that cannot be read, Unavailable where the store does not answer.
    """
    request = Request.model_validate(job.request)
    if request.revises is not None:
        return carried_over(await load_context(objects, request.revises.revision), request, job.id, job.created_at)
    return Context(composition_id=job.composition_id, job_id=job.id, seq=0, created_at=job.created_at, request=request)


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
