"""Every operation of the OpenAPI document is executed against the real gateway, and answers what the document says.

HOUSEBAND_RECORD_EXAMPLES=1 writes the answers down as the document's examples.
"""

import os
from pathlib import Path
from typing import Any

import httpx
import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from services.gateway.app import create_app
from services.gateway.routes.describing import examples, operations
from services.runtime.workbench import Objects
from tests.gateway.answering import answering
from tests.gateway.conftest import Open
from tests.gateway.routes.recorders import Recorders
from tests.gateway.routes.recording import example_of, save, shape
from tests.gateway.routes.story import STORY
from tests.gateway.routes.telling import Teller

ROOT = "urn:document"


def checked(document: dict[str, Any], operation: dict[str, Any], status: int, kind: str, answer: Any) -> None:
    """Validate an answer with the schema that the document gives for it."""
    content = operation["responses"][str(status)].get("content", {})
    if kind != "application/json":
        return
    schema = content[kind]["schema"]
    registry: Registry[Any] = Registry().with_resource(ROOT, Resource.from_contents(document, default_specification=DRAFT202012))
    rooted = {"$id": "urn:answer", **_absolute(schema)}
    jsonschema.Draft202012Validator(rooted, registry=registry).validate(answer)


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: f"{ROOT}{one}" if name == "$ref" and str(one).startswith("#") else _absolute(one) for name, one in schema.items()}
    return [_absolute(one) for one in schema] if isinstance(schema, list) else schema


async def test_every_operation_is_executed_and_answers_what_the_document_says(open_house: Open, store: Objects, tmp_path: Path) -> None:
    """Status, media type and schema of each answer, and the members of its example, are those of the document."""
    async with (
        open_house(players=Recorders, early_check_s=20.0) as house,
        answering(house.desk.settings.nats_url, store, tmp_path / "answers"),
    ):
        house.http.timeout = httpx.Timeout(60)  # the first answer of a service loads its libraries
        document = (await house.http.get("/openapi.json")).json()
        described = {f"{method.upper()} {path.removeprefix('/api/v1')}": one for method, path, one in operations(document)}
        teller, made = Teller(house), {}
        for step in STORY:
            answer = await teller.tell(step)
            name = next((one for one in described if _same(one, step.operation)), step.operation)
            kind = answer.headers.get("content-type", "").partition(";")[0]
            body = answer.json() if kind == "application/json" else None
            checked(document, described[name], answer.status_code, kind, body)
            made.setdefault(name, example_of(name, step, answer, teller.known))
            if not os.environ.get("HOUSEBAND_RECORD_EXAMPLES"):
                assert shape(examples()[name]["answer"]) == shape(made[name]["answer"]), name
    if os.environ.get("HOUSEBAND_RECORD_EXAMPLES"):
        save(made)
    assert sorted(made) == sorted(described)


def _same(one: str, other: str) -> bool:
    """Whether two operations are the same but for the names of their parameters."""

    def plain(operation: str) -> list[str]:
        return ["{}" + piece.partition("}")[2] if "{" in piece else piece for piece in operation.split("/")]

    return plain(one) == plain(other)


def test_the_document_is_of_this_code() -> None:
    """OpenAPI 3.1; every operation has its example, an id of its own, a description and problems for every failure."""
    document = create_app().openapi()
    assert document["openapi"].startswith("3.1")
    found = list(operations(document))
    assert len({operation["operationId"] for *_, operation in found}) == len(found)
    for method, path, operation in found:
        assert operation.get("description"), (method, path)
        assert "default" in operation["responses"], (method, path)
        assert f"{method.upper()} {path.removeprefix('/api/v1')}" in examples(), (method, path)
