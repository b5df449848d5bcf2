"""Demucs at work, in a process of its own: only `services.analyzer.separation` starts it, by `services.runtime.isolation`.

A published model is a pickle: it is unpickled here and nowhere else, from the folder that the operator names.
"""

import os
import random
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import BadInput

SEED = 1


def separate_file(source: int, target: int, far: int, rate_hz: int, repo: str, model: str) -> tuple[tuple[str, ...], int, int]:
    """Separate the stereo frames of the open file `source` into `target` as [stems, 2, frames], 32-bit floats.

    Args:
        source: handle of interleaved 32-bit floats.
        target: handle of an empty file.
        far: handle of a file whose first line tells how far the work is, 0–1.
        rate_hz: of the source.
        repo: local folder of models.
        model: name of a model or bag in it.

    Returns the stems' names, their sample rate and frames. Raises BadInput on field "separate" where there is no such model.
    """
    import torch
    from demucs.apply import apply_model

    torch.set_num_threads(1)
    random.seed(SEED)
    torch.manual_seed(SEED)
    net = _model(model, repo)
    with os.fdopen(source, "rb", closefd=False) as file:
        file.seek(0)
        mix = np.fromfile(file, "<f4").reshape(-1, 2).T
    rate = int(net.samplerate)
    audio = torch.from_numpy(_at_rate(mix, rate_hz, rate))
    # Demucs' own front end does the same: the mean and deviation of the mix are taken out and put back.
    mean, deviation = audio.mean(), audio.std().clamp_min(1e-8)
    passes, length = len(getattr(net, "models", [net])), audio.shape[1]

    def noted(state: dict[str, Any]) -> None:
        done = (int(state.get("model_idx_in_bag", 0)) + min(1.0, int(state.get("segment_offset", 0)) / length)) / passes
        os.pwrite(far, f"{min(done, 1.0):.4f}\n".encode(), 0)

    with torch.no_grad():
        stems = apply_model(net, ((audio - mean) / deviation)[None], device="cpu", shifts=0, split=True, overlap=0.25, callback=noted)[0]
    stems = stems * deviation + mean / len(net.sources)
    with os.fdopen(target, "wb", closefd=False) as out:
        out.write(np.ascontiguousarray(stems.numpy(), "<f4").data)
    return tuple(str(name) for name in net.sources), rate, length


def _model(name: str, repo: str) -> Any:
    from demucs.pretrained import ModelLoadingError, get_model

    try:
        net = get_model(name, Path(repo))
    except (ModelLoadingError, OSError) as error:
        raise BadInput("separate", name, "the name of a model in HOUSEBAND_DEMUCS_REPO", hint=str(error)[:200]) from error
    return net.eval()


def _at_rate(mix: Any, rate_hz: int, wanted_hz: int) -> Any:
    if rate_hz == wanted_hz:
        return np.ascontiguousarray(mix, np.float32)
    import soxr

    return np.ascontiguousarray(soxr.resample(np.ascontiguousarray(mix.T), rate_hz, wanted_hz, quality="HQ").T, np.float32)
