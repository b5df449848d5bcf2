"""What gateways say to each other over the bus, and what they do not."""

import asyncio

import pytest

from tests.gateway.conftest import House, form


@pytest.mark.parametrize("name", ["a" * 10_000, "%3E", "*", "a%20b%20c", "a%0d%0aPUB%20x%200%0d%0a"])
async def test_an_address_never_becomes_a_subject(house: House, name: str) -> None:
    """A name that no job can have, however long or odd, is 404 and does not reach the bus, which would hang up: songs are still made."""
    assert (await house.http.get(f"/jobs/{name}")).status_code == 404
    await asyncio.sleep(0.1)  # what is followed is told to the bus by a loop of its own
    posted = await house.http.post("/jobs", files=form())
    assert (await house.ended(posted.json()["job_id"]))["status"] == "completed"
