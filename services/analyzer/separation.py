"""Stems of a recording: by Demucs where torch, demucs and weights are here, else by bands and harmonic-percussive filters.

Weights are the operator's own: HOUSEBAND_DEMUCS_REPO is a local folder in Demucs' layout, HOUSEBAND_DEMUCS_MODEL a name in it;
nothing is ever fetched. On a CPU Demucs takes about as long as the music lasts.
"""

import importlib.util
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from contracts.errors import BadInput
from contracts.features import Separation
from services.analyzer.band_stems import split_by_bands
from services.analyzer.reading import Recording
from services.runtime.folders import folders_of
from services.runtime.isolation import PluginFailed, isolated

Array = npt.NDArray[np.float32]
How = Literal["auto", "demucs", "bands", "none"]
Tell = Callable[[float], None]

REPO, MODEL = "HOUSEBAND_DEMUCS_REPO", "HOUSEBAND_DEMUCS_MODEL"
USUAL_MODEL = "htdemucs"
DEMUCS_BYTES = 10 << 30
"""Address space: torch maps far more than it uses; a full-size model takes 1.3 GB."""
SLOWEST = 20.0
"""A machine that needs longer than this many seconds per second of music is given up on."""


@dataclass(frozen=True)
class Stems:
    """The stems of a recording, [2, samples] each at `rate_hz`, and how they were had."""

    how: Separation
    rate_hz: int = 0
    audio: dict[str, Array] = field(default_factory=dict)


def silently(_: float) -> None:
    """Tell nobody how far it is."""


def demucs_lacks() -> str:
    """What keeps Demucs from working here, in words; empty where nothing does."""
    missing = [name for name in ("torch", "demucs") if importlib.util.find_spec(name) is None]
    if missing:
        return f"{' and '.join(missing)} not installed"
    repos = folders_of(REPO)
    if not repos:
        return f"no weights: {REPO} names no folder"
    return "" if repos[0].is_dir() else f"no weights: {repos[0].name} in {REPO} is no folder"


def method_here(how: How) -> str:
    """The method that `how` comes to on this machine, with the model where there is one: what an analysis may be remembered under."""
    if how in ("none", "bands"):
        return how
    return "bands" if how == "auto" and demucs_lacks() else f"demucs.{os.environ.get(MODEL) or USUAL_MODEL}"


def separate(recording: Recording, how: How = "auto", tell: Tell = silently) -> Stems:
    """The stems of a recording.

    Args:
        recording: what was read.
        how: auto takes Demucs where it can work, else bands.
        tell: called with 0–1 while Demucs works; what it raises ends the work and is raised.

    Raises BadInput on field "separate" where Demucs is asked for and cannot work here.
    """
    if how == "none":
        return Stems(Separation(method="none", why="not asked for"))
    lacks = demucs_lacks() if how != "bands" else "asked for"
    if not lacks:
        try:
            return _by_demucs(recording, tell)
        except PluginFailed as error:
            lacks = f"Demucs {error.how}"
        except BadInput as error:
            lacks = f"no model {error.value} in {REPO}: {error.hint}"
    if how == "demucs":
        raise BadInput("separate", "demucs", "auto, bands or none here", hint=lacks)
    stems = split_by_bands(recording.audio, recording.rate_hz)
    said = Separation(method="bands", stems=tuple(stems), why=f"bands and harmonic-percussive filters: {lacks}")
    return Stems(said, recording.rate_hz, stems)


def _by_demucs(recording: Recording, tell: Tell) -> Stems:
    """Stems by Demucs in a process of its own; they lie in a file without a name, and are read as they are needed."""
    from services.analyzer.demucs_child import separate_file

    repo, model = folders_of(REPO)[0], os.environ.get(MODEL) or USUAL_MODEL
    seconds = recording.audio.shape[1] / recording.rate_hz
    with (
        tempfile.TemporaryFile(prefix="houseband-mix-") as source,
        tempfile.TemporaryFile(prefix="houseband-stems-") as target,
        tempfile.TemporaryFile(prefix="houseband-far-") as far,
    ):
        np.ascontiguousarray(recording.audio.T, "<f4").tofile(source)
        source.flush()
        handles = (source.fileno(), target.fileno(), far.fileno())
        arguments = (*handles, recording.rate_hz, str(repo), model)
        names, rate_hz, frames = isolated(
            separate_file,
            *arguments,
            timeout_s=60.0 + SLOWEST * seconds,
            what="Demucs",
            memory_bytes=DEMUCS_BYTES,
            handles=handles,
            watch=lambda: tell(_far(far.fileno())),
        )
        mapped = np.memmap(target, "<f4", "r", shape=(len(names), 2, frames))
    audio = {name: mapped[index] for index, name in enumerate(names)}
    said = Separation(method="demucs", stems=tuple(names), model=model, why=f"torch and the weights in {Path(repo).name} are here")
    return Stems(said, rate_hz, audio)


def _far(handle: int) -> float:
    """The share of the work that the child last noted, 0–1."""
    text = os.pread(handle, 16, 0).split(b"\n")[0]
    return float(text) if text else 0.0
