"""Moods as data: what a feeling asks of tempo, key, chords, dynamics and touch."""

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, field_validator

from contracts.errors import BadInput
from contracts.music.chord import QUALITIES
from contracts.music.key import Key


class Mood(BaseModel):
    """One mood. Valence and energy after Russell's circumplex, 0–1; keys are tried in the order given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    name: str
    synonyms: tuple[str, ...]
    valence: float = Field(ge=0, le=1)
    energy: float = Field(ge=0, le=1)
    tempo_bpm: tuple[float, float]
    keys: tuple[str, ...]
    chord_colours: tuple[str, ...]
    dynamics: str
    articulation: str

    @field_validator("keys")
    @classmethod
    def _keys_parse(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(Key.parse(key)) for key in keys)

    @field_validator("chord_colours")
    @classmethod
    def _colours_exist(cls, colours: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [colour for colour in colours if colour not in QUALITIES and colour != "major"]
        if unknown:
            raise ValueError(f"no such chord quality: {unknown}")
        return colours


class Articulation(BaseModel):
    """How long notes sound against the style's own length, and what the strong beats get on top (MIDI velocity)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    length: float = Field(gt=0, le=1.5)
    accent: float = Field(ge=0, le=20)


class Touch(BaseModel):
    """What players do for the words of the moods: dynamics -> velocity added, articulation -> lengths and accents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dynamics: dict[str, float]
    articulation: dict[str, Articulation]


@cache
def touch() -> Touch:
    """The one table of touch."""
    return Touch.model_validate(tomllib.loads((files(__package__) / "touch.toml").read_text("utf-8")))


@cache
def moods() -> dict[str, Mood]:
    """All moods by id, in the order of the table."""
    table = tomllib.loads((files(__package__) / "moods.toml").read_text("utf-8"))
    return {name: Mood.model_validate({"id": name, **entry}) for name, entry in table.items()}


def mood(mood_id: str) -> Mood:
    """One mood. Raises BadInput naming the ids there are."""
    try:
        return moods()[mood_id]
    except KeyError:
        raise BadInput("moods", mood_id, ", ".join(moods())) from None
