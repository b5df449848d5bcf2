"""Reading a posted request at the door: streamed to disk, checked once, refused with the field and the value."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request as HttpRequest
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.types import Message

from contracts.brief import Brief
from contracts.context import MAX_PROMPT_CHARS, Options
from contracts.errors import BadInput
from contracts.music.key import Key
from contracts.music.meter import Meter
from services.gateway.door.forms import form_on_disk, spool_folder
from services.gateway.problems import Refused
from services.gateway.settings import GatewaySettings
from services.music.lyrics import read_lyrics
from services.music.taps import read_taps
from services.runtime.sound_folders import check_sounds, sound_places

MAX_SEED = 2**63 - 1
FILE_FIELDS = {
    "reference_track": "an audio file",
    "midi": "a MIDI file",
    "hum": "an audio file",
    "image": "a picture",
    "base": "a score.json",
    "cover": "a picture",
}
TEXT_FIELDS = ("taps", "lyrics")
JOB_FIELDS = ("prompt", "options", *FILE_FIELDS, *TEXT_FIELDS)
_MOST_TEXT_BYTES = 256 * 1024
_MOST_BRIEF_CHARS = 256 * 1024
_MAX_FIELDS = 32
_TAIL_BYTES = 64


@dataclass(frozen=True)
class Order:
    """What was posted: checked, with the files still in their temporary places. `seed` None: draw one."""

    prompt: str
    options: Options
    seed: int | None
    files: dict[str, UploadFile] = field(default_factory=dict)
    """By field: reference_track, midi, hum, image, base, cover."""
    taps: tuple[float, ...] = ()
    lyrics: str = ""


@asynccontextmanager
async def read_form(http: HttpRequest, settings: GatewaySettings) -> AsyncIterator[FormData]:
    """The multipart form of a request; files go straight to the spool folder and are gone at the end.

    Raises Refused: 415 for another media type, 413 as soon as the body is known to be larger than is taken
    (before it is read, where it says so), 400 for what is no form, 507 for a full disk.
    """
    max_bytes = settings.max_upload_bytes
    content_type = http.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise Refused(
            415, "The request must be a form.", field="Content-Type", value=content_type or "nothing", allowed="multipart/form-data"
        )
    _check_announced(http, max_bytes)
    body = _LimitedBody(http.receive, max_bytes)
    try:
        folder = spool_folder(settings)
        form = await form_on_disk(HttpRequest(http.scope, body.receive), folder, max_files=len(JOB_FIELDS), max_fields=_MAX_FIELDS)
    except (MultiPartException, HTTPException) as error:
        raise Refused(400, f"The form cannot be read: {getattr(error, 'detail', None) or getattr(error, 'message', '')}") from error
    except OSError as error:
        raise Refused(507, f"The upload could not be kept: {error.strerror or error}.") from error
    try:
        if not body.is_whole:
            raise Refused(400, "The form ends before its closing boundary.", field="body", allowed="a whole form")
        yield form
    finally:
        await form.close()


def _check_announced(http: HttpRequest, max_bytes: int) -> None:
    announced = http.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_bytes:
        raise _too_large(int(announced), max_bytes)


class _LimitedBody:
    """A body that stops where it grows beyond the limit without having said its length.

    It remembers how it ends: the parser drops a last part that was cut off without a word.
    """

    def __init__(self, receive: Callable[[], Awaitable[Message]], max_bytes: int) -> None:
        self._receive, self._max_bytes = receive, max_bytes
        self._seen, self._tail = 0, b""

    @property
    def is_whole(self) -> bool:
        """Whether it ends as a form does (RFC 2046 5.1.1: boundary, two hyphens, padding)."""
        return self._tail.rstrip(b" \t\r\n").endswith(b"--")

    async def receive(self) -> Message:
        message = await self._receive()
        body = message.get("body", b"")
        self._seen, self._tail = self._seen + len(body), (self._tail + body)[-_TAIL_BYTES:]
        if self._seen > self._max_bytes:
            raise _too_large(self._seen, self._max_bytes)
        return message


def _too_large(size: int, max_bytes: int) -> Refused:
    detail = f"The upload holds more than {max_bytes} bytes."
    # The rest of the body is not read, so the connection cannot be used again.
    return Refused(413, detail, field="body", value=f"{size} bytes", allowed=f"up to {max_bytes} bytes", headers={"Connection": "close"})


def read_order(form: FormData) -> Order:
    """The order that a form holds. Raises Refused (400, 415, 422) or BadInput."""
    for name in form:
        if name not in JOB_FIELDS:
            raise Refused(422, f"{name} is not a field of this form.", field=name, allowed=", ".join(JOB_FIELDS))
        if len(form.getlist(name)) > 1:
            raise Refused(400, f"{name} was sent {len(form.getlist(name))} times.", field=name, allowed="once")
    options, seed = read_options(_text(form, "options") or "{}")
    prompt = prompt_beside(form.get("prompt"), options)
    files = {name: upload for name in FILE_FIELDS if (upload := _file(form, name)) is not None}
    taps, lyrics = _words(form, "taps"), _words(form, "lyrics")
    if lyrics:
        read_lyrics(lyrics)
    return Order(prompt=prompt, options=options, seed=seed, files=files, taps=read_taps(taps) if taps else (), lyrics=lyrics)


def _file(form: FormData, name: str) -> UploadFile | None:
    value = form.get(name)
    if isinstance(value, str) and value:
        raise Refused(400, f"{name} must be a file.", field=name, value=value, allowed=FILE_FIELDS[name])
    return value if isinstance(value, UploadFile) else None


def _words(form: FormData, name: str) -> str:
    """A text that may come as a field or as a file. Raises Refused (413, 422)."""
    value: UploadFile | str | None = form.get(name)
    data = value.file.read(_MOST_TEXT_BYTES + 1) if isinstance(value, UploadFile) else (value or "").encode("utf-8", "surrogatepass")
    if len(data) > _MOST_TEXT_BYTES:
        raise Refused(413, f"{name} holds more than {_MOST_TEXT_BYTES} bytes.", field=name, allowed=f"up to {_MOST_TEXT_BYTES} bytes")
    if isinstance(value, UploadFile) and not data.strip():
        raise Refused(422, f"{name} is an empty file.", field=name, value=value.filename, allowed="a text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = repr(data[error.start : error.end])
        raise Refused(422, f"{name} is no text in UTF-8.", field=name, value=found, allowed="UTF-8") from error


def prompt_beside(value: object, options: Options) -> str:
    """The prompt; beside an edited brief it may be left out: then the words that the brief was read from, or none."""
    if options.brief is not None and (value is None or (isinstance(value, str) and not value.strip())):
        value = options.brief.get("prompt") or None
        if value is None:
            return ""
    return read_prompt(value)


def read_prompt(value: object) -> str:
    """A prompt that can be read. Raises Refused: 400 where there is none, 422 where it is impossible."""
    if value is None:
        raise Refused(400, "There is no prompt.", field="prompt", allowed="a text")
    if not isinstance(value, str):
        raise Refused(400, "prompt must be a text, not a file.", field="prompt", allowed="a text")
    if not value.strip():
        raise Refused(400, "The prompt is empty.", field="prompt", value=value, allowed="a text")
    if len(value) > MAX_PROMPT_CHARS:
        detail = f"The prompt has {len(value)} characters."
        raise Refused(422, detail, field="prompt", value=value, allowed=f"up to {MAX_PROMPT_CHARS} characters")
    if "\x00" in value:
        raise Refused(422, "The prompt holds a NUL character.", field="prompt", value=value, allowed="text without NUL")
    _check_unicode("prompt", value)
    return value


def read_options(text: str | bytes) -> tuple[Options, int | None]:
    """Options and the seed beside them. Raises Refused: 400 for what is no JSON object, 422 for a value."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"options is not JSON: {error}", field="options", value=str(text)[:80], allowed="a JSON object") from error
    if not isinstance(data, dict):
        raise Refused(400, "options is not a JSON object.", field="options", value=data, allowed="a JSON object")
    for name, value in data.items():
        _check_unicode(f"options.{name}", value)
    seed = _read_seed(data.pop("seed", None))
    unknown = sorted(set(data) - set(option_names()))
    if unknown:
        raise Refused(
            422,
            f"There is no option {unknown[0]}.",
            field=f"options.{unknown[0]}",
            value=data[unknown[0]],
            allowed=", ".join([*option_names(), "seed"]),
        )
    try:
        options = Options.model_validate(data)
    except ValidationError as error:
        raise _refused_option(error) from error
    _check_brief(options.brief)
    _check_music(options)
    check_sounds(options.sounds, sound_places().all, "options.sounds")
    return options, seed


