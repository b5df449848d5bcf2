"""Mix profiles: how a genre is mixed and mastered. One TOML file per genre over `default.toml`, which holds what all share."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import BadInput
from contracts.sound import Bell, Compression
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments

DEFAULT = "default"
OF_A_SOURCE = ("highpass_hz", "lowpass_hz", "eq", "compression", "saturation_db")
"""What an instrument's file may say of its strip: its tone and dynamics, not its place or level."""


class Table(BaseModel):
    """A frozen table that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceStrip(Table):
    """What belongs to an instrument wherever it plays: the table `[strip]` of its file. None: as the role has it.

    Its bands are added to the role's; the rest takes the role's place, where the genre says nothing of its own.
    """

    highpass_hz: float | None = Field(default=None, ge=10, le=2000)
    lowpass_hz: float | None = Field(default=None, ge=100, le=24_000)
    eq: tuple[Bell, ...] = ()
    compression: Compression | None = None
    saturation_db: float | None = Field(default=None, ge=0, le=18, description="drive into tanh above the nominal level")


class Strip(Table):
    """What one kind of part passes through, and where it stands."""

    level_lu: float = Field(description="loudness of its active parts relative to the lead melody, LU")
    highpass_hz: float = 20.0
    lowpass_hz: float | None = None
    eq: tuple[Bell, ...] = ()
    compression: Compression = Compression()
    saturation_db: float = Field(default=0.0, ge=0, le=18, description="drive into tanh above the nominal level")
    pan: float = Field(default=0.0, ge=0, le=1, description="distance from the centre; parts of a kind alternate sides")
    width: float = Field(default=1.0, ge=0, le=2)
    spread: float = Field(default=0.0, ge=0, le=1, description="side made from the delayed middle, for sources that are mono")
    duck_db: float = Field(default=0.0, ge=0, le=24)
    room_db: float = -60.0
    hall_db: float = -60.0
    delay_db: float = -60.0
    parallel_db: float = Field(default=-60.0, description="send to the drums' parallel compressor")


class DrumBus(Table):
    """The drums' parallel compressor: what is sent to it comes back flattened, `level_db` beside it, as a stem of its own."""

    level_db: float = Field(default=-60.0, ge=-60, le=6)
    highpass_hz: float = 10.0
    lowpass_hz: float | None = None
    eq: tuple[Bell, ...] = ()
    compression: Compression = Compression()
    saturation_db: float = Field(default=0.0, ge=0, le=18)


class Duck(Table):
    """The shape of ducking under the kick; the depth is the strip's, times `scale`."""

    scale: float = Field(default=1.0, ge=0, le=2)
    attack_ms: float = 4.0
    hold_ms: float = 25.0
    release_beats: float = Field(default=0.4, gt=0)
    release_max_ms: float = 250.0


class Space(Table):
    """A synthesised reverb: exponentially decaying noise behind early reflections."""

    decay_s: float = Field(gt=0, le=12, description="RT60 at 1 kHz")
    damping: float = Field(ge=0, le=1, description="how much sooner the highs die: RT60 at 8 kHz is (1 - damping) of it")
    predelay_ms: float = Field(ge=0, le=120)
    low_cut_hz: float = 220.0
    high_cut_hz: float = 9000.0
    width: float = 1.0
    duck_db: float = 0.0
    gate_ms: float | None = Field(default=None, ge=50, le=800, description="cut off after this time, as gated reverbs of the eighties")


class Echo(Table):
    """A ping-pong delay in time with the song."""

    beats: float = Field(gt=0, le=2)
    feedback: float = Field(ge=0, lt=0.9)
    low_cut_hz: float = 250.0
    high_cut_hz: float = 5000.0
    duck_db: float = 0.0


class Tape(Table):
    """Lo-fi treatment of every stem. `wow_percent` is the largest deviation of pitch."""

    lowpass_hz: float | None = None
    saturation_db: float = 0.0
    wow_percent: float = Field(default=0.0, ge=0, le=2)
    wow_hz: float = 0.55


class Lift(Table):
    """How sections differ in level: the contrast that the loudest kind of section should have over verses."""

    contrast_lu: tuple[float, float] = (2.4, 3.2)
    most_db: float = Field(default=2.2, ge=0, le=3)
    floor_lu: float = Field(default=6.0, ge=3, le=60, description="how far sparse sections may lie under the loudest, LU")


class Tone(Table):
    """The corridor of the master's spectrum: released music, tilted for the genre."""

    low_db: float = Field(default=0.0, description="added below 100 Hz")
    mid_db: float = Field(default=0.0, description="added around 1 kHz")
    high_db: float = Field(default=0.0, description="added above 6 kHz")
    most_db: float = Field(default=4.0, ge=0, le=4)
    strength: float = Field(default=0.95, ge=0, le=1)


