"""Starting child processes that never outlive their parent (Linux: PR_SET_PDEATHSIG)."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from services.runtime.parenthood import die_with_parent

_LISTENING = "0A"
_STOPPERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start(command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, its output appended to `log`; it is killed when we die.

    A session of its own keeps the terminal's Ctrl-C from reaching it: the launcher decides what stops when.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509  the launcher starts processes from its main thread only
        )


def listens(pid: int, port: int) -> bool:
    """Whether a process itself listens on a TCP port (Linux, proc(5)); elsewhere nobody can tell, and it is believed."""
    if sys.platform != "linux":
        return True
    lines = [line.split() for name in ("tcp", "tcp6") for line in _lines(Path(f"/proc/net/{name}"))[1:]]
    inodes = {line[9] for line in lines if line[3] == _LISTENING and int(line[1].rpartition(":")[2], 16) == port}
    return any(_is_open(pid, inode) for inode in inodes)


def _lines(path: Path) -> list[str]:
    return path.read_text("ascii").splitlines() if path.exists() else []


def _is_open(pid: int, inode: str) -> bool:
    """Whether a process holds a socket."""
    for opened in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):  # closed meanwhile
            if str(opened.readlink()) == f"socket:[{inode}]":
                return True
    return False


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals that ask us to stop wait while we are stopping already. Only the main thread hears signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _STOPPERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt_on_signals() -> None:
    """Let the signals that end a program, and a closed terminal, stop us as Ctrl-C does; what nohup ignores stays ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _as_interrupt)


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def stop(processes: Sequence[subprocess.Popen[bytes]], *, grace_s: float) -> None:
    """Ask all to end, wait together, kill what is left."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    until = time.monotonic() + grace_s
    for process in processes:
        try:
            process.wait(max(until - time.monotonic(), 0.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
