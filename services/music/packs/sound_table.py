"""How an instrument sounds and is played: the [sound] table of an instrument file.

A patch is one sound of the instrument: the presets that make it, best first, and the rules by which a player brings them to
life. What a rule cannot know (which sample is out of tune, how loud a preset is) is measured into production's calibration.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Preset(_Table):
    """One preset of one soundfont. Bank 128 holds drum kits (SoundFont 2.04, section 7.2)."""

    soundfont: str = Field(description="name without suffix, such as FluidR3_GM")
    bank: int = Field(default=0, ge=0, le=16383)
    program: int = Field(ge=0, le=127)
    breath: bool = Field(default=False, description="loudness follows CC2, not velocity (MuseScore's Expr. presets)")
    unswept: bool = Field(default=False, description="its own envelope would open the low-pass at once, undoing ours: taken off")

    @property
    def label(self) -> str:
        """`FluidR3_GM 0:33`."""
        return f"{self.soundfont} {self.bank}:{self.program}"


class Variation(_Table):
    """How far one stroke differs from the next of the same pitch and velocity: drawn for every note, the same in every render."""

    tune_cents: float = Field(default=2.0, ge=0, le=30, description="largest deviation of pitch")
    tone_cents: float = Field(default=90.0, ge=0, le=1200, description="standard deviation of the low-pass")
    level_db: float = Field(default=0.6, ge=0, le=4, description="standard deviation of level")
    start_ms: float = Field(default=0.0, ge=0, le=8, description="up to how much of the sample's beginning is passed over")
    neighbours: bool = Field(default=False, description="every other stroke takes the sample of a neighbouring key, retuned")
    hands: bool = Field(default=False, description="quick strokes alternate between a stronger and a weaker hand")


class Legato(_Table):
    """A note that begins as another one ends, in a line: no new attack, the old tone passes into the new one."""

    within_ms: float = Field(default=30.0, ge=0, le=150, description="largest gap that still counts as slurred")
    fade_ms: float = Field(default=45.0, gt=0, le=250, description="length of the passage from one tone to the other")
    skip_ms: float = Field(default=50.0, ge=0, le=250, description="how much of the second sample's attack is passed over")
    softer: float = Field(default=0.0, ge=0, le=0.6, description="share of velocity that a hammered-on or pulled-off note lacks")
    slide_cents: float = Field(default=0.0, ge=0, le=300, description="portamento: from how far the pitch comes, at most")
    slide_ms: float = Field(default=60.0, gt=0, le=400)


class Staccato(_Table):
    """Short notes: firmer at the start, damped sooner, or a preset of their own."""

    below_s: float = Field(default=0.2, gt=0, le=1, description="notes shorter than this")
    attack: float = Field(default=0.5, gt=0, le=1, description="length of the attack against the preset's own")
    release: float = Field(default=0.6, gt=0, le=1, description="length of the release against the preset's own")
    accent: float = Field(default=0.06, ge=0, le=0.5, description="share of velocity on top")
    presets: tuple[Preset, ...] = Field(default=(), description="its own presets: the one of the soundfont that plays")


class Accent(_Table):
    """Hard strokes that an instrument makes in another way: slapped, popped, overblown."""

    from_velocity: int = Field(ge=1, le=127)
    presets: tuple[Preset, ...] = Field(min_length=1)
    level_db: float = Field(default=0.0, ge=-24, le=24, description="against the main preset")


class Vibrato(_Table):
    """Of long notes: begins late, grows, and no two are alike. For samples that hold none of their own."""

    cents: float = Field(gt=0, le=60, description="reached to either side")
    hz: float = Field(default=5.4, ge=3, le=8)
    after_s: float = Field(default=0.3, ge=0, le=2)
    tremor_db: float = Field(default=0.0, ge=0, le=6, description="the level's swing with it (flutes: mostly this)")


class Body(_Table):
    """What surrounds the strings or skins: done to the whole stem after it was played."""

    room_db: float | None = Field(default=None, ge=-60, le=0, description="level of its own room's early ambience against the dry sound")
    room_s: float = Field(default=0.28, gt=0, le=1.5, description="time in which that room decays by 60 dB")
    resonance_db: float | None = Field(default=None, ge=-60, le=0, description="strings that ring along while the pedal is down")
    drive_db: float = Field(default=0.0, ge=0, le=18, description="soft saturation above the nominal level (an amplifier's)")
    excite_db: float | None = Field(default=None, ge=-60, le=0, description="overtones made where samples are dull, against the whole")
    excite_hz: float = Field(default=1800.0, ge=300, le=8000, description="from where up")


class Sampled(_Table):
    """A patch played from soundfonts."""

    kind: Literal["sampled"] = "sampled"
    presets: tuple[Preset, ...] = Field(min_length=1, description="best first")
    reference_pitch: int = Field(default=60, description="MIDI note at which the level is calibrated")
    tone_cents: float = Field(
        default=3000.0, ge=0, description="how far the low-pass closes from velocity 115 to 0; 0 where the real one stays as bright"
    )
    dynamics: float = Field(default=1.0, ge=0, le=2, description="how far the level follows velocity: 1 as in General MIDI, 0 not at all")
    expression: Literal["struck", "bowed", "blown"] = Field(default="struck", description="how a held note lives")
    corrected: bool = Field(default=False, description="samples that are out of tune are corrected (calibration.toml, [intonation])")
    lead_ms: float = Field(
        default=0.0, ge=0, le=80, description="how much earlier the player begins, so that the tone is there on the beat"
    )
    release: float = Field(default=1.0, gt=0, le=20, description="length of a note's release against the preset's own")
    longest_s: float = Field(default=60.0, gt=0, description="notes are let go after this: samples that end in a click")
    vibrato: Vibrato | None = None
    variation: Variation = Variation()
    legato: Legato | None = None
    staccato: Staccato | None = None
    accent: Accent | None = None
    body: Body = Body()

    @property
    def controls(self) -> tuple[str, ...]:
        """The controls that shape a held note, as in a part's `controls`."""
        held = ("cc2",) if any(preset.breath for preset in self.presets) else ()
        swelling = () if self.expression == "struck" else (*held, "cc11", "cc1")
        pedal = ("cc64",) if self.body.resonance_db is not None else ()
        return (*swelling, *pedal, "pitch_bend")

    @property
    def articulations(self) -> tuple[str, ...]:
        """What the player does by rule, beside the plain note."""
        rules = {"legato": self.legato, "staccato": self.staccato, "accent": self.accent, "vibrato": self.vibrato}
        return tuple(name for name, rule in rules.items() if rule)


class SoundTable(_Table):
    """The [sound] table: the patch an instrument plays by itself, also by genre, its ways of playing, and the sampled patches it owns."""

    default: str = ""
    by_genre: dict[str, str] = Field(default_factory=dict)
    articulations: dict[str, str] = Field(default_factory=dict, description="way of playing a whole part -> the patch that makes it")
    patches: dict[str, Sampled] = Field(default_factory=dict)
