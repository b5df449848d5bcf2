"""Reading documents of older schema versions: one step per version, each with a test."""

import json
from collections.abc import Callable
from typing import Any

from contracts.context import SCHEMA_VERSION, Context
from contracts.errors import BadInput

Step = Callable[[dict[str, Any]], dict[str, Any]]


def _from_0(data: dict[str, Any]) -> dict[str, Any]:
    """Version 0, the pre-release draft: `user_input` held the prompt and the seed lay beside it."""
    request = {"prompt": data.pop("user_input", ""), "seed": data.pop("seed", 0)}
    return {"request": request, **data, "schema_version": 1}


UPGRADES: dict[int, Step] = {0: _from_0}


def read_context(raw: bytes) -> Context:
    """Parse a context of any known schema version.

    A newer version than ours is read as ours: fields we do not know are ignored (writers stay at version n until
    every reader knows n + 1). Raises BadInput for what is no context.
    """
    data = json.loads(raw)
    version = data.get("schema_version")
    if not isinstance(version, int) or version < min(UPGRADES):
        raise BadInput("schema_version", version, f"{min(UPGRADES)} to {SCHEMA_VERSION}")
    while version in UPGRADES:
        data = UPGRADES[version](data)
        version = data["schema_version"]
    return Context.model_validate(data)
