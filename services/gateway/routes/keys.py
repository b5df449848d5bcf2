"""API keys, for whoever runs the house: make, list, change for a new one, revoke."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.gateway.people.key_views import KeyView, MadeKey, key_view, made_key
from services.gateway.people.keyring import MOST_DAYS, MOST_USER_CHARS, add_key, change_key, key_by_id, keys_page, revoke_key
from services.gateway.people.principal import Scope
from services.gateway.people.quotas import Limits
from services.gateway.routes.openapi import problems
from services.gateway.routes.parts import Cursor, Limit, TheDesk, TheReception

router = APIRouter(tags=["keys"])
_MOST_OVERLAP_S = 7 * 86_400.0


class NewKey(BaseModel):
    """What a key is to be."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"user": "ada", "name": "the studio", "scopes": ["write"], "days": 90}]}
    )

    user: str = Field(min_length=1, max_length=MOST_USER_CHARS)
    name: str = Field(default="", max_length=200, description="what it is for")
    scopes: tuple[Scope, ...] = Field(min_length=1, description="write holds read, admin holds all")
    days: float | None = Field(default=None, gt=0, le=MOST_DAYS, description="how long it is good; none: until it is revoked")
    limits: Limits = Limits()


class Rotation(BaseModel):
    """How a key is changed for a new one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"overlap_s": 3600}]})

    overlap_s: float = Field(default=0.0, ge=0, le=_MOST_OVERLAP_S, description="how long the old one is still good")


class KeyPage(BaseModel):
    """Keys, newest first."""

    items: tuple[KeyView, ...]
    next: str | None = None


@router.post("/keys", status_code=201, responses=problems(400, 401, 403, 422))
async def create_key(body: NewKey, response: Response, desk: TheDesk) -> MadeKey:
    """Make a key."""
    now = desk.clock()
    async with desk.database.write() as session:
        row, key = add_key(
            session,
            key_id=desk.new_id(),
            user=body.user,
            name=body.name,
            scopes=body.scopes,
            days=body.days,
            now=now,
            limits=body.limits.model_dump(exclude_none=True),
        )
    response.headers["Cache-Control"] = "no-store"
    return made_key(row, key, now)


@router.get("/keys", responses=problems(401, 403, 422))
async def list_keys(
    desk: TheDesk,
    limit: Limit = 50,
    cursor: Cursor = None,
    user: Annotated[str | None, Query(max_length=MOST_USER_CHARS, description="only theirs")] = None,
) -> KeyPage:
    """Keys, newest first; revoked and expired ones too."""
    now = desk.clock()
    async with desk.database.read() as session:
        rows = await keys_page(session, user=user, cursor=cursor, limit=limit + 1)
    return KeyPage(items=tuple(key_view(row, now) for row in rows[:limit]), next=rows[limit - 1].id if len(rows) > limit else None)


@router.get("/keys/{key_id}", responses=problems(401, 403, 404))
async def get_key(key_id: str, desk: TheDesk) -> KeyView:
    """A key."""
    async with desk.database.read() as session:
        return key_view(await key_by_id(session, key_id), desk.clock())


@router.post("/keys/{key_id}/rotate", status_code=201, responses=problems(400, 401, 403, 404, 409, 422))
async def rotate_key(key_id: str, body: Rotation, response: Response, desk: TheDesk, reception: TheReception) -> MadeKey:
    """A new key with the same user, scopes and limits; the old one is over, at once or after a while."""
    now = desk.clock()
    async with desk.database.write() as session:
        row, key = await change_key(session, key_id, desk.new_id(), now, body.overlap_s)
    reception.forget(key_id, over=body.overlap_s <= 0)
    response.headers["Cache-Control"] = "no-store"
    return made_key(row, key, now)


@router.delete("/keys/{key_id}", responses=problems(401, 403, 404))
async def delete_key(key_id: str, desk: TheDesk, reception: TheReception) -> KeyView:
    """Revoke a key. Its open streams end with the next thing they would tell."""
    now = desk.clock()
    async with desk.database.write() as session:
        row = await revoke_key(session, key_id, now)
    reception.forget(key_id, over=True)
    return key_view(row, now)
