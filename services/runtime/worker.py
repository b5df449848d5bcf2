"""Where work is done: a pool of processes, or a thread for a light service. The parent stays light and answers at once.

A worker process that is killed (by the kernel for memory, by a cancellation, by a time limit) takes nothing else with it:
its slot starts a new one. The work module's libraries are loaded in the worker alone.
"""

import asyncio
import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import structlog

from contracts.errors import Unavailable
from services.runtime.frames import HEADER, Broken, Done, Task, Told, packed
from services.runtime.parenthood import ONE_THREAD
from services.runtime.settings import RuntimeSettings
from services.runtime.workbench import Objects
from services.runtime.workshop import work_on

OnProgress = Callable[[float, str], None]
log = structlog.get_logger()
_MOST_THREADS = 16


class WorkCrashed(Exception):
    """The work raised an error that nobody foresaw: a bug. The text is the worker's traceback."""


class Workers(Protocol):
    """Does pieces of work, named "package.module:function", each with a bench as its last argument."""

    async def start(self) -> None:
        """Load what the work needs, in the background."""

    async def run(self, work: str, *arguments: Any, on_progress: OnProgress | None = None) -> Any:
        """The result of the work. Raises its BadInput or Unavailable, or WorkCrashed. Cancelling ends the work."""

    async def close(self) -> None:
        """End all work."""


class ThreadWorkers:
    """Work in a thread of this process: for services whose work takes milliseconds or waits for others."""

    def __init__(self, objects: Objects, scratch: Path, modules: tuple[str, ...] = ()) -> None:
        self._objects, self._scratch, self._modules = objects, scratch, modules
        # Work that waits for others must not take the loop's own threads: the store is read and written in those.
        self._pool = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="work")

    async def start(self) -> None:
        await self._do(Task(None, (), self._modules), _ignore, lambda: False)

    async def run(self, work: str, *arguments: Any, on_progress: OnProgress | None = None) -> Any:
        loop, cancelled = asyncio.get_running_loop(), threading.Event()

        def tell(told: Told) -> None:
            if on_progress:
                loop.call_soon_threadsafe(on_progress, told.fraction, told.message)

        try:
            return _unwrapped(await self._do(Task(work, arguments), tell, cancelled.is_set))
        finally:
            cancelled.set()

    async def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _do(self, task: Task, tell: Callable[[Told], None], cancelled: Callable[[], bool]) -> Done | Broken:
        act = partial(copy_context().run, work_on, task, self._objects, self._scratch, tell, cancelled)
        return await asyncio.get_running_loop().run_in_executor(self._pool, act)


class ProcessWorkers:
    """`slots` worker processes, started when warmed up or first needed."""

    def __init__(self, settings: RuntimeSettings, modules: tuple[str, ...] = ()) -> None:
        self._settings, self._modules = settings, modules
        self._free: asyncio.LifoQueue[_Process] = asyncio.LifoQueue()
        self._processes = [_Process(settings) for _ in range(settings.worker_slots)]
        for process in self._processes:
            self._free.put_nowait(process)
        self._warming: asyncio.Task[None] | None = None
        self._renewing: set[asyncio.Task[None]] = set()
        self._closing = False

    async def start(self) -> None:
        if self._settings.warm_up:
            self._warming = asyncio.create_task(self._warm_up())

    async def run(self, work: str, *arguments: Any, on_progress: OnProgress | None = None) -> Any:
        process = await self._free.get()
        try:
            async with asyncio.timeout(self._settings.work_limit_s):
                answer = await process.do(Task(work, arguments, self._modules), on_progress or _ignore_progress)
        except TimeoutError as error:
            self._end(process)
            raise Unavailable("a result in time", f"{work} was stopped after {self._settings.work_limit_s:g} s") from error
        except BaseException:
            self._end(process)
            raise
        self._free.put_nowait(process)
        return _unwrapped(answer)

    async def close(self) -> None:
        self._closing = True
        for task in (self._warming, *self._renewing):
            if task:
                task.cancel()
        for process in self._processes:
            process.kill()

    def _end(self, process: "_Process") -> None:
        """End a process in the middle of its work; the one in its place loads its modules while the slot is free."""
        process.kill()
        if self._closing or not self._settings.warm_up:
            self._free.put_nowait(process)
            return
        task = asyncio.create_task(self._renew(process))
        self._renewing.add(task)
        task.add_done_callback(self._renewing.discard)

    async def _renew(self, process: "_Process") -> None:
        try:
            await process.prepare(Task(None, (), self._modules))
        except OSError as error:
            log.warning("worker_not_renewed", reason=str(error))  # the next piece of work tries again, and tells
        finally:
            self._free.put_nowait(process)

    async def _warm_up(self) -> None:
        """Start every process that is still idle; it loads its modules while the first message is on its way."""
        await asyncio.sleep(self._settings.warm_up_after_s)
        for process in self._processes:
            await process.prepare(Task(None, (), self._modules))


