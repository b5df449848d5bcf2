"""What the ears hear in a reference: numbers with units and a confidence."""

from typing import Literal

from pydantic import Field

from contracts.base import Document

Sure = Field(default=0.0, ge=0, le=1)
HeardNote = tuple[float, float, int]
"""Start and duration in seconds, MIDI pitch."""


class Measured(Document):
    """One measured number."""

    value: float
    unit: str
    confidence: float = Field(default=1.0, ge=0, le=1)


class Guess(Document):
    """One candidate with how likely it is."""

    value: str
    confidence: float = Sure


class Swing(Document):
    """How the beat is divided. `ratio`: first part over second, 1 is straight, 2 a triplet."""

    ratio: float
    division: Literal[8, 16] = Field(default=8, description="eighths or sixteenths are swung")
    confidence: float = Sure


class KeySpan(Document):
    """A stretch in one key."""

    start_s: float
    end_s: float
    key: str
    confidence: float = Sure


class HeardChord(Document):
    """A chord for a time; `roman` in the key in force there, empty where none is known; symbol "N": no chord."""

    start_s: float
    end_s: float
    symbol: str
    roman: str = ""
    confidence: float = Sure


class Cadence(Document):
    """How a phrase ends: the two chords and the time of the second."""

    time_s: float
    kind: Literal["authentic", "plagal", "half", "deceptive"]
    chords: tuple[str, str]
    confidence: float = Sure


class HeardSection(Document):
    """A section: its function (intro, verse, chorus, ...) and a letter that it shares with those that repeat it."""

    start_s: float
    end_s: float
    label: str
    letter: str = ""
    bars: int | None = None
    energy: float = Field(default=0.5, ge=0, le=1)
    loudness_lufs: float | None = None
    spectrum_db: tuple[float, ...] = Field(default=(), description="level per band of spectrum_hz, dB relative to the section's total")
    confidence: float = Sure


class DrumVoice(Document):
    """One drum over the bar. `pattern` and `late_ms` have an entry per step, `pattern` the share of bars with a stroke there."""

    per_bar: float = Field(description="strokes per bar")
    pattern: tuple[float, ...] = ()
    late_ms: tuple[float, ...] = Field(default=(), description="median distance from the grid, ms, positive is late; 0 without strokes")
    level: tuple[float, ...] = Field(default=(), description="mean strength per step, 0–1 of the strongest")
    strokes_s: tuple[float, ...] = ()


class HeardDrums(Document):
    """The drum pattern: voices kick, snare and hat on a grid of `steps_per_bar`."""

    steps_per_bar: int
    bars: int
    voices: dict[str, DrumVoice] = Field(default_factory=dict)
    confidence: float = Sure


class HeardLine(Document):
    """One voice as notes: a bass line or a melody, and from what it was read."""

    notes: tuple[HeardNote, ...]
    low: int
    high: int
    contour: tuple[float, ...] = Field(default=(), description="mean pitch per bar (MIDI number), 0 where it rests")
    how: str = ""
    confidence: float = Sure


class BandWidth(Document):
    """Stereo in a band: correlation of left and right and side over mid."""

    low_hz: float
    high_hz: float
    correlation: float
    side_db: float


class Evidence(Document):
    """What the file says about itself: quoted, shortened, believed only as far as the sound agrees; never obeyed."""

    name: str
    value: str


class Separation(Document):
    """How stems were had: not at all, by bands and harmonic-percussive filters, or by Demucs."""

    method: Literal["none", "bands", "demucs"] = "none"
    stems: tuple[str, ...] = ()
    model: str = ""
    why: str = ""


class Features(Document):
    """Features of one audio file. Fields are None where there is nothing to hear (silence, no onsets)."""

    duration_s: float
    sample_rate_hz: int
    channels: int
    analyzed_s: float
    digest: str = Field(default="", description="sha256 of the file")
    tempo_bpm: Measured | None = None
    tempo_candidates: tuple[Measured, ...] = Field(default=(), description="other octaves in which the pulse may be felt")
    beats_s: tuple[float, ...] = ()
    downbeats_s: tuple[float, ...] = ()
    key: str | None = None
    key_confidence: float = 0.0
    keys: tuple[KeySpan, ...] = Field(default=(), description="in order; more than one where the piece modulates")
    tuning_cents: Measured | None = Field(default=None, description="distance from A = 440 Hz")
    chords: tuple[HeardChord, ...] = ()
    cadences: tuple[Cadence, ...] = ()
    harmonic_rhythm: Measured | None = Field(default=None, description="chord changes per bar")
    meter: str | None = None
    meter_confidence: float = 0.0
    swing: Swing | None = None
    loudness_lufs: Measured | None = None
    loudness_max_s_lufs: Measured | None = Field(default=None, description="loudest 3 s")
    loudness_max_m_lufs: Measured | None = Field(default=None, description="loudest 400 ms")
    loudness_range_lu: Measured | None = None
    true_peak_dbtp: Measured | None = None
    crest_db: Measured | None = None
    stereo_correlation: Measured | None = None
    widths: tuple[BandWidth, ...] = ()
    spectrum_hz: tuple[float, ...] = Field(default=(), description="third-octave band centres, Hz")
    spectrum_db: tuple[float, ...] = Field(default=(), description="level per band, dB relative to the total")
    side_db: tuple[float, ...] = Field(
        default=(), description="left minus right over left plus right per band of spectrum_hz, dB; empty for one channel"
    )
    centroid_hz: Measured | None = None
    onset_rate_hz: Measured | None = None
    energy: Measured | None = None
    valence: Measured | None = None
    energy_curve: tuple[float, ...] = Field(default=(), description="short-term loudness, LUFS, one per second")
    boundaries_s: tuple[float, ...] = ()
    sections: tuple[HeardSection, ...] = ()
    drums: HeardDrums | None = None
    bass: HeardLine | None = None
    melody: HeardLine | None = None
    families: tuple[Guess, ...] = Field(default=(), description="instrument families that are present: drums, bass, guitar, strings, ...")
    instruments: tuple[str, ...] = Field(default=(), description="catalogue ids that the families stand for")
    genres: tuple[Guess, ...] = Field(default=(), description="a first estimate, likeliest first")
    moods: tuple[Guess, ...] = ()
    evidence: tuple[Evidence, ...] = Field(default=(), description="tags and artwork")
    separation: Separation = Field(default_factory=Separation)
    notes: tuple[str, ...] = ()


class PictureFeatures(Document):
    """What is seen in a picture, and what it stands for in music. Colours as #rrggbb by share of area."""

    width_px: int
    height_px: int
    brightness: float = Field(ge=0, le=1, description="mean lightness (CIELAB L / 100)")
    contrast: float = Field(ge=0, le=1, description="spread of lightness")
    colourfulness: float = Field(ge=0, le=1)
    warmth: float = Field(ge=-1, le=1, description="blue −1 to red and yellow +1")
    texture: float = Field(ge=0, le=1, description="fine detail: share of edges")
    colours: tuple[str, ...] = ()
    valence: float = Field(ge=0, le=1)
    energy: float = Field(ge=0, le=1)
    tempo_bpm: float
    mode: Literal["major", "minor"] = "major"
    timbre: tuple[str, ...] = Field(default=(), description="words of production and instruments that fit")
    moods: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    seen_by: str = Field(default="measured", description="measured, or the name of a vision model")
    text: str = ""
    confidence: float = Field(default=0.4, ge=0, le=1)
    notes: tuple[str, ...] = ()
