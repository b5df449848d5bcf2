"""Generated requests over the OpenAPI document: no 5xx, and every answer is one that the document describes."""

import asyncio
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from services.runtime.workbench import Objects
from tests.gateway.answering import answering
from tests.gateway.conftest import Open, form
from tests.gateway.routes.recorders import Recorders

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ENDLESS = ("/api/v1/compositions/{composition_id}/events", "/api/v1/jobs/{job_id}/events", "/api/v1/jobs/{job_id}/preview")
"""Streams that end when the song does."""
KEPT = ("delete_job", "erase_composition")
"""What would take away what the other requests look at: only ever asked of things that are not there."""
SLOW = frozenset(HealthCheck)
QUICK = settings(max_examples=4, deadline=None, database=None, derandomize=True, suppress_health_check=SLOW, phases=(Phase.generate,))


def operations(schema: Any) -> list[Any]:
    """Every operation that ends."""
    return [one.ok() for one in schema.get_all_operations() if one.ok().path not in ENDLESS]


def ask(operation: Any, known: dict[str, Any]) -> None:
    """Some requests to one operation: half of them about things that are there."""
    turns = count()

    @QUICK
    @given(case=operation.as_strategy())
    def asked(case: Any) -> None:
        if next(turns) % 2 and operation.definition.raw["operationId"] not in KEPT:
            case.path_parameters = {**(case.path_parameters or {}), **{k: v for k, v in known.items() if k in (case.path_parameters or {})}}
        case.validate_response(case.call(timeout=60), checks=CHECKS)

    asked()


def fuzz(url: str, known: dict[str, Any]) -> None:
    """All operations one by one, then walks along the links between them."""
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
    failures = []
    for operation in operations(schema):
        try:
            ask(operation, known)
        except (AssertionError, ExceptionGroup) as error:
            failures.append(f"{operation.method.upper()} {operation.path}: {error}")
    assert not failures, "\n\n".join(failures)

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    run_state_machine_as_test(Walk, settings=settings(QUICK, max_examples=4, stateful_step_count=4))


async def test_no_generated_request_breaks_the_gateway(open_house: Open, store: Objects, tmp_path: Path) -> None:
    """Whatever fits the document, or nearly does, is answered as the document says, and never with a 5xx."""
    async with (
        open_house(players=Recorders, early_check_s=20.0, max_upload_bytes=10**6) as house,
        answering(house.desk.settings.nats_url, store, tmp_path / "answers"),
    ):
        house.http.timeout = httpx.Timeout(60)
        made = (await house.http.post("/jobs", files=form("a folk song", '{"bpm": 100}'))).json()
        await house.ended(made["job_id"])
        known = {"job_id": made["job_id"], "composition_id": made["composition_id"], "number": 1, "part": "bass", "name": "master.wav"}
        await asyncio.to_thread(fuzz, house.url, known)
