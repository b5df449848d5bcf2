"""What is asked of the tables."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import Composition, FactRow, Job, Version
from services.gateway.people.access import seen_by
from services.gateway.people.principal import Principal


async def jobs_page(
    session: AsyncSession,
    who: Principal,
    *,
    cursor: str | None,
    limit: int,
    statuses: Sequence[str] = (),
    composition_id: str | None = None,
) -> list[tuple[Job, Version | None]]:
    """Jobs with their versions, newest first. Ids begin with their time, so an id is a cursor."""
    made = select(Version.job_id, func.max(Version.number).label("newest")).where(Version.restores.is_(None))
    counted = made.group_by(Version.job_id).subquery()
    statement = (
        select(Job, Version)
        .join(Composition, Composition.id == Job.composition_id)
        .where(seen_by(who))
        .outerjoin(counted, counted.c.job_id == Job.id)
        .outerjoin(Version, (Version.job_id == Job.id) & (Version.number == counted.c.newest))
        .order_by(Job.id.desc())
        .limit(limit)
    )
    if cursor:
        statement = statement.where(Job.id < cursor)
    if statuses:
        statement = statement.where(Job.status.in_(statuses))
    if composition_id:
        statement = statement.where(Job.composition_id == composition_id)
    return [(job, version) for job, version in (await session.execute(statement)).all()]


async def facts_after(session: AsyncSession, job_id: str, after: int, limit: int | None = None) -> list[FactRow]:
    """Facts of a job with a seq above `after`, in order."""
    statement = select(FactRow).where(FactRow.job_id == job_id, FactRow.seq > after).order_by(FactRow.seq).limit(limit)
    return list(await session.scalars(statement))


async def version_of_job(session: AsyncSession, job_id: str) -> Version | None:
    """The version that a job made: the newer one, where it was replayed after it had failed."""
    own = select(Version).where(Version.job_id == job_id, Version.restores.is_(None))
    newest = own.order_by(Version.number.desc()).limit(1)
    found: Version | None = await session.scalar(newest)
    return found


async def job_as_seen(session: AsyncSession, who: Principal, job_id: str) -> tuple[Job, Version | None] | None:
    """A job in which a user has a part, with the version that it made (`version_of_job`), in one statement; None: not there for them."""
    statement = (
        select(Job, Version)
        .join(Composition, Composition.id == Job.composition_id)
        .outerjoin(Version, (Version.job_id == Job.id) & Version.restores.is_(None))
        .where(Job.id == job_id, seen_by(who))
        .order_by(Version.number.desc())
        .limit(1)
    )
    found = (await session.execute(statement)).first()
    return None if found is None else (found[0], found[1])


async def versions_of(session: AsyncSession, composition_id: str) -> list[Version]:
    """The versions of a composition, oldest first."""
    return list(await session.scalars(select(Version).where(Version.composition_id == composition_id).order_by(Version.number)))


async def compositions_page(
    session: AsyncSession, who: Principal, *, cursor: str | None, limit: int
) -> list[tuple[Composition, int, Version | None]]:
    """Compositions with the number of their versions and the newest one, newest composition first."""
    counted = select(Version.composition_id, func.max(Version.number).label("newest")).group_by(Version.composition_id).subquery()
    statement = (
        select(Composition, counted.c.newest, Version)
        .where(seen_by(who))
        .outerjoin(counted, counted.c.composition_id == Composition.id)
        .outerjoin(Version, (Version.composition_id == Composition.id) & (Version.number == counted.c.newest))
        .order_by(Composition.id.desc())
        .limit(limit)
    )
    if cursor:
        statement = statement.where(Composition.id < cursor)
    return [(composition, newest or 0, version) for composition, newest, version in (await session.execute(statement)).all()]
