"""Who has a part in a composition: the owner gives roles, takes them away, and may make another one the owner."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.collaboration.changes import record_change
from services.gateway.collaboration.views import MemberView, revision_tag
from services.gateway.database.models import Composition, Member
from services.gateway.door.conditions import check_if_match
from services.gateway.people.access import Role, composition_for
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused, not_found

MOST_MEMBERS = 1000


async def members_of(session: AsyncSession, composition: Composition) -> list[MemberView]:
    """Everybody with a part in a composition, the owner first."""
    statement = select(Member).where(Member.composition_id == composition.id).order_by(Member.created_at, Member.user)
    others = [_view(member) for member in await session.scalars(statement)]
    return [MemberView(user=composition.user, role="owner", since=composition.created_at), *others]


async def give_role(
    desk: Desk, who: Principal, composition_id: str, user: str, role: Role, if_match: str | None
) -> tuple[MemberView, bool]:
    """Give somebody a role; the member, and whether they are new. The role owner passes the composition on: who had it is an editor then.

    Raises Refused: 404 and 403 as of the composition, 409 for the owner's own role, 412 where the composition changed meanwhile.
    """
    async with desk.database.write() as session:
        composition = await _owned(session, who, composition_id, if_match)
        if user == composition.user:
            if role == "owner":
                return (await members_of(session, composition))[0], False
            raise _owner_stays(user)
        member = await session.get(Member, (composition_id, user))
        if member is not None and member.role == role:
            return _view(member), False
        view, is_new = await _placed(session, composition, member, user, role, desk.clock())
        await record_change(session, composition_id, "member_changed", time=desk.clock(), user=who.user, member=user, role=role)
    _tell(desk, composition_id)
    return view, is_new


async def _placed(
    session: AsyncSession, composition: Composition, member: Member | None, user: str, role: Role, now: float
) -> tuple[MemberView, bool]:
    if role == "owner":
        if member is not None:
            await session.delete(member)
        session.add(Member(composition_id=composition.id, user=composition.user, role="editor", created_at=now))
        composition.user = user
        return MemberView(user=user, role="owner", since=composition.created_at), member is None
    if member is None:
        await _check_room(session, composition.id)
        member = Member(composition_id=composition.id, user=user, created_at=now)
        session.add(member)
        member.role = role
        return _view(member), True
    member.role = role
    return _view(member), False


async def remove_member(desk: Desk, who: Principal, composition_id: str, user: str, if_match: str | None) -> None:
    """Take somebody's part away, or leave. Raises Refused: 404, 403, 409 for the owner, 412."""
    async with desk.database.write() as session:
        leaves = user == who.user
        composition = await composition_for(session, who, composition_id, "viewer" if leaves else "owner")
        check_if_match(if_match, revision_tag(composition.revision))
        if user == composition.user:
            raise _owner_stays(user)
        member = await session.get(Member, (composition_id, user))
        if member is None:
            raise not_found("member", user)
        await session.delete(member)
        await record_change(session, composition_id, "member_removed", time=desk.clock(), user=who.user, member=user)
    _tell(desk, composition_id)


async def _owned(session: AsyncSession, who: Principal, composition_id: str, if_match: str | None) -> Composition:
    """The composition, locked, if it is theirs."""
    await session.get(Composition, composition_id, with_for_update=True)
    composition = await composition_for(session, who, composition_id, "owner")
    check_if_match(if_match, revision_tag(composition.revision))
    return composition


async def _check_room(session: AsyncSession, composition_id: str) -> None:
    count = await session.scalar(select(func.count()).where(Member.composition_id == composition_id)) or 0
    if count >= MOST_MEMBERS:
        raise Refused(
            409, "It has as many members as there can be.", code="too_many_members", field="user", allowed=f"{MOST_MEMBERS} members"
        )


def _tell(desk: Desk, composition_id: str) -> None:
    desk.hub.wake_composition(composition_id)
    desk.hub.wake_access(composition_id)


def _view(member: Member) -> MemberView:
    return MemberView.model_validate({"user": member.user, "role": member.role, "since": member.created_at})


def _owner_stays(user: str) -> Refused:
    detail = "The owner keeps that role until another one is made the owner."
    return Refused(409, detail, code="owner_stays", field="user", value=user, allowed="another member; or give somebody the role owner")
