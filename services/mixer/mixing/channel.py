"""The settings of a mix as documents: channels, returns, and the whole. Kept in the context, so that every number can be read back."""

from pydantic import Field

from contracts.base import Document
from contracts.sound import Bell, Compression, Operation, StretchEdit

NO_HIGHPASS_HZ = 10.0


class Tone(Document):
    """What shapes a signal between its source and its place: filters, equaliser, compressor, drive, inserted effects."""

    highpass_hz: float = NO_HIGHPASS_HZ
    lowpass_hz: float | None = None
    eq: tuple[Bell, ...] = ()
    compression: Compression = Compression()
    saturation_db: float = 0.0
    effects: tuple[Operation, ...] = ()

    @property
    def is_flat(self) -> bool:
        """Whether it leaves every sample as it is, but for its effects."""
        bands = any(bell.db for bell in self.eq)
        return not (bands or self.highpass_hz > NO_HIGHPASS_HZ or self.lowpass_hz or self.compression.ratio > 1 or self.saturation_db)


class Channel(Tone):
    """The settings of one stem's channel. `cuts` are those of its bands that measurement or changes asked for."""

    pre_gain_db: float
    target_lufs: float
    level_edit_db: float = Field(default=0.0, description="the user's share of the target")
    section_edit_db: dict[str, float] = Field(default={}, description="what the user adds to it in single sections, by their id")
    stretches: tuple[StretchEdit, ...] = Field(default=(), description="what the user adds to it in single bars")
    fader_db: float | None = Field(default=None, description="stands so whatever its stem measures: single drums of it were moved")
    cuts: tuple[Bell, ...] = ()
    pan: float
    width: float
    spread: float
    duck_db: float
    room_db: float
    hall_db: float
    delay_db: float
    parallel_db: float
    muted: bool = False
    silent: bool = False

    @property
    def is_heard(self) -> bool:
        """Whether anything comes out of it."""
        return not (self.silent or self.muted)


class Return(Tone):
    """The settings of what comes back from a shared effect."""

    level_db: float = 0.0
    level_edit_db: float = Field(default=0.0, description="the user's share of the level")
    width: float = 1.0
    duck_db: float = 0.0
    muted: bool = False


class MixPlan(Document):
    """All settings of a mix."""

    profile: str
    channels: dict[str, Channel]
    decided: dict[str, Channel] = Field(default={}, description="the channels before the user's edits: what a revised song keeps")
    returns: dict[str, Return] = Field(default={}, description="by the name of their stem, such as return_hall")
    section_db: dict[str, float] = Field(description="what the level of each section is moved by, the user's edits included")
    section_edit_db: dict[str, float] = Field(default={}, description="the user's share of it")
    section_lufs: dict[str, float | None]
    mono_below_hz: float
    duck_scale: float
    dc_block_hz: float = 0.0
    gate_ms: float = Field(default=0.0, description="the room's gate where the song asks for one; 0: as the profile has it")
    remix: float = 0.0
