"""Members, comments and the title as their readers see them."""

from pydantic import Field

from contracts.base import Document
from services.gateway.database.models import Comment, Composition
from services.gateway.people.access import Role


class MemberView(Document):
    """Somebody with a part in a composition."""

    user: str
    role: Role
    since: float = Field(description="Unix seconds")


class MemberList(Document):
    """Everybody with a part in a composition, the owner first."""

    items: tuple[MemberView, ...]


class CommentView(Document):
    """A remark at a place of a version. `revision` counts its changes and is its entity tag."""

    comment_id: str
    composition_id: str
    version: int
    user: str
    bar: int | None = Field(description="counted from 1; null: of no place in time")
    beat: float | None = Field(description="felt beat of the bar, counted from 1")
    part: str | None = Field(description="null: of the whole")
    text: str
    reply_to: str | None
    resolved: bool
    revision: int
    created_at: float
    updated_at: float


class CommentPage(Document):
    """Comments, oldest first. `next` is the cursor of the following page."""

    items: tuple[CommentView, ...]
    next: str | None


class TitleView(Document):
    """What a composition is called."""

    composition_id: str
    title: str
    revision: int
    updated_at: float


def comment_view(comment: Comment) -> CommentView:
    """A comment as a document."""
    return CommentView(
        comment_id=comment.id,
        composition_id=comment.composition_id,
        version=comment.version,
        user=comment.user,
        bar=comment.bar,
        beat=comment.beat,
        part=comment.part,
        text=comment.text,
        reply_to=comment.reply_to,
        resolved=comment.resolved,
        revision=comment.revision,
        created_at=comment.created_at,
        updated_at=comment.updated_at,
    )


def title_view(composition: Composition) -> TitleView:
    """A composition's title as a document."""
    return TitleView(
        composition_id=composition.id, title=composition.title, revision=composition.revision, updated_at=composition.updated_at
    )


def revision_tag(revision: int) -> str:
    """The entity tag of what counts its changes."""
    return f'"{revision}"'
