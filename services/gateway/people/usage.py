"""What users take, counted exactly: one statement adds, whoever else adds at the same time."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import Usage

JOBS, MUSIC_S, REQUESTS, BYTES_IN, BYTES_OUT = "jobs", "music_s", "requests", "bytes_in", "bytes_out"


def day_of(now: float) -> str:
    """The day of a time in UTC: `2026-11-21`."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")


def month_of(now: float) -> str:
    """The month of a time in UTC: `2026-11`."""
    return day_of(now)[:7]


def next_day(now: float) -> float:
    """When the day of a time ends, Unix seconds."""
    return (now // 86_400 + 1) * 86_400


def next_month(now: float) -> float:
    """When the month of a time ends, Unix seconds."""
    at = datetime.fromtimestamp(now, UTC)
    following = datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)
    return following.timestamp()


async def add_usage(session: AsyncSession, user: str, amounts: Mapping[str, float], now: float) -> dict[tuple[str, str], float]:
    """Add to a user's day and month, in the session's transaction; what they are now, by period and what.

    The rows stay locked until the transaction ends: whoever checks a quota after adding to it is alone with that user.
    Always the same order of rows, so that two transactions never wait for each other.
    """
    totals = {}
    for period in (day_of(now), month_of(now)):
        for what in sorted(amounts):
            totals[period, what] = await _add(session, user, period, what, amounts[what])
    return totals


async def usage_of(session: AsyncSession, user: str, period: str) -> dict[str, float]:
    """What a user took in a period, by what."""
    rows = await session.scalars(select(Usage).where(Usage.user == user, Usage.period == period))
    return {row.what: row.amount for row in rows}


async def usage_by_period(session: AsyncSession, user: str, prefix: str) -> dict[str, dict[str, float]]:
    """What a user took, by period and what; periods that begin with `prefix`."""
    statement = select(Usage).where(Usage.user == user, Usage.period.startswith(prefix, autoescape=True)).order_by(Usage.period)
    found: dict[str, dict[str, float]] = {}
    for row in await session.scalars(statement):
        found.setdefault(row.period, {})[row.what] = row.amount
    return found


async def _add(session: AsyncSession, user: str, period: str, what: str, amount: float) -> float:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Usage).values(user=user, period=period, what=what, amount=amount)
    upsert = statement.on_conflict_do_update(
        index_elements=[Usage.user, Usage.period, Usage.what], set_={"amount": Usage.amount + statement.excluded.amount}
    ).returning(Usage.amount)
    return float((await session.execute(upsert)).scalar_one())


class Meter:
    """What flows through this process, added up in memory and written in one go now and then."""

    def __init__(self) -> None:
        self._flowed: Counter[tuple[str, str]] = Counter()

    def count(self, user: str, bytes_in: int, bytes_out: int) -> None:
        """One request of a user."""
        self._flowed[user, REQUESTS] += 1
        self._flowed[user, BYTES_IN] += bytes_in
        self._flowed[user, BYTES_OUT] += bytes_out

    def take(self) -> dict[str, dict[str, float]]:
        """What has flowed since the last time, by user; it is counted from nothing again."""
        flowed, self._flowed = self._flowed, Counter()
        by_user: dict[str, dict[str, float]] = {}
        for (user, what), amount in sorted(flowed.items()):
            if amount:
                by_user.setdefault(user, {})[what] = float(amount)
        return by_user

    def give_back(self, by_user: Mapping[str, Mapping[str, float]]) -> None:
        """What could not be written is counted again."""
        for user, amounts in by_user.items():
            for what, amount in amounts.items():
                self._flowed[user, what] += int(amount)
