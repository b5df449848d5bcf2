"""Which sound a part plays: the [sound] tables of the instruments, the synth patches and the drum kits, by patch name."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.errors import BadInput
from contracts.music import Part, Role
from services.music.packs.instruments import instrument, instruments
from services.music.packs.sound_table import Preset, Sampled, SoundTable

__all__ = ["Kit", "Preset", "Sampled", "Sound", "SoundTable", "Synth", "sounds"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Synth(_Table):
    """A patch synthesised by Faust: `patches/<name>.dsp`."""

    kind: Literal["synth"] = "synth"
    mode: Literal["poly", "mono", "sweep"] = "poly"
    reference_pitch: int = 60
    reference_s: float = Field(default=0.5, description="note length of the calibration phrase")
    glide_ms: float = Field(default=0.0, ge=0)
    bed: bool = Field(default=False, description="poly: lies under the whole song and dies away with the end of the file")
    struck: bool = Field(default=False, description="mono: the finger that strikes a string damps it first")
    fx: str | None = Field(default=None, description="Faust effect after the voices: `patches/<fx>.dsp`")
    pitched: bool = True
    release_s: float = Field(default=0.3, description="how long the sound goes on after the key is released")
    rings: bool = Field(default=False, description="dies away by itself while the key is held")
    cost: float = Field(default=0.01, description="CPU seconds per second of audio with one note held")
    stand_in: int = Field(ge=0, le=127, description="General MIDI program that plays it where DawDreamer cannot load")


class Kit(_Table):
    """A drum machine: `kits/<name>.toml`."""

    kind: Literal["kit"] = "kit"


Sound = Sampled | Synth | Kit


@cache
def sound_table(instrument_id: str) -> SoundTable:
    """The [sound] table of an instrument. Raises BadInput for an instrument that is not in the catalogue."""
    return instrument(instrument_id).sound


@cache
def sounds() -> dict[str, Sound]:
    """Every patch by name."""
    found: dict[str, Sound] = {}
    for instrument_id in instruments():
        found |= sound_table(instrument_id).patches
    here = files(__package__)
    synths = {name: Synth.model_validate(row) for name, row in tomllib.loads(_text("patches/patches.toml")).items()}
    found |= synths
    found |= {stand_in_name(name): _stand_in(synth) for name, synth in synths.items()}
    found |= {f.name.removesuffix(".toml"): Kit() for f in (here / "kits").iterdir() if f.name.endswith(".toml")}
    return found


def stand_in_name(patch: str) -> str:
    """Name of the sampled patch that plays for a synthesised one where DawDreamer cannot load."""
    return f"{patch}_stand_in"


def stand_in_for(patch: str) -> str:
    """The synthesised patch that a stand-in plays for; any other patch itself."""
    return patch.removesuffix("_stand_in")


def _stand_in(synth: Synth) -> Sampled:
    return Sampled(presets=(Preset(soundfont="FluidR3_GM", program=synth.stand_in),), reference_pitch=synth.reference_pitch)


def patch_name(part: Part, genre: str) -> str:
    """Which patch a part plays: its own, else the instrument's for the genre, else the instrument's default.

    Raises BadInput for a patch that does not exist.
    """
    table = sound_table(part.instrument)
    name = part.patch or table.by_genre.get(genre) or table.default
    if name not in sounds():
        raise BadInput("patch", name, ", ".join(sorted(sounds())))
    return name


def is_drum_part(part: Part) -> bool:
    """Whether the pitches of a part are drums."""
    return part.role in {Role.DRUMS, Role.PERCUSSION} or instrument(part.instrument).is_drums


@cache
def _calibration() -> dict[str, Any]:
    return tomllib.loads(_text("calibration.toml"))


def forget_calibration() -> None:
    """Read calibration.toml and keys.toml again: they were measured anew."""
    for known in (_calibration, _key_tables, trim_db, measured_keys):
        known.cache_clear()


@cache
def trim_db(engine: str, patch: str, source: str) -> float:
    """Gain that brings the calibration phrase of a source at velocity 100 to the reference loudness (see calibrate.py)."""
    return float(_calibration().get(engine, {}).get(patch, {}).get(source, 0.0))


class Keys(_Table):
    """What was measured of the single keys of a preset (intonation.py), from its first key on; outside there is nothing to mend."""

    first: int = 0
    cents: tuple[float, ...] = Field(default=(), description="brings a key in tune")
    level_db: tuple[float, ...] = Field(default=(), description="brings a key level with its register")
    kin: str = Field(default="", description="per key 1 where the one above sounds alike, 2 the one below, 3 both")

    def tune(self, key: int) -> float:
        """Cents to add to a key."""
        return self.cents[key - self.first] if 0 <= key - self.first < len(self.cents) else 0.0

    def level(self, key: int) -> float:
        """Decibels to add to a key."""
        return self.level_db[key - self.first] if 0 <= key - self.first < len(self.level_db) else 0.0

    def alike(self, key: int) -> int:
        """Which neighbours of a key sound like it: 1 above, 2 below, 3 both."""
        return int(self.kin[key - self.first]) if 0 <= key - self.first < len(self.kin) else 0


@cache
def measured_keys(source: str) -> Keys:
    """The keys of a preset, by its label; an empty table for one that was not measured."""
    return Keys.model_validate(_key_tables().get(source, {}))


@cache
def _key_tables() -> dict[str, Any]:
    return tomllib.loads(_text("keys.toml"))


@cache
def patch_code(name: str) -> str:
    """Faust source of a patch or effect, prelude included."""
    return _text("patches/prelude.dsp") + "\n" + _text(f"patches/{name}.dsp")


def _text(path: str) -> str:
    return (files(__package__) / path).read_text("utf-8")
