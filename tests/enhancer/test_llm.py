"""The language model as second reader: tested against a local server that speaks the chat completions protocol."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from contracts.brief import Brief
from contracts.context import Options
from services.enhancer.enhancing import enhance
from services.enhancer.llm import LlmSettings
from services.enhancer.reading import read_prompt

PROMPT = "sad house in F minor, no vocals"
GOOD: dict[str, Any] = {
    "tempo_bpm": 122.0, "key": "C major", "meter": "4/4", "genres": ["jazz"], "moods": ["happy"], "energy": 0.9, "valence": 0.1,
    "instruments_with": ["acoustic_piano", "vocals", "theremin"], "structure": [{"label": "Intro", "bars": 4}, {"label": "Drop", "bars": 16}],  # noqa: E501  a table of words or one pattern
    "production": ["wide"], "title": "Cold Floor", "why": "the floor at four in the morning",
}  # fmt: skip


class Model(ThreadingHTTPServer):
    """A server whose next answer is set by the test; it keeps the last request."""

    daemon_threads = True
    body: bytes = b""
    status: int = 200
    delay_s: float = 0.0
    request: dict[str, Any]

    def answer(self, content: str) -> None:
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        self.body = json.dumps({"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}).encode()

    @property
    def settings(self) -> LlmSettings:
        return LlmSettings(base_url=f"http://127.0.0.1:{self.server_port}/v1", model="tiny", timeout_s=0.5)


class _Handler(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        self.server.request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(self.server.delay_s)
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *args: Any) -> None:
        """Silence."""


@pytest.fixture
def model() -> Iterator[Model]:
    server = Model(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _enhanced(model: Model) -> Brief:
    return enhance(PROMPT, Options(enhance="llm"), seed=3, settings=model.settings)


def test_proposals_fill_what_was_inferred(model: Model) -> None:
    """Tempo, energy, structure and title come from the model, marked as inferred."""
    model.answer(json.dumps(GOOD))
    brief = _enhanced(model)
    assert (brief.tempo_bpm.value, brief.tempo_bpm.is_stated, brief.title) == (122.0, False, "Cold Floor")
    assert [(s.label, s.bars) for s in brief.structure.value] == [("intro", 4), ("drop", 16)]
    assert "tiny" in (brief.tempo_bpm.reason or "")


def test_stated_facts_win(model: Model) -> None:
    """What the user said stands against any proposal; excluded and unknown instruments never enter."""
    model.answer(json.dumps(GOOD))
    brief = _enhanced(model)
    assert (brief.key.value, brief.genres.value, brief.moods.value) == ("F minor", ("house",), ("sad",))
    assert brief.instruments_with.value == ("acoustic_piano",)


def test_the_question_carries_schema_and_facts(model: Model) -> None:
    """The request names the model, asks for the schema and lists the stated facts."""
    model.answer(json.dumps(GOOD))
    _enhanced(model)
    assert model.request["model"] == "tiny"
    assert model.request["response_format"]["json_schema"]["schema"]["additionalProperties"] is False
    assert "F minor" in model.request["messages"][0]["content"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "I would love to help!",
        "{",
        "[]",
        "null",
        json.dumps({**GOOD, "tempo_bpm": "fast"}),
        json.dumps({**GOOD, "extra": 1}),
        '{"key": "F minor"}',
    ],
)
def test_a_malformed_answer_leaves_the_offline_brief(model: Model, content: str) -> None:
    """An answer that does not fit the schema changes nothing but the notes."""
    model.answer(content)
    _assert_offline(_enhanced(model), "does not fit the schema")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'"text"', b"{}", b'{"choices": null}', b'{"choices": [{}]}', b'{"choices": [{"message": null}]}']
)
def test_an_answer_outside_the_protocol_leaves_the_offline_brief(model: Model, body: bytes) -> None:
    """A server that does not speak the protocol is survived."""
    model.body = body
    _assert_offline(_enhanced(model), "no usable answer")


def test_an_error_status_leaves_the_offline_brief(model: Model) -> None:
    """A server error is told in the notes."""
    model.status, model.body = 500, b"{}"
    _assert_offline(_enhanced(model), "InternalServerError")


def test_a_slow_answer_is_not_waited_for(model: Model) -> None:
    """After the timeout the offline brief stands."""
    model.answer(json.dumps(GOOD))
    model.delay_s = 1.5
    before = time.monotonic()
    _assert_offline(_enhanced(model), "no answer within 0.5 s")
    assert time.monotonic() - before < 1.4


def test_nobody_listening_leaves_the_offline_brief() -> None:
    """An address where nothing answers, and no address at all, are both survived."""
    closed = LlmSettings(base_url="http://127.0.0.1:9/v1", timeout_s=0.5)
    _assert_offline(enhance(PROMPT, Options(enhance="llm"), seed=3, settings=closed), "no usable answer")
    _assert_offline(enhance(PROMPT, Options(enhance="llm"), seed=3, settings=LlmSettings(base_url=None)), "HOUSEBAND_LLM_BASE_URL")


def test_impossible_proposals_are_dropped(model: Model) -> None:
    """A tempo of 900, a key of H and unknown genres are ignored one by one."""
    model.answer(json.dumps({**GOOD, "tempo_bpm": 900, "meter": "4/5", "energy": 7, "structure": [{"label": "drop", "bars": 0}]}))
    brief, offline = _enhanced(model), read_prompt(PROMPT, Options(), seed=3)
    assert (brief.tempo_bpm, brief.meter, brief.energy, brief.structure) == (
        offline.tempo_bpm,
        offline.meter,
        offline.energy,
        offline.structure,
    )


def _assert_offline(brief: Brief, note: str) -> None:
    offline = read_prompt(PROMPT, Options(), seed=3)
    assert note in brief.notes[-1]
    assert brief.model_copy(update={"notes": ()}) == offline.model_copy(update={"notes": ()})
