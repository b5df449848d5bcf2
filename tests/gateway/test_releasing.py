"""Work is given out in turn between users, and only so much of it at once."""

import contextlib

from nats.js.errors import NotFoundError
from sqlalchemy import select

from contracts.events import StageReady
from services.gateway.database.models import Composition, Job, OutboxRow
from services.gateway.jobs.endings import end_job
from services.gateway.outbox import OutboxRelay
from services.gateway.reconciler import Reconciler
from tests.gateway.conftest import House, Open


async def _nothing_owed() -> int:
    """A round that sends nothing."""
    return 0


async def write_jobs(house: House, **counts: int) -> None:
    """Jobs of users, one user's after the other's, as many as told; the relay of the house sleeps."""
    house.app.state.relay.send_owed = _nothing_owed  # it is woken by every end, and the rounds here are the test's own
    number = 0
    async with house.desk.database.write() as session:
        for user, count in counts.items():
            for _ in range(count):
                number += 1
                now, name = house.desk.clock(), f"{user}{number:03}"
                request = {"prompt": "a song", "seed": 1, "user": user}
                session.add(Composition(id=f"c{name}", user=user, prompt="a song", created_at=now, updated_at=now))
                await session.flush()
                job = Job(id=name, composition_id=f"c{name}", user=user, request=request, created_at=now, updated_at=now, deadline_at=now)
                session.add(job)
                await session.flush()
                session.add(OutboxRow(job_id=name, created_at=now, attempts=0))


async def end(house: House, job_id: str) -> None:
    """Cancel a job, as its user would."""
    async with house.desk.database.read() as session:
        job = await session.get_one(Job, job_id)
    await end_job(house.desk, job, "cancelled")


async def sent(house: House) -> list[str]:
    """Jobs whose work is on the bus, in order."""
    found, seq = [], 0
    with contextlib.suppress(NotFoundError):
        while True:
            message = await house.app.state.bus.jetstream.get_msg("STAGES", seq + 1, subject="houseband.>", next=True)
            seq = message.seq
            found.append(StageReady.model_validate_json(message.data).job_id)
    return found


async def test_fifty_jobs_of_one_user_starve_nobody(open_house: Open) -> None:
    """Of three places two are the others', each free place goes to whoever has the fewest, and nobody is passed over twice."""
    async with open_house(play=False, outbox_period_s=3600, jobs_in_flight=3) as house:
        await write_jobs(house, ann=50, ben=2, cem=1)
        relay = OutboxRelay(house.desk)
        assert await relay.send_owed() == 3
        assert sorted(await sent(house)) == ["ann001", "ben051", "cem053"]
        assert await relay.send_owed() == 0
        for ended, follows in (("cem053", "ann002"), ("ann001", "ben052"), ("ben051", "ann003")):
            await end(house, ended)
            assert await relay.send_owed() == 1
            assert (await sent(house))[-1] == follows


async def test_with_one_place_users_take_turns(open_house: Open) -> None:
    """Who was served longest ago comes next, also where nobody has a job on the bus."""
    async with open_house(play=False, outbox_period_s=3600, jobs_in_flight=1) as house:
        await write_jobs(house, ann=3, ben=3)
        order = []
        for _ in range(6):
            assert await OutboxRelay(house.desk).send_owed() == 1  # a new relay each time: nothing is kept in memory
            order += await sent(house)
            await end(house, order[-1])
        assert [name[:3] for name in order] == ["ann", "ben"] * 3


async def test_waiting_for_a_turn_costs_none_of_the_time_to_work(open_house: Open) -> None:
    """The deadline counts from the release; a job that waited too long for its turn fails."""
    async with open_house(play=False, outbox_period_s=3600, jobs_in_flight=1, queue_deadline_s=0.0001) as house:
        await write_jobs(house, ann=2)
        await OutboxRelay(house.desk).send_owed()
        assert await Reconciler(house.desk).reconcile() == {"ann001": "waiting", "ann002": "failed"}
        async with house.desk.database.read() as session:
            first, second = await session.scalars(select(Job).order_by(Job.id))
        assert first.deadline_at > house.desk.clock() + 3000
        assert (second.problem or {})["code"] == "deadline_exceeded"
