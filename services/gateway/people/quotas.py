"""How much a user may take. Checked in the transaction that takes it, so that nobody slips through beside another."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import OPEN, Composition, Job, Version
from services.gateway.people.settings import PeopleSettings
from services.gateway.people.usage import JOBS, MUSIC_S, add_usage, day_of, month_of, next_day, next_month, usage_of
from services.gateway.problems import Refused

_SONG_S = 180.0
"""A song whose length nobody asked for counts as so long until it is made."""
_AT_ONCE_RETRY_S = 10


class Limits(BaseModel):
    """What a key may have of its own, over what the house gives everybody. None: as everybody."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rate: str | None = Field(default=None, max_length=64, description="such as 60/minute")
    jobs_at_once: int | None = Field(default=None, ge=0)
    jobs_per_day: int | None = Field(default=None, ge=0)
    minutes_per_month: float | None = Field(default=None, ge=0)
    bytes_stored: int | None = Field(default=None, ge=0)

    @property
    def counts_jobs(self) -> bool:
        """Whether a new job could be one too many."""
        return any(most is not None for name, most in self if name != "rate")

    @field_validator("rate")
    @classmethod
    def _is_rate(cls, value: str | None) -> str | None:
        from limits import parse_many

        if value is not None and len(parse_many(value)) != 1:
            raise ValueError("one rate, such as 60/minute")
        return value


def limits_for(settings: PeopleSettings, own: Mapping[str, Any] | None = None) -> Limits:
    """The limits of a principal: its key's own, else the house's. Rates: see `rates.py`."""
    house = {name: getattr(settings, f"quota_{name}") for name in ("jobs_at_once", "jobs_per_day", "minutes_per_month", "bytes_stored")}
    try:
        kept = Limits.model_validate(own or {}).model_dump(exclude_none=True)
    except ValidationError:  # of another version of this program: the house's are safe
        kept = {}
    return Limits(**{**house, **kept})


async def take_job(session: AsyncSession, limits: Limits, user: str, duration_s: float | None, now: float) -> None:
    """Count a new job of a user, before it is written; raises Refused (429, 403) where it is one too many, and all is undone."""
    totals = await add_usage(session, user, {JOBS: 1.0}, now)  # from here on we are alone with this user
    if limits.jobs_per_day is not None and totals[day_of(now), JOBS] > limits.jobs_per_day:
        raise _exceeded("jobs_per_day", limits.jobs_per_day, "jobs a day", next_day(now) - now)
    open_jobs = list(await session.scalars(select(Job).where(Job.user == user, Job.status.in_(OPEN)))) if _looks_at_open(limits) else []
    if limits.jobs_at_once is not None and len(open_jobs) >= limits.jobs_at_once:
        raise _exceeded("jobs_at_once", limits.jobs_at_once, "jobs at once", _AT_ONCE_RETRY_S)
    if limits.minutes_per_month is not None:
        made_s = (await usage_of(session, user, month_of(now))).get(MUSIC_S, 0.0)
        asked_s = sum(_asked_s(job) for job in open_jobs) + (duration_s or _SONG_S)
        if made_s + asked_s > limits.minutes_per_month * 60:
            raise _exceeded("minutes_per_month", limits.minutes_per_month, "minutes of music a month", next_month(now) - now)
    if limits.bytes_stored is not None and await bytes_stored(session, user) >= limits.bytes_stored:
        raise _exceeded("bytes_stored", limits.bytes_stored, "bytes stored; delete a composition", None)


async def bytes_stored(session: AsyncSession, user: str) -> int:
    """Bytes of the files of a user's versions and uploads; what a version shares with its parent counts once."""
    mine = (Composition.user == user) & Composition.erased_at.is_(None)
    made = select(func.coalesce(func.sum(Version.bytes), 0)).join(Composition, Composition.id == Version.composition_id).where(mine)
    brought = select(func.coalesce(func.sum(Job.bytes), 0)).join(Composition, Composition.id == Job.composition_id).where(mine)
    return int(await session.scalar(made) or 0) + int(await session.scalar(brought) or 0)


def _looks_at_open(limits: Limits) -> bool:
    return limits.jobs_at_once is not None or limits.minutes_per_month is not None


def _asked_s(job: Job) -> float:
    return float((job.request.get("options") or {}).get("duration_s") or _SONG_S)


def _exceeded(name: str, most: float, what: str, wait_s: float | None) -> Refused:
    headers = {} if wait_s is None else {"Retry-After": str(max(round(wait_s), 1))}
    status = 403 if wait_s is None else 429
    return Refused(status, f"The quota is {most:g} {what}.", code="quota_exceeded", field=name, allowed=f"up to {most:g}", headers=headers)
