"""Pages of what belongs to users."""

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import ApiKey, AuditRow

Row = TypeVar("Row", ApiKey, AuditRow)


async def newest(session: AsyncSession, kind: type[Row], *, user: str | None, cursor: str | None, limit: int) -> list[Row]:
    """Rows of a table, newest first, of one user or of all; ids begin with their time, so an id is a cursor."""
    statement = select(kind).order_by(kind.id.desc()).limit(limit)
    if user is not None:
        statement = statement.where(kind.user == user)
    if cursor is not None:
        statement = statement.where(kind.id < cursor)
    return list(await session.scalars(statement))
