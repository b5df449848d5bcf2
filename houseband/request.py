"""From command-line arguments to the options of a request."""

import argparse
from typing import Any

from pydantic import ValidationError

from contracts.context import Options
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
    return check_options(given)


def check_options(given: dict[str, Any]) -> dict[str, Any]:
    """`given` as JSON values, once they pass the schema of options."""
    try:
        Options.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        raise BadInput(_FLAGS.get(field, field), first["input"], first["msg"].removeprefix("Input should be ")) from None
    return given


def check_prompt(prompt: str) -> str:
    """The prompt without surrounding space. Raises BadInput for an empty one."""
    if not prompt.strip():
        raise BadInput("prompt", prompt, "a sentence", hint='For example: make song PROMPT="warm lo-fi hip hop with a Rhodes, 80 bpm"')
    return prompt.strip()
