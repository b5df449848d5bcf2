"""A reference's stems: separated, transcribed to MIDI, and heard again one by one where that hears more than the mix does."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import soxr

from contracts.features import Features
from contracts.music import Key
from services.analyzer.drumming import hear_drums
from services.analyzer.hearing import Heard
from services.analyzer.lines import hear_bass
from services.analyzer.reading import Recording
from services.analyzer.rhythm import Rhythm
from services.analyzer.separation import How, Stems, method_here, separate
from services.analyzer.transcribing import transcribe
from services.music.audio.onsets import EAR_RATE_HZ

Array = npt.NDArray[np.float32]
Tell = Callable[[float, str], None]
_SEPARATED = {"demucs": 0.8, "bands": 0.4, "none": 0.0}
SILENT_SHARE = 1e-4
"""A stem with less of the mix's power than this is empty."""


@dataclass(frozen=True)
class HeardStems:
    """Features that tell how stems were had, and what they play as a MIDI file; empty where nothing was separated."""

    features: Features
    midi: bytes = b""
    notes: int = 0


def hear_stems(heard: Heard, how: How, tell: Tell) -> HeardStems:
    """Separate and transcribe what was heard.

    Args:
        heard: the whole, as `hearing.hear_all` returns it.
        how: as in `separation.separate`.
        tell: told the share that is done and a line; what it raises ends the work and is raised.

    Raises BadInput on field "separate" where Demucs is asked for and cannot work here.
    """
    rhythm = heard.rhythm
    if rhythm is None or how == "none":
        return HeardStems(heard.features)
    tell(0.0, "Separating the stems")
    share = _SEPARATED[method_here(how).split(".")[0]]
    recording = _at_ears_rate(heard.recording) if method_here(how) == "bands" else heard.recording
    stems = separate(recording, how, lambda done: tell(share * done, f"Separating the stems: {done:.0%}"))
    features = _by_stem(heard.features.model_copy(update={"separation": stems.how}), stems, rhythm)
    tell(share, "Writing down what the stems play")
    key = Key.parse(features.key) if features.key else None
    sounding = {name: audio for name, audio in stems.audio.items() if _sounds(audio, heard.recording.audio)}
    transcript = transcribe(
        sounding,
        stems.rate_hz,
        rhythm,
        key,
        features.meter,
        features.drums,
        lambda done: tell(share + (1 - share) * done, "Writing down what the stems play"),
    )
    return HeardStems(features, transcript.midi, sum(len(notes) for notes in transcript.notes.values()))


def _at_ears_rate(recording: Recording) -> Recording:
    """A recording at the rate at which stems are written down: a half of the time and memory."""
    if recording.rate_hz <= EAR_RATE_HZ:
        return recording
    audio = np.stack([soxr.resample(side, recording.rate_hz, EAR_RATE_HZ, quality="MQ") for side in recording.audio]).astype(np.float32)
    return replace(recording, audio=audio, rate_hz=EAR_RATE_HZ)


def _sounds(stem: Array, mix: Array) -> bool:
    power, whole = (float(np.mean(np.square(audio[:, ::7], dtype=np.float64))) for audio in (stem, mix))
    return power > SILENT_SHARE * whole


def _by_stem(features: Features, stems: Stems, rhythm: Rhythm) -> Features:
    """Drums and bass from stems that a network separated; bands cut the mix's own sound, in which both were heard already."""
    if stems.how.method != "demucs":
        return features
    key = Key.parse(features.key) if features.key else None
    update: dict[str, object] = {}
    if "drums" in stems.audio and (drums := hear_drums(_ears(stems.audio["drums"], stems.rate_hz), EAR_RATE_HZ, rhythm)):
        update["drums"] = drums
    if "bass" in stems.audio and (bass := hear_bass(_ears(stems.audio["bass"], stems.rate_hz), EAR_RATE_HZ, rhythm, key)):
        update["bass"] = bass.model_copy(update={"how": "the separated bass"})
    return features.model_copy(update=update)


def _ears(stem: Array, rate_hz: int) -> Array:
    return np.asarray(soxr.resample(np.asarray(stem.mean(axis=0), np.float32), rate_hz, EAR_RATE_HZ, quality="MQ"), np.float32)
