"""Who one is, what one took, what was done; and tickets for where no key can be shown."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.gateway.people.audit import audit_page
from services.gateway.people.keyring import MOST_USER_CHARS
from services.gateway.people.principal import Principal, Scope
from services.gateway.people.quotas import Limits, bytes_stored, limits_for
from services.gateway.people.tickets import make_ticket
from services.gateway.people.usage import month_of, usage_by_period
from services.gateway.problems import Refused
from services.gateway.routes.openapi import problems
from services.gateway.routes.parts import Cursor, Limit, TheDesk, Who

router = APIRouter(tags=["people"])
OfUser = Annotated[str | None, Query(max_length=MOST_USER_CHARS, description="of somebody else: for admins")]


class Me(BaseModel):
    """Whoever asks."""

    user: str
    how: Literal["local", "key", "jwt"]
    scopes: tuple[Scope, ...]
    key_id: str | None
    expires_at: float | None
    limits: Limits


class TicketRequest(BaseModel):
    """What a ticket is for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}, {"path": "/api/v1/compositions/", "seconds": 600}]})

    path: str | None = Field(
        default=None,
        max_length=512,
        pattern=r"^/api/v1/[\x21-\x7e]+$",
        description="only this address and what lies under it, to look at, as often as one likes; none: one stream, once",
    )
    seconds: float | None = Field(default=None, gt=0, le=3600, description="how long it is good")


class TicketView(BaseModel):
    """A ticket: `?ticket=...` behind an address."""

    ticket: str
    expires_at: float


class UsageView(BaseModel):
    """What a user took in a month (UTC), by day and in all, beside their limits."""

    user: str
    month: str
    total: dict[str, float] = Field(description="jobs, music_s (seconds of finished music), requests, bytes_in, bytes_out, messages")
    days: dict[str, dict[str, float]]
    bytes_stored: int
    limits: Limits


class DeedView(BaseModel):
    """Who did what to which object, and how it was answered."""

    id: str
    time: float
    user: str
    key_id: str | None
    action: str
    object: str
    status: int
    address: str


class AuditPage(BaseModel):
    """Deeds, newest first."""

    items: tuple[DeedView, ...]
    next: str | None = None


@router.get("/me", responses=problems(401))
async def get_me(desk: TheDesk, who: Who) -> Me:
    """Who I am, and what I may."""
    scopes = tuple(scope for scope in ("read", "write", "admin") if scope in who.scopes)
    limits = limits_for(desk.settings, who.limits)
    return Me(user=who.user, how=who.how, scopes=scopes, key_id=who.key_id, expires_at=who.until, limits=limits)


@router.post("/tickets", status_code=201, responses=problems(400, 401, 422))
async def create_ticket(body: TicketRequest, response: Response, desk: TheDesk, who: Who) -> TicketView:
    """A short-lived ticket for a WebSocket, an event stream or a file, where a browser can send no key."""
    async with desk.database.write() as session:
        made = await make_ticket(session, who, body.path, body.seconds or desk.settings.ticket_life_s, desk.clock())
    response.headers["Cache-Control"] = "no-store"
    return TicketView(ticket=made.ticket, expires_at=made.expires_at)


@router.get("/usage", responses=problems(401, 403, 422))
async def get_usage(
    desk: TheDesk,
    who: Who,
    month: Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}$", description="such as 2026-11; none: this one")] = None,
    user: OfUser = None,
) -> UsageView:
    """What was taken in a month."""
    whose, wanted = _whose(who, user), month or month_of(desk.clock())
    async with desk.database.read() as session:
        periods = await usage_by_period(session, whose, wanted)
        stored = await bytes_stored(session, whose)
    total = periods.pop(wanted, {})
    limits = limits_for(desk.settings, who.limits if whose == who.user else {})
    return UsageView(user=whose, month=wanted, total=total, days=periods, bytes_stored=stored, limits=limits)


@router.get("/audit", responses=problems(401, 403, 422))
async def get_audit(desk: TheDesk, who: Who, limit: Limit = 50, cursor: Cursor = None, user: OfUser = None) -> AuditPage:
    """What was changed and what was refused, newest first: one's own; of all, for admins."""
    whose = user if "admin" in who.scopes else _whose(who, user)
    async with desk.database.read() as session:
        rows = await audit_page(session, user=whose, cursor=cursor, limit=limit + 1)
    items = tuple(DeedView.model_validate(row, from_attributes=True) for row in rows[:limit])
    return AuditPage(items=items, next=rows[limit - 1].id if len(rows) > limit else None)


def _whose(who: Principal, user: str | None) -> str:
    """The user who is asked about. Raises Refused (403) where that is somebody else's affair."""
    if user is not None and user != who.user and "admin" not in who.scopes:
        raise Refused(403, "This takes the scope admin.", code="scope_missing", field="user", value=user, allowed=who.user)
    return user or who.user
