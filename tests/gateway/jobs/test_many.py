"""Jobs that are accepted at the same time."""

import asyncio

import pytest
from sqlalchemy import inspect, select

from services.gateway.database.models import Base, ChangeRow, Composition, FactRow, Job, OutboxRow, Taste, Usage
from tests.gateway.conftest import Open, form

_OWN = {
    "id",
    "fact_id",
    "job_id",
    "composition_id",
    "created_at",
    "updated_at",
    "deadline_at",
    "time",
    "prompt",
    "request",
    "payload",
    "data",
}
_LATER = {"expects", "remaining_s", "sent_at", "attempts"}
"""Times that move, and what the relay writes."""


def shape(row: Base) -> dict[str, str]:
    """What is the same for every new job, and of what kind the rest is."""
    values = {one.key: getattr(row, one.key) for one in inspect(type(row)).column_attrs if one.key not in _LATER}
    return {name: type(value).__name__ if name in _OWN else repr(value) for name, value in values.items()}


async def test_a_job_is_the_same_alone_and_among_many(open_house: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is counted by itself, as under a quota, or written with others: the same rows, the same taste, each counted once."""
    together: list[int] = []
    for quota in (None, 100):
        async with open_house(play=False, jobs_in_flight=1, quota_jobs_at_once=quota) as house:
            bring = house.desk.orders.bring
            async with house.desk.database.write() as session:
                taste = {"user": "local", "judgements": 3, "document": {"judgements": 3}, "updated_at": 1.0}
                await session.merge(Taste(**taste))
            monkeypatch.setattr(house.desk.orders, "bring", lambda job, write, bring=bring: together.append(1) or bring(job, write))
            answers = await asyncio.gather(*(house.http.post("/jobs", files=form(f"song {n}", '{"seed": 1}')) for n in range(8)))
            assert {answer.status_code for answer in answers} == {202}
            async with house.desk.database.read() as session:
                tables = [list(await session.scalars(select(model))) for model in (Composition, Job, FactRow, ChangeRow, OutboxRow)]
                counted = [row.amount for row in await session.scalars(select(Usage).where(Usage.what == "jobs"))]
    assert len(together) == 8
    assert {job.request["preferences"]["judgements"] for job in tables[1]} == {3}
    for rows in tables:
        assert len(rows) == 16
        assert all(shape(row) == shape(rows[0]) for row in rows)
    assert counted == [16.0, 16.0]
