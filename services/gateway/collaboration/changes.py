"""What happens to a composition, numbered by its revision: one row per change, in the transaction that makes it."""

from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import ChangeRow, Composition

ChangeType = Literal[
    "version_added",
    "job_started",
    "job_ended",
    "comment_added",
    "comment_changed",
    "comment_resolved",
    "comment_reopened",
    "comment_removed",
    "member_changed",
    "member_removed",
    "title_changed",
    "changed",
]


async def record_change(
    session: AsyncSession, composition_id: str, kind: ChangeType, *, time: float, user: str | None = None, **data: Any
) -> Composition:
    """Number a change of a composition inside a writing session; the composition at its new revision.

    Whoever calls this wakes the readers after the commit: `hub.wake_composition(id)`. The row of the composition is locked, so
    that of two changes at once one is first.
    """
    composition = await session.get_one(Composition, composition_id, with_for_update=True, populate_existing=True)
    composition.revision += 1
    composition.updated_at = max(composition.updated_at, time)
    session.add(ChangeRow(composition_id=composition_id, revision=composition.revision, time=time, user=user, type=kind, data=data))
    await session.flush()
    return composition


async def changes_after(session: AsyncSession, composition_id: str, after: int, limit: int) -> list[ChangeRow]:
    """Changes of a composition above a revision, in order."""
    statement = (
        select(ChangeRow)
        .where(ChangeRow.composition_id == composition_id, ChangeRow.revision > after)
        .order_by(ChangeRow.revision)
        .limit(limit)
    )
    return list(await session.scalars(statement))
