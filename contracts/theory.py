"""What the notes of a piece say to a theorist: harmony, voices, rhythm, scales, motifs, phrases and form.

Bars count from 1, beats within a bar from 1 (felt beats: dotted quarters in 6/8), lengths in `beats` are felt beats.
"""

from typing import Literal

from pydantic import Field

from contracts.base import Document

Sure = Field(default=1.0, ge=0, le=1)
Bar = Field(ge=1)
Beat = Field(default=1.0, ge=1)

Function = Literal["tonic", "predominant", "dominant"]
Origin = Literal["diatonic", "applied", "substitute", "borrowed", "passing", "chromatic"]
CadenceKind = Literal["authentic", "plagal", "half", "deceptive"]
Strength = Literal["perfect", "imperfect", ""]
Relation = Literal["exact", "transposed", "sequence", "inverted", "retrograde", "augmented", "diminished", "varied"]
FormKind = Literal[
    "through-composed",
    "strophic",
    "binary",
    "ternary",
    "song form (AABA)",
    "rondo",
    "verse and chorus",
    "twelve-bar blues",
    "loop",
    "other",
]


class ReadChord(Document):
    """A chord in the key in force: `roman` counts degrees in the major scale of the tonic; "V7/vi" is applied."""

    bar: int = Bar
    beat: float = Beat
    beats: float = Field(gt=0)
    symbol: str
    roman: str
    function: Function
    origin: Origin
    confidence: float = Sure


class Pivot(Document):
    """The chord over which a piece leaves one key for another, read in both."""

    bar: int = Bar
    beat: float = Beat
    symbol: str
    roman_before: str
    roman_after: str


class KeyArea(Document):
    """A stretch in one key. `relation`: to the home key, such as home, dominant, relative minor, a third above."""

    bar: int = Bar
    bars: int = Field(ge=1)
    key: str
    relation: str
    entry: Literal["beginning", "pivot", "direct"] = "beginning"
    pivot: Pivot | None = None
    confidence: float = Sure


class ReadCadence(Document):
    """How a phrase ends. Perfect: dominant and tonic in root position with the tonic on top."""

    bar: int = Bar
    beat: float = Beat
    kind: CadenceKind
    strength: Strength = ""
    chords: tuple[str, str]
    romans: tuple[str, str]
    key: str
    confidence: float = Sure


class VoiceLeading(Document):
    """How far voices move from chord to chord, in semitones summed over the voices (taxicab size)."""

    changes: int = Field(ge=0, description="chord changes that were measured")
    least_semitones: float = Field(ge=0, description="mean over changes of the smallest voice leading between the two chords")
    played_semitones: float | None = Field(default=None, ge=0, description="mean of what the harmony's voices do, the bass apart")
    common_tones: float = Field(ge=0, description="mean number of pitch classes that both chords hold")
    parallels: int = Field(default=0, ge=0, description="parallel fifths and octaves between single lines")
    confidence: float = Sure


class Syncopation(Document):
    """How much a part goes against the meter, per bar."""

    part: str
    lhl_per_bar: float = Field(ge=0, description="sum of strengths after Longuet-Higgins & Lee (1984)")
    complexity_per_bar: float = Field(ge=0, description="metric weight that the strokes miss, after Toussaint (2002)")
    share: float = Field(ge=0, le=1, description="notes that are followed by a stronger silence")
    confidence: float = Sure


class CrossRhythm(Document):
    """Two even pulses at once of which none divides the other. `ratio`: strokes of the first part against strokes of the second."""

    ratio: str
    parts: tuple[str, str]
    bar: int = Bar
    bars: int = Field(ge=1, description="bars in which it sounds")
    cycles: int = Field(ge=1, description="times the two meet again")
    confidence: float = Sure


class Density(Document):
    """Strokes of a part (notes that begin together count once each)."""

    part: str
    notes_per_bar: float = Field(ge=0)
    notes_per_s: float = Field(ge=0)
    voices: float = Field(ge=0, description="mean number of notes that begin together")
    curve: tuple[int, ...] = Field(default=(), description="notes that begin in each bar")


