"""A gateway whose band knows its notes, with a song in it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.gateway.settings import GatewaySettings
from services.runtime.stores import open_store
from services.runtime.workbench import Objects
from tests.conftest import start_nats
from tests.gateway.conftest import House, form, fresh_database, opening, settings_in
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of one module's house."""
    return tmp_path_factory.mktemp("versions")


@pytest.fixture(scope="module")
def database_url(request: pytest.FixtureRequest, folder: Path, sqlite_template: Path) -> str:
    """A database of the module's own."""
    return fresh_database(request, folder, sqlite_template)


@pytest.fixture(scope="module")
def settings(folder: Path, database_url: str) -> Iterator[GatewaySettings]:
    """With a broker of the module's own."""
    (folder / "nats").mkdir()
    process, url = start_nats(folder / "nats")
    quiet = {"outbox_period_s": 1.0, "progress_period_s": 1.0}  # nothing here waits for either: orders nudge the outbox
    yield settings_in(folder, url, database_url).model_copy(update=quiet)
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def store(folder: Path) -> Objects:
    """The house's objects."""
    return open_store(f"file://{folder}/store?sync=no")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(settings: GatewaySettings, store: Objects) -> AsyncIterator[House]:
    """One for all tests of a module: each has a composition of its own in it."""
    async with opening(settings, store)(players=Players) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def studio(house: House) -> Studio:
    """With one finished song."""
    house.band.hold.set()
    answer = await house.http.post("/jobs", files=form("a folk song", options='{"seed": 7, "bpm": 100}'))
    job = await house.ended(answer.json()["job_id"], 60.0)
    assert job["status"] == "completed", job
    return Studio(house, job["composition_id"])
