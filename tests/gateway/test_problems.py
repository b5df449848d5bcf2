"""What nobody foresaw is told as a problem too, without its traceback."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from contracts.errors import BadInput, IllegalMove, Unavailable
from services.gateway import problems

RAISED: dict[str, tuple[Exception, int, str]] = {
    "bad-input": (BadInput("bpm", 999, "30 to 300"), 422, "bad_input"),
    "illegal-move": (IllegalMove("stage", "mixing", "mastering"), 409, "illegal_move"),
    "unavailable": (Unavailable("the store", "start it"), 503, "unavailable"),
    "database": (OperationalError("INSERT secret", {}, Exception("database or disk is full")), 503, "unavailable"),
    "bug": (ZeroDivisionError("secret"), 500, "internal"),
}


@pytest.fixture
def app() -> FastAPI:
    """An application whose only route breaks as it is told."""
    app = FastAPI()
    problems.install(app)

    @app.get("/{how}")
    async def broken(how: str) -> Any:
        raise RAISED[how][0]

    return app


@pytest.mark.parametrize("how", RAISED)
async def test_every_error_is_a_problem(app: FastAPI, how: str) -> None:
    """Status and code follow the kind of error; what is inside the house stays there."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        answer = await http.get(f"/{how}")
    _, status, code = RAISED[how]
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


async def test_an_early_answer_outlives_a_body_that_nobody_reads() -> None:
    """The answer is whole before the rest of the body is thrown away, and the end comes after it."""
    sent: list[dict[str, Any]] = []
    chunks = [{"type": "http.request", "body": b"x", "more_body": more} for more in (True, True, False)]

    async def receive() -> dict[str, Any]:
        assert sent[-1]["body"], "nothing is read before the answer is out"
        await asyncio.sleep(0)
        return chunks.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    refused = problems.Refused(413, "too much")
    response = problems.problem_response(refused.problem(), {"Connection": "close"})
    await response({"type": "http"}, receive, send)
    assert [(message["type"], message.get("more_body")) for message in sent[1:]] == [
        ("http.response.body", True),
        ("http.response.body", False),
    ]
    assert chunks == []
