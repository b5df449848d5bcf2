"""Reading delivered sound files: whole, or side by side in pieces."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import soundfile as sf

from contracts.errors import BadInput
from services.music.audio.wave import Frames, wave_shape

Array = npt.NDArray[np.float32]


def read_audio(path: Path) -> tuple[Array, int]:
    """A whole sound file as float32 [channels, samples] and its rate, by libsndfile. Raises BadInput naming one that cannot be read."""
    try:
        audio, rate = sf.read(path, dtype="float32", always_2d=True)
    except sf.LibsndfileError as error:
        raise BadInput("file", path.name, "a readable sound file", hint=str(error)) from error
    return _by_channel(audio), int(rate)


def _by_channel(frames: Array) -> Array:
    """[samples, channels] as [channels, samples], one channel after the other: numpy's own way is four times as slow for two."""
    out = np.empty(frames.shape[::-1], dtype=np.float32)
    for channel in range(frames.shape[1]):
        out[channel] = frames[:, channel]
    return out


class Reader:
    """A sound file that is read piece by piece. Raises BadInput naming one that cannot be read."""

    def __init__(self, path: Path) -> None:
        try:
            self._raw = path.open("rb", buffering=0)
        except OSError as error:
            raise BadInput("file", path.name, "a readable sound file", hint=error.strerror or str(error)) from error
        shape = wave_shape(self._raw)
        if shape is not None:
            self._raw.seek(shape.start)
            self.frames, self._channels, self._at = shape.frames, shape.channels, 0
            self._frames, self._other = Frames(self._raw, shape), None
            return
        self._raw.close()
        try:
            self._other = sf.SoundFile(path)
        except sf.LibsndfileError as error:
            raise BadInput("file", path.name, "a readable sound file", hint=str(error)) from error
        self.frames = self._other.frames

    def read(self, most: int) -> Array:
        """The next frames, [channels, samples]: `most` of them, or what is left."""
        if self._other is not None:
            return _by_channel(self._other.read(most, dtype="float32", always_2d=True))
        block = np.empty((self._channels, min(most, self.frames - self._at)), dtype=np.float32)
        self._frames.read_into(block)
        self._at += block.shape[1]
        return block

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._raw.close()
        if self._other is not None:
            self._other.close()
