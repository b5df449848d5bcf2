"""What users take, counted exactly: one statement adds, whoever else adds at the same time."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import Usage

JOBS, MUSIC_S, REQUESTS, BYTES_IN, BYTES_OUT, MESSAGES = "jobs", "music_s", "requests", "bytes_in", "bytes_out", "messages"

TAP = "tap"
"""Where a request's scope has it."""


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


class Tap:
    """What flows through one request or stream. Numbers only, added to where a message goes by: ten thousand streams have one each."""

    __slots__ = ("bytes_in", "bytes_out", "messages", "user")

    def __init__(self, user: str) -> None:
        self.user = user
        self.bytes_in = self.bytes_out = 0
        self.messages = 0
        """Messages of a stream: WebSocket, server-sent events, gRPC."""

    def told(self, size: int) -> None:
        """A message of a stream went out, of so many bytes."""
        self.bytes_out += size
        self.messages += 1


def tap_of(scope: Mapping[str, Any]) -> Tap:
    """What counts a request or stream; one that nobody looks at where nobody signs in."""
    tap = scope.get("state", {}).get(TAP)
    return tap if isinstance(tap, Tap) else Tap("")


class Meter:
    """What flows through this process, added up in memory and written in one go now and then; a stream also while it flows."""

    def __init__(self) -> None:
        self._flowed: Counter[tuple[str, str]] = Counter()
        self._open: set[Tap] = set()

    @contextmanager
    def tapped(self, user: str) -> Iterator[Tap]:
        """One request of a user, for as long as the block lasts."""
        tap = Tap(user)
        self._flowed[user, REQUESTS] += 1
        self._open.add(tap)
        try:
            yield tap
        finally:
            self._open.discard(tap)
            self._drain(tap)

    def _drain(self, tap: Tap) -> None:
        for what, amount in ((BYTES_IN, tap.bytes_in), (BYTES_OUT, tap.bytes_out), (MESSAGES, tap.messages)):
            if amount:
                self._flowed[tap.user, what] += amount
        tap.bytes_in = tap.bytes_out = tap.messages = 0

    def take(self) -> dict[str, dict[str, float]]:
        """What has flowed since the last time, by user; it is counted from nothing again."""
        for tap in self._open:
            self._drain(tap)
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
