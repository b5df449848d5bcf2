"""What a server sent, as one JSON object: the protocol's ways of not answering are told apart, and nothing in it is believed."""

import json
import re
from typing import Any

from services.enhancer.model.account import Meter
from services.enhancer.model.line import Unusable

FUNCTION = "brief"
_MOST_CONTENT = 200_000
_MOST_STARTS = 24
_THOUGHT_ENDS = ("</think>", "</thinking>")


def read_answer(body: bytes, known: frozenset[str], meter: Meter) -> dict[str, Any]:
    """The object in a chat completion that holds at least one of the `known` keys. Raises Unusable with the reason."""
    completion = _json(body)
    if not isinstance(completion, dict):
        raise Unusable("the answer is not a completion" if completion is not None else _no_json(body))
    meter.count(completion.get("usage"))
    choices = completion.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise Unusable("the answer holds no message")
    if message.get("refusal"):
        raise Unusable("the model declined to answer")
    if choice.get("finish_reason") == "content_filter":
        raise Unusable("the server's content filter held the answer back")
    if choice.get("finish_reason") == "length":
        raise Unusable("the answer was cut off at its longest")
    return _found(_text(message), known)


def _text(message: dict[str, Any]) -> str:
    """The text of a message: as it is, in parts, or as the arguments of a call to our own function, which some servers make of a schema."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))
    if isinstance(content, str) and content.strip():
        return content
    calls = message.get("tool_calls")
    if isinstance(calls, list) and calls:
        function = calls[0].get("function") if isinstance(calls[0], dict) else None
        if isinstance(function, dict) and function.get("name") == FUNCTION and isinstance(function.get("arguments"), str):
            return str(function["arguments"])
        raise Unusable("the model wants to call a tool, and there is none")
    raise Unusable("the answer is empty")


def _found(content: str, known: frozenset[str]) -> dict[str, Any]:
    if len(content) > _MOST_CONTENT:
        raise Unusable(f"the answer has more than {_MOST_CONTENT} characters")
    text = _after_thought(content)
    fenced = [piece.removeprefix("json") for piece in text.split("```", 2 * _MOST_STARTS)[1::2]]
    for piece in (text, *fenced):
        found = _json(piece)
        if isinstance(found, dict) and known & found.keys():
            return found
    decoder = json.JSONDecoder(parse_constant=_nothing)
    for start in [match.start() for match in re.finditer(r"\{", text)][:_MOST_STARTS]:
        try:
            found, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and known & found.keys():
            return found
    raise Unusable("the answer is no JSON object of the schema, or only the beginning of one")


def _after_thought(content: str) -> str:
    """What comes after the thoughts that some models put before their answer. By plain search: patterns may take forever here."""
    end = max((content.rfind(mark) + len(mark) for mark in _THOUGHT_ENDS if mark in content), default=0)
    return content[end:]


def _json(text: str | bytes) -> Any:
    """The value of a JSON text; None for what is none. NaN and the infinities are nothing, too."""
    try:
        return json.loads(text, parse_constant=_nothing)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        return None


def _no_json(body: bytes) -> str:
    return "the answer is empty" if not body.strip() else "the answer is not JSON"


def _nothing(_: str) -> None:
    return None