class _Process:
    """One slot: a process that is started when needed, and again after it died."""

    def __init__(self, settings: RuntimeSettings) -> None:
        self._settings = settings
        self._child: subprocess.Popen[bytes] | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._unread = 0  # answers to warm-ups that nobody waits for

    async def prepare(self, task: Task) -> None:
        """Start the process and give it a task whose answer is not awaited."""
        if self._writer is None:
            await self._open()
            self._send(task)
            self._unread += 1

    async def do(self, task: Task, on_progress: OnProgress) -> Done | Broken:
        """One task, with its progress. Raises Unavailable where the process dies over it."""
        if self._writer is None or self._reader is None or self._reader.at_eof():
            await self._open()
        try:
            self._send(task)
            while True:
                frame = await self._frame()
                if isinstance(frame, Told):
                    on_progress(frame.fraction, frame.message)
                elif self._unread:
                    self._unread -= 1
                elif isinstance(frame, Done | Broken):
                    return frame
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Unavailable("the worker process", f"it ended with {self._ending()} during {task.work}") from error

    def kill(self) -> None:
        """End the process at once."""
        if self._writer:
            self._writer.close()
        if self._child:
            self._child.kill()
            self._child.wait()
        self._child = self._reader = self._writer = None

    async def _open(self) -> None:
        self.kill()
        self._reader, self._writer = await asyncio.open_connection(sock=self._spawn())
        self._unread = 0

    def _spawn(self) -> socket.socket:
        """Start the process; our end of its socket."""
        ours, theirs = socket.socketpair()
        with theirs:
            line = [str(os.getpid()), str(theirs.fileno()), self._settings.store, str(self._settings.scratch_dir)]
            self._child = subprocess.Popen(
                [sys.executable, "-m", "services.runtime.workshop", *line],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=2,  # what a library prints must not reach our stdout
                env={**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "PYTHONHASHSEED": "0"},
            )
        log.debug("worker_started", pid=self._child.pid)
        return ours

    def _send(self, task: Task) -> None:
        if self._writer:
            self._writer.write(packed(task))

    async def _frame(self) -> Any:
        if self._reader is None:
            raise ConnectionResetError
        size = HEADER.unpack(await self._reader.readexactly(HEADER.size))[0]
        return pickle.loads(await self._reader.readexactly(size))  # noqa: S301 - our own child wrote it

    def _ending(self) -> str:
        if self._child is None:
            return "no trace"
        self._child.kill()
        code = self._child.wait()
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def _unwrapped(answer: Done | Broken) -> Any:
    if isinstance(answer, Done):
        return answer.result
    if answer.error:
        raise answer.error
    raise WorkCrashed(answer.trace)


def _ignore(_: Told) -> None:
    """Progress of a warm-up goes nowhere."""


def _ignore_progress(_fraction: float, _message: str) -> None:
    """Nobody listens."""
