"""Instructions over HTTP with a real broker, database and enhancer: read over a version, and revised by."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from houseband.client import AsyncClient
from services.enhancer.app import service
from services.enhancer.settings import EnhancerSettings
from services.gateway.settings import GatewaySettings
from tests.gateway.versions.conftest import Studio

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def listening(studio: Studio, settings: GatewaySettings) -> AsyncIterator[Studio]:
    """The studio with the enhancer that reads what is said about its song."""
    enhancer = EnhancerSettings(nats_url=settings.nats_url, store=settings.store, scratch_dir=settings.scratch_dir, warm_up=False)
    app, started = service(enhancer).app(), asyncio.Event()
    app.after_startup(started.set)
    async with app.start_lifespan_context():
        await started.wait()
        yield studio


async def test_an_instruction_is_read_without_being_done(studio: Studio, settings: GatewaySettings) -> None:
    """Edits by the ids of this song, told in words, what was left unread named; no version is made of it. The client reads the same."""
    async with listening(studio, settings) as reading:
        said = "bass 3 dB quieter in the chorus, and order a pizza"
        answer = await reading.post("versions/1/instructions", {"instruction": said})
        assert answer.status_code == 200, answer.text
        read = answer.json()
        assert [(one["kind"], one["parts"], one["sections"], one["db"]) for one in read["edits"]] == [("level", ["bass"], ["chorus"], -3.0)]
        assert read["told"] == ["bass -3 dB in chorus."]
        assert read["unread"] == ["order a pizza"]
        async with AsyncClient(reading.house.url) as client:
            assert (await client.read_instruction(reading.composition, 1, said)).model_dump(mode="json") == read
        assert len((await reading.get("versions"))["items"]) == 1


async def test_an_instruction_revises(studio: Studio, settings: GatewaySettings) -> None:
    """What was read is what is made: another tempo from the words, the told words in the answer; nonsense is refused with examples."""
    async with listening(studio, settings) as reading:
        job = await reading.revised(1, {"instruction": "10 bpm faster"})
        assert (job["status"], job["asked"]["told"]) == ("completed", ["Tempo 100 → 110 BPM."])
        assert (await reading.context(2))["request"]["revises"]["instruction"] == "10 bpm faster"
        for said, why in (
            ("hello there", "a change that music can make"),
            ("the tuba louder", "its parts: bass, lead"),
            ("900 bpm", "30 to 300"),
        ):
            for path in ("versions/1/instructions", "versions/1/revise"):
                answer = await reading.post(path, {"instruction": said})
                problem = answer.json()
                assert (answer.status_code, problem["field"]) == (422, "instruction"), problem
                assert why in problem["detail"], problem
        for body, status in (({"instruction": ""}, 422), ({"instruction": "x" * 2001}, 422), ({"instruction": "a\x00b"}, 422), ({}, 400)):
            assert (await reading.post("versions/1/instructions", body)).status_code == status, body
        assert (await reading.post("versions/9/instructions", {"instruction": "slower"})).status_code == 404
