"""What the ears hear in a reference: one pass over its sound, each faculty after the other, each number with its confidence.

Level and tone come from the recording as it is, rhythm, harmony, form and players from a mono signal at EAR_RATE_HZ. Stems are
separated only where they are asked for.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from contracts.features import Evidence, Features, Measured
from services.analyzer.drumming import hear_drums
from services.analyzer.file_tags import read_tags
from services.analyzer.form import grid_of, hear_sections
from services.analyzer.harmony import Harmony, hear_harmony
from services.analyzer.level import SILENT_DBFS, Level, hear_level, measured
from services.analyzer.lines import hear_bass, hear_melody
from services.analyzer.players import drum_kit_plays
from services.analyzer.reading import Recording, read_recording
from services.analyzer.rhythm import Rhythm, hear_rhythm
from services.analyzer.sound_model import sound_ears
from services.analyzer.sound_profile import profile_of
from services.analyzer.style_guess import believed, guess
from services.analyzer.tone import centroid_hz, hear_tone, hear_widths, side_db, with_spectra
from services.music.audio.band_frames import BandFrames
from services.music.audio.onsets import EAR_RATE_HZ
from services.runtime.stores.describing import file_digest

Array = npt.NDArray[np.float32]
Tell = Callable[[float, str], None]
LEAST_HEARD_S = 0.5
LEAST_PULSE_S = 3.0
LEAST_FORM_S = 12.0


@dataclass(frozen=True)
class Heard:
    """What was heard of a recording, with what later faculties go on from."""

    features: Features
    recording: Recording
    mono: Array
    rhythm: Rhythm | None = None


@dataclass(frozen=True)
class _Sounds:
    """What the faculties share: mono at EAR_RATE_HZ, level and tone over time."""

    mono: Array
    level: Level
    tone: BandFrames


def silently(_: float, __: str) -> None:
    """Tell nobody."""


def listen(recording: Recording, tell: Tell = silently) -> Features:
    """The features of a recording. Where there is nothing to hear the fields are None and a note says so."""
    return attend(recording, tell).features


def attend(recording: Recording, tell: Tell = silently, evidence: tuple[Evidence, ...] = ()) -> Heard:
    """Hear a recording, and keep what a separation or a transcript goes on from."""
    heard_s = recording.audio.shape[1] / recording.rate_hz
    shape = {"duration_s": round(recording.duration_s, 3), "sample_rate_hz": recording.file_rate_hz, "channels": recording.channels}
    base = Features(**shape, analyzed_s=round(heard_s, 3), notes=tuple(recording.notes), evidence=evidence)
    if float(np.abs(recording.audio).max(initial=0.0)) < 10 ** (SILENT_DBFS / 20):
        silent = base.model_copy(update={"notes": (*base.notes, "The file is silent: nothing could be heard in it.")})
        return Heard(silent, recording, np.zeros(0, np.float32))
    tell(0.1, "Measuring level and tone")
    mono = np.asarray(soxr.resample(recording.audio.mean(axis=0), recording.rate_hz, EAR_RATE_HZ, quality="MQ"), np.float32)
    sounds = _Sounds(mono, hear_level(recording), hear_tone(recording))
    features = base.model_copy(update=sounds.level.fields | _tone(recording, sounds.tone))
    rhythm = None
    if heard_s >= LEAST_HEARD_S:
        rhythm, features = _music(sounds, features, tell)
    notes = list(recording.notes)
    if heard_s < LEAST_PULSE_S:
        notes.append(f"{heard_s:.2f} s are too short to tell a tempo.")
    elif features.tempo_bpm is None:
        notes.append("No pulse could be heard.")
    features = features.model_copy(update={"notes": tuple(notes)})
    if features.energy is None:
        features = features.model_copy(update={"energy": energy_of(features)})
    return Heard(Features.model_validate(features.model_dump()), recording, mono, rhythm)


def _music(sounds: _Sounds, features: Features, tell: Tell) -> tuple[Rhythm, Features]:
    """Rhythm, harmony, lines, character and form, in the order in which one leans on the other."""
    mono = sounds.mono
    tell(0.25, "Tapping along")
    rhythm = hear_rhythm(mono)
    found = _rhythm(rhythm, features.analyzed_s) | {"drums": hear_drums(mono, EAR_RATE_HZ, rhythm)}
    tell(0.4, "Listening to the harmony")
    harmony = hear_harmony(mono, rhythm)
    features = features.model_copy(update=found | _pitches(mono, rhythm, harmony))
    if len(mono) < LEAST_PULSE_S * EAR_RATE_HZ:
        return rhythm, features
    tell(0.8, "Telling who plays, and in which form")
    bpm = features.tempo_bpm.value if features.tempo_bpm else None
    profile = profile_of(mono, bpm, rhythm.downbeats_s)
    styles = believed(profile, features.evidence)
    features = features.model_copy(update={"energy": energy_of(features)})
    character = guess(profile, styles, features) | _form(sounds, rhythm, harmony, styles)
    if not drum_kit_plays(sound_ears(), profile, styles):
        character["drums"] = None
    return rhythm, features.model_copy(update=character)


def _tone(recording: Recording, tone: BandFrames) -> dict[str, object]:
    stereo = recording.channels > 1
    return {
        "spectrum_hz": tuple(round(float(hz), 2) for hz in tone.centres_hz),
        "spectrum_db": tuple(round(float(db), 2) for db in tone.level_db()),
        "side_db": side_db(tone) if stereo else (),
        "widths": hear_widths(tone) if stereo else (),
        "centroid_hz": measured(centroid_hz(tone), "Hz", digits=1),
    }


def _rhythm(rhythm: Rhythm, duration_s: float) -> dict[str, object]:
    """Tempo and its octaves, beats, bars, meter, swing and onset rate."""
    found: dict[str, object] = {"onset_rate_hz": measured(len(rhythm.onsets_s) / max(duration_s, 1e-9), "1/s")}
    pulse = rhythm.pulse
    if pulse is None or duration_s < LEAST_PULSE_S:
        return found
    return found | {
        "tempo_bpm": measured(pulse.bpm, "bpm", pulse.confidence),
        "tempo_candidates": tuple(Measured(value=bpm, unit="bpm", confidence=share) for bpm, share in rhythm.candidates),
        "beats_s": _times(pulse.beats_s),
        "downbeats_s": _times(rhythm.downbeats_s),
        "meter": rhythm.meter,
        "meter_confidence": round(rhythm.meter_confidence, 3),
        "swing": rhythm.swing,
    }


def _times(seconds: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(time), 3) for time in seconds)


def _pitches(mono: Array, rhythm: Rhythm, harmony: Harmony | None) -> dict[str, object]:
    """Keys, tuning, chords and cadences, the bass line and the melody."""
    if harmony is None:
        return {}
    return {
        "key": str(harmony.key),
        "key_confidence": round(harmony.key_confidence, 3),
        "keys": harmony.keys,
        "tuning_cents": harmony.tuning,
        "chords": harmony.chords,
        "cadences": harmony.cadences,
        "harmonic_rhythm": harmony.harmonic_rhythm,
        "bass": hear_bass(mono, EAR_RATE_HZ, rhythm, harmony.key, harmony.gram),
        "melody": hear_melody(mono, EAR_RATE_HZ, rhythm, harmony.key),
    }


def _form(heard: _Sounds, rhythm: Rhythm, harmony: Harmony | None, styles: list[tuple[str, float]]) -> dict[str, object]:
    """Sections, each with its tone, and the borders between them."""
    mono = heard.mono
    if len(mono) < LEAST_FORM_S * EAR_RATE_HZ:
        return {}
    beats = rhythm.pulse.beats_s if rhythm.pulse is not None else np.zeros(0)
    grid = grid_of(rhythm.downbeats_s, beats, len(mono) / EAR_RATE_HZ)
    chroma = None if harmony is None or not len(beats) else np.asarray(harmony.chroma_by_beat, np.float64)
    sections = hear_sections(mono, grid, chroma, heard.level.short_term_lufs, styles)
    return {"sections": with_spectra(sections, heard.tone), "boundaries_s": tuple(section.start_s for section in sections[1:])}


def energy_of(features: Features) -> Measured | None:
    """0–1 from how loud, busy and bright it is: a plain mean of three scales, so only moderately sure."""
    if features.loudness_lufs is None:
        return None
    loud = (features.loudness_lufs.value + 30) / 22
    busy = (features.onset_rate_hz.value if features.onset_rate_hz else 0.0) / 6
    bright = math.log2(max(features.centroid_hz.value if features.centroid_hz else 200.0, 100.0) / 200) / 4
    parts = [min(max(part, 0.0), 1.0) for part in (loud, busy, bright)]
    return Measured(value=round(sum(parts) / 3, 3), unit="0-1", confidence=0.5)


def hear(path: Path, tell: Tell = silently) -> Features:
    """Hear a sound file, with its tags and artwork as evidence.

    Raises BadInput on field "reference" for a file that is missing, not audio, empty or beyond the limits. A file that
    breaks off, holds samples that are not numbers, or is silent is heard as far as it goes, with a note.
    """
    return hear_all(path, tell).features


def hear_all(path: Path, tell: Tell = silently) -> Heard:
    """Hear a sound file, and keep what a separation or a transcript goes on from."""
    tell(0.0, "Reading the reference")
    heard = attend(read_recording(path), tell, read_tags(path))
    return Heard(heard.features.model_copy(update={"digest": file_digest(path)}), heard.recording, heard.mono, heard.rhythm)


def warm() -> None:
    """Hear four seconds of noise, so that everything that is compiled at first use is compiled."""
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 4 * EAR_RATE_HZ)).astype(np.float32)
    listen(Recording(noise, EAR_RATE_HZ, 4.0, EAR_RATE_HZ, 2))
