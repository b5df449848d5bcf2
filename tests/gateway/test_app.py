"""A job through the whole gateway."""

import httpx

from tests.gateway.conftest import House, form
from tests.gateway.toy_band import MASTER


async def test_a_posted_job_is_made_and_its_files_are_served(house: House) -> None:
    """POST, status, artifact: what was asked is what is delivered."""
    answer = await house.http.post("/jobs", files=form("warm lo-fi", '{"seed": 7}'))
    assert answer.status_code == 202, answer.text
    job = await house.ended(answer.json()["job_id"])
    assert (job["status"], job["progress"], job["seed"]) == ("completed", 100.0, 7)
    assert [stem["instrument"] for stem in job["results"]["stems"]] == ["bass_guitar"]
    track = await house.http.get(house.url + job["results"]["mixed_track_url"])
    assert track.content == MASTER


async def test_the_gateway_says_when_it_can_work(house: House) -> None:
    """Health and figures are at the root for orchestrators and under the API for everybody."""
    async with httpx.AsyncClient(base_url=house.url) as root:
        for path in ("/healthz", "/readyz", "/metrics", "/api/v1/healthz", "/api/v1/readyz", "/docs", "/api/v1/openapi.json"):
            assert (await root.get(path)).status_code == 200, path
