"""Ending tasks, and ending the process where they do not end.

A cancellation can get lost: `asyncio.wait_for` of Python 3.11 gives back a result that came in the same turn and forgets that it was
cancelled, and the client of the bus waits so for each acknowledgement. A task that runs until it is cancelled would then run for ever, and
whoever waits for its end would too. So it is cancelled again until it has ended.
"""

import asyncio
import faulthandler
import threading
from typing import Any

import structlog

log = structlog.get_logger()

AGAIN_S = 1.0
"""A task that still cleans up is not disturbed sooner."""
PATIENCE_S = 10.0
"""What a stop may take beside the time that it gives to open work; then the process tells where it stands, and ends."""
_TELL_S = 1.0
_DEEPEST = 30


async def end_tasks(*tasks: "asyncio.Future[Any]") -> None:
    """Cancel tasks, again and again, until all have ended; what they raise is not raised here."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # seen: not told again when the task is collected


def end_or_tell(loop: asyncio.AbstractEventLoop, limit_s: float) -> None:
    """End this process after a time, with exit code 1, having written what it still waits for: every task, then every thread."""
    telling = threading.Timer(max(limit_s - _TELL_S, 0.0), _tell, [loop])
    telling.daemon = True
    telling.start()
    faulthandler.dump_traceback_later(limit_s, exit=True, file=2)


def waiting_at(task: "asyncio.Task[Any]") -> str:
    """Where a task stands, from its outermost coroutine inwards: `run:31 > send_owed:46 > …`."""
    places: list[str] = []
    awaited: Any = task.get_coro()
    while awaited is not None and len(places) < _DEEPEST:
        frame = _of(awaited, "cr_frame", "gi_frame", "ag_frame")
        places.append(f"{getattr(awaited, '__qualname__', type(awaited).__name__)}:{frame.f_lineno if frame else '?'}")
        awaited = _of(awaited, "cr_await", "gi_yieldfrom", "ag_await")
    return " > ".join(places)


def _of(awaited: Any, *names: str) -> Any:
    """The first of some attributes that is there: coroutines, generators and asynchronous generators call the same by other names."""
    return next((found for name in names if (found := getattr(awaited, name, None)) is not None), None)


def _tell(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        log.critical("stop_hangs", task=task.get_name(), waits=waiting_at(task))
