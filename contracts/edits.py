"""What a person changes in a finished song, one thing at a time.

An edit names sections and parts by their ids in the score; an empty tuple means all of them. Each kind knows the stage
from which the song has to be made again, so that everything before it stays as it is.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, TypeAdapter

from contracts.pipeline import Stage
from contracts.sound import MixEdits, Stated

Sections = Annotated[tuple[str, ...], Field(default=(), max_length=200, description="section ids; empty: the whole song")]
Bars = Annotated[tuple[int, int] | None, Field(default=None, description="first and last bar of the song, 1-based, in place of sections")]
KitPiece = Literal[
    "kick", "snare", "clap", "hihat", "ride", "crash", "cymbals", "toms",
    "rim", "tambourine", "cowbell", "shaker", "congas", "bongos", "timbales", "agogo", "claves", "woodblock", "triangle", "guiro",
]  # fmt: skip
Pieces = Annotated[
    tuple[KitPiece, ...], Field(default=(), max_length=20, description="single drums of a kit or of the percussion; empty: all of them")
]
Parts = Annotated[tuple[str, ...], Field(default=(), max_length=200, description="part ids; empty: all of them")]


class _Edit(Stated):
    first: ClassVar[Stage] = Stage.ARRANGEMENT
    words: str = Field(default="", description="the words of the instruction that it was read from")

    @property
    def stage(self) -> Stage:
        """The stage from which the song has to be made again."""
        return self.first


class TempoEdit(_Edit):
    """Another tempo, of the song or of some sections alone: every note stays on its tick."""

    kind: Literal["tempo"] = "tempo"
    bpm: float = Field(ge=30, le=300)
    sections: Sections = ()


class KeyEdit(_Edit):
    """Another key, of the song or of some sections alone: transposed; into another mode by scale degree."""

    kind: Literal["key"] = "key"
    key: str
    sections: Sections = ()


class InstrumentEdit(_Edit):
    """The parts play on another instrument; the notes stay, moved by octaves where they lie outside its range."""

    kind: Literal["instrument"] = "instrument"
    parts: Parts = ()
    instrument: str = Field(description="id of the catalogue")
    patch: str | None = Field(default=None, description="a sound of that instrument, such as reese; None: as the style has it")


class AddEdit(_Edit):
    """A player more."""

    kind: Literal["add"] = "add"
    instrument: str
    sections: Sections = ()


class RemoveEdit(_Edit):
    """Parts fall silent: in some sections or bars, or everywhere (then they go); with `pieces` only those drums."""

    kind: Literal["remove"] = "remove"
    parts: Parts = ()
    sections: Sections = ()
    bars: Bars = None
    pieces: Pieces = ()


class OctaveEdit(_Edit):
    """The parts sound octaves higher (above 0) or lower; notes that would leave the instrument's range stay where they are."""

    kind: Literal["octave"] = "octave"
    parts: Parts = ()
    sections: Sections = ()
    octaves: int = Field(ge=-3, le=3)


class EnergyEdit(_Edit):
    """Sections bigger or smaller: who plays, how densely, how hard. `by` on the scale of a section's energy (0-1)."""

    kind: Literal["energy"] = "energy"
    sections: Sections = ()
    by: float = Field(ge=-1, le=1)


class RewriteEdit(_Edit):
    """Another take: the parts are written anew in these sections; the form and the chords stay."""

    kind: Literal["rewrite"] = "rewrite"
    parts: Parts = ()
    sections: Sections = ()
    density: float = Field(default=0.0, ge=-1, le=1, description="busier (above 0) or sparser than they were")
    seed: int = Field(default=1, ge=1, le=2**31, description="which other take")


class HarmonyEdit(_Edit):
    """Other chords: as given, one string per bar, repeated over the sections; none given: new ones in the style."""

    kind: Literal["harmony"] = "harmony"
    sections: Sections = ()
    bars: Bars = None
    chords: tuple[str, ...] = ()


class LengthEdit(_Edit):
    """A section of `bars` bars; without a section, the song so many bars longer (or shorter, below 0)."""

    kind: Literal["length"] = "length"
    section: str | None = None
    bars: int = Field(ge=-512, le=512)


class FormEdit(_Edit):
    """A section repeated, moved, taken out, or a new one of a label put in after another (None: at the beginning)."""

    kind: Literal["form"] = "form"
    action: Literal["repeat", "remove", "insert", "move"]
    section: str = Field(description="id of the section; for insert, the label of the new one")
    after: str | None = None
    bars: int | None = Field(default=None, ge=1, le=128)


class MoodEdit(_Edit):
    """The same song in another mood: `valence` and `energy` 0-1, as far as they are given."""

    kind: Literal["mood"] = "mood"
    mood: str
    valence: float | None = Field(default=None, ge=0, le=1)
    energy: float | None = Field(default=None, ge=0, le=1)


