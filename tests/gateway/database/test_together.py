"""Changes that share a commit: each on its own, none without the disk, none broken off with another."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.engine import Database
from services.gateway.database.models import Composition
from services.gateway.database.together import Gathered


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with its tables."""
    made = Database(database_url)
    await made.migrate()
    yield made
    await made.close()


def adding(name: str, begun: asyncio.Event | None = None, goes_on: asyncio.Event | None = None, prompt: str = "p") -> object:
    """A change that writes a composition; it says that it has begun, and waits in the middle until it may go on."""

    async def change(session: AsyncSession) -> str:
        session.add(Composition(id=name, user="u", prompt=prompt, created_at=0.0))
        await session.flush()
        if begun and goes_on:
            begun.set()
            await goes_on.wait()
        await asyncio.sleep(0)
        return name

    return change


async def known(database: Database) -> list[str]:
    """Ids of what is written."""
    async with database.read() as session:
        return list(await session.scalars(select(Composition.id).order_by(Composition.id)))


async def test_changes_that_come_at_once_are_each_made_or_refused(database: Database) -> None:
    """Twenty at once are all there afterwards, each with its own answer; the one that cannot be takes nobody with it."""
    names = [f"c{number:02}" for number in range(20)]
    told = await asyncio.gather(*(database.change(adding(name)) for name in [*names, "c03"]), return_exceptions=True)
    refused = [place for place, one in enumerate(told) if isinstance(one, IntegrityError)]
    assert refused in ([3], [20]), "one of the two that are the same, whichever came first"
    assert [one for place, one in enumerate(told) if place not in (3, 20)] == [name for name in names if name != "c03"]
    assert await known(database) == names


async def test_whoever_stops_waiting_breaks_off_nobody_else(database: Database) -> None:
    """A change whose asker is cancelled harms none that shares its transaction, and the next ones are made."""
    waits = asyncio.Event(), asyncio.Event()
    asked = [asyncio.create_task(database.change(adding(f"c{number}", *(waits if number == 2 else ())))) for number in range(6)]
    await waits[0].wait()
    asked[2].cancel()
    waits[1].set()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(told.pop(2), asyncio.CancelledError)
    assert told == ["c0", "c1", "c3", "c4", "c5"]
    assert await database.change(adding("c6")) == "c6"
    assert {"c0", "c1", "c3", "c4", "c5", "c6"} <= set(await known(database))


async def test_many_changes_wait_for_the_disk_together(database: Database) -> None:
    """On SQLite, where each commit waits for the disk, changes that come while one is made share the next."""
    if database.is_shared:
        pytest.skip("PostgreSQL commits side by side")
    commits: list[object] = []
    event.listen(database.engine.sync_engine, "commit", commits.append)
    await asyncio.gather(*(database.change(adding(f"c{number}")) for number in range(30)))
    assert len(commits) < 10
    assert len(await known(database)) == 30


async def test_who_is_told_that_it_is_kept_has_it_kept_on_a_full_disk(database: Database) -> None:
    """SQLite takes a whole transaction back where the disk is full: then all who shared it are told so, also those before and after."""
    if database.is_shared:
        pytest.skip("PostgreSQL commits side by side")
    async with database.write() as session:
        pages = await session.scalar(text("PRAGMA page_count"))
    event.listen(database.engine.sync_engine, "connect", lambda made, _: made.cursor().execute(f"PRAGMA max_page_count={pages + 3}"))
    await database.engine.dispose()
    asked = [database.change(adding(name, prompt="p" * (100_000 if name == "c2" else 1))) for name in ("c0", "c1", "c2", "c3")]
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in told] == [OperationalError] * 4
    assert await known(database) == []
    assert await database.change(adding("c4")) == "c4"
    assert await known(database) == ["c4"]


async def test_what_gathers_is_written_at_once_and_refused_at_once() -> None:
    """Those who come during a call share the next one, and its failure; the ones after them are served again."""
    calls: list[list[int]] = []

    async def write(items: list[int]) -> None:
        calls.append(items)
        await asyncio.sleep(0)
        if 2 in items:
            raise ValueError("two")

    gathered = Gathered()
    told = await asyncio.gather(*(gathered.bring(number, write) for number in range(4)), return_exceptions=True)
    await gathered.bring(9, write)
    assert calls == [[0, 1, 2, 3], [9]]
    assert [str(error) for error in told if error] == ["two"] * 4


async def test_whoever_comes_alone_is_served_at_once_and_a_rush_rests() -> None:
    """The first call is made without a rest; those who come in it wait for its end together, and all are served."""
    calls: list[list[int]] = []

    async def write(items: list[int]) -> None:
        calls.append(items)

    slow = Gathered(rest_s=3600.0)
    await slow.bring(0, write)
    rush = [asyncio.create_task(slow.bring(number, write)) for number in (1, 2)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert calls == [[0]]
    await _broken_off(rush, slow)
    calls.clear()
    quick = Gathered(rest_s=0.01)
    for first in (0, 2):
        await asyncio.gather(quick.bring(first, write), quick.bring(first + 1, write))
    assert calls == [[0, 1], [2, 3]]


async def _broken_off(rush: list[asyncio.Task[None]], slow: Gathered) -> None:
    working = slow._task
    assert working is not None
    for task in (*rush, working):
        task.cancel()
    await asyncio.gather(*rush, working, return_exceptions=True)
