"""What the ears hear in a reference: numbers with units and a confidence."""

from pydantic import Field

from contracts.base import Document


class Measured(Document):
    """One measured number."""

    value: float
    unit: str
    confidence: float = Field(default=1.0, ge=0, le=1)


class Features(Document):
    """Features of one audio file. Fields are None where there is nothing to hear (silence, no onsets)."""

    duration_s: float
    sample_rate_hz: int
    channels: int
    analyzed_s: float
    tempo_bpm: Measured | None = None
    beats_s: tuple[float, ...] = ()
    key: str | None = None
    key_confidence: float = 0.0
    meter: str | None = None
    loudness_lufs: Measured | None = None
    loudness_range_lu: Measured | None = None
    true_peak_dbtp: Measured | None = None
    crest_db: Measured | None = None
    stereo_correlation: Measured | None = None
    spectrum_hz: tuple[float, ...] = Field(default=(), description="third-octave band centres, Hz")
    spectrum_db: tuple[float, ...] = Field(default=(), description="level per band, dB relative to the total")
    side_db: tuple[float, ...] = Field(
        default=(), description="left minus right over left plus right per band of spectrum_hz, dB; empty for one channel"
    )
    centroid_hz: Measured | None = None
    onset_rate_hz: Measured | None = None
    energy: Measured | None = None
    energy_curve: tuple[float, ...] = Field(default=(), description="short-term loudness, LUFS, one per second")
    boundaries_s: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
