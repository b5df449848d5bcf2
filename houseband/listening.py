"""Writing the draft of a song to a file or to stdout while the song is made."""

import sys
import threading
from pathlib import Path
from typing import BinaryIO, Self

from contracts.errors import BadInput, HousebandError
from houseband.client import Client
from houseband.display import Display

STDOUT = "-"
FORMATS = {".wav": "wav", ".mp3": "mp3"}
LEAST_S = 5.0
"""How long a draft that is nearly whole is waited for when the song is ready."""


class Listener:
    """A thread that writes the draft as it comes. `target` None: nobody listens, and nothing is done."""

    def __init__(self, url: str, job_id: str, target: str | None, display: Display) -> None:
        self._url, self._job_id, self._target, self._display = url, job_id, target, display
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)

    def __enter__(self) -> Self:
        if self._target is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._target is not None:
            self._thread.join(LEAST_S)

    def _listen(self) -> None:
        target = str(self._target)
        try:
            if target == STDOUT:
                self._write(sys.stdout.buffer, "mp3")
            else:
                with Path(target).open("wb") as out:
                    self._write(out, FORMATS[Path(target).suffix.lower()])
        except BrokenPipeError:
            return  # whoever listened has heard enough
        except (HousebandError, OSError) as error:
            self._display.line(f"the draft was not written: {error}")

    def _write(self, out: BinaryIO, kind: str) -> None:
        with Client(self._url) as client:
            for piece in client.listen(self._job_id, format=kind):
                out.write(piece)
                out.flush()


def check_listen(target: str | None, *, json: bool) -> None:
    """Raise BadInput for a target that nothing can be written to."""
    if target is None:
        return
    if target == STDOUT:
        if json:
            raise BadInput("listen", target, "a file, since --json writes to stdout")
        return
    path = Path(target)
    if path.suffix.lower() not in FORMATS:
        raise BadInput("listen", target, f"- (MP3 on stdout), or a file that ends in {' or '.join(FORMATS)}")
    if not path.absolute().parent.is_dir():
        raise BadInput("listen", target, "a file in a folder that is there")
