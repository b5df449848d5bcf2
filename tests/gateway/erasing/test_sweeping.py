"""Erasing: gone at once for people, soon from every table and from the store, and nothing that others share."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import select, update

from contracts.context import revision_key
from contracts.pipeline import Stage
from services.gateway.database.models import Base, Composition, Version
from services.gateway.erasing.sweeping import ASIDE, Sweeper
from tests.gateway.conftest import PATIENCE_S, House, Open, form
from tests.gateway.routes.test_jobs import of_problem

SHARED = {
    "scores/" + "a" * 64 + ".json": b"{}",
    "stems/dry/" + "b" * 64 + ".wav": b"RIFF",
    "audio/mixed/" + "c" * 64 + "/bass.wav": b"RIFF",
}
BESIDE = {
    "audio/mixed/" + "c" * 64 + "/record.json": b"{}",
    "audio/mixed/measured/" + "d" * 64 + "-x.npy": b"npy",
    "ears/1/" + "d" * 64 + "-none.json": b"{}",
    "previews/1/" + "d" * 64 + ".mp3": b"mp3",
}


@pytest.fixture
def soon() -> dict[str, Any]:
    """Settings of a house that sweeps when it is told to, without grace."""
    return {"early_check_s": 0.05, "erasure_grace_s": 0.0, "erasure_period_s": 3600.0}


async def made(house: House, keys: dict[str, bytes] = SHARED) -> dict[str, Any]:
    """A finished song whose newest document names shared objects."""
    job = await house.ended((await house.http.post("/jobs", files=form("erase me, please"))).json()["job_id"])
    return await naming(house, job, keys)


async def naming(house: House, job: dict[str, Any], keys: dict[str, bytes]) -> dict[str, Any]:
    """Write one more revision of a job, that names keys, and the objects."""
    for key, data in keys.items():
        house.desk.objects.create(key, data)
    document = {"stems": [{"key": key, "sha256": "d" * 64} for key in keys]}
    key = revision_key(job["composition_id"], job["job_id"], 99, Stage.MASTERING, 1)
    house.desk.objects.create(key, json.dumps(document).encode())
    return job


async def test_nothing_of_an_erased_composition_remains(open_house: Open, soon: dict[str, Any]) -> None:
    """No key of the store and no row of any table but the audit log names it or holds its words; its neighbour is as it was."""
    async with open_house(**soon) as house:
        neighbour = await made(house, {})
        before = set(house.desk.objects.list(""))
        job = await made(house, SHARED)
        for key, data in BESIDE.items():
            house.desk.objects.create(key, data)
        gone = await house.http.delete(f"/compositions/{job['composition_id']}")
        assert gone.json()["jobs_cancelled"] == 0, gone.text
        for path in (f"/compositions/{job['composition_id']}", f"/jobs/{job['job_id']}", job["results"]["mixed_track_url"][7:]):
            assert of_problem(await house.http.get(path))["status"] == 404
        listed = (await house.http.get("/jobs")).text + (await house.http.get("/compositions")).text
        assert job["composition_id"] not in listed
        await until_swept(house)
        assert set(house.desk.objects.list("")) == before
        rows = await everything(house)
        assert not [row for row in rows if job["composition_id"] in row or job["job_id"] in row]
        assert sum("erase me, please" in row for row in rows) == sum(
            "erase me" in row and neighbour["composition_id"] in row for row in rows
        )
        assert (await house.http.get(house.url + neighbour["results"]["mixed_track_url"])).is_success


async def test_what_others_share_stays(open_house: Open, soon: dict[str, Any]) -> None:
    """Objects that another composition names stay, with what is remembered of them."""
    async with open_house(**soon) as house:
        job, _other = await made(house, SHARED), await made(house, SHARED)
        for key, data in BESIDE.items():
            house.desk.objects.create(key, data)
        await house.http.delete(f"/compositions/{job['composition_id']}")
        await until_swept(house)
        assert {*SHARED, *BESIDE} <= set(house.desk.objects.list(""))


async def test_a_job_that_found_an_object_gets_it_back(open_house: Open, soon: dict[str, Any]) -> None:
    """An open job names an object after it was put aside: it comes back. What no open job names goes once they ended."""
    async with open_house(**soon) as house:
        job = await made(house, SHARED)
        house.band.hold.clear()
        busy = (await house.http.post("/jobs", files=form("another"))).json()
        await house.http.delete(f"/compositions/{job['composition_id']}")
        sweeper = Sweeper(house.desk)
        swept = await sweeper.sweep()
        assert (swept.compositions, swept.deleted, swept.aside) == ((job["composition_id"],), 0, len(SHARED))
        stem = next(key for key in SHARED if key.startswith("stems/"))
        assert not house.desk.objects.exists(stem)
        await naming(house, busy, {})
        key = revision_key(busy["composition_id"], busy["job_id"], 100, Stage.MASTERING, 1)
        house.desk.objects.create(key, json.dumps({"key": stem}).encode())
        assert (await sweeper.sweep()).restored == 1
        assert house.desk.objects.read(stem) == SHARED[stem]
        house.band.hold.set()
        house.desk.objects.delete(key)
        house.desk.objects.delete(key.replace("/0100-", "/0099-"))
        await house.ended(busy["job_id"])
        await until_swept(house)
        assert not [one for one in SHARED if one != stem and house.desk.objects.exists(one)]


async def test_running_jobs_are_stopped_and_others_may_not_erase(open_house: Open, soon: dict[str, Any]) -> None:
    """Its open jobs are cancelled at once; If-Match refuses what was changed meanwhile; twice is 404."""
    async with open_house(play=False, **soon) as house:
        job = (await house.http.post("/jobs", files=form())).json()
        path = f"/compositions/{job['composition_id']}"
        assert of_problem(await house.http.delete(path, headers={"If-Match": '"77"'}))["status"] == 412
        gone = await house.http.delete(path, headers={"If-Match": (await house.http.get(path)).headers["etag"]})
        assert gone.json()["jobs_cancelled"] == 1, gone.text
        assert of_problem(await house.http.delete(path))["status"] == 404
        await until_swept(house)
        assert house.desk.objects.list("") == []


async def test_what_nobody_touched_for_long_is_erased(open_house: Open, soon: dict[str, Any]) -> None:
    """With a retention of days an old composition goes by itself; a young one stays."""
    async with open_house(**soon, retention_days=30.0) as house:
        old, young = await made(house, {}), await made(house, {})
        async with house.desk.database.write() as session:
            long_ago = house.desk.clock() - 31 * 86_400
            for table in ("compositions", "jobs"):
                row = Base.metadata.tables[table]
                key = row.c.id if table == "compositions" else row.c.composition_id
                await session.execute(update(row).where(key == old["composition_id"]).values(created_at=long_ago, updated_at=long_ago))
        await until_swept(house)
        async with house.desk.database.read() as session:
            assert list(await session.scalars(select(Composition.id))) == [young["composition_id"]]
            assert list(await session.scalars(select(Version.composition_id))) == [young["composition_id"]]


async def until_swept(house: House) -> None:
    """Sweep until nothing lies aside and nothing is due; time passes between the rounds."""
    later = Sweeper(house.desk)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await later.sweep()
            async with house.desk.database.read() as session:
                due = await session.scalar(select(Composition.id).where(Composition.erased_at.is_not(None)))
            if not due and not house.desk.objects.list(ASIDE):
                return
            await asyncio.sleep(0.02)


async def everything(house: House) -> list[str]:
    """Every row of every table but the audit log, as text."""
    async with house.desk.database.read() as session:
        tables = [table for table in Base.metadata.sorted_tables if table.name != "audit"]
        return [repr(row) for table in tables for row in await session.execute(select(table))]