def _check_brief(brief: dict[str, Any] | None) -> None:
    """Raise Refused (422) for an edited brief that is none by its shape; its values are the enhancer's to judge."""
    if brief is None:
        return
    if not brief:
        raise Refused(422, "The brief says nothing.", field="options.brief", value="{}", allowed="at least one field of a brief")
    known = [*Brief.model_fields]
    for name, value in brief.items():
        if name not in known:
            field = f"options.brief.{name[:40]}"
            raise Refused(422, f"A brief has no field {name[:40]}.", field=field, value=str(value)[:80], allowed=", ".join(known))
    size = len(json.dumps(brief))
    if size > _MOST_BRIEF_CHARS:
        allowed = f"up to {_MOST_BRIEF_CHARS} characters"
        raise Refused(422, "The brief is too long.", field="options.brief", value=f"{size} characters", allowed=allowed)


def option_names() -> list[str]:
    """The names under which options are sent."""
    return [info.alias or name for name, info in Options.model_fields.items()]


def _check_unicode(field: str, value: object) -> None:
    """Raise Refused (422) for half of a surrogate pair: JSON can escape one, no text can hold it."""
    try:
        json.dumps([field, value], ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Refused(422, f"{field} is no Unicode text.", field=field, value=value, allowed="Unicode text") from error


def _read_seed(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SEED:
        raise Refused(422, "The seed is not possible.", field="options.seed", value=value, allowed=f"a whole number from 0 to {MAX_SEED}")
    return value


def _refused_option(error: ValidationError) -> Refused:
    first = error.errors()[0]
    path = "options." + ".".join(str(part) for part in first["loc"])
    return Refused(
        422, f"{path}: {first['msg']}.", field=path, value=first.get("input"), allowed=_allowed(str(first["loc"][0]), first["msg"])
    )


def _allowed(name: str, fallback: str) -> str:
    """What an option may be, from its schema."""
    schema = Options.model_json_schema()["properties"].get(name, {})
    variants = [schema, *schema.get("anyOf", [])]
    for variant in variants:
        if "minimum" in variant and "maximum" in variant:
            return f"{variant['minimum']:g} to {variant['maximum']:g}"
        if "enum" in variant:
            return ", ".join(variant["enum"])
        if "$ref" in variant:
            named = Options.model_json_schema()["$defs"][variant["$ref"].rsplit("/", 1)[-1]]
            return ", ".join(named["enum"]) if "enum" in named else fallback
    return fallback.removeprefix("Value error, ")


def _check_music(options: Options) -> None:
    """Key and meter are read here as the stages read them; other words are the enhancer's to understand."""
    for name, value, parse in (("key", options.key, Key.parse), ("meter", options.meter, Meter.parse)):
        if value is None:
            continue
        try:
            parse(value)
        except BadInput as error:
            raise Refused(422, str(error), field=f"options.{name}", value=value, allowed=error.allowed) from error


def _text(form: FormData, name: str) -> str | None:
    value: UploadFile | str | None = form.get(name)
    if isinstance(value, UploadFile):
        raise Refused(400, f"{name} must be a text field, not a file.", field=name, allowed="a text")
    return value
