"""The worker process: takes one task at a time from its parent, works, answers. `python -m services.runtime.workshop FD STORE SCRATCH`.

It dies with its parent: the kernel kills it when the parent is gone (a worker left behind would burn a core for nobody).
"""

import contextlib
import errno
import importlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contracts.errors import HousebandError, Unavailable
from services.runtime.frames import Broken, Done, Task, Told, receive, send
from services.runtime.parenthood import die_with_parent
from services.runtime.stores import open_store
from services.runtime.workbench import Objects, Workbench, until_given_up

PROGRESS_EVERY_S = 0.2
_LEAST_FREE_BYTES = 2**20
_YIELDS = 5
"""How much lower a worker stands than those who answer (nice(2)): on one machine, who asks waits for no song that is being rendered."""


def function_named(name: str) -> Callable[..., Any]:
    """The function that "package.module:function" names."""
    module, _, attribute = name.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return function


def load(modules: tuple[str, ...]) -> None:
    """Import modules, and call their `warm_up()` where they have one."""
    for name in modules:
        module = importlib.import_module(name)
        if hasattr(module, "warm_up"):
            module.warm_up()


def work_on(task: Task, objects: Objects, scratch: Path, tell: Callable[[Told], None], cancelled: Callable[[], bool]) -> Done | Broken:
    """Do one task in a scratch folder that is gone afterwards. Never raises."""
    try:
        load(task.modules)
        if task.work is None:
            return Done(None)
        with tempfile.TemporaryDirectory(prefix="houseband-", dir=scratch, ignore_cleanup_errors=True) as folder:
            bench = Workbench(objects=objects, scratch=Path(folder), progress=_throttled(tell), cancelled=cancelled)
            with until_given_up(cancelled):
                return Done(function_named(task.work)(*task.arguments, bench))
    except HousebandError as error:
        return Broken(error)
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        return Broken(_full(scratch) if full else None, traceback.format_exc())
    except Exception:  # noqa: BLE001 - the border of the process: the parent logs it and decides
        # Libraries of sound tell a full disk in words of their own.
        full = shutil.disk_usage(scratch).free < _LEAST_FREE_BYTES
        return Broken(_full(scratch) if full else None, traceback.format_exc())


def _full(scratch: Path) -> Unavailable:
    return Unavailable("space on the disk", f"{scratch} is full: free some space")


def _throttled(tell: Callable[[Told], None]) -> Callable[[float, str], None]:
    last = 0.0

    def progress(fraction: float, message: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PROGRESS_EVERY_S or fraction >= 1.0:
            last = now
            tell(Told(fraction, message))

    return progress


def main() -> None:
    """Work until the parent closes the socket."""
    parent, descriptor, store, scratch = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    die_with_parent()  # where the kernel cannot, the closed socket ends an idle worker
    if os.getppid() != parent:  # it died before the kernel knew whom to watch
        return
    os.nice(_YIELDS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    objects = open_store(store, cache_dir=scratch / "cache")
    with socket.socket(fileno=descriptor) as line, contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        stream = line.makefile("rwb")
        while True:
            task = receive(stream)
            send(stream, work_on(task, objects, scratch, lambda told: send(stream, told), lambda: False))


if __name__ == "__main__":
    main()
