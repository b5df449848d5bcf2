"""What the model is asked to fill: the six steps as its chain of thought, then the brief's fields with evidence and confidence."""

from typing import Any

from services.enhancer.reading.tables import table
from services.enhancer.reading.values import ENDINGS
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments
from services.music.packs.moods import moods

Schema = dict[str, Any]
STEPS = {
    "intent": "what the music is for and what the listener shall feel",
    "genre_and_style": "which styles fit, and why",
    "emotion": "mood, energy and valence, and how they change",
    "instrumentation": "who plays and who must not",
    "theory": "key, meter, tempo, form and harmony that follow",
    "technical": "length, sound and production",
}
MEANINGS = {
    "tempo_bpm": "felt beats per minute, 30 to 300",
    "key": "such as F minor or D dorian",
    "meter": "such as 4/4 or 6/8",
    "duration_s": "seconds, 10 to 600; only where the words say how long",
    "genres": "one to three, the leading one first",
    "moods": "at most four",
    "energy": "0 calm to 1 fierce",
    "valence": "0 gloomy to 1 glad",
    "instruments_with": "who must play",
    "instruments_without": "who must not play; only where the words exclude somebody",
    "structure": "sections in order; bars may be null",
    "chords": "one text per bar, letters such as Am or F G; only where the words give chords",
    "production": "words of sound",
    "use": "what it is for; only where the words say so",
    "ending": "only where the words say how it ends",
}


def brief_schema() -> Schema:
    """The JSON schema of an answer, within what strict structured outputs allow: every key required, null for no proposal."""
    words = {"type": "string"}
    values: dict[str, Schema] = {
        "tempo_bpm": {"type": "number"},
        "key": words,
        "meter": words,
        "duration_s": {"type": "number"},
        "genres": _list(_one_of(genres())),
        "moods": _list(_one_of(moods())),
        "energy": {"type": "number"},
        "valence": {"type": "number"},
        "instruments_with": _list(_one_of(instruments())),
        "instruments_without": _list(_one_of(instruments())),
        "structure": _list(_object({"label": words, "bars": _or_null({"type": "integer"})})),
        "chords": _list(_object({"section": words, "bars": _list(words)})),
        "production": _list(_one_of(table("production"))),
        "use": _one_of(table("uses")),
        "ending": _one_of(ENDINGS),
    }
    fields = {name: _or_null(_field(value, MEANINGS[name])) for name, value in values.items()}
    steps = _object({name: {"type": "string", "description": meaning} for name, meaning in STEPS.items()})
    return _object({"steps": steps, **fields, "title": _or_null(words)})


def picture_schema() -> Schema:
    """The JSON schema of a look at a picture."""
    return _object(
        {
            "text": {"type": "string", "description": "what is to be seen, in one sentence"},
            "moods": _list(_one_of(moods())),
            "genres": _list(_one_of(genres())),
            "tempo_bpm": {"type": "number"},
            "valence": {"type": "number"},
            "energy": {"type": "number"},
            "mode": _one_of(("major", "minor")),
            "timbre": _list(_one_of((*table("production"), *instruments()))),
            "confidence": {"type": "number"},
        }
    )


def _field(value: Schema, meaning: str) -> Schema:
    evidence = {"type": ["string", "null"], "description": "the user's own words that say so, letter by letter; null where it is your idea"}
    return {**_object({"value": value, "evidence": evidence, "confidence": {"type": "number"}}), "description": meaning}


def _object(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _one_of(names: Any) -> Schema:
    return {"type": "string", "enum": list(names)}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
