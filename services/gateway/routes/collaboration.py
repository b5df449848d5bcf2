"""Several people on one composition: members, comments, the title."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.gateway.collaboration import comments, members, titles
from services.gateway.collaboration.places import Place
from services.gateway.collaboration.views import (
    CommentPage,
    CommentView,
    MemberList,
    MemberView,
    TitleView,
    comment_view,
    revision_tag,
)
from services.gateway.door.paging import link_next
from services.gateway.jobs.views import composition_url
from services.gateway.people.access import composition_for
from services.gateway.routes.openapi import problems
from services.gateway.routes.parts import Cursor, Limit, TheDesk, Who

router = APIRouter(tags=["collaboration"])
_MOST_INT = 2**31 - 1
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
Name = Annotated[str, Path(min_length=1, max_length=128, pattern=_PRINTABLE, description="who, as the house knows them")]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=r"^[^\x00]+$")]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=500, description="the entity tag of what was seen")]


class RoleAsked(BaseModel):
    """The role that somebody gets. `owner` passes the composition on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "editor"}]})

    role: Literal["viewer", "editor", "owner"]


class CommentAsked(BaseModel):
    """A new comment: of a version, at a place of it; or an answer to another comment, at whose place it stands."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "Can the bass rest here?", "version": 1}]})

    text: Said
    version: int | None = Field(default=None, ge=1, le=_MOST_INT)
    bar: int | None = Field(default=None, ge=1, le=_MOST_INT)
    beat: float | None = Field(default=None, ge=1, allow_inf_nan=False)
    part: str | None = Field(default=None, min_length=1, max_length=128)
    reply_to: str | None = Field(default=None, min_length=1, max_length=64)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.reply_to is None and self.version is None:
            raise ValueError("a comment names a version, or a comment that it answers (reply_to)")
        if self.reply_to is not None and (self.version, self.bar, self.beat, self.part) != (None, None, None, None):
            raise ValueError("an answer stands where the comment stands that it answers: no version, bar, beat or part")
        return self


class CommentChange(BaseModel):
    """What changes of a comment."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"resolved": True}]})

    text: Said | None = None
    resolved: bool | None = None


class TitleAsked(BaseModel):
    """What a composition is called from now on; empty: nothing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "Rain on the roof"}]})

    title: Title


@router.patch("/compositions/{composition_id}", responses=problems(400, 403, 404, 412, 422, 428))
async def patch_composition(
    composition_id: str, body: TitleAsked, response: Response, desk: TheDesk, who: Who, if_match: IfMatch = None
) -> TitleView:
    """Name a composition. If-Match is the revision that was seen (the entity tag of the composition)."""
    view = await titles.rename(desk, who, composition_id, body.title, if_match)
    response.headers["ETag"] = revision_tag(view.revision)
    return view


@router.get("/compositions/{composition_id}/members", responses=problems(404))
async def list_members(composition_id: str, desk: TheDesk, who: Who) -> MemberList:
    """Everybody with a part in a composition, the owner first."""
    async with desk.database.read() as session:
        composition = await composition_for(session, who, composition_id, "viewer")
        return MemberList(items=tuple(await members.members_of(session, composition)))


@router.put(
    "/compositions/{composition_id}/members/{user}", responses={201: {"model": MemberView}, **problems(400, 403, 404, 409, 412, 422)}
)
async def put_member(
    composition_id: str, user: Name, body: RoleAsked, response: Response, desk: TheDesk, who: Who, if_match: IfMatch = None
) -> MemberView:
    """Give somebody a role (by the owner). With If-Match only where the composition has that revision."""
    view, is_new = await members.give_role(desk, who, composition_id, user, body.role, if_match)
    response.status_code = 201 if is_new else 200
    return view


@router.delete("/compositions/{composition_id}/members/{user}", status_code=204, responses=problems(403, 404, 409, 412))
async def delete_member(composition_id: str, user: Name, desk: TheDesk, who: Who, if_match: IfMatch = None) -> None:
    """Take somebody's part away (by the owner), or leave (by oneself). What they have open is closed."""
    await members.remove_member(desk, who, composition_id, user, if_match)


@router.get("/compositions/{composition_id}/comments", responses=problems(404, 422))
async def list_comments(
    composition_id: str,
    request: Request,
    response: Response,
    desk: TheDesk,
    who: Who,
    limit: Limit = 50,
    cursor: Cursor = None,
    version: Annotated[int | None, Query(ge=1, le=_MOST_INT)] = None,
    bar: Annotated[int | None, Query(ge=1, le=_MOST_INT)] = None,
    part: Annotated[str | None, Query(max_length=128)] = None,
    resolved: Annotated[bool | None, Query(description="only settled ones, or only open ones")] = None,
) -> CommentPage:
    """Comments, oldest first."""
    wanted: dict[str, Any] = {"version": version, "bar": bar, "part": part, "resolved": resolved}
    only = {name: value for name, value in wanted.items() if value is not None}
    async with desk.database.read() as session:
        await composition_for(session, who, composition_id, "viewer")
        found = await comments.comments_page(session, composition_id, cursor=cursor, limit=limit + 1, only=only)
    following = found[limit - 1].id if len(found) > limit else None
    link_next(request, response, following)
    return CommentPage(items=tuple(comment_view(row) for row in found[:limit]), next=following)


@router.post("/compositions/{composition_id}/comments", status_code=201, responses=problems(400, 403, 404, 422))
async def create_comment(composition_id: str, body: CommentAsked, response: Response, desk: TheDesk, who: Who) -> CommentView:
    """Write a comment, or answer one."""
    if body.reply_to is not None:
        view = await comments.reply(desk, who, composition_id, body.text, body.reply_to)
    else:
        place = Place(body.bar, body.beat, body.part)
        view = await comments.add_comment(desk, who, composition_id, body.text, body.version or 0, place)
    response.headers["Location"] = f"{composition_url(composition_id)}/comments/{view.comment_id}"
    return _tagged(response, view)


@router.get("/compositions/{composition_id}/comments/{comment_id}", responses=problems(404))
async def get_comment(composition_id: str, comment_id: str, response: Response, desk: TheDesk, who: Who) -> CommentView:
    """One comment."""
    async with desk.database.read() as session:
        await composition_for(session, who, composition_id, "viewer")
        return _tagged(response, comment_view(await comments.comment_of(session, composition_id, comment_id)))


@router.patch("/compositions/{composition_id}/comments/{comment_id}", responses=problems(400, 403, 404, 412, 422, 428))
async def patch_comment(
    composition_id: str, comment_id: str, body: CommentChange, response: Response, desk: TheDesk, who: Who, if_match: IfMatch = None
) -> CommentView:
    """Change the words of a comment (by who wrote it), or settle it and open it again. If-Match is the revision that was seen."""
    return _tagged(response, await comments.change_comment(desk, who, composition_id, comment_id, if_match, body.text, body.resolved))


@router.delete("/compositions/{composition_id}/comments/{comment_id}", status_code=204, responses=problems(403, 404, 412))
async def delete_comment(composition_id: str, comment_id: str, desk: TheDesk, who: Who, if_match: IfMatch = None) -> None:
    """Remove a comment with its answers."""
    await comments.remove_comment(desk, who, composition_id, comment_id, if_match)


def _tagged(response: Response, view: CommentView) -> CommentView:
    response.headers["ETag"] = revision_tag(view.revision)
    return view
