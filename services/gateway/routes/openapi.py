"""What FastAPI cannot see for itself: the form of a job, the schema of its options, the problems."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from contracts.context import Options
from contracts.errors import Problem
from services.gateway.jobs.intake import MAX_SEED
from services.gateway.problems import MEDIA_TYPE
from services.gateway.routes.describing import describe

_REF = "#/components/schemas/{model}"
_BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}

JOB_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "prompt": {"type": "string", "description": "what is wanted, in words; may be left out beside options.brief"},
                        "reference_track": {**_BINARY, "description": "a song to be near to: WAV, FLAC, MP3, Ogg, AIFF or M4A"},
                        "options": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": {"$ref": "#/components/schemas/Options"},
                            "description": "what is stated, as a JSON object",
                        },
                        "midi": {**_BINARY, "description": "notes to build on: a Standard MIDI File of format 0 or 1, up to 4 MiB"},
                        "hum": {**_BINARY, "description": "a hummed, whistled or played melody to build on: a sound file"},
                        "image": {**_BINARY, "description": "a picture that says the mood: PNG, JPEG, WebP or GIF, up to 16 MiB"},
                        "taps": {"type": "string", "description": "seconds at which a beat was tapped, by commas or lines; a file too"},
                        "lyrics": {
                            "type": "string",
                            "description": "a text for the lead melody: a line per phrase, headings such as [Verse 1]; a file too",
                        },
                        "base": {**_BINARY, "description": "score.json of an earlier song to extend, shorten or continue (options.resize)"},
                        "cover": {**_BINARY, "description": "a picture for the files' tags: PNG or JPEG, up to 8 MiB"},
                    },
                }
            }
        },
    }
}
ANALYSIS_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {**_BINARY, "description": "the sound to listen to, or a MIDI file or score.json to analyse"}},
                }
            }
        },
    }
}


FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {"*/*": {"schema": _BINARY}}},
    206: {"description": "The range that was asked for", "content": {"*/*": {"schema": _BINARY}}},
    304: {"description": "The client has it"},
    307: {"description": "It is in the store, at an address that holds for a short while"},
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route answers with, for its description."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": "Problem (RFC 9457)", "content": content} for status in statuses}


def binary(media_type: str) -> dict[int | str, dict[str, Any]]:
    """An answer that is a file, for the description of its route."""
    return {200: {"description": "The file", "content": {media_type: {"schema": _BINARY}}}}


def options_schema() -> dict[str, Any]:
    """The JSON Schema of `options`: contracts.context.Options, and the seed."""
    schema = Options.model_json_schema(by_alias=True)
    schema["properties"]["seed"] = {
        "type": "integer",
        "minimum": 0,
        "maximum": MAX_SEED,
        "description": "the same request and seed make the same song; drawn where it is not given",
    }
    schema["additionalProperties"] = False
    return schema


def install(app: FastAPI) -> None:
    """Describe the application once, when somebody asks."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            options = options_schema()
            schemas.update({name: schema for name, schema in options.pop("$defs", {}).items() if name not in schemas})
            schemas["Options"] = _rooted(options)
            schemas.setdefault("Problem", Problem.model_json_schema(ref_template=_REF))
            app.openapi_schema = describe(document)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _rooted(schema: Any) -> Any:
    """A schema whose references point into the document's components."""
    if isinstance(schema, dict):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/") if key == "$ref" else _rooted(value) for key, value in schema.items()
        }
    return [_rooted(item) for item in schema] if isinstance(schema, list) else schema
