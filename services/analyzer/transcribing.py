"""Stems to notes and MIDI: each separated stem by the ear that suits it.

Bass and vocals are one voice: a clean line out of the transcriber's pitches. What else is pitched may be chords: every note that
the transcriber is sure of. Drums come from the drum ear. Without basic-pitch the notes are those of the keygram.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from contracts.features import HeardDrums, HeardNote
from contracts.music import Key, Meter
from services.analyzer.lines import hear_bass, hear_melody
from services.analyzer.melody_line import melody_line
from services.analyzer.note_tracking import FRAME_S, HOP, LOWEST, Activity, by_network, network_file
from services.analyzer.rhythm import Rhythm
from services.analyzer.transcript_midi import DRUMS, transcript_midi
from services.music.audio.keygram import both_keygrams, notes_in
from services.music.audio.onsets import EAR_RATE_HZ

Array = npt.NDArray[np.float32]

ONE_VOICE = ("bass", "vocals")
DRUM_KEYS = {"kick": 36, "snare": 38, "hat": 42}
_SILENT = 1e-3
_PEAK = 0.7
_ONSET, _HELD = 0.5, 0.3
_GAP_FRAMES = 11
_SHORTEST_FRAMES = 6
_KEPT_SHARE = 0.12


@dataclass(frozen=True)
class Transcript:
    """Notes by stem (seconds, MIDI pitch), how each was heard, and all of them as a MIDI file."""

    notes: dict[str, tuple[HeardNote, ...]]
    how: dict[str, str]
    midi: bytes


def transcribe(
    stems: Mapping[str, Array],
    rate_hz: int,
    rhythm: Rhythm,
    key: Key | None = None,
    meter: str | None = None,
    drums: HeardDrums | None = None,
    tell: Callable[[float], None] | None = None,
) -> Transcript:
    """The notes of separated stems.

    Args:
        stems: audio by name, [samples] or [channels, samples].
        rate_hz: their rate.
        rhythm: of the whole recording.
        key: of the whole; weighs where the ear is unsure.
        meter: of the bars in the file; None: 4/4.
        drums: the drum pattern that was heard; its strokes are the drum track.
        tell: is told the share of the stems that are done.
    """
    notes: dict[str, tuple[HeardNote, ...]] = {}
    how: dict[str, str] = {}
    for index, (name, audio) in enumerate(stems.items()):
        if name == DRUMS:
            notes[name], how[name] = _strokes(drums), "drum ear"
        else:
            notes[name], how[name] = _stem(name, _ears(audio, rate_hz), rhythm, key)
        if tell is not None:
            tell((index + 1) / len(stems))
    beats = rhythm.pulse.beats_s if rhythm.pulse is not None else np.zeros(0)
    downbeats = np.asarray(getattr(rhythm, "downbeats_s", ()), np.float64)
    heard = {name: held for name, held in notes.items() if held}
    return Transcript(notes, how, transcript_midi(heard, beats, downbeats, Meter.parse(meter or "4/4"), key))


def _ears(audio: Array, rate_hz: int) -> Array:
    """One channel at EAR_RATE_HZ, its peak at _PEAK."""
    mono = np.ascontiguousarray(audio if audio.ndim == 1 else audio.mean(axis=0), np.float32)
    mono = np.asarray(soxr.resample(mono, rate_hz, EAR_RATE_HZ, quality="HQ"), np.float32)
    peak = float(np.abs(mono).max(initial=0.0))
    return mono * np.float32(_PEAK / peak) if peak > _SILENT else np.zeros_like(mono)


def _strokes(drums: HeardDrums | None) -> tuple[HeardNote, ...]:
    if drums is None:
        return ()
    struck = [(time, DRUM_KEYS[name]) for name, voice in drums.voices.items() if name in DRUM_KEYS for time in voice.strokes_s]
    return tuple((round(time, 3), 0.1, key) for time, key in sorted(struck))


def _stem(name: str, mono: Array, rhythm: Rhythm, key: Key | None) -> tuple[tuple[HeardNote, ...], str]:
    """Notes of a pitched stem, and by what they were heard."""
    if not mono.any():
        return (), "silent"
    if name == "bass" or (name in ONE_VOICE and network_file() is None):
        line = hear_bass(mono, EAR_RATE_HZ, rhythm, key) if name == "bass" else hear_melody(mono, EAR_RATE_HZ, rhythm, key)
        return (line.notes if line else ()), "keygram, one voice"
    if network_file() is None:
        return _chords_of_keygram(mono), "keygram"
    activity = by_network(mono)
    if name in ONE_VOICE:
        level = _loudness(mono, len(activity.note))
        line_notes = melody_line(activity, level)
        return tuple((round(s.start_s, 3), round(s.end_s - s.start_s, 3), s.pitch) for s in line_notes), "basic-pitch, one voice"
    return polyphonic(activity), "basic-pitch"


def _loudness(mono: Array, frames: int) -> npt.NDArray[np.float64]:
    power = np.pad(mono.astype(np.float64) ** 2, (0, max(0, frames * HOP - len(mono))))[: frames * HOP]
    return np.asarray(np.sqrt(power.reshape(frames, HOP).mean(axis=1)))


def polyphonic(activity: Activity) -> tuple[HeardNote, ...]:
    """Every note that begins clearly and goes on (Bittner et al. 2022, section 3.4: peaks of the onsets, then as long as it is heard)."""
    note, onset = activity.note.copy(), activity.onset
    before, after = np.roll(onset, 1, axis=0), np.roll(onset, -1, axis=0)
    frames, keys = np.nonzero((onset >= _ONSET) & (onset >= before) & (onset > after))
    found: list[HeardNote] = []
    for frame, key in sorted(zip(frames.tolist(), keys.tolist(), strict=True), reverse=True):
        end, quiet = frame + 1, 0
        while end < len(note) and quiet < _GAP_FRAMES:
            quiet = quiet + 1 if note[end, key] < _HELD else 0
            end += 1
        end -= quiet
        if end - frame > _SHORTEST_FRAMES:
            note[frame:end, key] = 0
            found.append((round(frame * FRAME_S, 3), round((end - frame) * FRAME_S, 3), key + LOWEST))
    return tuple(sorted(found))


def _chords_of_keygram(mono: Array) -> tuple[HeardNote, ...]:
    """Notes of a keygram above a share of the loudest, runs of two frames and more."""
    gram = both_keygrams(mono, EAR_RATE_HZ).whole
    sound = notes_in(gram.values)
    loud = sound >= _KEPT_SHARE * float(np.quantile(sound.max(axis=1), 0.95))
    found: list[HeardNote] = []
    for key in range(sound.shape[1]):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], loud[:, key].astype(np.int8), [0]])))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            if end - start >= 2:
                found.append((round(float(start) * gram.hop_s, 3), round(float(end - start) * gram.hop_s, 3), key + LOWEST))
    return tuple(sorted(found))