class FeelEdit(_Edit):
    """How the notes lie on the grid: `swing` 0 straight to 1 triplets, `looseness` 0 exact to 1 drunken; None: as it was."""

    kind: Literal["feel"] = "feel"
    swing: float | None = Field(default=None, ge=0, le=1)
    looseness: float | None = Field(default=None, ge=0, le=1)
    parts: Parts = ()


class EndingEdit(_Edit):
    """How the song ends."""

    kind: Literal["ending"] = "ending"
    ending: Literal["natural", "loop", "cut", "fade"]


class TitleEdit(_Edit):
    """What the song is called."""

    kind: Literal["title"] = "title"
    title: str = Field(min_length=1, max_length=200)


class LyricsEdit(_Edit):
    """Other words to sing: `find` exchanged for `text` wherever it is sung there, line number `line`, or all that the sections sing."""

    kind: Literal["lyrics"] = "lyrics"
    text: str = Field(min_length=1, max_length=8000, description="what is sung instead; ' / ' between lines")
    find: str = Field(default="", max_length=2000, description="words that are sung now; without: whole lines")
    line: int | None = Field(default=None, description="of each section, 1-based; -1: its last; None: all of them")
    sections: Sections = ()


class LevelEdit(_Edit):
    """Parts louder or softer, in some sections or bars or everywhere; with `pieces` only those drums, which are rendered so."""

    first: ClassVar[Stage] = Stage.MIXING
    kind: Literal["level"] = "level"
    parts: Parts = ()
    sections: Sections = ()
    bars: Bars = None
    pieces: Pieces = ()
    db: float = Field(ge=-60, le=24)

    @property
    def stage(self) -> Stage:
        """A fader moves in the mix; a single drum of a stem has none, and is played louder."""
        return Stage.ARRANGEMENT if self.pieces else self.first


class SpaceEdit(_Edit):
    """More or less reverb or echo of parts in some sections or bars: what they send to it. For the whole song: a mix edit."""

    first: ClassVar[Stage] = Stage.MIXING
    kind: Literal["space"] = "space"
    effect: Literal["reverb", "echo"] = "reverb"
    parts: Parts = ()
    sections: Sections = ()
    bars: Bars = None
    db: float = Field(ge=-60, le=24)


class MixEdit(_Edit):
    """Anything else of the mix, as `options.mix` states it; laid over what was stated before."""

    first: ClassVar[Stage] = Stage.MIXING
    kind: Literal["mix"] = "mix"
    mix: MixEdits


class MasterEdit(_Edit):
    """The record as a whole."""

    first: ClassVar[Stage] = Stage.MASTERING
    kind: Literal["master"] = "master"
    target_lufs: float | None = Field(default=None, ge=-30, le=-5)
    ceiling_dbtp: float | None = Field(default=None, ge=-9, le=-0.1)


Edit = Annotated[
    TempoEdit | KeyEdit | InstrumentEdit | AddEdit | RemoveEdit | OctaveEdit | EnergyEdit | RewriteEdit | HarmonyEdit | LengthEdit
    | FormEdit | MoodEdit | FeelEdit | EndingEdit | TitleEdit | LyricsEdit | LevelEdit | SpaceEdit | MixEdit | MasterEdit,
    Field(discriminator="kind"),
]  # fmt: skip
EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(tuple[Edit, ...])
"""Raises pydantic.ValidationError for what is no list of edits."""


class SectionOutline(Stated):
    """A section as an instruction may name it."""

    label: str
    start_bar: int
    bars: int
    energy: float = 0.5
    key: str = ""


class PartOutline(Stated):
    """A part as an instruction may name it."""

    role: str
    instrument: str
    patch: str = ""
    pieces: tuple[str, ...] = Field(default=(), description="the drums that it plays; empty: not known, or none")


class Outline(Stated):
    """What whoever reads an instruction has to know of the song. Sections and parts by their ids, in order."""

    tempo_bpm: float
    key: str
    meter: str
    genre: str = ""
    duration_s: float = 0.0
    target_lufs: float = -14.0
    sections: dict[str, SectionOutline] = Field(default_factory=dict)
    parts: dict[str, PartOutline] = Field(default_factory=dict)
    mix: MixEdits = Field(default=MixEdits(), description="the mix edits in force: what is asked comes on top of them")
    lyrics: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="lines that are sung, by section")


class Instructed(Stated):
    """An instruction as it was understood.

    `told`: one sentence per edit, for the user. `unread`: words that nothing was made of. `by`: who read it.
    """

    edits: tuple[Edit, ...]
    told: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    by: Literal["offline", "llm"] = "offline"


def first_stage_of(edits: tuple[Edit, ...]) -> Stage:
    """The earliest stage that any of the edits needs. Raises ValueError for none at all."""
    order = list(Stage)
    return min((edit.stage for edit in edits), key=order.index)
