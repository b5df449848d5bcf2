"""The settings of one drum of a drum machine."""

from pydantic import BaseModel, ConfigDict, Field


class Stroke(BaseModel):
    """Settings of one drum. A voice reads those it needs; times are seconds to −60 dB, frequencies Hz."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    voice: str
    level_db: float = Field(default=0.0, description="peak at velocity 127, against the kick")
    pan: float = Field(default=0.0, ge=-1, le=1)
    width: float = Field(default=0.0, ge=0, le=1, description="0 mono, 1: noise of left and right independent")
    tune_hz: float = 200.0
    decay_s: float = 0.3
    bend: float = Field(default=0.0, description="octaves that the pitch falls from")
    bend_s: float = 0.05
    settle: float = Field(default=0.0, ge=-1, le=1, description="octaves of a second, slow fall through the whole decay")
    punch: float = Field(default=0.0, ge=0, le=2, description="a short knock an octave above the body, which small speakers hear")
    punch_s: float = 0.09
    noise_s: float = 0.15
    noise: float = Field(default=0.5, ge=0, le=2, description="noise against tone")
    low_hz: float = 300.0
    high_hz: float = 12000.0
    click: float = Field(default=0.3, ge=0, le=2)
    click_hz: float = Field(default=1900.0, description="where a kick's beater knocks")
    drive: float = Field(default=1.0, ge=0.1, le=20)
    metal: float = Field(default=1.0, ge=0, le=3, description="ringing partials of a cymbal against hiss")
    strokes: int = Field(default=1, ge=1, le=8, description="hands in a clap, grains in a shake")
    gap_s: float = 0.011
    room: float = Field(default=1.0, ge=0, le=2, description="share of the kit's room")
