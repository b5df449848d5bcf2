"""A gateway whose band knows its notes, with a song in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.gateway.conftest import House, Open, form
from tests.gateway.versions.players import Players


@dataclass
class Studio:
    """A house and one composition in it."""

    house: House
    composition: str

    async def post(self, path: str, body: Any = None) -> Any:
        """The answer to a POST below the composition."""
        return await self.house.http.post(f"/compositions/{self.composition}/{path}", json=body)

    async def get(self, path: str, **query: Any) -> Any:
        """A document below the composition."""
        answer = await self.house.http.get(f"/compositions/{self.composition}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def revised(self, number: int, body: Any = None) -> dict[str, Any]:
        """The job of a revision once it has ended; `asked` is the answer to its POST."""
        answer = await self.post(f"versions/{number}/revise", body)
        assert answer.status_code == 202, answer.text
        return {**await self.house.ended(answer.json()["job_id"], 60.0), "asked": answer.json()}

    async def context(self, number: int) -> dict[str, Any]:
        """A version's context."""
        found: dict[str, Any] = (await self.get(f"versions/{number}"))["context"]
        return found


@pytest.fixture
async def studio(open_house: Open) -> AsyncIterator[Studio]:
    """With one finished song."""
    async with open_house(players=Players) as house:
        answer = await house.http.post("/jobs", files=form("a folk song", options='{"seed": 7, "bpm": 100}'))
        job = await house.ended(answer.json()["job_id"], 60.0)
        assert job["status"] == "completed", job
        yield Studio(house, job["composition_id"])
