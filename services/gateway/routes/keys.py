"""API keys, for whoever runs the house: make, list, change for a new one, revoke."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.gateway.database.models import ApiKey
from services.gateway.people.keyring import MOST_DAYS, MOST_USER_CHARS, add_key, change_key, is_live, key_by_id, keys_page, revoke_key
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


class KeyView(BaseModel):
    """A key as it is shown: never the key itself. Times are Unix seconds."""

    key_id: str
    user: str
    name: str
    prefix: str = Field(description="how the key begins")
    scopes: tuple[Scope, ...]
    limits: Limits
    live: bool = Field(description="whether it is good for something")
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    used_at: float | None = Field(description="when it was last used, to some seconds")


class MadeKey(KeyView):
    """A new key. It is told once: nobody can read it again."""

    key: str


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
    return _made(row, key, now, response)


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
    return KeyPage(items=tuple(_view(row, now) for row in rows[:limit]), next=rows[limit - 1].id if len(rows) > limit else None)


@router.get("/keys/{key_id}", responses=problems(401, 403, 404))
async def get_key(key_id: str, desk: TheDesk) -> KeyView:
    """A key."""
    async with desk.database.read() as session:
        return _view(await key_by_id(session, key_id), desk.clock())


@router.post("/keys/{key_id}/rotate", status_code=201, responses=problems(400, 401, 403, 404, 409, 422))
async def rotate_key(key_id: str, body: Rotation, response: Response, desk: TheDesk, reception: TheReception) -> MadeKey:
    """A new key with the same user, scopes and limits; the old one is over, at once or after a while."""
    now = desk.clock()
    async with desk.database.write() as session:
        row, key = await change_key(session, key_id, desk.new_id(), now, body.overlap_s)
    reception.forget(key_id, over=body.overlap_s <= 0)
    return _made(row, key, now, response)


@router.delete("/keys/{key_id}", responses=problems(401, 403, 404))
async def delete_key(key_id: str, desk: TheDesk, reception: TheReception) -> KeyView:
    """Revoke a key. Its open streams end with the next thing they would tell."""
    now = desk.clock()
    async with desk.database.write() as session:
        row = await revoke_key(session, key_id, now)
    reception.forget(key_id, over=True)
    return _view(row, now)


def _made(row: ApiKey, key: str, now: float, response: Response) -> MadeKey:
    response.headers["Cache-Control"] = "no-store"
    return MadeKey(**_view(row, now).model_dump(), key=key)


def _view(row: ApiKey, now: float) -> KeyView:
    return KeyView.model_validate(
        {
            "key_id": row.id,
            "user": row.user,
            "name": row.name,
            "prefix": row.prefix,
            "scopes": row.scopes,
            "limits": row.limits,
            "live": is_live(row, now),
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "revoked_at": row.revoked_at,
            "used_at": row.used_at,
        }
    )
