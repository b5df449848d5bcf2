"""An answer that is ready is given to whoever may have it, and to nobody else."""

import asyncio

import pytest

from services.gateway.jobs import standing
from tests.gateway.conftest import PATIENCE_S, House, form
from tests.gateway.people.conftest import MakeKey, OpenLocked, shown


async def until_ready(house: House, job_id: str, user: str, headers: dict[str, str]) -> None:
    """Ask until the answer is known, and once more: every answer tells the rate."""
    known = None
    async with asyncio.timeout(PATIENCE_S):
        while known is None:
            known = house.app.state.standings.known(user, job_id)
            answer = await house.http.get(f"/jobs/{job_id}", headers=headers)
            assert (answer.status_code, "ratelimit" in answer.headers) == (200, True)


async def test_a_ready_answer_is_for_whoever_may_have_it(
    open_locked: OpenLocked, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody without a key, no stranger; a viewer, until they are none."""
    monkeypatch.setattr(standing, "KEPT_S", 3600.0)
    ana, ben = shown(await make_key("ana")), shown(await make_key("ben"))
    async with open_locked(play=False) as house:
        job = (await house.http.post("/jobs", files=form(), headers=ana)).json()
        path, members = f"/jobs/{job['job_id']}", f"/compositions/{job['composition_id']}/members/ben"
        await until_ready(house, job["job_id"], "ana", ana)
        assert [(await house.http.get(path, headers=who)).status_code for who in ({}, ben)] == [401, 404]
        assert (await house.http.put(members, json={"role": "viewer"}, headers=ana)).status_code == 201
        await until_ready(house, job["job_id"], "ben", ben)
        assert (await house.http.delete(members, headers=ana)).is_success
        assert (await house.http.get(path, headers=ben)).status_code == 404
