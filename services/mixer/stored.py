"""What the mixer's stages share: stored stems, the digest of what determines a result, and a way to be stopped."""

import hashlib
import json
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from contracts.artifacts import AudioArtifact
from contracts.errors import Cancelled, Unavailable
from services.mixer import files
from services.runtime.workbench import Workbench

Audio = NDArray[np.float32]


@cache
def _builds() -> dict[str, str]:
    return {name: version(name) for name in ("pedalboard", "numpy", "scipy", "numba")}


def digest(**inputs: Any) -> str:
    """Digest of everything that determines a result: the inputs (the stage's version among them) and the libraries' builds."""
    text = json.dumps({"builds": _builds(), **inputs}, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Models, dataclasses and arrays as JSON has them."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value.tolist() if isinstance(value, np.ndarray) else vars(value)


def go_on(bench: Workbench, fraction: float, text: str) -> None:
    """Say how far the work is. Raises Cancelled where the job was."""
    if bench.cancelled():
        raise Cancelled("cancelled while mixing")
    bench.progress(fraction, text)


class Stems:
    """Stored stems by part, all of one rate and length."""

    def __init__(self, stems: dict[str, AudioArtifact], bench: Workbench) -> None:
        self.stems, self.bench = stems, bench
        shapes = {(stem.sample_rate_hz, stem.frames) for stem in stems.values()}
        if len(shapes) != 1:
            raise Unavailable(f"a set of stems of one rate and length (found {sorted(shapes)})", "render the stems again")
        ((self.rate, self.frames),) = shapes

    def load(self, name: str) -> Audio:
        """Samples of a stem, [2, frames]. Raises Unavailable for one that is damaged."""
        return whole(name, files.read_audio(self.bench.objects.local_path(self.stems[name]))[0], self.frames)


def whole(name: str, audio: Audio, frames: int) -> Audio:
    """Samples of a stored stem, [2, frames]. Raises Unavailable where its file holds fewer or more of them."""
    if audio.shape[1] != frames:
        found = f"its file holds {audio.shape[1]} of {frames} samples: it is damaged"
        raise Unavailable(f"the stem {name}", f"{found}; erase the song and make it again")
    return audio
