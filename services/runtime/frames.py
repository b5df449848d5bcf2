"""What a service and its worker processes say to each other: a length and a pickle, over a socket pair of our own."""

import pickle
import struct
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any

from contracts.errors import HousebandError

HEADER = struct.Struct("!Q")


@dataclass(frozen=True)
class Task:
    """Call `work` ("package.module:function") with the arguments and a bench; None: only load the modules."""

    work: str | None
    arguments: tuple[Any, ...] = ()
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """Progress: the fraction of this piece of work that is done, and a line of text."""

    fraction: float
    message: str


@dataclass(frozen=True)
class Done:
    """The work's result."""

    result: Any


@dataclass(frozen=True)
class Broken:
    """The work raised. `error` is set for the errors that have words of their own; else the traceback tells."""

    error: HousebandError | None
    trace: str = ""


def packed(frame: object) -> bytes:
    """One frame as bytes."""
    body = pickle.dumps(frame, protocol=pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(body)) + body


def send(stream: BufferedIOBase, frame: object) -> None:
    """Write one frame."""
    stream.write(packed(frame))
    stream.flush()


def receive(stream: BufferedIOBase) -> Any:
    """Read one frame. Raises EOFError when the other end is gone."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        raise EOFError
    return pickle.loads(stream.read(HEADER.unpack(header)[0]))  # noqa: S301 - our own parent wrote it
