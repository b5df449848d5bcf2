"""What the ears hear in a reference: tempo, beats, key, meter, loudness, tone and form, each with its confidence."""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from contracts.features import Features, Measured
from services.analyzer.reading import Recording, read_recording
from services.analyzer.rhythm import hear_form, hear_rhythm
from services.analyzer.tonality import hear_key
from services.music.audio.levels import correlation, crest_db
from services.music.audio.loudness import SHORT_TERM_S, block_energies, gated_lufs, loudness_of, loudness_range, window_means
from services.music.audio.onsets import EAR_RATE_HZ
from services.music.audio.spectrum import FLOOR_DB, stereo_spectrum, third_octave_spectrum
from services.music.audio.tempo import guess_meter
from services.music.audio.true_peak import true_peak_dbtp

Array = npt.NDArray[np.float32]
SILENT_DBFS = -70.0
LEAST_HEARD_S = 0.5
LEAST_PULSE_S = 3.0


def _finite(value: float, unit: str, confidence: float = 1.0, digits: int = 2) -> Measured | None:
    return Measured(value=round(value, digits), unit=unit, confidence=round(confidence, 3)) if math.isfinite(value) else None


def _pulse(mono: Array, duration_s: float) -> dict[str, object]:
    """Tempo, beats, meter, onset rate and form of a mono signal at EAR_RATE_HZ."""
    rhythm = hear_rhythm(mono)
    found: dict[str, object] = {"onset_rate_hz": _finite(len(rhythm.onsets_s) / max(duration_s, 1e-9), "1/s")}
    pulse = rhythm.pulse
    if pulse is None or duration_s < LEAST_PULSE_S:
        return found
    found["tempo_bpm"] = _finite(pulse.bpm, "bpm", pulse.confidence)
    found["beats_s"] = tuple(round(float(beat), 3) for beat in pulse.beats_s)
    meter, confidence = guess_meter(rhythm.envelope, pulse)
    found["meter"] = meter if confidence >= 0.1 else None
    found["boundaries_s"] = hear_form(rhythm)
    return found


def _key(mono: Array) -> dict[str, object]:
    heard = hear_key(mono)
    return {"key": str(heard.key), "key_confidence": round(heard.confidence, 3)} if heard else {}


def _tone(recording: Recording) -> dict[str, object]:
    sides: tuple[float, ...] = ()
    if recording.channels > 1 and recording.audio.shape[0] == 2:
        centres, level, side = stereo_spectrum(recording.audio, recording.rate_hz)
        sides = tuple(round(float(db), 2) for db in side)
    else:
        centres, level = third_octave_spectrum(recording.audio, recording.rate_hz)
    power = 10 ** (level / 10) * (level > FLOOR_DB)
    centroid = float((centres * power).sum() / max(float(power.sum()), 1e-12))
    return {
        "spectrum_hz": tuple(round(float(hz), 2) for hz in centres),
        "spectrum_db": tuple(round(float(db), 2) for db in level),
        "side_db": sides,
        "centroid_hz": _finite(centroid, "Hz", digits=1),
    }


def _level(recording: Recording) -> dict[str, object]:
    audio, rate = recording.audio, recording.rate_hz
    energies = block_energies(audio, rate)
    short = loudness_of(window_means(energies, SHORT_TERM_S, 1.0))
    integrated = gated_lufs(energies)
    return {
        "loudness_lufs": _finite(integrated, "LUFS"),
        "loudness_range_lu": _finite(loudness_range(audio, rate), "LU") if recording.duration_s >= SHORT_TERM_S else None,
        "true_peak_dbtp": _finite(true_peak_dbtp(audio, rate), "dBTP"),
        "crest_db": _finite(crest_db(audio), "dB"),
        "stereo_correlation": _finite(correlation(audio), "", 1.0 if recording.channels > 1 else 0.0, 3),
        "energy_curve": tuple(round(max(float(value), SILENT_DBFS), 1) for value in short),
    }


def _energy(loudness: Measured | None, onset_rate: Measured | None, centroid: Measured | None) -> Measured | None:
    """0–1 from how loud, busy and bright it is: a plain mean of three scales, so only moderately sure."""
    if loudness is None:
        return None
    loud = (loudness.value + 30) / 22
    busy = (onset_rate.value if onset_rate else 0.0) / 6
    bright = math.log2(max(centroid.value if centroid else 200.0, 100.0) / 200) / 4
    parts = [min(max(part, 0.0), 1.0) for part in (loud, busy, bright)]
    return Measured(value=round(sum(parts) / 3, 3), unit="0-1", confidence=0.5)


def listen(recording: Recording) -> Features:
    """The features of a recording. Where there is nothing to hear the fields are None and a note says so."""
    heard_s = recording.audio.shape[1] / recording.rate_hz
    shape = {"duration_s": round(recording.duration_s, 3), "sample_rate_hz": recording.file_rate_hz, "channels": recording.channels}
    base = Features(**shape, analyzed_s=round(heard_s, 3), notes=tuple(recording.notes))
    if float(np.abs(recording.audio).max(initial=0.0)) < 10 ** (SILENT_DBFS / 20):
        return base.model_copy(update={"notes": (*base.notes, "The file is silent: nothing could be heard in it.")})
    notes = list(recording.notes)
    found = _level(recording) | _tone(recording)
    mono = np.ascontiguousarray(recording.audio.mean(axis=0))
    ears = np.asarray(soxr.resample(mono, recording.rate_hz, EAR_RATE_HZ, quality="MQ"), np.float32)
    if heard_s >= LEAST_HEARD_S:
        found |= _pulse(ears, heard_s) | _key(ears)
    if heard_s < LEAST_PULSE_S:
        notes.append(f"{heard_s:.2f} s are too short to tell a tempo.")
    elif found.get("tempo_bpm") is None:
        notes.append("No pulse could be heard.")
    features = base.model_copy(update=found | {"notes": tuple(notes)})
    energy = _energy(features.loudness_lufs, features.onset_rate_hz, features.centroid_hz)
    return Features.model_validate(features.model_copy(update={"energy": energy}).model_dump())


def hear(path: Path) -> Features:
    """Hear a sound file.

    Raises BadInput on field "reference" for a file that is missing, not audio, empty or beyond the limits. A file that
    breaks off, holds samples that are not numbers, or is silent is heard as far as it goes, with a note.
    """
    return listen(read_recording(path))


def warm() -> None:
    """Hear four seconds of noise, so that everything that is compiled at first use is compiled."""
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 4 * EAR_RATE_HZ)).astype(np.float32)
    listen(Recording(noise, EAR_RATE_HZ, 4.0, EAR_RATE_HZ, 2))
