"""A hummed, whistled or played melody: heard, cleaned, set in bars."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from contracts.errors import BadInput
from contracts.given import Given, GivenPart
from contracts.music import PPQ, Meter
from services.analyzer.melody_line import Sung, melody_line
from services.analyzer.note_facts import energies, form_by_repetition, key_of_notes, sections_of
from services.analyzer.note_tracking import FRAME_S, HOP, PYIN, by_pyin, track
from services.analyzer.quantising import pulse_of, quantised
from services.analyzer.reading import read_recording
from services.analyzer.tapping import Pulse
from services.music.audio.onsets import EAR_RATE_HZ

Array = npt.NDArray[np.float32]

LONGEST_S = 180.0
FEWEST = 3
_ALLOWED = "a recording of one voice or instrument, three notes at least, 0.5 to 180 seconds"
_SHORTEST_S = 0.5
_OFF_TUNE = 0.08
_LEAST_COVERED = 0.88
_WHOLE_SONG_BARS = 24
_DRIFT, _LATE = 0.04, 0.22
"""How far a given tempo may be missed, and of a sixteenth the onsets: 93 % of right tempos are taken, 17 % of wrong ones."""


def hear_tune(path: Path, bpm: float | None = None, meter: str | None = None) -> Given:
    """The melody in a recording, in bars.

    Args:
        path: a sound file.
        bpm: a stated tempo of the felt beat, taken where it is sung in it; None: heard.
        meter: a stated meter; None: 4/4.

    Raises:
        BadInput: on field "hum", for what is no sound, silent, too short, or holds no melody.
    """
    try:
        recording = read_recording(path)
    except BadInput as error:
        raise BadInput("hum", path.name, error.allowed, hint=error.hint) from error
    mono = np.ascontiguousarray(recording.audio.mean(axis=0))[: int(LONGEST_S * recording.rate_hz)]
    if len(mono) < _SHORTEST_S * recording.rate_hz:
        raise BadInput("hum", path.name, _ALLOWED, hint=f"It lasts {len(mono) / recording.rate_hz:.2f} s")
    peak = float(np.abs(mono).max(initial=0.0))
    if peak < 1e-4:
        raise BadInput("hum", path.name, _ALLOWED, hint="It is silent")
    remarks = list(recording.notes)
    if recording.duration_s > LONGEST_S:
        remarks.append(f"only {LONGEST_S:.0f} s of it were heard")
    ears = np.asarray(soxr.resample(mono * np.float32(0.7 / peak), recording.rate_hz, EAR_RATE_HZ, quality="HQ"), np.float32)
    return tune_in(ears, path.name, bpm, meter, remarks)


def tune_in(ears: Array, name: str, bpm: float | None, meter: str | None, remarks: list[str]) -> Given:
    """The melody in a mono signal [samples] at EAR_RATE_HZ, peak about 0.7. Raises BadInput where there is none."""
    tuned, stretch, cents = _in_tune(ears)
    if cents:
        remarks.append(f"it is {abs(cents):.0f} cents {'above' if cents > 0 else 'below'} A = 440 Hz")
    activity = track(tuned)
    loudness = _loudness(tuned, len(activity.note))
    sung = melody_line(activity, loudness)
    if activity.by != PYIN and _covered(sung, loudness) < _LEAST_COVERED:
        activity = by_pyin(tuned)
        sung = melody_line(activity, loudness[: len(activity.note)])
    sung = [note._replace(start_s=note.start_s * stretch, end_s=note.end_s * stretch) for note in sung]
    if len(sung) < FEWEST:
        raise BadInput("hum", name, _ALLOWED, hint=f"{len(sung)} notes could be heard in it")
    taken = Meter.parse(meter) if meter else Meter(4, 4)
    felt = PPQ / taken.ticks_per_beat
    pulse = pulse_of(sung, bpm / felt if bpm else None)
    if bpm and len(sung) > FEWEST and not _fits(pulse, bpm / felt):
        pulse = pulse_of(sung, None)
        remarks.append(f"it is not sung at {bpm:g} bpm but at {pulse.bpm * felt:.1f}: its beats are kept")
        bpm = None
    notes = quantised(sung, pulse, taken)
    late = float(np.std(pulse.late_ms))
    tempo = bpm or pulse.bpm * felt
    remarks.append(
        f"{len(notes)} notes heard by {activity.by}; {'the tempo was given' if bpm else f'{tempo:.1f} bpm'}, {late:.0f} ms around the grid"
    )
    bars = max(1, -(-max(n.end for n in notes) // taken.ticks_per_bar))
    key, _ = key_of_notes(notes)
    sections = {}
    if bars >= _WHOLE_SONG_BARS:
        labels, starts = form_by_repetition(notes, notes, bars, taken.ticks_per_bar)
        sections = sections_of(labels, starts, energies(notes, starts, bars, taken.ticks_per_bar), bars, key)
    return Given(
        source="hum", name=name, tempo_bpm=round(tempo, 2), meter=str(taken), key=str(key), bars=bars,
        parts=(GivenPart(role="melody", name="hummed", notes=tuple(notes)),), sections=sections, notes=tuple(remarks),
    )  # fmt: skip


def _in_tune(ears: Array) -> tuple[Array, float, float]:
    """The signal moved onto the keys by resampling; by what its times must be multiplied, and how many cents it was off."""
    from services.analyzer.tonality import tuning_of

    semitones = tuning_of(ears)
    if abs(semitones) < _OFF_TUNE:
        return ears, 1.0, 0.0
    ratio = 2 ** (semitones / 12)
    moved = np.asarray(soxr.resample(ears, EAR_RATE_HZ, EAR_RATE_HZ * ratio, quality="HQ"), np.float32)
    return moved, 1.0 / ratio, 100 * semitones


def _fits(pulse: Pulse, bpm: float) -> bool:
    """Whether a given tempo is the one that was sung in: the line keeps it, and the onsets lie near its sixteenths."""
    sixteenth_ms = pulse.beat_s / 4 * 1000
    return abs(pulse.bpm / bpm - 1) <= _DRIFT and float(np.std(pulse.late_ms)) < _LATE * sixteenth_ms


def _covered(sung: Sequence[Sung], loudness: npt.NDArray[np.float64]) -> float:
    """Share of the loud frames in which a note was heard: little where pure tones, as whistles are, escape the network."""
    loud = loudness > 0.2 * float(np.quantile(loudness, 0.98))
    heard = np.zeros(len(loudness), bool)
    for note in sung:
        heard[round(note.start_s / FRAME_S) : round(note.end_s / FRAME_S)] = True
    return float((heard & loud).sum() / max(loud.sum(), 1))


def _loudness(mono: Array, frames: int) -> npt.NDArray[np.float64]:
    """Root mean square of each frame [frames], over 23 ms."""
    padded = np.pad(mono.astype(np.float64) ** 2, (HOP, 2 * HOP + frames * HOP - min(len(mono), frames * HOP)))
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    starts = np.arange(frames) * HOP
    return np.asarray(np.sqrt(np.maximum(sums[starts + 2 * HOP] - sums[starts], 0.0) / (2 * HOP)), np.float64)