class MetricLevel(Document):
    """A pulse of the hierarchy. `autocorrelation` of accents at this lag, 1 at lag 0; `weight`: inner metric weight of its phase 0."""

    name: str
    beats: float = Field(gt=0)
    autocorrelation: float
    weight: float = Field(ge=0, description="mean inner metric weight on this pulse over the mean on all strokes")


class Metre(Document):
    """The hierarchy of pulses, the meter that the notes themselves make, and how far it agrees with the written one."""

    written: str
    levels: tuple[MetricLevel, ...] = ()
    profile: tuple[float, ...] = Field(default=(), description="inner metric weight over the bar, an entry per step, 1 at the heaviest")
    steps_per_bar: int = Field(default=16, ge=1)
    coherence: float = Field(default=0.0, ge=-1, le=1, description="correlation of the profile with the written meter's own weights")
    confidence: float = Sure


class ScaleUse(Document):
    """A scale that a part draws its notes from. `coverage`: share of its sounding time that lies in the scale."""

    part: str
    scale: str
    tonic: str
    classes: tuple[str, ...]
    coverage: float = Field(ge=0, le=1)
    confidence: float = Sure


class MotifUse(Document):
    """One place where a motif comes back. `semitones`: how far its first note lies from the original's."""

    bar: int = Bar
    beat: float = Beat
    relation: Relation
    semitones: int = 0


class Motif(Document):
    """A figure of a part that comes back, and where."""

    name: str
    part: str
    bar: int = Bar
    beat: float = Beat
    pitches: tuple[str, ...]
    intervals: tuple[int, ...] = Field(description="semitones from note to note")
    rhythm: tuple[float, ...] = Field(description="felt beats from stroke to stroke")
    uses: tuple[MotifUse, ...] = ()
    coverage: float = Field(ge=0, le=1, description="share of the part's notes in its uses")


class Phrase(Document):
    """A phrase: whole bars; its letter is shared with phrases that begin alike."""

    bar: int = Bar
    bars: int = Field(ge=1)
    letter: str
    cadence: CadenceKind | None = None
    confidence: float = Sure


class PhraseGroup(Document):
    """Phrases that make a larger whole."""

    kind: Literal["period", "sentence", "repeated phrase"]
    bar: int = Bar
    bars: int = Field(ge=1)
    parts: tuple[int, ...] = Field(description="bars of each part: antecedent and consequent; idea, its repetition and continuation")
    confidence: float = Sure


class ReadSection(Document):
    """A section: a letter that it shares with those that repeat it, a prime where it is varied."""

    bar: int = Bar
    bars: int = Field(ge=1)
    letter: str
    label: str = ""
    confidence: float = Sure


class Form(Document):
    """The sections in order and what they make together."""

    kind: FormKind = "other"
    letters: str = ""
    sections: tuple[ReadSection, ...] = ()
    source: Literal["score", "markers", "repetition"] = "repetition"
    confidence: float = Sure


class Theory(Document):
    """The analysis of a score or a MIDI file."""

    name: str = ""
    source: Literal["score", "midi"]
    bars: int = Field(ge=1)
    meter: str
    tempo_bpm: float | None = Field(default=None, description="of the felt beat; None where the file names none")
    key: str | None = Field(default=None, description="the home key; None where nothing has a pitch")
    key_confidence: float = Field(default=0.0, ge=0, le=1)
    keys: tuple[KeyArea, ...] = ()
    chords: tuple[ReadChord, ...] = ()
    functions: dict[str, float] = Field(default_factory=dict, description="share of time of each function")
    origins: dict[str, float] = Field(default_factory=dict, description="share of time of each origin of chords")
    harmonic_rhythm: float | None = Field(default=None, ge=0, description="chord changes per bar")
    cadences: tuple[ReadCadence, ...] = ()
    voice_leading: VoiceLeading | None = None
    syncopation: tuple[Syncopation, ...] = ()
    cross_rhythms: tuple[CrossRhythm, ...] = ()
    density: tuple[Density, ...] = ()
    metre: Metre | None = None
    scales: tuple[ScaleUse, ...] = ()
    motifs: tuple[Motif, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    groups: tuple[PhraseGroup, ...] = ()
    form: Form = Field(default_factory=Form)
    notes: tuple[str, ...] = Field(default=(), description="what was decided in reading, in words")
