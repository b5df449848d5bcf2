"""What a stage's work function gets beside the context: the object store, a scratch folder, a way to tell progress.

A work function runs in a worker process: `work(context, bench) -> Context`. It reads its inputs through `bench.objects`,
calls pure code, stores its outputs, and returns the context with its own section filled. `stage.py` sets seq, stage,
parent, attempt and timings, and creates the revision.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contracts.artifacts import Artifact, AudioArtifact


class Objects(Protocol):
    """An object store, synchronous. One interface, two implementations (files, S3), one test suite."""

    def exists(self, key: str) -> bool:
        """Whether an object is there."""

    def read(self, key: str) -> bytes:
        """The bytes of an object. Raises Unavailable where it is missing or the store does not answer."""

    def find(self, key: str) -> Artifact | None:
        """The reference of a stored object, an AudioArtifact where it was stored as sound; None where nothing is there."""

    def create(self, key: str, data: bytes, media_type: str = "application/json") -> bool:
        """Store under `key` unless something is there: True for the one caller who created it."""

    def put_bytes(self, key: str, data: bytes, media_type: str) -> Artifact:
        """Store bytes; the first object stored under a key wins, and its reference is returned."""

    def put_file(self, key: str, path: Path, media_type: str) -> Artifact:
        """Store a file; the first object stored under a key wins, and its reference is returned.

        The file is given away (a store on the same disk links it): do not write to it afterwards.
        """

    def put_audio(self, key: str, path: Path, media_type: str = "audio/wav") -> AudioArtifact:
        """Store a sound file and describe its shape; the first one stored wins."""

    def local_path(self, artifact: Artifact) -> Path:
        """A local file that holds the object, for reading only. A remote object is fetched once into a cache."""

    def chunks(self, artifact: Artifact) -> Iterator[bytes]:
        """The bytes of an object in pieces, none of them kept. Raises Unavailable at once where it is missing."""

    def signed_url(self, artifact: Artifact, seconds: int, disposition: str) -> str | None:
        """An address at which anybody may fetch the object for so many seconds; None where the store has no address of its own."""

    def list(self, prefix: str) -> "list[str]":
        """Keys that begin with `prefix`, sorted."""

    def delete(self, key: str) -> None:
        """Remove an object if it is there."""


def _never() -> bool:
    return False


_given_up: ContextVar[Callable[[], bool]] = ContextVar("given_up", default=_never)


def given_up() -> bool:
    """Whether nobody wants the result of the work that goes on here any more: for what waits where no bench is at hand."""
    return _given_up.get()()


@contextmanager
def until_given_up(asked: Callable[[], bool]) -> Iterator[None]:
    """Let `given_up` answer as `asked` does, for as long as the block lasts."""
    token = _given_up.set(asked)
    try:
        yield
    finally:
        _given_up.reset(token)


@dataclass(frozen=True)
class Workbench:
    """The tools of one piece of work."""

    objects: Objects
    scratch: Path
    progress: Callable[[float, str], None]
    """progress(fraction 0–1 of this stage, a line of text)."""
    cancelled: Callable[[], bool] = _never
