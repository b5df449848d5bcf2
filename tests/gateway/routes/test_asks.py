"""Answers that need no job, from real subscribers on the bus."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from faststream.nats import NatsBroker, NatsMessage

from contracts.artifacts import Artifact
from contracts.errors import BadInput
from contracts.events import Answer, Ask, ask_subject
from services.runtime.queues import raw_body
from tests.gateway.conftest import PATIENCE_S, House, Open, form
from tests.gateway.routes.test_jobs import WAV, of_problem


@pytest.fixture
async def answering(quiet_house: House) -> AsyncIterator[Callable[..., Any]]:
    """Puts a service on the bus that answers with a function of the question."""
    brokers = []

    async def answer(service: str, reply: Callable[[Ask], Any]) -> None:
        broker = NatsBroker(quiet_house.desk.settings.nats_url, logger=None)

        @broker.subscriber(ask_subject(service), decoder=raw_body)
        async def asked(message: NatsMessage) -> bytes:
            try:
                return Answer(result=reply(Ask.model_validate_json(message.body))).to_json()
            except BadInput as error:
                return Answer(problem=error.problem()).to_json()

        await broker.start()
        brokers.append(broker)

    yield answer
    for broker in brokers:
        await broker.stop()


def refuse_polka(ask: Ask) -> dict[str, Any]:
    """An enhancer that knows no polka."""
    if ask.arguments["options"].get("genre") == "polka":
        raise BadInput("genre", "polka", "house, jazz")
    return {"text": ask.arguments["prompt"], "options": ask.arguments["options"]}


async def test_a_brief_is_read_without_making_anything(quiet_house: House, answering: Callable[..., Any]) -> None:
    """Prompt and stated options reach the enhancer; its answer and its refusals come back."""
    await answering("enhancer", refuse_polka)
    brief = await quiet_house.http.post("/briefs", json={"prompt": "fast", "options": {"bpm": 170, "license": "commercial"}})
    assert brief.json() == {"text": "fast", "options": {"bpm": 170.0, "license": "commercial"}}
    refused = of_problem(await quiet_house.http.post("/briefs", json={"prompt": "fast", "options": {"genre": "polka"}}))
    assert (refused["status"], refused["field"], refused["allowed"]) == (422, "genre", "house, jazz")
    assert (await quiet_house.http.get("/jobs")).json()["items"] == []


async def test_words_that_the_enhancer_refuses_are_refused_at_the_door(quiet_house: House, answering: Callable[..., Any]) -> None:
    """POST /jobs answers 422 with the option's name; a possible request is taken."""
    await answering("enhancer", refuse_polka)
    refused = of_problem(await quiet_house.http.post("/jobs", files=form(options='{"genre": "polka"}')))
    assert (refused["status"], refused["field"], refused["value"]) == (422, "options.genre", "'polka'")
    assert (await quiet_house.http.post("/jobs", files=form(options='{"genre": "jazz"}'))).status_code == 202


async def test_an_upload_is_analyzed_and_forgotten(quiet_house: House, answering: Callable[..., Any], tmp_path: Path) -> None:
    """The analyzer sees the stored file while it listens; afterwards it is gone."""

    def hear(ask: Ask) -> dict[str, Any]:
        return {"bytes": len(quiet_house.desk.objects.read(Artifact.model_validate(ask.arguments["reference"]).key))}

    await answering("analyzer", hear)
    answer = await quiet_house.http.post("/analyses", files={"file": WAV})
    assert answer.json() == {"bytes": len(WAV[1])}
    assert not [path for path in (tmp_path / "store/uploads").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "data", "question"),
    [("a.mid", b"MThd\0\0\0\6", "theory"), ("b.wav", b"MThd\0\0\0\6", "theory"), ("score.json", b'{"tempo_bpm": 90}', "theory")],
)
async def test_notes_are_analyzed_as_notes(
    quiet_house: House, answering: Callable[..., Any], name: str, data: bytes, question: str, tmp_path: Path
) -> None:
    """A MIDI file or a score, whatever it is called, is asked for its theory; afterwards it is gone."""

    def read(ask: Ask) -> dict[str, Any]:
        stored = Artifact.model_validate(ask.arguments["notes"])
        return {"what": ask.what, "bytes": len(quiet_house.desk.objects.read(stored.key)), "name": ask.arguments["name"]}

    await answering("analyzer", read)
    answer = await quiet_house.http.post("/analyses", files={"file": (name, data, "application/octet-stream")})
    assert answer.json() == {"what": question, "bytes": len(data), "name": name}
    assert not [path for path in (tmp_path / "store/uploads").rglob("*") if path.is_file()]


async def test_a_catalogue_comes_from_the_service_that_owns_it(quiet_house: House, answering: Callable[..., Any]) -> None:
    """Effects are the mixer's; an unknown catalogue is a 422 that lists them."""
    await answering("mixer", lambda ask: [{"id": "reverb", "asked": ask.arguments["kind"]}])
    assert (await quiet_house.http.get("/catalog/effects")).json() == [{"id": "reverb", "asked": "effects"}]
    assert of_problem(await quiet_house.http.get("/catalog/spices"))["field"] == "kind"


async def test_a_service_that_is_away_is_said(open_house: Open) -> None:
    """503 with the service's name, at once and not after the time limit."""
    async with open_house(play=False, brief_timeout_s=10 * PATIENCE_S) as house, asyncio.timeout(PATIENCE_S):
        answer = await house.http.post("/briefs", json={"prompt": "a"})
    problem = of_problem(answer)
    assert (problem["status"], "enhancer" in problem["detail"], "retry-after" in answer.headers) == (503, True, True)


async def test_an_impossible_question_is_refused(quiet_house: House) -> None:
    """400 for no JSON and for no prompt, 422 for a value, 415 and 400 for no sound."""
    http = quiet_house.http
    assert of_problem(await http.post("/briefs", content=b"{", headers={"content-type": "application/json"}))["status"] == 400
    assert of_problem(await http.post("/briefs", json={}))["status"] == 400
    assert of_problem(await http.post("/briefs", json={"prompt": 7}))["status"] == 422
    assert of_problem(await http.post("/analyses", files={"file": ("a.txt", b"x", "text/plain")}))["status"] == 415
    assert of_problem(await http.post("/analyses", files={"other": (None, "x")}))["status"] == 400