class Glue(Table):
    """Slow compression of the sum. The threshold is relative to its integrated loudness."""

    ratio: float = Field(default=1.5, ge=1)
    threshold_lu: float = 0.0
    knee_db: float = 6.0
    attack_ms: float = 30.0
    release_ms: float = 220.0


class Peaks(Table):
    """How peaks are held: a soft clip this far above the ceiling, then the limiter."""

    clip_over_db: float = Field(default=4.0, ge=0, le=24)
    lookahead_ms: float = Field(default=3.0, gt=0, le=20)
    release_ms: float = Field(default=90.0, gt=0)


class Profile(Table):
    """Everything about a genre's sound."""

    id: str
    strips: dict[str, Strip] = Field(description="by role; by instrument where it accompanies; by patch for effects")
    duck: Duck = Duck()
    room: Space
    hall: Space
    delay: Echo
    drum_bus: DrumBus = DrumBus()
    tape: Tape = Tape()
    lift: Lift = Lift()
    tone: Tone = Tone()
    glue: Glue = Glue()
    peaks: Peaks = Peaks()
    mono_below_hz: float = Field(default=120.0, ge=0, le=300)
    masking_most_db: float = Field(default=3.0, ge=0, le=6)
    balance_most_db: float = Field(default=2.0, ge=0, le=4, description="how far faders may move to bring the sum to the corridor")

    own: dict[str, dict[str, Any]] = Field(default={}, repr=False, description="what the genre itself says of a strip's tone")

    def strip(self, role: str, instrument: str, patch: str | None) -> Strip:
        """The strip of a part: its role's, then its instrument's, then what the genre says itself.

        Roles come first; instruments have strips of their own only where they accompany, patches only as effects.
        """
        special = {"harmony": instrument, "fx": patch}.get(role)
        name = next((name for name in (special, role) if name and name in self.strips), "harmony")
        base, source = self.strips[name], source_strip(instrument)
        if source is None:
            return base
        stated = source.model_dump(exclude_none=True, exclude_unset=True)
        bands = (*base.eq, *source.eq)
        return Strip.model_validate(merged(merged(base.model_dump(), stated), self.own.get(name, {})) | {"eq": bands})


@cache
def source_strip(instrument: str) -> SourceStrip | None:
    """The `[strip]` of an instrument's file; None where it has none. Raises BadInput where it is not one."""
    entry = instruments().get(instrument)
    if entry is None or not entry.strip:
        return None
    try:
        return SourceStrip.model_validate(entry.strip)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise BadInput(f"instruments.{instrument}.strip.{place}", first["input"], ", ".join(OF_A_SOURCE), hint=first["msg"]) from error


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Tables merged key by key; anything else in `over` replaces what is in `base`."""
    out = dict(base)
    for key, value in over.items():
        out[key] = merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
    return out


def _inherit(raw: dict[str, Any]) -> dict[str, Any]:
    """Strips that name another one with `like` start from it."""
    strips = raw["strips"]

    def resolve(name: str) -> dict[str, Any]:
        own = dict(strips[name])
        parent = own.pop("like", None)
        return merged(resolve(parent), own) if parent else own

    return {**raw, "strips": {name: resolve(name) for name in strips}}


def _own(base: dict[str, Any], over: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a genre's file itself says of each strip's tone, from the strip it is like down to its own table."""
    stated, strips = over.get("strips", {}), merged(base, over)["strips"]

    def resolve(name: str) -> dict[str, Any]:
        parent = strips[name].get("like")
        tone = {key: value for key, value in stated.get(name, {}).items() if key in OF_A_SOURCE}
        return merged(resolve(parent), tone) if parent else tone

    return {name: resolve(name) for name in strips}


@cache
def profiles() -> dict[str, Profile]:
    """All profiles by id, in id order; `default` is one of them."""
    folder = files(__package__) / "profiles"
    raw = {f.name[:-5]: tomllib.loads(f.read_text("utf-8")) for f in folder.iterdir() if f.name.endswith(".toml")}
    default = raw.pop(DEFAULT)
    told: dict[str, dict[str, Any]] = {DEFAULT: {}, **raw}
    return {
        name: Profile.model_validate(_inherit(merged(default, told[name])) | {"id": name, "own": _own(default, told[name])})
        for name in sorted(told)
    }


def profile(genre: str) -> Profile:
    """The profile of a genre, else of the genre that its pack names, else the default one."""
    pack = genres().get(genre)
    named = pack.mix if pack else ""
    return profiles().get(genre) or profiles().get(named) or profiles()[DEFAULT]
