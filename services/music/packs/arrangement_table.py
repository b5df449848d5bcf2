"""The table [arrangement] of a genre pack: who plays when, and what happens where sections meet."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Crossing = Literal["tonal_riser", "downlifter", "noise_sweep", "reverse_swell", "sub_drop"]
"""What may sound where sections meet, beside risers and impacts; each is a patch too."""
CROSSINGS = frozenset(get_args(Crossing))
LineManner = Literal["answers", "guide", "stabs", "double", "low", "octaves", "hold", "ostinato", "timpani"]


class ArrangementTable(BaseModel):
    """Who plays when. Defaults make any style build: layers follow energy, a hook is doubled, the last chorus is the fullest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    extras: tuple[str, ...] = Field(default=(), description="instruments that join until the band has six parts")
    enter: dict[str, float] = Field(default_factory=dict, description="instrument or role -> energy from which it plays")
    lines: dict[str, LineManner] = Field(default_factory=dict)
    together: dict[str, Literal["harmony", "octave", "double", "guide"]] = Field(
        default_factory=dict, description="section function -> what line players do there instead of their own manner"
    )
    drop_before: float = Field(default=0.5, ge=0, le=1, description="chance that the band breaks off before the biggest chorus")
    thins: float = Field(default=0.6, ge=0, le=1, description="chance that it thins out in the bars before")
    layers: float = Field(default=1.0, ge=0, le=1, description="how far the number of players follows energy; 0: all play throughout")
    dynamics_db: float = Field(default=0.0, ge=0, le=14, description="how far the whole band plays softer in its calmest section")
    doubles: Literal["octave", "thirds", "none"] = Field(default="octave", description="how the hook is doubled in later choruses")
    doubled_by: tuple[str, ...] = Field(default=(), description="who doubles it, best first; nobody named: the band's brightest colour")
    risers: bool = False
    swells: bool = Field(default=True, description="cymbals swell into big sections where there are no risers")
    fade_out: bool = False
    crossings: tuple[Crossing, ...] = Field(default=(), description="what else sounds where sections meet")
    vinyl: bool = False
    tape: bool = Field(default=False, description="a bed of tape hiss")
    halftime: tuple[str, ...] = Field(default=(), description="section functions that are felt in half time")
    hand_over: tuple[str, ...] = Field(default=(), description="section functions in which players trade the lead")
    scoops: float = Field(default=0.0, ge=0, le=1, description="share of the lead's long notes that slide up into their pitch")
    throws: Literal["reverb", "delay", "none"] = Field(
        default="reverb", description="what the lead's last notes of a section are thrown into"
    )
    rests: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="section function -> roles or instruments that are silent")
