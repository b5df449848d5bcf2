"""Who did what to which object, and whether it was allowed: every change, every refusal.

A row holds names and ids, never what was sent: no prompt, no key, no query. What comes from outside is written as printable
ASCII, so that nobody forges a line of a log by a clever path.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import delete, insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.engine import Database
from services.gateway.database.models import AuditRow
from services.gateway.people.pages import newest

log = structlog.get_logger(__name__)

_INSERT = insert(AuditRow.__table__)  # type: ignore[arg-type]  # as a table: an object of each row is more work than the row
_COLUMNS = tuple(AuditRow.__mapper__.column_attrs.keys())
_MOST_WAITING = 10_000
_TOO_FAST = 429
_QUIET_S = 10.0


@dataclass(frozen=True)
class Deed:
    """Something that somebody did or tried: `POST /jobs` on `/api/v1/jobs`, answered 202. gRPC: the method, and its status as HTTP's."""

    user: str
    action: str
    object: str
    status: int
    key_id: str | None = None
    address: str = ""


class AuditLog:
    """Writes deeds down. Whoever awaits `write` knows that it is on the disk; many at once share one transaction."""

    def __init__(self, database: Database, new_id: Callable[[], str], clock: Callable[[], float]) -> None:
        self._database, self._new_id, self._clock = database, new_id, clock
        self._waiting: list[AuditRow] = []
        self._slowed: dict[tuple[str, str], float] = {}
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def write(self, deed: Deed) -> None:
        """Write a deed down. A database that is away stops nobody: the deed goes to the log of the process then.

        Of those who ask too fast (429) one deed in 10 s is written: who floods the door does not flood the log.
        """
        if deed.status == _TOO_FAST and not self._is_news(deed):
            return
        row = AuditRow(
            id=self._new_id(),
            time=self._clock(),
            user=_plain(deed.user, 128),
            key_id=deed.key_id,
            action=_plain(deed.action, 64),
            object=_plain(deed.object, 200),
            status=deed.status,
            address=_plain(deed.address, 64),
        )
        if len(self._waiting) >= _MOST_WAITING:
            log.error("audit_overflows", **_shown(row))
            return
        self._waiting.append(row)
        async with self._writing:
            if self._task is not None and not self._task.done():  # of somebody who has left
                await asyncio.wait([self._task])
            if row in self._waiting:  # by a task of its own: whoever leaves meanwhile takes nobody's deeds along
                self._task = asyncio.create_task(self._write_all())
                await asyncio.shield(self._task)

    def _is_news(self, deed: Deed) -> bool:
        now, who = self._clock(), (deed.user, deed.address)
        if now - self._slowed.get(who, float("-inf")) < _QUIET_S:
            return False
        if len(self._slowed) >= _MOST_WAITING:
            self._slowed.clear()
        self._slowed[who] = now
        return True

    async def _write_all(self) -> None:
        rows: list[AuditRow] = []

        async def write(session: AsyncSession) -> None:
            if not rows:  # whoever came while the transaction began is in it
                rows[:], self._waiting = self._waiting, []
            if rows:
                await session.execute(_INSERT, [{name: row.__dict__[name] for name in _COLUMNS} for row in rows])

        try:
            await self._database.change(write)
        except SQLAlchemyError as error:
            if not rows:  # it could not even begin
                rows, self._waiting = self._waiting, []
            for row in rows:
                log.error("audit_not_written", reason=str(error)[:200], **_shown(row))


async def audit_page(session: AsyncSession, *, user: str | None, cursor: str | None, limit: int) -> list[AuditRow]:
    """Deeds, newest first, of one user or of all."""
    return await newest(session, AuditRow, user=user, cursor=cursor, limit=limit)


async def forget_before(session: AsyncSession, time: float) -> None:
    """Remove what is older than it has to be kept."""
    await session.execute(delete(AuditRow).where(AuditRow.time < time))


def _plain(text: str, most: int) -> str:
    """Printable ASCII of bounded length: control characters and other scripts are escaped."""
    return text.encode("unicode_escape", "backslashreplace").decode("ascii", "replace")[:most]


def _shown(row: AuditRow) -> dict[str, object]:
    return {"user": row.user, "action": row.action, "object": row.object, "status": row.status, "key_id": row.key_id}
