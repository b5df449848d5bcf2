"""Facts become history: numbered per job, each recorded once, the job's state carried along."""

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import FACT, TERMINAL_FACTS, Accepted, Fact, Failed, Finished, QaRejected, StageFinished, StageStarted, fact_id
from contracts.pipeline import progress_percent
from services.gateway.collaboration.changes import record_change
from services.gateway.database.engine import Database
from services.gateway.database.models import ENDED, FactRow, Job
from services.gateway.early.times import Times, remaining_of
from services.gateway.jobs.versions import VersionDraft, add_version

log = structlog.get_logger(__name__)

_LAST_STAGES = 6


async def append_fact(session: AsyncSession, fact: Fact, draft: VersionDraft | None = None, times: Times | None = None) -> bool:
    """Record a fact inside a writing session; whether it was new.

    A fact that is known already, or comes after the end of its job, changes nothing: redelivery is harmless, and the
    terminal fact stays the last one. `draft` is the version that a terminal fact brings; `times` say how long the job will take.
    """
    job = await session.get(Job, fact.job_id, with_for_update=True)
    if job is None:
        log.warning("fact_of_unknown_job", job_id=fact.job_id, fact=fact.fact)
        return False
    known = select(FactRow.seq).where(FactRow.job_id == job.id, FactRow.fact_id == stored_id(fact))
    if job.status in ENDED or (await session.scalar(known)) is not None:  # looked up once the job is ours, after whoever had it
        return False
    _carry(job, fact)
    if times is not None:
        times.carry(session, job, fact)
    job.last_seq += 1
    session.add(
        FactRow(
            job_id=job.id,
            seq=job.last_seq,
            fact_id=stored_id(fact),
            type=fact.fact,
            stage=getattr(fact, "stage", None),
            time=fact.time,
            progress=job.progress,
            remaining_s=remaining_of(job, fact.time),
            payload=FACT.dump_python(fact, mode="json"),
        )
    )
    if draft is not None:
        await add_version(session, job, draft)
    await _tell_composition(session, job, fact)
    return True


async def job_of(session: AsyncSession, fact: Fact) -> tuple[Job | None, bool]:
    """The job of a fact, and whether the fact is recorded already."""
    same = (FactRow.job_id == Job.id) & (FactRow.fact_id == stored_id(fact))
    statement = select(Job, FactRow.seq).outerjoin(FactRow, same).where(Job.id == fact.job_id)
    found = (await session.execute(statement)).first()
    return (None, False) if found is None else (found[0], found[1] is not None)


def changes_composition(fact: Fact) -> bool:
    """Whether a fact is told to those who follow the composition, too."""
    return isinstance(fact, Accepted) or fact.fact in TERMINAL_FACTS


async def _tell_composition(session: AsyncSession, job: Job, fact: Fact) -> None:
    """A job began or ended: those who follow the composition see it."""
    if isinstance(fact, Accepted):
        await record_change(session, job.composition_id, "job_started", time=fact.time, user=job.user, job_id=job.id)
    elif fact.fact in TERMINAL_FACTS:
        await record_change(session, job.composition_id, "job_ended", time=fact.time, user=job.user, job_id=job.id, status=job.status)


async def overtook(database: Database, fact: Fact) -> bool:
    """Whether an end is here before the stage that it follows: another gateway has that one in hand, and it must not come too late."""
    if not isinstance(fact, Finished):
        return False
    async with database.read() as session:
        job = await session.get(Job, fact.job_id)
        told = select(FactRow.payload).where(FactRow.job_id == fact.job_id, FactRow.type == "stage_finished").order_by(FactRow.seq.desc())
        stages = list(await session.scalars(told.limit(_LAST_STAGES)))
    return job is not None and job.status not in ENDED and all(stage.get("revision") != fact.revision for stage in stages)


def stored_id(fact: Fact) -> str:
    """The id under which a fact is recorded once. An end has its time in it: a replayed job may end twice."""
    return f"{fact_id(fact)}:{fact.time:.3f}" if fact.fact in TERMINAL_FACTS else fact_id(fact)


async def reopen(session: AsyncSession, job_id: str, deadline_at: float) -> None:
    """Open a failed job again: its dead letter was replayed, and `end.json` is gone."""
    job = await session.get_one(Job, job_id, with_for_update=True)
    job.status, job.problem, job.ended_at, job.deadline_at = "processing", None, None, deadline_at
    log.info("job_reopened", job_id=job_id)


def _carry(job: Job, fact: Fact) -> None:
    """Bring the job's row up to a fact. Progress never falls, also when QA sends the song back."""
    job.updated_at = max(job.updated_at, fact.time)
    job.attempt = max(job.attempt, fact.attempt)
    match fact:
        case Accepted():
            pass
        case StageStarted():
            job.status, job.stage = "processing", fact.stage
            job.progress = max(job.progress, progress_percent(fact.stage, 0.0))
        case StageFinished():
            job.status, job.stage = "processing", fact.stage
            job.progress = max(job.progress, min(progress_percent(fact.stage, 1.0), 99.0))
        case QaRejected():
            job.status, job.stage = "processing", fact.walk[-1] if fact.walk else job.stage
        case Finished():
            job.status, job.progress = "completed", 100.0
        case Failed():
            job.status, job.problem = "failed", fact.problem.model_dump(mode="json", exclude_none=True)
        case _ if fact.fact in TERMINAL_FACTS:
            job.status = "cancelled"
    if fact.fact in TERMINAL_FACTS:
        job.ended_at = fact.time
