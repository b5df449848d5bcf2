"""Three people with keys of their own, and a song of one of them that has a score."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from contracts.context import Context, ScoreSection
from contracts.music import Score
from contracts.pipeline import Stage
from services.gateway.app import new_id
from services.gateway.database.engine import Database
from services.gateway.people.keyring import add_key
from services.gateway.settings import GatewaySettings
from tests.gateway.conftest import NO_TLS, PATIENCE_S, House, Open, form
from tests.gateway.toy_band import ToyBand

SCORE = Score.model_validate(
    {
        "tempo_bpm": 120.0,
        "sections": {"verse_1": {"label": "verse", "start_bar": 1, "bars": 4, "energy": 0.5, "key": "C major"}},
        "parts": {"bass": {"role": "bass", "instrument": "bass_guitar", "notes": [[0, 960, 40, 90]]}},
    }
)


class WritingBand(ToyBand):
    """A toy band that writes a score, too: four bars of bass."""

    def _work(self, context: Context, stage: Stage) -> Context:
        made = super()._work(context, stage)
        if stage is not Stage.ARRANGEMENT:
            return made
        key = f"compositions/{context.composition_id}/toy/score.json"
        stored = self.objects.put_bytes(key, SCORE.to_json(), "application/json")
        return made.model_copy(update={"arrangement": ScoreSection(score=stored)})


@dataclass
class Studio:
    """A house where people sign in: their clients, and Ana's composition with one version."""

    house: House
    people: dict[str, httpx.AsyncClient]
    keys: dict[str, str]
    composition_id: str

    @property
    def path(self) -> str:
        """Where the composition is."""
        return f"/compositions/{self.composition_id}"

    async def invite(self, user: str, role: str) -> httpx.Response:
        """Ana gives somebody a role."""
        return await self.people["ana"].put(f"{self.path}/members/{user}", json={"role": role})

    async def composition(self, user: str = "ana") -> dict[str, Any]:
        """The composition as somebody sees it."""
        answer: dict[str, Any] = (await self.people[user].get(self.path)).json()
        return answer


async def people_with_keys(settings: GatewaySettings, users: tuple[str, ...]) -> dict[str, str]:
    """A key for each user, before the house opens."""
    database, keys = Database(settings.database_url), {}
    await database.migrate()
    for user in users:
        async with database.write() as session:
            about = {"key_id": new_id(), "user": user, "name": user, "now": time.time()}
            _, keys[user] = add_key(session, **about, scopes=["write"], days=1)  # type: ignore[arg-type]
    await database.close()
    return keys


@pytest.fixture
async def studio(settings: GatewaySettings, open_house: Open) -> AsyncIterator[Studio]:
    """Ana's song; Ben and Cleo, who have no part in it yet."""
    keys = await people_with_keys(settings, ("ana", "ben", "cleo"))
    async with open_house(auth="required", players=WritingBand) as house, AsyncExitStack() as stack:
        people = {}
        for user, key in keys.items():
            shown = {"Authorization": f"Bearer {key}"}
            client = httpx.AsyncClient(base_url=house.http.base_url, headers=shown, timeout=PATIENCE_S, verify=NO_TLS)
            people[user] = await stack.enter_async_context(client)
        accepted = (await people["ana"].post("/jobs", files=form())).json()
        house.http.headers["Authorization"] = f"Bearer {keys['ana']}"
        await house.ended(accepted["job_id"])
        yield Studio(house, people, keys, accepted["composition_id"])
