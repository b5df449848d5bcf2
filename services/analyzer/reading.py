"""Reading a reference of unknown origin: any format that libsndfile knows, in a process that can die alone, within limits.

At most ten minutes are kept, from the middle of a longer file, as stereo at no more than 48 kHz: about 230 MB. The child may take
`DECODING_BYTES` of memory and `DECODING_S`; its sound comes back by a nameless temporary file (about 0.4 s for three minutes).
"""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from contracts.errors import BadInput
from services.analyzer.decoding import FORMATS, Decoded, decode, refused
from services.runtime.isolation import PluginFailed, isolated

__all__ = ["FORMATS", "Recording", "opened", "read_recording"]

Array = npt.NDArray[np.float32]
LONGEST_HEARD_S = 600.0
LONGEST_FILE_S = 6 * 3600.0
LARGEST_BYTES = 4 * 2**30
DECODING_S = 60.0
DECODING_BYTES = 1 << 30


@dataclass(frozen=True)
class Recording:
    """What is analyzed of a file: `audio` [2, samples] at `rate_hz`, with what the file itself says and notes for the user."""

    audio: Array
    rate_hz: int
    duration_s: float
    file_rate_hz: int
    channels: int
    start_s: float = 0.0
    notes: list[str] = field(default_factory=list)


@contextmanager
def opened(path: Path, field: str = "reference", allowed: str = FORMATS, most_bytes: int = LARGEST_BYTES) -> Iterator[int]:
    """A handle of a regular file that is not too large: no folder, pipe or device, whatever the name turned into meanwhile.

    Raises BadInput on `field`.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise BadInput(field, str(path), "an existing file", hint="there is no such file") from error
    except (OSError, ValueError) as error:
        raise BadInput(field, str(path), "a readable file", hint=getattr(error, "strerror", None) or str(error)) from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no file but a pipe or a device"
            raise BadInput(field, str(path), allowed, hint=f"it is {kind}")
        if found.st_size == 0:
            raise BadInput(field, path.name, allowed, hint="it is empty")
        if found.st_size > most_bytes:
            size = f"it has {found.st_size / 2**20:.1f} MiB; at most {most_bytes // 2**20} are read"
            raise BadInput(field, path.name, allowed, hint=size)
        yield handle
    finally:
        os.close(handle)


def read_recording(path: Path) -> Recording:
    """Read a reference.

    Raises:
        BadInput: on field "reference" for what is missing, no audio, empty, beyond the limits, or breaks what decodes it.
        Unavailable: where there is no room for what was decoded.
    """
    with opened(path) as source, tempfile.TemporaryFile(prefix="houseband-ears-") as target:
        shape = _decoded(source, target.fileno(), path.name)
        target.seek(0)
        samples = np.fromfile(target, "<f4", shape.frames * 2).astype(np.float32, copy=False)
    audio = np.ascontiguousarray(samples.reshape(-1, 2).T)
    return Recording(audio, shape.rate_hz, shape.duration_s, shape.file_rate_hz, shape.channels, shape.start_s, shape.notes)


def _decoded(source: int, target: int, name: str) -> Decoded:
    try:
        return isolated(
            decode,
            source,
            target,
            name,
            LONGEST_HEARD_S,
            LONGEST_FILE_S,
            timeout_s=DECODING_S,
            what="what decodes sound",
            memory_bytes=DECODING_BYTES,
            handles=(source, target),
        )
    except PluginFailed as error:
        raise refused(name, f"it breaks what decodes it, which {error.how}") from error
