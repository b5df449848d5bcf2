"""The table [form] of a genre pack: which sections follow each other, how long they are, how energy moves."""

from pydantic import BaseModel, ConfigDict, Field


class FormPlan(BaseModel):
    """One way through a song: `open`, then `cycle` some times with a `middle` before the last return, then `close`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: float = Field(default=1.0, gt=0)
    open: tuple[str, ...] = ()
    cycle: tuple[str, ...] = ()
    middle: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    cycles: tuple[int, int] = Field(default=(1, 3), description="fewest and most turns of the cycle")


class FormTable(BaseModel):
    """Sections of a style. Labels are functions such as verse, chorus, drop, head."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plans: tuple[FormPlan, ...] = (FormPlan(open=("intro",), cycle=("verse", "chorus"), close=("outro",)),)
    short: tuple[tuple[str, ...], ...] = Field(
        default=(("chorus",), ("chorus", "outro"), ("intro", "chorus", "outro"), ("intro", "verse", "chorus", "outro")),
        description="shapes of pieces that last only a few bars",
    )
    lengths: dict[str, dict[int, float]] = Field(default_factory=dict, description="label -> length in bars -> weight")
    energy: dict[str, float] = Field(default_factory=dict, description="label -> 0 to 1 at its first occurrence")
    lift: float = Field(default=0.06, description="energy added at each return of a label")
    inner: dict[int, str] = Field(default_factory=dict, description='length -> phrases inside, such as 32 -> "a8 a8 b8 a8"')
    phrase_bars: int = Field(default=8, description="length of the phrase that sections divide into")
    odd_cost: float = Field(default=3.0, description="how unwelcome a length off the grid of 4 is (natural log)")
    family: str = Field(default="", description="family of the learned section statistics (learned/sections.json); empty: none")
    learned: float = Field(
        default=0.5, ge=0, le=1, description="share of songs whose form is drawn from the family, and its weight in lengths"
    )
    tail_s: float = Field(default=2.0, ge=0.5, description="seconds that the last sounds ring")
    ritard: float = Field(
        default=0.0, ge=0, le=0.5, description="share of the tempo that a calm song loses into its last chord; 0: it keeps time"
    )
