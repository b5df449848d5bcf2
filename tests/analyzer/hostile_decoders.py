"""What a decoder with a hole would do; called in a child in place of the real one."""

import os
import signal
import time

from services.analyzer.decoding import Decoded, decode


def crash(*_: object) -> Decoded:
    """As by a write beyond its memory."""
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def hang(*_: object) -> Decoded:
    """For ever."""
    time.sleep(600)
    raise AssertionError


def swell(*_: object) -> Decoded:
    """All the memory there is, and more."""
    return Decoded(len(bytearray(1 << 36)), 0, 0.0, 0, 0, 0.0)


def into_a_full_disk(source: int, _target: int, name: str, heard_s: float, file_s: float) -> Decoded:
    """The real one, writing to the device that is always full (full(4))."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        return decode(source, full.fileno(), name, heard_s, file_s)
