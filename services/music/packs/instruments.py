"""The instrument catalogue: what each instrument is called, can play and is good at."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.errors import BadInput
from contracts.music.pitch import Pitch
from services.music.packs.sound_table import SoundTable


class Instrument(BaseModel):
    """One catalogue entry. Pitches are MIDI numbers; `sound` is read by the generator's engines, `strip` by the mixer's channels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    synonyms: tuple[str, ...]
    family: str
    gm_program: int = Field(ge=0, le=127)
    range: tuple[int, int]
    comfort: tuple[int, int]
    polyphony: int = Field(ge=1)
    roles: tuple[str, ...]
    electronic: bool
    sound: SoundTable = SoundTable()
    strip: dict[str, Any] = Field(default_factory=dict)

    @property
    def is_drums(self) -> bool:
        """Whether it is written on the percussion channel."""
        return self.family == "drums"

    @property
    def told(self) -> dict[str, Any]:
        """What a person needs to choose it: what it plays and sounds like, how it may be played, what shapes a held note."""
        low, high = (Pitch(pitch).name() for pitch in self.range)
        main = self.sound.patches.get(self.sound.default)
        return {
            "id": self.id,
            "name": self.name,
            "family": self.family,
            "roles": list(self.roles),
            "range": f"{low}-{high}",
            "sound": f"{self.sound.default}, {'sampled' if main else 'synthesised'}",
            "ways": [*self.sound.articulations, *(main.articulations if main else ())],
            "controls": list(main.controls) if main else ["pitch_bend", "cutoff"],
            "synonyms": list(self.synonyms),
        }


@cache
def instruments() -> dict[str, Instrument]:
    """The catalogue by id, in id order."""
    folder = files(__package__) / "instruments"
    entries = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    loaded = [Instrument.model_validate(tomllib.loads(f.read_text("utf-8"))) for f in entries]
    return {instrument.id: instrument for instrument in loaded}


def instrument(instrument_id: str) -> Instrument:
    """One entry. Raises BadInput naming the ids there are."""
    try:
        return instruments()[instrument_id]
    except KeyError:
        raise BadInput("instruments", instrument_id, ", ".join(instruments())) from None
