"""Which notes sound when: basic-pitch's network where its package is there, else librosa's pYIN, as one kind of answer.

Basic Pitch: Bittner et al., "A Lightweight Instrument-Agnostic Model for Polyphonic Note Transcription" (ICASSP 2022). Its
package pins tensorflow; only the model file in it is used here, through onnxruntime.
"""

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from services.music.audio.onsets import EAR_RATE_HZ

Array = npt.NDArray[np.float32]

HOP = 256
LOWEST = 21
PITCHES = 88
FRAME_S = HOP / EAR_RATE_HZ
_WINDOW = 43_844
_FRAMES, _MARGIN = 172, 15
_KEPT = _FRAMES - 2 * _MARGIN
_INPUT = "serving_default_input_2:0"
_NOTE, _ONSET = "StatefulPartitionedCall:1", "StatefulPartitionedCall:2"
PYIN = "pYIN"
_MODEL = "saved_models/icassp_2022/nmp.onnx"


@dataclass(frozen=True)
class Activity:
    """Salience 0–1 of each of 88 piano keys from A0 up, and of a note beginning there: two arrays [frames, 88], a frame per FRAME_S."""

    note: Array
    onset: Array
    by: str


def track(mono: Array) -> Activity:
    """The notes in a mono signal [samples] at EAR_RATE_HZ, by the best ear that is installed."""
    return by_network(mono) if network_file() else by_pyin(mono)


@cache
def network_file() -> Path | None:
    """The model inside the basic-pitch package; None where that or onnxruntime is not installed. Neither is imported here."""
    found = importlib.util.find_spec("basic_pitch")
    if found is None or not found.submodule_search_locations or importlib.util.find_spec("onnxruntime") is None:
        return None
    path = Path(found.submodule_search_locations[0]) / _MODEL
    return path if path.is_file() else None


@cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(network_file()), options, providers=["CPUExecutionProvider"])


def by_network(mono: Array) -> Activity:
    """Two-second windows through the network, their margins cut, so that frames follow each other every HOP samples."""
    step = _KEPT * HOP
    padded = np.concatenate([np.zeros(_MARGIN * HOP, np.float32), mono.astype(np.float32), np.zeros(_WINDOW + step, np.float32)])
    count = -(-len(mono) // step)
    notes, onsets = [], []
    for index in range(count):
        window = padded[index * step : index * step + _WINDOW]
        note, onset = _session().run([_NOTE, _ONSET], {_INPUT: window[None, :, None]})
        notes.append(note[0, _MARGIN : _MARGIN + _KEPT])
        onsets.append(onset[0, _MARGIN : _MARGIN + _KEPT])
    frames = len(mono) // HOP + 1
    return Activity(np.concatenate(notes)[:frames], np.concatenate(onsets)[:frames], "basic-pitch")


def by_pyin(mono: Array) -> Activity:
    """One pitch at a time by pYIN (Mauch & Dixon 2014), onsets by rises of the level."""
    import librosa

    pitch, _, voiced = librosa.pyin(mono, fmin=65.0, fmax=1400.0, sr=EAR_RATE_HZ, frame_length=2048, hop_length=HOP, fill_na=np.nan)
    level = librosa.feature.rms(y=mono, frame_length=1024, hop_length=HOP)[0][: len(pitch)]
    note = np.zeros((len(pitch), PITCHES), np.float32)
    onset = np.zeros_like(note)
    loud = level > 0.05 * float(level.max(initial=0.0))
    rise = np.maximum(np.log(level[4:] + 1e-4) - np.log(level[:-4] + 1e-4), 0.0)
    for frame, (hz, sure) in enumerate(zip(pitch, voiced, strict=True)):
        if not np.isfinite(hz) or not loud[frame]:
            continue
        key = round(69 + 12 * np.log2(hz / 440.0)) - LOWEST
        if 0 <= key < PITCHES:
            note[frame, key] = 0.5 + 0.5 * float(sure)
            onset[frame, key] = min(1.0, 1.2 * float(rise[max(0, frame - 2)])) if frame - 2 < len(rise) else 0.0
    return Activity(note, onset, PYIN)
