"""Two gateways on one PostgreSQL, one bus and one store: together they do what one would."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import select, text

from contracts.events import Progress
from services.gateway.database.engine import Database
from services.gateway.database.models import Composition, Job, OutboxRow, Version
from services.gateway.events.hub import Hub
from services.gateway.events.progress import ProgressLedger
from services.gateway.reconciler import Reconciler
from tests.gateway.conftest import PATIENCE_S, Open, form

JOBS, REVISIONS = 4, 3
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_gateways_send_once_and_number_without_gaps(open_house: Open) -> None:
    """Jobs posted to both at once are sent once each and played once; revisions of one song, asked of both, get the next numbers."""
    async with open_house() as first, open_house(play=False) as second:
        houses = [first, second]
        answers = await asyncio.gather(*(houses[number % 2].http.post("/jobs", files=form()) for number in range(JOBS)))
        jobs = [answer.json() for answer in answers]
        ended = await asyncio.gather(*(houses[number % 2].ended(job["job_id"]) for number, job in enumerate(jobs)))
        assert {job["status"] for job in ended} == {"completed"}
        song = f"/compositions/{jobs[0]['composition_id']}"
        asked = [houses[number % 2].http.post(f"{song}/versions/1/revise", json={"from_stage": "mixing"}) for number in range(REVISIONS)]
        revisions = [answer.json() for answer in await asyncio.gather(*asked)]
        await asyncio.gather(*(houses[number % 2].ended(one["job_id"]) for number, one in enumerate(revisions)))
        async with first.desk.database.read() as session:
            rows = list(await session.scalars(select(OutboxRow)))
            numbers = sorted(await session.scalars(select(Version.number).where(Version.composition_id == jobs[0]["composition_id"])))
        assert [(row.attempts, row.last_error) for row in rows] == [(1, None)] * (JOBS + REVISIONS)
        assert numbers == list(range(1, REVISIONS + 2))
        assert max(Counter(first.band.played).values()) == 1
        assert await asyncio.gather(*(Reconciler(house.desk).reconcile() for house in houses)) == [{}, {}]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_gateways_that_write_progress_never_wait_in_a_circle(database_url: str) -> None:
    """Lines of the same jobs come to each in another order; who waits for one job holds none that the other one waits for."""
    database = Database(database_url)
    async with database.write() as session:
        session.add(Composition(id="c", user="u", prompt="", created_at=0.0))
        await session.flush()
        about = {"composition_id": "c", "user": "u", "request": {"prompt": "", "seed": 1}, "created_at": 0.0, "updated_at": 0.0}
        session.add_all(Job(id=name, deadline_at=9e9, **about) for name in "ab")
    writing = []
    async with database.write() as session:
        await session.get_one(Job, "a", with_for_update=True)
        for count, jobs in enumerate(("ab", "ba"), start=1):
            ledger = ProgressLedger(database, Hub(), 0.0)
            for job_id in jobs:
                ledger.note(Progress(job_id=job_id, percent=10.0 * count))
            writing.append(asyncio.create_task(ledger.flush()))
            await waiting(database, count)
    await asyncio.gather(*writing)
    async with database.read() as session:
        assert list(await session.scalars(select(Job.progress))) == [20.0, 20.0]
    await database.close()


async def waiting(database: Database, count: int) -> None:
    """Return when so many wait for a lock."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with database.read() as session:
                if await session.scalar(WAITING) == count:
                    return
            await asyncio.sleep(0.01)
