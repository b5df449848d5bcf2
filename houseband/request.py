"""From command-line arguments to the options of a request."""

import argparse
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from contracts.context import MAX_PROMPT_CHARS, Options
from contracts.errors import BadInput, Unavailable

_FIELDS = [
    "duration_s",
    "bpm",
    "key",
    "meter",
    "genre",
    "moods",
    "instruments",
    "without",
    "chords",
    "structure",
    "energy",
    "valence",
    "enhance",
    "license",
    "target_lufs",
    "ceiling_dbtp",
    "until",
    "engine",
]
_FLAGS = {"duration_s": "duration", "moods": "mood", "ceiling_dbtp": "ceiling", "target_lufs": "target-lufs"}
_NOT_YET = ("midi", "image", "taps", "hum", "lyrics")


def read_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The stated options, checked.

    Raises:
        BadInput: a value is out of range; the message names the flag, the value and what is allowed.
        Unavailable: an input that this version does not read.
    """
    for name in _NOT_YET:
        if getattr(arguments, name, None):
            raise Unavailable(f"--{name}", "this version reads a prompt and a --reference; see CHANGELOG.md for what comes")
    stated = {name: getattr(arguments, name) for name in _FIELDS}
    given = {name: value for name, value in stated.items() if value not in (None, [], ())}
    for name, value in given.items():
        _check_text(_FLAGS.get(name, name), value)
    return check_options(given)


def check_options(given: dict[str, Any]) -> dict[str, Any]:
    """`given` as JSON values, once they pass the schema of options."""
    try:
        Options.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        raise BadInput(_FLAGS.get(field, field), first["input"], _allowed(field, first["msg"])) from None
    return given


def _allowed(field: str, message: str) -> str:
    """Both ends of a field's range, from its schema; else pydantic's words."""
    schema = Options.model_json_schema()["properties"].get(field, {})
    for variant in (schema, *schema.get("anyOf", [])):
        if "minimum" in variant and "maximum" in variant:
            return f"{variant['minimum']:g} to {variant['maximum']:g}"
    return message.removeprefix("Input should be ")


def check_prompt(prompt: str) -> str:
    """The prompt without surrounding space. Raises BadInput for one that is empty, too long or no text."""
    if not prompt.strip():
        raise BadInput("prompt", prompt, "a sentence", hint='For example: make song PROMPT="warm lo-fi hip hop with a Rhodes, 80 bpm"')
    if len(prompt) > MAX_PROMPT_CHARS:
        raise BadInput("prompt", f"{len(prompt)} characters", f"1 to {MAX_PROMPT_CHARS:,} characters")
    _check_text("prompt", prompt)
    return prompt.strip()


def check_server(url: str) -> str:
    """The address of a gateway. Raises BadInput for what is none."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise BadInput("server", url, "an address such as http://127.0.0.1:8000")
    return url


def _check_text(field: str, value: Any) -> None:
    """Raise BadInput for bytes of the command line that were no UTF-8: they arrive as lone surrogates (PEP 383)."""
    for text in (value,) if isinstance(value, str) else value if isinstance(value, list | tuple) else ():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BadInput(field, text[error.start : error.end], "text in UTF-8") from None
