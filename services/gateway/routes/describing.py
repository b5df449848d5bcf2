"""What holds for every operation of the document: problems, keys of repeated requests, conditions, examples, links between operations.

The examples were recorded from the running gateway (`examples.json`); a test executes each of them again.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from services.gateway.problems import MEDIA_TYPE

EXAMPLES = "examples.json"
_PREFIX = "/api/v1"
_PROBLEM = {"description": "Problem (RFC 9457)", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "the same request under the same key happens once; its answer is given again for a day",
}
_KNOWN = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 1000, "pattern": "^[ -~]*$"},
    "description": "ETags that the client has: 304 where one is still right",
}
_NOT_MODIFIED = {"description": "The client has it"}
# From an answer's member to the parameter of operations that take it.
_FOLLOWING: dict[str, dict[str, tuple[str, ...]]] = {
    "create_job": {"job_id": ("get_job", "delete_job"), "composition_id": ("get_composition", "list_versions", "history")},
    "list_jobs": {"items/0/job_id": ("get_job",)},
    "list_compositions": {"items/0/composition_id": ("get_composition", "erase_composition")},
    "give_comment": {"comment_id": ("get_comment",)},
}


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Recorded requests and answers by operation, such as "GET /jobs"."""
    found: dict[str, dict[str, Any]] = json.loads((files(__package__) / EXAMPLES).read_text("utf-8"))
    return found


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what holds everywhere, and with its examples."""
    names = {operation["operationId"] for *_, operation in operations(document)}
    for method, path, operation in operations(document):
        responses = operation["responses"]
        for response in responses.values():
            if "HTTPValidationError" in json.dumps(response):
                response.clear()
                response.update(_PROBLEM)
        responses.setdefault("default", _PROBLEM)
        parameters = operation.setdefault("parameters", [])
        if method == "post" and not any(one["name"] == _KEY["name"] for one in parameters):
            parameters.append(_KEY)
        if method == "get":
            parameters.append(_KNOWN)
            responses.setdefault("304", _NOT_MODIFIED)
        _show(operation, examples().get(f"{method.upper()} {path.removeprefix(_PREFIX)}"))
        _link(operation, names)
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of a document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def _show(operation: dict[str, Any], example: dict[str, Any] | None) -> None:
    """Put an example into an operation: its parameters, its body, its answer."""
    if example is None:
        return
    given = {**example["path"], **example["query"], **example["headers"]}
    for parameter in operation["parameters"]:
        if parameter["name"] in given:
            parameter["example"] = given[parameter["name"]]
    if example["body"] is not None:
        for content in operation["requestBody"]["content"].values():
            content["example"] = example["body"]
    if example["answer"] is not None:
        response = operation["responses"][str(example["status"])]
        response.setdefault("content", {}).setdefault(example["media_type"], {})["example"] = example["answer"]


def _link(operation: dict[str, Any], names: set[str]) -> None:
    """Say which operations go on with what this one answers."""
    for place, following in _FOLLOWING.get(operation["operationId"], {}).items():
        parameter = place.rpartition("/")[2]
        success = next(response for status, response in operation["responses"].items() if status.startswith("2"))
        for name in names.intersection(following):
            link = {"operationId": name, "parameters": {parameter: f"$response.body#/{place}"}}
            success.setdefault("links", {})[name] = link
