"""Comments: remarks at places of versions, their replies, and whether they are settled.

Two people who write comments at once do not disturb each other. A comment that is changed says which revision of it was seen.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.collaboration.changes import ChangeType, record_change
from services.gateway.collaboration.places import Place, check_place
from services.gateway.collaboration.views import CommentView, comment_view, revision_tag
from services.gateway.database.models import Comment
from services.gateway.door.conditions import check_if_match
from services.gateway.people.access import composition_for, version_for
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused, not_found


async def comments_page(
    session: AsyncSession, composition_id: str, *, cursor: str | None, limit: int, only: dict[str, Any]
) -> list[Comment]:
    """Comments of a composition, oldest first; `only` names columns and the values that are wanted."""
    statement = select(Comment).where(Comment.composition_id == composition_id).order_by(Comment.id).limit(limit)
    if cursor:
        statement = statement.where(Comment.id > cursor)
    return list(await session.scalars(statement.filter_by(**only)))


async def comment_of(session: AsyncSession, composition_id: str, comment_id: str, *, lock: bool = False) -> Comment:
    """A comment of a composition, locked where it is to be changed. Raises Refused (404)."""
    comment = await session.get(Comment, comment_id, with_for_update=lock)
    if comment is None or comment.composition_id != composition_id:
        raise not_found("comment", comment_id)
    return comment


async def add_comment(desk: Desk, who: Principal, composition_id: str, text: str, version: int, place: Place) -> CommentView:
    """Write a comment at a place of a version. Raises Refused: 404, 403, 422 for a place that the version does not have."""
    async with desk.database.read() as session:
        row = await version_for(session, who, composition_id, version, "editor")
    await check_place(desk.objects, row, place)
    return await _added(desk, who, composition_id, {"version": version, "text": text, **vars(place)})


async def reply(desk: Desk, who: Principal, composition_id: str, text: str, reply_to: str) -> CommentView:
    """Answer a comment; an answer to an answer goes to the comment that both are under. It stands where that one stands."""
    async with desk.database.read() as session:
        await composition_for(session, who, composition_id, "editor")
        first = await session.get(Comment, reply_to)
        if first is None or first.composition_id != composition_id:
            raise Refused(
                422, "There is no such comment to answer.", field="reply_to", value=reply_to, allowed="a comment of this composition"
            )
        place = {"version": first.version, "bar": first.bar, "beat": first.beat, "part": first.part}
        thread = first.reply_to or first.id
    return await _added(desk, who, composition_id, {"text": text, "reply_to": thread, **place})


async def _added(desk: Desk, who: Principal, composition_id: str, content: dict[str, Any]) -> CommentView:
    now = desk.clock()
    comment = Comment(
        id=desk.new_id(),
        composition_id=composition_id,
        user=who.user,
        resolved=False,
        revision=1,
        created_at=now,
        updated_at=now,
        **content,
    )
    async with desk.database.write() as session:
        await composition_for(session, who, composition_id, "editor")
        session.add(comment)
        view = await _recorded(session, who, comment, "comment_added")
    desk.hub.wake_composition(composition_id)
    return view


async def change_comment(
    desk: Desk, who: Principal, composition_id: str, comment_id: str, if_match: str | None, text: str | None, resolved: bool | None
) -> CommentView:
    """Change what a comment says (its author), or whether it is settled (every editor).

    Raises Refused: 404, 403 for the words of others, 428 without If-Match, 412 where it is not the comment's revision.
    """
    async with desk.database.write() as session:
        await composition_for(session, who, composition_id, "editor")
        comment = await comment_of(session, composition_id, comment_id, lock=True)
        check_if_match(if_match, revision_tag(comment.revision), required=True)
        if text is not None and comment.user != who.user:
            raise _not_yours("Only who wrote a comment changes its words.")
        kinds = _changed(comment, text, resolved)
        if not kinds:
            return comment_view(comment)
        comment.revision += 1
        comment.updated_at = desk.clock()
        for kind in kinds:
            view = await _recorded(session, who, comment, kind)
    desk.hub.wake_composition(composition_id)
    return view


def _changed(comment: Comment, text: str | None, resolved: bool | None) -> list[ChangeType]:
    """Change a comment; what that is called."""
    kinds: list[ChangeType] = []
    if text is not None and text != comment.text:
        comment.text = text
        kinds.append("comment_changed")
    if resolved is not None and resolved != comment.resolved:
        comment.resolved = resolved
        kinds.append("comment_resolved" if resolved else "comment_reopened")
    return kinds


async def remove_comment(desk: Desk, who: Principal, composition_id: str, comment_id: str, if_match: str | None) -> None:
    """Remove a comment with its answers: who wrote it, or the owner of the composition. Raises Refused: 404, 403, 412."""
    async with desk.database.write() as session:
        composition = await composition_for(session, who, composition_id, "editor")
        comment = await comment_of(session, composition_id, comment_id, lock=True)
        check_if_match(if_match, revision_tag(comment.revision))
        if who.user not in (comment.user, composition.user):
            raise _not_yours("Only who wrote a comment, or the owner of the composition, removes it.")
        answers = await session.scalars(select(Comment).where(Comment.reply_to == comment_id, Comment.composition_id == composition_id))
        for row in [*answers, comment]:
            await session.delete(row)
            await _recorded(session, who, row, "comment_removed")
    desk.hub.wake_composition(composition_id)


async def _recorded(session: AsyncSession, who: Principal, comment: Comment, kind: ChangeType) -> CommentView:
    view = comment_view(comment)
    told = {"comment_id": comment.id} if kind == "comment_removed" else view.model_dump(mode="json", exclude={"composition_id", "user"})
    await record_change(session, comment.composition_id, kind, time=comment.updated_at, user=who.user, **{**told, "author": comment.user})
    return view


def _not_yours(detail: str) -> Refused:
    return Refused(403, detail, code="not_yours", field="user", allowed="its author")
