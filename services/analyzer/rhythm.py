"""Rhythm: onsets, the felt beat with its octave, first beats of bars, meter and swing, each with how sure it is.

The tempo is the slope of a line through the beats, never the lag of an autocorrelation (which is quantised: 123.05 for 126).
"""

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

from contracts.features import Swing
from services.music.audio.bands import Struck, hear_struck
from services.music.audio.bar_length import Bar, MeterModel, find_bar
from services.music.audio.metre import BarModel, Felt, feel, sharpen, sounding
from services.music.audio.onsets import EAR_RATE_HZ, Envelope, pick_onsets
from services.music.audio.swing import hear_swing
from services.music.audio.tempo import Pulse, regress_tempo

Array = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]
LEAST_ONSETS = 4
ENOUGH_ONSETS = 24
LEAST_S = 2.0
SPARSE_HZ = 0.6
"""Where fewer onsets than this are heard in a second, what swells is listened to as well: pads have a pulse that nobody strikes."""
SWELL = 0.02
"""Rise of a swell, log magnitude, over the moving mean."""
CHANGE = 1.5
"""Change of harmony that counts as an onset, in means."""
_APART_S = 0.3
LATENCY_S = 0.002
"""By how much our onset strength peaks after the stroke."""


@dataclass(frozen=True)
class Rhythm:
    """What is struck and when. `onsets_s`, `downbeats_s` in seconds; `pulse` None where there is none.

    `candidates`: other octaves in which the beat may be felt, (BPM, share), likeliest first.
    """

    envelope: Envelope
    onsets_s: Times
    pulse: Pulse | None = None
    candidates: tuple[tuple[float, float], ...] = ()
    downbeats_s: Times = field(default_factory=lambda: np.zeros(0))
    downbeat_confidence: float = 0.0
    beats_per_bar: float = 4.0
    meter: str | None = None
    meter_confidence: float = 0.0
    swing: Swing | None = None
    struck: Struck | None = None


@cache
def bar_model() -> BarModel:
    """The learned weights."""
    table = json.loads(files("services.analyzer.learned").joinpath("bars.json").read_text("utf-8"))
    return BarModel(**{name: np.asarray(table[name], np.float64) for name in ("mean", "scale", "linear", "hidden", "out")})


@cache
def meter_model() -> MeterModel:
    """The learned weights."""
    table = json.loads(files("services.analyzer.learned").joinpath("meters.json").read_text("utf-8"))
    return MeterModel(**{name: np.asarray(table[name], np.float64) for name in ("mean", "scale", "weights")})


def _laid_out(mono: Array, struck: Struck, felt: Felt, bar: Bar) -> tuple[Times, Times]:
    """Beats and first beats over all that sounds, in seconds: whole bars, through breaks, to the end of the last struck bar."""
    first_s, last_s, end_s = sounding(mono, EAR_RATE_HZ, struck)
    numbers = (felt.pulse.pulses(np.asarray([first_s, last_s])) - felt.chosen.downbeat) / felt.chosen.ratio
    bars = np.floor((numbers + 0.25 - bar.first) / bar.beats)
    edges = bar.first + bar.beats * np.arange(bars[0], bars[1] + 2)
    counts = np.arange(np.ceil(edges[0]), np.ceil(edges[-1]))
    beats, starts = felt.beat_times(counts), felt.beat_times(edges[:-1])
    late = sharpen(struck, beats[(beats > first_s) & (beats < last_s)]) - LATENCY_S
    low, high = max(first_s - 0.1, -0.05), end_s + 0.1
    beats, starts = beats + late, starts + late
    return np.maximum(beats[(beats >= low) & (beats < high)], 0.0), np.maximum(starts[(starts >= low) & (starts < high)], 0.0)


def _confidence(felt: Felt, onsets: int) -> float:
    """0–1: a phase that holds over the piece, strokes that keep it, one octave that is likelier than the others, enough onsets."""
    held = 0.35 + 0.65 * felt.pulse.coherence if felt.pulse.steady else 0.5 * felt.pulse.coherence
    return float(np.clip(held * (0.5 + 0.5 * felt.octave_share) * min(1.0, onsets / ENOUGH_ONSETS), 0, 1))


def _soft_onsets(struck: Struck, strokes_s: Times, length_s: float) -> Times:
    """Strokes, swells and changes of harmony in seconds, each at least `_APART_S` after the one before."""
    changes = struck.bands[4]
    peaks = np.flatnonzero((changes == maximum_filter1d(changes, 2 * round(_APART_S / struck.hop_s) + 1)) & (changes > CHANGE))
    every = np.union1d(np.union1d(pick_onsets(struck.envelope, SWELL), peaks * struck.hop_s), strokes_s)
    every = every[every <= length_s]
    return every[np.concatenate([[True], np.diff(every) > _APART_S])] if len(every) else every


def hear_rhythm(mono: Array) -> Rhythm:
    """Rhythm of a mono signal [samples] at EAR_RATE_HZ. A pulse needs four onsets and two seconds."""
    struck, length_s = hear_struck(mono), len(mono) / EAR_RATE_HZ
    onsets = pick_onsets(struck.envelope)
    plain = Rhythm(struck.envelope, onsets[onsets <= length_s], struck=struck)
    if length_s < LEAST_S:
        return plain
    if len(plain.onsets_s) < SPARSE_HZ * length_s:
        struck = hear_struck(mono, swells=True)
        onsets = _soft_onsets(struck, plain.onsets_s, length_s)
    else:
        onsets = plain.onsets_s
    if len(onsets) < LEAST_ONSETS:
        return plain
    felt = feel(struck, bar_model())
    if felt is None:
        return plain
    bar = find_bar(felt.cells, *felt.bar_cells, meter_model())
    beats, downbeats = _laid_out(mono, struck, felt, bar)
    bpm = felt.chosen.bpm if felt.pulse.steady else regress_tempo(beats)
    if bpm is None or len(beats) < 4:
        return plain
    swung = hear_swing(struck, beats)
    swing = (
        Swing(ratio=round(swung.ratio, 3), division=16 if swung.division == 16 else 8, confidence=round(swung.confidence, 3))
        if swung
        else None
    )
    return Rhythm(
        envelope=struck.envelope,
        onsets_s=onsets,
        pulse=Pulse(bpm, beats, _confidence(felt, len(onsets))),
        candidates=tuple((round(b, 2), round(s, 3)) for b, s in felt.others[:4]),
        downbeats_s=downbeats,
        downbeat_confidence=felt.downbeat_share,
        beats_per_bar=bar.beats,
        meter=bar.meter,
        meter_confidence=bar.share * _confidence(felt, len(onsets)),
        swing=swing,
        struck=struck,
    )
