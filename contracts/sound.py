"""What a user may state about the sound: edits of the mix, effects, instruments of their own, formats and editions."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Field

from contracts.base import Document

LOUDNESS_TARGETS: dict[str, float] = {
    "streaming": -14.0,
    "apple_music": -16.0,
    "download": -11.0,
    "loud": -9.0,
    "club": -8.0,
    "broadcast": -23.0,
}
"""Integrated loudness in LUFS by medium; `broadcast` is EBU R 128's programme level."""

Edition = Literal["instrumental", "lead", "edit_30", "edit_60", "loop", "stems_zip"]
EDITIONS: tuple[str, ...] = get_args(Edition)
CODINGS = ("wav16", "wav24", "wav32f", "flac", "flac16", "mp3_v0", "mp3_320", "ogg")
RATES_HZ = (44_100, 48_000, 96_000)


def _format(text: str) -> str:
    """A format's name, checked. Raises ValueError that says what there is."""
    coding, at, rate = text.partition("@")
    if coding not in CODINGS or (at and rate not in map(str, RATES_HZ)):
        raise ValueError(f"one of {', '.join(CODINGS)}, with @{', @'.join(map(str, RATES_HZ))} or without")
    if coding.startswith("mp3") and rate == str(RATES_HZ[-1]):
        raise ValueError("mp3 at 44100 or 48000 Hz: MPEG-1 layer III knows no more")
    return text


Format = Annotated[
    str,
    AfterValidator(_format),
    Field(json_schema_extra={"pattern": f"^({'|'.join(CODINGS)})(@({'|'.join(map(str, RATES_HZ))}))?$"}, examples=["wav16@44100"]),
]
"""A further file of the master: its coding and, after @, its sample rate in Hz (48,000 where none is given)."""

_ENDINGS = {
    "wav16": "16bit.wav", "wav24": "24bit.wav", "wav32f": "float.wav", "flac": "24bit.flac", "flac16": "16bit.flac",
    "mp3_v0": "v0.mp3", "mp3_320": "320.mp3", "ogg": "q8.ogg",
}  # fmt: skip


def coding_and_rate(text: str) -> tuple[str, int]:
    """Coding and sample rate in Hz of a checked format: "wav16@44100" is ("wav16", 44100)."""
    coding, _, rate = text.partition("@")
    return coding, int(rate or RATES_HZ[1])


def format_file(text: str) -> str:
    """The file of a format in a song's folder."""
    coding, rate = coding_and_rate(text)
    return f"formats/master_{rate}_{_ENDINGS[coding]}"


def edition_file(edition: str) -> str:
    """The file of an edition in a song's folder."""
    return "editions/stems.zip" if edition == "stems_zip" else f"editions/{edition}.wav"


class Stated(Document):
    """What a person wrote: a name that does not exist is an error, not ignored, and so is a number that JSON cannot hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Bell(Stated):
    """One band of an equaliser."""

    hz: float = Field(ge=20, le=20_000)
    db: float = Field(ge=-12, le=12)
    q: float = Field(default=0.8, gt=0, le=20)
    shape: Literal["peak", "low_shelf", "high_shelf"] = "peak"


class Compression(Stated):
    """A strip's compressor. The threshold is relative to the stem's own loudness of -18 LUFS."""

    ratio: float = Field(default=1.0, ge=1, le=20)
    threshold_db: float = Field(default=-16.0, ge=-60, le=0)
    attack_ms: float = Field(default=15.0, gt=0, le=500)
    release_ms: float = Field(default=120.0, gt=0, le=5000)


class Operation(Stated):
    """One effect or operation of the catalogue with its parameters; what it has not stated takes its default.

    `effect` is an id of the catalogue, `plugin:NAME` for a user's Python plugin, or the path of a VST3 plugin.
    """

    effect: str = Field(min_length=1, max_length=1000)
    parameters: dict[str, float | bool | str] = Field(default_factory=dict, max_length=1000)


class StretchEdit(Stated):
    """What a user changes of one part in some bars of a section: they go where the section goes."""

    section: str
    first: int = Field(default=1, ge=1, le=1000, description="first bar, counted from the section's own first")
    last: int | None = Field(default=None, ge=1, le=1000, description="last bar; None: the section's own last")
    level_db: float = Field(default=0.0, ge=-60, le=24)
    reverb_db: float = Field(default=0.0, ge=-60, le=24, description="added to the sends to room and hall, dB")
    echo_db: float = Field(default=0.0, ge=-60, le=24, description="added to the send to the echo, dB")


class ChannelEdit(Stated):
    """What a user changes in one part's channel. None keeps what the profile and the measurements decided."""

    level_db: float = Field(default=0.0, ge=-60, le=24, description="added to the part's level, dB")
    section_db: dict[str, Annotated[float, Field(ge=-60, le=24)]] = Field(
        default_factory=dict, max_length=500, description="added to the part's level in a section, by the section's id, dB"
    )
    stretches: tuple[StretchEdit, ...] = Field(
        default=(), max_length=500, description="added to its level and to what it sends in single bars; several on the same bars add up"
    )
    mute: bool = False
    pan: float | None = Field(default=None, ge=-1, le=1, description="-1 left, 1 right")
    width: float | None = Field(default=None, ge=0, le=2)
    duck_db: float | None = Field(default=None, ge=0, le=24, description="how far the kick pushes it down, dB")
    reverb_db: float = Field(default=0.0, ge=-60, le=24, description="added to the sends to room and hall, dB")
    room_db: float | None = Field(default=None, ge=-120, le=12, description="send to the room, dB")
    hall_db: float | None = Field(default=None, ge=-120, le=12, description="send to the hall, dB")
    delay_db: float | None = Field(default=None, ge=-120, le=12, description="send to the echo, dB")
    parallel_db: float | None = Field(default=None, ge=-120, le=12, description="send to the drums' parallel compressor, dB")
    highpass_hz: float | None = Field(default=None, ge=10, le=2000)
    lowpass_hz: float | None = Field(default=None, ge=100, le=24_000)
    eq: tuple[Bell, ...] | None = Field(
        default=None, max_length=64, description="in place of the strip's own bands and the cuts for masking"
    )
    compression: Compression | None = None
    saturation_db: float | None = Field(default=None, ge=0, le=18)
    effects: tuple[Operation, ...] = Field(default=(), max_length=8, description="inserted after the strip, in order")


class MixEdits(Stated):
    """What a user changes in a mix: channels by part id (or by role: `drums`, `bass`; or returns: `return_hall`), sections, the whole."""

    profile: str | None = Field(default=None, description="mixed as this genre is")
    channels: dict[str, ChannelEdit] = Field(default_factory=dict, max_length=200)
    section_db: dict[str, float] = Field(default_factory=dict, max_length=500, description="added to the level of a section, by its id, dB")
    changes: dict[str, float] = Field(
        default_factory=dict, max_length=100, description="of the whole mix: low_end_db, width, reverb_db, ..."
    )
