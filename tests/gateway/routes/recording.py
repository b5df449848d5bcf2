"""From a step and its answer to an example that can be shown: short, and with the same ids every time."""

import json
from pathlib import Path
from typing import Any

import httpx

from services.gateway import routes
from services.gateway.routes.describing import EXAMPLES
from tests.gateway.routes.story import Step

PLACE = Path(routes.__path__[0]) / EXAMPLES
_SHOWN_ITEMS, _SHOWN_CHARS = 2, 400


def example_of(operation: str, step: Step, answer: httpx.Response, known: dict[str, Any]) -> dict[str, Any]:
    """The example that a step is of an operation."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    shown = shortened(answer.json()) if kind == "application/json" else answer.text[:_SHOWN_CHARS] if kind.startswith("text/") else None
    path = {name: known[stated] for name, stated in zip(_names(operation), _names(step.operation), strict=True)}
    example = {
        "path": path,
        "query": step.query,
        "headers": step.headers,
        "body": step.json
        if step.json is not None
        else {**step.form, **{name: file.removeprefix("@") for name, file in step.files.items()}} or None,
        "status": answer.status_code,
        "media_type": kind or None,
        "answer": shown,
    }
    return settled(example, known)


def shortened(document: Any) -> Any:
    """A document with the first items of its lists."""
    if isinstance(document, dict):
        return {name: shortened(one) for name, one in document.items()}
    if isinstance(document, list):
        return [shortened(one) for one in document[:_SHOWN_ITEMS]]
    return document


def settled(example: Any, known: dict[str, Any]) -> Any:
    """An example in which ids that are drawn anew in every run are always the same."""
    text = json.dumps(example)
    for number, (name, value) in enumerate(sorted(known.items()), start=1):
        if isinstance(value, str) and len(value) == 24:
            text = text.replace(value, f"0199f0c1a2b3{number:012x}")
        text = text.replace(f"{{{name}}}", str(value).replace('"', '\\"'))
    return json.loads(text)


def shape(document: Any) -> Any:
    """The names of a document's members, whatever they hold: what an example has to have of a new answer."""
    return sorted(document) if isinstance(document, dict) else type(document).__name__


def _names(operation: str) -> list[str]:
    return [piece.partition("}")[0] for piece in operation.split("{")[1:]]


def save(examples: dict[str, Any]) -> None:
    """Write the examples."""
    PLACE.write_text(json.dumps(examples, indent=1, ensure_ascii=False) + "\n", "utf-8")
