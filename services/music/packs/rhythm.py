"""The tables [drums], [bass] and [comping] of a genre pack, and the playing shared by all of them.

Patterns are strings of cells, one cell per beat of a 4/4 bar, several bars in a row. A cell of four characters is sixteenths,
of three triplet eighths, of six sixteenth triplets, of eight thirty-seconds; cells of all sizes may stand in one bar (a trap
hat: "x.x. x.x. xxxxxx x.x.xxxx"). Where the beat is a dotted quarter, cells of three are its eighths and cells of six its
sixteenths. Other meters take the cells by metrical role (`services.generator.arrangement.metre`).

Drums: `X` accent, `x` hit, `o` ghost, `.` nothing. Bass: `1` root (the slash bass where there is one), `3 5 6 7` chord members,
`v` the fifth below, `8` octave, `a` approach to the next chord, `n` the next bar's root held over the bar line, `m` muted note,
`-` held, `.` rest. Comping: `X x o` chord by strength, `d D u` strums down, down with accent, up, `s` muted scratch, `p` palm
mute, `1`…`6` one voice of the chord from below, `b` lowest voice, `t` the voices above it, `-` held, `.` rest. Arpeggiators take
only the rhythm from `X x o`: `order` says which voice is next.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.music.packs.arrangement_table import LineManner

DRUM_VOICES = {
    "kick": 36, "snare": 38, "rim": 37, "clap": 39, "hat": 42, "pedal": 44, "open": 46, "ride": 51, "bell": 53,
    "crash": 49, "tom_low": 41, "tom_floor": 43, "tom_mid": 47, "tom_high": 50,
}  # fmt: skip
PERCUSSION_VOICES = {
    "tambourine": 54, "cowbell": 56, "bongo_high": 60, "bongo_low": 61, "conga_mute": 62, "conga_open": 63, "conga_low": 64,
    "timbale": 65, "cabasa": 69, "shaker": 70, "guiro": 73, "claves": 75, "woodblock": 76, "triangle": 81, "clap": 39,
}  # fmt: skip
_CELL_SIZES = (3, 4, 6, 8)


def _bars_of_cells(pattern: str) -> str:
    """Reject a pattern that is not whole 4/4 bars of cells of three, four, six or eight characters."""
    cells = pattern.split()
    if not cells or len(cells) % 4 or any(len(cell) not in _CELL_SIZES for cell in cells):
        raise ValueError(f"{pattern!r}: whole bars of four cells of three, four, six or eight characters")
    return pattern


Cells = Annotated[str, AfterValidator(_bars_of_cells)]
Level = Literal["low", "mid", "high"]
Grooves = dict[str, tuple[Cells, ...]]


class Table(BaseModel):
    """A table of a pack: frozen, and nothing in it that the schema does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DrumTable(Table):
    """The drummer. `low`, `mid`, `high`: voice -> patterns, the first for the section, the others as variations."""

    play: bool = Field(default=True, description="whether the style has a beat at all")
    feel: str = Field(
        default="all",
        description="whose measured timing and velocity: all rock pop funk soul hiphop dance afrobeat neworleans latin reggae punk country "
        "jazz shuffle",
    )
    tightness: float = Field(default=1.0, ge=0, le=1.5, description="scale of the timing spread; 0.3 and less is a machine")
    swing_unit: Literal[8, 16] = 16
    swing: float = Field(default=1.0, ge=1, le=3, description="long to short; 0.0 extra where by_tempo")
    swing_by_tempo: bool = Field(default=False, description="jazz: ratio falls with tempo (notes/genres 2.6)")
    low: Grooves = Field(default_factory=dict)
    mid: Grooves = Field(default_factory=dict)
    high: Grooves = Field(default_factory=dict)
    half: Grooves = Field(default_factory=dict, description="half-time, for bridges and breakdowns")
    fills: tuple[Literal["toms", "snare", "linear", "roll", "dropout", "triplets", "pickup", "ghosts"], ...] = ("toms", "snare")
    fill_every: int = Field(default=8, ge=2)
    fill_beats: tuple[int, ...] = (1, 2, 2, 4)
    crash: bool = True
    crash_on_four: bool = False
    ghosts: float = Field(default=0.0, ge=0, le=1, description="chance of an added ghost at a free sixteenth next to the backbeat")
    hat_opens: float = Field(default=0.0, ge=0, le=1, description="chance that a bar ends with an open hat")
    comping: float = Field(default=0.0, ge=0, le=1, description="jazz: chance of a snare comment at a free triplet")
    moves_time: bool = Field(default=True, description="whether the timekeeping hand changes cymbals between sections")
    double_time: tuple[str, ...] = Field(default=(), description="section functions that are played in double time")
    double_pedal: bool = Field(default=False, description="metal: kicks as fast as two feet on two pedals")
    chop: float = Field(default=0.0, ge=0, le=1, description="breakbeats: chance that a bar of the break is cut and put together anew")
    rolls: float = Field(default=0.0, ge=0, le=1, description="trap: chance per bar of a hat ratchet in triplets or thirty-seconds")
    cross: tuple[Literal["3:2", "4:3", "5:4", "threes", "hemiola"], ...] = Field(
        default=(), description="polyrhythms of percussion against the meter; threes: every third sixteenth across the bar line"
    )
    percussion: Grooves = Field(default_factory=dict)
    core: tuple[str, ...] = Field(default=(), description="percussion voices that always play; others join with energy")
    lag_ms: dict[str, float] = Field(default_factory=dict, description="voice or role -> lateness the style wants")


