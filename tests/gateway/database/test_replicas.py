"""Two gateways on one PostgreSQL, one bus and one store: together they do what one would."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import select

from services.gateway.database.models import OutboxRow, Version
from services.gateway.reconciler import Reconciler
from tests.gateway.conftest import Open, form

JOBS, REVISIONS = 8, 4


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_gateways_send_once_and_number_without_gaps(open_house: Open) -> None:
    """Jobs posted to both at once are sent once each and played once; revisions of one song, asked of both, get the next numbers."""
    async with open_house() as first, open_house(play=False) as second:
        houses = [first, second]
        for house in houses:
            house.http.timeout = 60
        answers = await asyncio.gather(*(houses[number % 2].http.post("/jobs", files=form()) for number in range(JOBS)))
        jobs = [answer.json() for answer in answers]
        ended = await asyncio.gather(*(houses[number % 2].ended(job["job_id"], 60) for number, job in enumerate(jobs)))
        assert {job["status"] for job in ended} == {"completed"}
        song = f"/compositions/{jobs[0]['composition_id']}"
        asked = [houses[number % 2].http.post(f"{song}/versions/1/revise", json={"from_stage": "mixing"}) for number in range(REVISIONS)]
        revisions = [answer.json() for answer in await asyncio.gather(*asked)]
        await asyncio.gather(*(houses[number % 2].ended(one["job_id"], 60) for number, one in enumerate(revisions)))
        async with first.desk.database.read() as session:
            rows = list(await session.scalars(select(OutboxRow)))
            numbers = sorted(await session.scalars(select(Version.number).where(Version.composition_id == jobs[0]["composition_id"])))
        assert [(row.attempts, row.last_error) for row in rows] == [(1, None)] * (JOBS + REVISIONS)
        assert numbers == list(range(1, REVISIONS + 2))
        assert max(Counter(first.band.played).values()) == 1
        assert await asyncio.gather(*(Reconciler(house.desk).reconcile() for house in houses)) == [{}, {}]
