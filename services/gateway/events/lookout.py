"""What the patrol of the streams asks the database: a few hundred streams with each query."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import Composition, Job, Member
from services.gateway.events.hub import composition_topic, job_topic

_AT_ONCE = 500


async def parts_in(session: AsyncSession, compositions: Iterable[str]) -> dict[str, set[str]]:
    """Who has a part in each of the compositions; those that are erased are absent."""
    users: dict[str, set[str]] = {}
    for some in _some(compositions):
        owned = select(Composition.id, Composition.user).where(Composition.id.in_(some), Composition.erased_at.is_(None))
        users |= {composition_id: {user} for composition_id, user in (await session.execute(owned)).all()}
        shared = select(Member.composition_id, Member.user).where(Member.composition_id.in_(some))
        for composition_id, user in (await session.execute(shared)).all():
            if composition_id in users:
                users[composition_id].add(user)
    return users


async def newest_seqs(session: AsyncSession, topics: Iterable[str]) -> dict[str, int]:
    """The last seq of each topic that the database has."""
    found: dict[str, int] = {}
    names = [topic.partition(".") for topic in topics]
    for some in _some(name for kind, _, name in names if kind == "job"):
        rows = await session.execute(select(Job.id, Job.last_seq).where(Job.id.in_(some)))
        found |= {job_topic(job_id): seq for job_id, seq in rows.all()}
    for some in _some(name for kind, _, name in names if kind == "composition"):
        rows = await session.execute(select(Composition.id, Composition.revision).where(Composition.id.in_(some)))
        found |= {composition_topic(composition_id): revision for composition_id, revision in rows.all()}
    return found


def _some(names: Iterable[str]) -> Iterator[list[str]]:
    every = list(names)
    for start in range(0, len(every), _AT_ONCE):
        yield every[start : start + _AT_ONCE]
