"""Tickets: what a browser, which can set no header there, shows at a WebSocket, an event stream or a file.

A ticket is short-lived and made by somebody who has signed in. For one address and what lies under it, it may be shown again
and only reads; for any address it opens one stream, once. It is kept by its digest in the database, so that every replica knows
it, and dies with the key that made it.
"""

from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import ApiKey, Ticket
from services.gateway.people.keyring import is_live
from services.gateway.people.keys import TICKET_PREFIX, digest_of, is_whole, mint
from services.gateway.people.presented import unrecognised
from services.gateway.people.principal import Principal, implied

_NOT_GOOD = "The ticket is not good, or not any more."


@dataclass(frozen=True)
class NewTicket:
    """A ticket, and when it ends."""

    ticket: str
    expires_at: float


async def make_ticket(session: AsyncSession, who: Principal, path: str | None, life_s: float, now: float) -> NewTicket:
    """A ticket for `who`, for `path` and what lies under it, or for one stream. It never lasts longer than their own proof."""
    await session.execute(delete(Ticket).where(Ticket.expires_at < now))
    ticket = mint(TICKET_PREFIX)
    expires_at = min(now + life_s, who.until or now + life_s)
    scopes = sorted(who.scopes & {"read", "write"}) if path is None else ["read"]
    session.add(Ticket(digest=digest_of(ticket), user=who.user, key_id=who.key_id, scopes=scopes, path=path, expires_at=expires_at))
    return NewTicket(ticket, expires_at)


async def use_ticket(session: AsyncSession, ticket: str, path: str, now: float) -> Principal:
    """Whoever made a ticket. One for a single stream is gone then. Raises Refused (401)."""
    if not is_whole(ticket, TICKET_PREFIX):
        raise unrecognised(_NOT_GOOD)
    row = await session.get(Ticket, digest_of(ticket), with_for_update=True)
    if row is None or row.expires_at <= now or not _leads_to(row.path, path):
        raise unrecognised(_NOT_GOOD)
    key = await session.get(ApiKey, row.key_id) if row.key_id else None
    if row.key_id and (key is None or not is_live(key, now)):
        raise unrecognised(_NOT_GOOD)
    if row.path is None:
        await session.delete(row)
    # The stream that it opened goes on for as long as the key is good: only the ticket is short-lived.
    until = key.expires_at if key else None
    return Principal(row.user, implied(row.scopes), "key" if key else "jwt", row.key_id, dict(key.limits) if key else {}, until)


def _leads_to(granted: str | None, path: str) -> bool:
    return granted is None or path == granted or path.startswith(granted.rstrip("/") + "/")
