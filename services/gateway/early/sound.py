"""Reading a stored sound file block by block."""

from pathlib import Path
from typing import Self

from services.gateway.early.coding import Samples

BLOCK_S = 0.5


class Sound:
    """An open sound file. Closed files of an object that is deleted meanwhile are read to their end."""

    def __init__(self, path: Path) -> None:
        import soundfile as sf

        self._file = sf.SoundFile(path)
        self._block = round(BLOCK_S * self._file.samplerate)

    @property
    def rate_hz(self) -> int:
        """Its sample rate."""
        rate: int = self._file.samplerate
        return rate

    def read(self) -> Samples:
        """The next block [frames, 2]; empty at the end. Mono is read twice."""
        block: Samples = self._file.read(self._block, dtype="float32", always_2d=True)
        return block if block.shape[1] == 2 else block[:, [0, 0]]

    def seek(self, frame: int) -> None:
        """Go on from a frame, at most from the end."""
        self._file.seek(min(frame, self._file.frames))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
