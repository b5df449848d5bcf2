"""What a user's wish to erase does at once, and which compositions have outlived what the operator keeps."""

from collections.abc import Sequence

import structlog
from sqlalchemy import func, select, update

from services.gateway.database.models import OPEN, Composition, Job
from services.gateway.jobs.endings import end_job
from services.gateway.people.access import composition_for
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused

log = structlog.get_logger(__name__)
_DAY_S = 86_400.0
_BATCH = 100


async def erase(desk: Desk, who: Principal, composition_id: str, revision: int | None = None) -> int:
    """Take a composition out of everybody's sight and stop its jobs; how many were stopped. Its files go after the grace period.

    Args:
        desk: the gateway's tools.
        who: its owner.
        composition_id: which.
        revision: the one that the owner has seen; None: whichever.

    Raises:
        Refused: 404 where there is none, 403 for anybody but its owner, 412 where it was changed meanwhile.
    """
    now = desk.clock()
    async with desk.database.write() as session:
        composition = await composition_for(session, who, composition_id, "owner")
        marked = update(Composition).where(Composition.id == composition_id, Composition.erased_at.is_(None))
        if revision is not None:
            marked = marked.where(Composition.revision == revision)
        if (await session.execute(marked.values(erased_at=now, updated_at=now, title="", prompt=""))).rowcount == 0:  # type: ignore[attr-defined]
            raise Refused(412, "It was changed meanwhile: read it again.", field="If-Match", allowed=f'"{composition.revision}"')
    desk.hub.wake_access(composition_id)
    desk.hub.wake_composition(composition_id)
    log.info("composition_erased", composition_id=composition_id, user=who.user)
    return await stop_jobs(desk, composition_id)


async def stop_jobs(desk: Desk, composition_id: str) -> int:
    """Cancel the open jobs of a composition; how many there were."""
    async with desk.database.read() as session:
        found = select(Job).where(Job.composition_id == composition_id, Job.status.in_(OPEN))
        jobs = list(await session.scalars(found))
    for job in jobs:
        await end_job(desk, job, "cancelled")
    return len(jobs)


async def erase_outlived(desk: Desk) -> Sequence[str]:
    """Mark what nobody has touched for longer than is kept; their ids."""
    if desk.settings.retention_days is None:
        return ()
    now, oldest = desk.clock(), desk.clock() - desk.settings.retention_days * _DAY_S
    touched = select(func.max(Job.updated_at)).where(Job.composition_id == Composition.id).scalar_subquery()
    outlived = (
        select(Composition.id)
        .where(Composition.erased_at.is_(None), Composition.created_at < oldest, Composition.updated_at < oldest)
        .where(func.coalesce(touched, 0.0) < oldest)
        .limit(_BATCH)
    )
    async with desk.database.write() as session:
        ids = list(await session.scalars(outlived))
        await session.execute(update(Composition).where(Composition.id.in_(ids)).values(erased_at=now, title="", prompt=""))
    for composition_id in ids:
        desk.hub.wake_access(composition_id)
        desk.hub.wake_composition(composition_id)
        log.info("composition_outlived", composition_id=composition_id)
    return ids