class BassTable(Table):
    """The bass player."""

    manner: Literal["pattern", "walking", "drone", "wobble"] = "pattern"
    span: tuple[int, int] = Field(default=(28, 45), description="lowest and highest note")
    low: tuple[Cells, ...] = ()
    mid: tuple[Cells, ...] = ()
    high: tuple[Cells, ...] = ()
    lock: float = Field(default=0.5, ge=0, le=1, description="chance that a kick without a bass note gets one")
    approach: float = Field(default=0.3, ge=0, le=1, description="chance of an approach note before a new chord")
    approaches: dict[Literal["diatonic", "chromatic", "dominant"], float] = Field(
        default={"diatonic": 0.6, "chromatic": 0.25, "dominant": 0.15}, description="kinds of approach notes by weight"
    )
    slides: float = Field(default=0.0, ge=0, le=1, description="808: chance that a long note slides to its octave, fifth or seventh")
    cross: int = Field(default=0, ge=0, description="sixteenths after which a riff begins anew across the bar line; 0: with the bar")
    legato: float = Field(default=0.9, gt=0, le=1)
    wobble_rates: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0)


class CompingTable(Table):
    """Who comps how: instrument -> textures of playing/textures.toml, calmest first."""

    textures: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    colour: Literal["plain", "seventh", "rootless", "power", "drop", "open"] = Field(default="plain", description="how chords are voiced")
    variation: float = Field(default=0.5, ge=0, le=1, description="chance that a bar changes a cell of the bar before")
    ornament: float = Field(
        default=0.3, ge=0, le=1, description="how much chord players leave the bare chord: neighbour and passing tones, fills"
    )
    density: float = Field(default=3.8, gt=0, description="most notes per quarter of the first chord player in a full section")


class Texture(Table):
    """A way of playing chords, as cells with variants for three levels of energy."""

    kind: Literal["chords", "strum", "arp", "pad", "two_hands", "boogie", "octaves", "fingers", "arpeggiator"]
    voices: tuple[int, int] = Field(default=(3, 4), description="notes of the chord at low and high energy")
    window: tuple[int, int] = Field(default=(52, 76), description="lowest and highest note")
    low: tuple[Cells, ...]
    mid: tuple[Cells, ...] = ()
    high: tuple[Cells, ...] = ()
    left: tuple[Cells, ...] = Field(default=(), description="left hand in bass characters")
    left_register: tuple[int, int] = (36, 52)
    legato: float = Field(default=0.95, gt=0, le=2, description="sounding share of the written length; above 1 notes ring on")
    level: int = Field(default=78, description="velocity of a normal chord")
    spread_ms: tuple[float, float] = (0.0, 4.0)
    pedal: bool = False
    thin: float | None = Field(default=None, ge=0, le=1, description="share of plain strokes between beats that are one or two notes")
    order: Literal["up", "down", "updown", "converge", "random"] = Field(default="up", description="arpeggiators: which voice is next")
    octaves: int = Field(default=1, ge=1, le=3, description="arpeggiators: octaves that a round runs through")
    cross: int = Field(
        default=0, ge=0, description="arpeggiators: sixteenths after which a round begins anew across bar lines; 0: each bar"
    )
    push: bool = Field(default=False, description="a stroke in the last eighth of a chord plays the next one and holds over the change")

    @property
    def thinned(self) -> float:
        """Share of thin strokes between the beats: two hands at a piano mix chords with single notes, others play what is written."""
        return self.thin if self.thin is not None else 0.55 if self.kind == "two_hands" else 0.0

    def at(self, level: Level) -> tuple[str, ...]:
        """Variants for a level of energy."""
        return {"low": self.low, "mid": self.mid or self.low, "high": self.high or self.mid or self.low}[level]


class FeelRow(Table):
    """What a kit needs beside the measured drummers (`services.generator.arrangement.grooves`)."""

    lift: dict[str, float] = Field(default_factory=dict, description="voice -> velocity added to the e-kit's measured mean")
    level: dict[str, tuple[float, float, float]] = Field(default_factory=dict, description="machines: mean, SD of songs, SD in a slot")
    slot_level: dict[str, tuple[float, ...]] = Field(default_factory=dict, description="machines: velocity by sixteenth of the bar")


class Playing(Table):
    """What every genre shares: measured feel, textures, and what an instrument does where the genre does not say."""

    feel: dict[str, FeelRow]
    texture: dict[str, Texture]
    habit: dict[str, tuple[str, ...]]
    line: dict[str, LineManner]
    enter: dict[str, float]


@cache
def playing() -> Playing:
    """The shared playing data: the tables of all files of playing/, merged by name."""
    folder = files(__package__) / "playing"
    merged: dict[str, dict[str, object]] = {}
    for entry in sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name):
        for name, table in tomllib.loads(entry.read_text("utf-8")).items():
            merged.setdefault(name, {}).update(table)
    return Playing.model_validate(merged)
