"""What a user may do with a composition, and so with its jobs, versions and files.

Somebody who has no part in it is told that it does not exist (404), so that ids cannot be tried out; somebody whose role is too
small is told so (403).
"""

from typing import Literal, cast

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import ForUpdateArg

from services.gateway.database.models import Composition, Job, Member, Version
from services.gateway.people.principal import Principal
from services.gateway.problems import Refused, not_found

Role = Literal["viewer", "editor", "owner"]
ROLES: tuple[Role, ...] = ("viewer", "editor", "owner")


async def role_in(session: AsyncSession, who: Principal, composition: Composition) -> Role | None:
    """The role of a user in a composition; None: no part in it."""
    if composition.user == who.user:
        return "owner"
    member = await session.get(Member, (composition.id, who.user))
    return cast(Role, member.role) if member else None


async def composition_for(session: AsyncSession, who: Principal, composition_id: str, need: Role) -> Composition:
    """A composition that `who` may use as `need`. Raises Refused: 404 where it is not there for them, 403 where they may less.

    In a writing session its row is locked until the end: what was looked at (its role, its revision) still holds when it is changed.
    """
    lock = ForUpdateArg(key_share=True) if session.info.get("writes") else None
    composition = await session.get(Composition, composition_id, with_for_update=lock)
    role = await role_in(session, who, composition) if composition is not None and composition.erased_at is None else None
    if composition is None or role is None:
        raise not_found("composition", composition_id)
    _check_role(role, need)
    return composition


async def job_for(session: AsyncSession, who: Principal, job_id: str, need: Role) -> Job:
    """A job of a composition that `who` may use as `need`. Raises Refused (404, 403)."""
    job = await session.get(Job, job_id)
    composition = await session.get(Composition, job.composition_id) if job is not None else None
    role = await role_in(session, who, composition) if composition is not None and composition.erased_at is None else None
    if job is None or role is None:
        raise not_found("job", job_id)
    _check_role(role, need)
    return job


async def version_for(session: AsyncSession, who: Principal, composition_id: str, number: int, need: Role) -> Version:
    """A version of a composition that `who` may use as `need`. Raises Refused (404, 403)."""
    await composition_for(session, who, composition_id, need)
    version = await session.get(Version, (composition_id, number)) if 0 < number < 2**31 else None
    if version is None:
        raise not_found("version", f"{composition_id}@{number}")
    return version


def seen_by(who: Principal) -> ColumnElement[bool]:
    """The condition that a row of `compositions` is one in which the user has a part."""
    shared = select(Member.composition_id).where(Member.user == who.user)
    return Composition.erased_at.is_(None) & or_(Composition.user == who.user, Composition.id.in_(shared))


def _check_role(role: Role, need: Role) -> None:
    if ROLES.index(role) < ROLES.index(need):
        raise Refused(403, f"This takes the role {need}; yours is {role}.", field="role", value=role, allowed=need)
