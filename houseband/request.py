"""From command-line arguments to the options of a request."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from contracts.context import MAX_PROMPT_CHARS, Options
from contracts.errors import BadInput
from houseband.editing import read_edited, words_of_brief
from houseband.stating import read_mix, read_sounds
from services.music.lyrics import read_lyrics
from services.music.pictures import MOST_BYTES, read_picture
from services.music.taps import read_taps

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
    "taste",
    "separate",
    "license",
    "target_lufs",
    "ceiling_dbtp",
    "until",
    "engine",
    "ending",
    "midi_as",
    "resize",
    "sounds",
    "mix",
    "formats",
    "editions",
]
_FLAGS = {
    "duration_s": "duration",
    "moods": "mood",
    "ceiling_dbtp": "ceiling",
    "target_lufs": "target-lufs",
    "midi_as": "midi-as",
    "sounds": "sound",
}
_FILES = {
    "reference": "a readable audio file (WAV, FLAC, OGG, MP3)",
    "midi": "a readable MIDI file",
    "hum": "a readable audio file (WAV, FLAC, OGG, MP3)",
    "image": "a picture (PNG, JPEG, WebP or GIF)",
    "base": "score.json of an earlier song",
    "cover": "a picture (PNG or JPEG)",
}
_MOST_TEXT_BYTES = 256 * 1024


@dataclass(frozen=True)
class Brought:
    """What a request brings beside words and options: files that are there, taps and lyrics that can be read."""

    reference: Path | None = None
    midi: Path | None = None
    hum: Path | None = None
    image: Path | None = None
    base: Path | None = None
    cover: Path | None = None
    taps: tuple[float, ...] = ()
    lyrics: str = ""

    def form(self) -> dict[str, Any]:
        """As keyword arguments of `Client.create_job`."""
        return {field.name: getattr(self, field.name) or None for field in fields(self)}


def read_brought(arguments: argparse.Namespace) -> Brought:
    """The files of a command line. Raises BadInput for one that is missing, unreadable or not what it should be."""
    for name, allowed in _FILES.items():
        path = getattr(arguments, name)
        if path and not path.is_file():
            raise BadInput(name, str(path), allowed, hint="There is no such file")
    if arguments.resize and not arguments.base:
        raise BadInput("resize", arguments.resize, "a --base to do it to")
    if arguments.cover:
        with arguments.cover.open("rb") as file:
            read_picture(file.read(MOST_BYTES + 1))
    lyrics = _text_of("lyrics", arguments.lyrics) if arguments.lyrics else ""
    if arguments.lyrics:
        read_lyrics(lyrics)
    return Brought(
        **{name: getattr(arguments, name) for name in _FILES},
        taps=read_taps(_taps_text(arguments.taps)) if arguments.taps else (),
        lyrics=lyrics,
    )


def _taps_text(given: str) -> str:
    """The taps themselves, or what the file of that name holds."""
    written_out = all(c in "0123456789.,;eE+- \t\n" for c in given) and any(c in ",; " for c in given.strip())
    if written_out and not Path(given).is_file():
        return given
    path = Path(given)
    if not path.is_file():
        raise BadInput("taps", given, 'a file, or times in seconds such as "0.0, 0.5, 1.0, 1.5"', hint="There is no such file")
    return _text_of("taps", path)


def _text_of(field: str, path: Path) -> str:
    """A small text file. Raises BadInput for one that is missing, too large or not in UTF-8."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_TEXT_BYTES + 1)
    except OSError as error:
        raise BadInput(field, str(path), "a readable text file", hint=error.strerror or "") from error
    if len(data) > _MOST_TEXT_BYTES:
        raise BadInput(field, str(path), f"a file of at most {_MOST_TEXT_BYTES // 1024} KiB")
    if not data.strip():
        raise BadInput(field, str(path), "a file that holds something")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = f"{path} holds {data[error.start : error.end]!r} at byte {error.start}"
        raise BadInput(field, str(path), "text in UTF-8", hint=hint) from None


def read_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The stated options, checked.

    Raises:
        BadInput: a value is out of range; the message names the flag, the value and what is allowed.
    """
    stated = {name: getattr(arguments, name) for name in _FIELDS}
    stated["mix"] = read_mix(arguments.mix) if arguments.mix else None
    stated["sounds"] = read_sounds(arguments.sounds)
    stated["brief"] = read_edited(arguments.brief) if arguments.brief else None
    given = {name: value for name, value in stated.items() if value not in (None, [], (), {})}
    for name, value in given.items():
        _check_text(_FLAGS.get(name, name), value)
    return check_options(given)


def check_options(given: dict[str, Any]) -> dict[str, Any]:
    """`given` as JSON values, once they pass the schema of options."""
    try:
        Options.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field, *inner = (str(part) for part in first["loc"])
        name = ".".join([_FLAGS.get(field, field), *(part for part in inner if not part.isdigit())])
        raise BadInput(name, first["input"], _allowed("" if inner else field, first["msg"])) from None
    return given


def _allowed(field: str, message: str) -> str:
    """Both ends of a field's range, from its schema; else pydantic's words."""
    schema = Options.model_json_schema()["properties"].get(field, {})
    for variant in (schema, *schema.get("anyOf", [])):
        if "minimum" in variant and "maximum" in variant:
            return f"{variant['minimum']:g} to {variant['maximum']:g}"
    return message.removeprefix("Input should be ").removeprefix("Value error, ")


def wanted_prompt(prompt: str, options: Mapping[str, Any]) -> str:
    """The prompt; beside an edited brief the words that it was read from, or none. Raises BadInput as `check_prompt`."""
    if prompt.strip() or not options.get("brief"):
        return check_prompt(prompt)
    words = words_of_brief(options["brief"])
    return check_prompt(words) if words else ""


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
