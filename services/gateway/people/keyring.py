"""The API keys in the database: made, found, changed for new ones, revoked."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import ApiKey
from services.gateway.people.keys import SHOWN_CHARS, digest_of, is_whole, mint, same
from services.gateway.people.pages import newest
from services.gateway.people.principal import LOCAL_USER, SCOPES, Principal, implied
from services.gateway.problems import Refused, not_found

DAY_S = 86_400.0
MOST_DAYS = 3660
MOST_USER_CHARS = 128


def add_key(
    session: AsyncSession,
    *,
    key_id: str,
    user: str,
    name: str,
    scopes: Collection[str],
    days: float | None,
    now: float,
    limits: dict[str, Any] | None = None,
    secret: str | None = None,
) -> tuple[ApiKey, str]:
    """Write a key down; its row, and the key itself, which is nowhere else. Raises Refused (422)."""
    check_user(user)
    key = secret or mint()
    row = ApiKey(
        id=key_id,
        user=user,
        name=_checked_name(name),
        prefix=key[:SHOWN_CHARS],
        digest=digest_of(key),
        scopes=[scope for scope in SCOPES if scope in implied(_checked_scopes(scopes))],
        limits=limits or {},
        created_at=now,
        expires_at=None if days is None else now + _checked_days(days) * DAY_S,
    )
    session.add(row)
    return row, key


async def find_key(session: AsyncSession, key: str) -> ApiKey | None:
    """The row of a key, revoked and expired ones too; None for what is no key of this house."""
    if not is_whole(key):
        return None
    digest = digest_of(key)
    row: ApiKey | None = await session.scalar(select(ApiKey).where(ApiKey.digest == digest))
    return row if row is not None and same(row.digest, digest) else None


async def change_key(session: AsyncSession, key_id: str, new_id: str, now: float, overlap_s: float = 0.0) -> tuple[ApiKey, str]:
    """A new key in the place of one, which is good for `overlap_s` more. Raises Refused: 404, 409 for one that is over."""
    old = await key_by_id(session, key_id, lock=True)
    if not is_live(old, now):
        raise Refused(409, "This key is over; make a new one.", code="key_over", field="key_id", value=key_id, allowed="a live key")
    left_days = None if old.expires_at is None else (old.expires_at - old.created_at) / DAY_S
    made = add_key(session, key_id=new_id, user=old.user, name=old.name, scopes=old.scopes, days=left_days, now=now, limits=old.limits)
    if overlap_s > 0:
        old.expires_at = min(old.expires_at or now + overlap_s, now + overlap_s)
    else:
        old.revoked_at = now
    return made


async def revoke_key(session: AsyncSession, key_id: str, now: float) -> ApiKey:
    """A key that is good for nothing from now on. Revoking twice is the same as once. Raises Refused (404)."""
    row = await key_by_id(session, key_id, lock=True)
    row.revoked_at = row.revoked_at or now
    return row


async def key_by_id(session: AsyncSession, key_id: str, *, lock: bool = False) -> ApiKey:
    """The row of a key. Raises Refused (404)."""
    row = await session.get(ApiKey, key_id, with_for_update=lock)
    if row is None:
        raise not_found("key", key_id)
    return row


async def keys_page(session: AsyncSession, *, user: str | None = None, cursor: str | None = None, limit: int = 50) -> list[ApiKey]:
    """Keys, newest first, of one user or of all."""
    return await newest(session, ApiKey, user=user, cursor=cursor, limit=limit)


async def has_live_key(session: AsyncSession, now: float) -> bool:
    """Whether anybody could sign in with a key."""
    return await session.scalar(select(ApiKey.id).where(_live(now)).limit(1)) is not None


async def over_since(session: AsyncSession, since: float) -> set[str]:
    """Ids of the keys that were revoked from `since` on."""
    return set(await session.scalars(select(ApiKey.id).where(ApiKey.revoked_at >= since)))


async def mark_used(session: AsyncSession, used: dict[str, float]) -> None:
    """Note when keys were last used."""
    for key_id, at in used.items():
        await session.execute(update(ApiKey).where(ApiKey.id == key_id).values(used_at=at))


def is_live(row: ApiKey, now: float) -> bool:
    """Whether a key is good for something."""
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > now)


def principal_of(row: ApiKey) -> Principal:
    """Whoever holds a key."""
    return Principal(row.user, implied(row.scopes), "key", row.id, dict(row.limits), row.expires_at)


def check_user(user: str) -> None:
    """Raise Refused (422) for what names nobody in particular, or no user at all: a name ends up in logs, addresses and lists."""
    if user.strip().lower() == LOCAL_USER:
        detail = f"{LOCAL_USER} is whoever comes to a house where nobody signs in: nobody has a key for all of them."
        allowed = f"another name; what {LOCAL_USER} made can be passed on to it while nobody signs in"
        raise Refused(422, detail, field="user", value=user, allowed=allowed)
    if not 0 < len(user) <= MOST_USER_CHARS or not user.isprintable() or user != user.strip():
        allowed = f"1 to {MOST_USER_CHARS} printable characters, without spaces around them"
        raise Refused(422, "This names no user.", field="user", value=user, allowed=allowed)


def _live(now: float) -> ColumnElement[bool]:
    return ApiKey.revoked_at.is_(None) & or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)


def _checked_scopes(scopes: Collection[str]) -> Collection[str]:
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise Refused(422, "A key needs a scope that there is.", field="scopes", value=", ".join(unknown), allowed=", ".join(SCOPES))
    return scopes


def _checked_name(name: str) -> str:
    if len(name) > 200 or not (name.isprintable() or not name):
        raise Refused(422, "The key's name is not possible.", field="name", value=name, allowed="up to 200 printable characters")
    return name


def _checked_days(days: float) -> float:
    if not 0 < days <= MOST_DAYS:
        raise Refused(422, "A key cannot be good for so long.", field="days", value=days, allowed=f"more than 0, up to {MOST_DAYS}")
    return days
