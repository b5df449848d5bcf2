"""Code that behaves as badly as a plugin may: each function is called in a process of its own."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from contracts.errors import BadInput


def double(audio: np.ndarray) -> np.ndarray:
    return audio * 2


def abort() -> None:
    os.abort()


def read_address_zero() -> None:
    ctypes.string_at(0)


def leave() -> None:
    os._exit(3)


def hang_with_a_child(mark: str) -> None:
    """Never comes back, deaf to signals, with a child of its own that would live on."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(mark).write_text(f"{os.getpid()} {child.pid}")
    while True:
        time.sleep(1)


def eat_memory() -> int:
    return len([bytearray(1 << 26) for _ in range(1000)])


def fail() -> None:
    print("about to fail", file=sys.stderr)
    raise ValueError("a wrong knob")


def refuse() -> None:
    raise BadInput("sounds.bass", "x", "y")


def chatter() -> str:
    for _ in range(20_000):
        print("x" * 100)
        print("y" * 100, file=sys.stderr)
    return "done"


def unpicklable() -> object:
    return lambda: None


def told() -> list[str]:
    """Variables of the tests that it can read."""
    return sorted(name for name in os.environ if name.startswith("TEST_"))
