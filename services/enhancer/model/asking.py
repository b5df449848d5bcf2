"""One question to the model, put as its server understands it: with a JSON schema, as a JSON object, or in plain words."""

import json
import time
from dataclasses import dataclass, replace
from typing import Any

from services.enhancer.model.account import Account, Meter
from services.enhancer.model.answer import FUNCTION, read_answer
from services.enhancer.model.line import Rejected, Unusable, line
from services.enhancer.model.schema import Schema
from services.enhancer.model.settings import LlmSettings

ROUTES = ("json_schema", "json_object", "text")
_OPTIONAL = ("temperature", "seed", "max_completion_tokens")
_MOST_KNOWN = 64


@dataclass(frozen=True)
class Manner:
    """How a server takes its questions."""

    route: str = ROUTES[0]
    left_out: frozenset[str] = frozenset()

    def arguments(self, model: str, messages: list[dict[str, Any]], schema: Schema, settings: LlmSettings) -> dict[str, Any]:
        """The arguments of a completion."""
        optional = {"temperature": 0, "seed": 0, "max_completion_tokens": settings.max_tokens}
        arguments: dict[str, Any] = {"model": model, "messages": messages}
        arguments.update({name: value for name, value in optional.items() if name not in self.left_out})
        if self.route == "json_schema":
            arguments["response_format"] = {"type": "json_schema", "json_schema": {"name": FUNCTION, "strict": True, "schema": schema}}
            return arguments
        first, *rest = messages
        told = f"{first['content']}\nThe object follows this JSON schema: {json.dumps(schema, ensure_ascii=False, separators=(',', ':'))}"
        arguments["messages"] = [{**first, "content": told}, *rest]
        if self.route == "json_object":
            arguments["response_format"] = {"type": "json_object"}
        return arguments

    def after(self, rejected: Rejected) -> "Manner | None":
        """A simpler manner: without the option that the server names, else with the next format; None where nothing is left."""
        named = [name for name in _OPTIONAL if name in rejected.body and name not in self.left_out]
        if named and rejected.status in (400, 422):
            return replace(self, left_out=self.left_out | set(named))
        if self.route != ROUTES[-1]:
            return replace(self, route=ROUTES[ROUTES.index(self.route) + 1])
        return None if self.left_out == set(_OPTIONAL) else replace(self, left_out=frozenset(_OPTIONAL))


_known: dict[tuple[str | None, str], Manner] = {}


class Failed(Exception):
    """No usable answer; what it took all the same is in `account`."""

    def __init__(self, why: str, account: Account) -> None:
        self.why, self.account = why, account
        super().__init__(why)


def ask(settings: LlmSettings, model: str, messages: list[dict[str, Any]], schema: Schema) -> tuple[dict[str, Any], Account]:
    """The model's answer as a JSON object whose values are still to be checked, and what it took. Raises Failed."""
    deadline, place = time.monotonic() + settings.timeout_s, (settings.base_url, model)
    meter, manner = Meter(settings, model), _known.get(place, Manner())
    counted: list[float] = []
    try:
        while True:
            try:
                body = line.post(settings, manner.arguments(model, messages, schema, settings), deadline, counted)
                break
            except Rejected as rejected:
                simpler = manner.after(rejected)
                if simpler is None:
                    raise Unusable(f"the server does not take the question ({rejected.status})") from None
                manner = simpler
        meter.requests = len(counted)
        answer = read_answer(body, frozenset(schema["properties"]), meter)
    except Unusable as problem:
        meter.requests = len(counted)
        raise Failed(str(problem), meter.account(manner.route)) from None
    if len(_known) < _MOST_KNOWN:
        _known[place] = manner
    return answer, meter.account(manner.route)
