"""A function in a process of its own: what crashes, hangs or eats memory there is told as an error here, and costs nothing else.

The child is spawned, never forked: it inherits no connection, no lock and no file but its three pipes and the handles it is
given. It leads a process group of its own, which is killed as a whole as soon as the answer is here, the time is over or the
caller is interrupted; where the parent dies, the kernel kills the child. This guards against faults of foreign code, not against malice.
"""

import contextlib
import importlib
import os
import pickle
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from contracts.errors import HousebandError
from services.runtime.frames import HEADER, Broken, Done, packed
from services.runtime.parenthood import ONE_THREAD, die_with_parent

R = TypeVar("R")

MEMORY_BYTES = 4 << 30
"""Address space that the child may take beyond what Python itself has mapped."""
TAIL_BYTES = 2000
SECRETS = ("_API_KEY", "_ACCESS_KEY", "_SECRET", "_TOKEN", "_PASSWORD", "_DATABASE_URL")
LOOK_EVERY_S = 0.05
PIECE_BYTES = 1 << 18


class PluginFailed(HousebandError):
    """Foreign code did not do its work. `what` it was, `how` it failed, and the last lines that it printed."""

    code = "plugin_failed"
    status = 422

    def __init__(self, what: str, how: str, printed: str = "") -> None:
        self.what, self.how, self.printed = what, how, printed
        super().__init__(f"{what} {how}" + (f"; its last words: {' | '.join(printed.splitlines()[-3:])}" if printed else ""))

    def __reduce__(self) -> Any:
        return type(self), (self.what, self.how, self.printed)


def isolated(
    function: Callable[..., R],
    *arguments: Any,
    timeout_s: float,
    what: str,
    memory_bytes: int | None = MEMORY_BYTES,
    handles: tuple[int, ...] = (),
    watch: Callable[[], None] | None = None,
) -> R:
    """The result of `function(*arguments)`, called in a child process.

    Args:
        function: at the top of a module that can be imported; it, its arguments and its result can be pickled.
        arguments: of the function; large audio is cheaper by the path of a file.
        timeout_s: start of the child included (0.2 s and the function's imports).
        what: names the foreign code in errors, such as "the plugin Synth.vst3".
        memory_bytes: what it may take; None: no limit.
        handles: open files that it inherits under the same numbers.
        watch: called here about every LOOK_EVERY_S while it works; what it raises ends the child and is raised.

    Raises PluginFailed where it crashed, did not answer in time, took more memory or raised; the function's own HousebandErrors
    (BadInput, Unavailable) are raised as they are.
    """
    call = _Call(memoryview(packed((_name(function), memory_bytes)) + packed(arguments)))
    child = _spawn(handles)
    try:
        ended = _converse(child, call, time.monotonic() + timeout_s, watch)
    finally:
        how = _end(child)
    if isinstance(call.answer, Done):
        result: R = call.answer.result
        return result
    if isinstance(call.answer, Broken) and call.answer.error:
        raise call.answer.error
    if isinstance(call.answer, Broken):
        raise PluginFailed(what, f"failed: {call.answer.trace}", call.tail)
    raise PluginFailed(what, how if ended else f"gave no answer within {timeout_s:g} s", call.tail)


@dataclass
class _Call:
    """What still has to be said to the child, and what it has said."""

    unsaid: memoryview
    heard: bytearray = field(default_factory=bytearray)
    printed: bytearray = field(default_factory=bytearray)
    answer: Done | Broken | None = None

    @property
    def tail(self) -> str:
        """The end of what it printed."""
        return self.printed.decode("utf-8", "replace").strip()

    def hear(self, piece: bytes) -> None:
        """More of the answer."""
        self.heard += piece
        if len(self.heard) >= HEADER.size and len(self.heard) >= HEADER.size + HEADER.unpack_from(self.heard)[0]:
            self.answer = pickle.loads(memoryview(self.heard)[HEADER.size :])  # noqa: S301 - our own child wrote it

    def note(self, piece: bytes) -> None:
        """Something that it printed: only the end is kept."""
        self.printed += piece
        del self.printed[:-TAIL_BYTES]


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}:{function.__qualname__}"


def _without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """What foreign code may know: no key, password or secret of this house."""
    return {name: value for name, value in environment.items() if not name.upper().endswith(SECRETS)}


def _spawn(handles: tuple[int, ...]) -> "subprocess.Popen[bytes]":
    """The child: it reads the call from stdin, answers on stdout, and all that is printed goes to stderr."""
    return subprocess.Popen(
        [sys.executable, "-m", "services.runtime.isolation", str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        pass_fds=handles,
        env={**_without_secrets(os.environ), **dict.fromkeys(ONE_THREAD, "1"), "PYTHONHASHSEED": "0"},
    )


def _converse(child: "subprocess.Popen[bytes]", call: _Call, deadline: float, watch: Callable[[], None] | None) -> bool:
    """Talk until there is an answer, the child has ended (True) or the time is over (False)."""
    with selectors.DefaultSelector() as pipes:
        for pipe, event in (
            (child.stdin, selectors.EVENT_WRITE),
            (child.stdout, selectors.EVENT_READ),
            (child.stderr, selectors.EVENT_READ),
        ):
            assert pipe is not None  # noqa: S101 - all three were asked for
            os.set_blocking(pipe.fileno(), False)
            pipes.register(pipe, event)
        while call.answer is None:
            ended, left_s = _has_ended(child), deadline - time.monotonic()
            if left_s <= 0 and not ended:
                return False
            ready = pipes.select(0.0 if ended else min(left_s, LOOK_EVERY_S))
            for key, _ in ready:
                _serve(child, call, pipes, key.fileobj)
            if watch:
                watch()
            if ended and not any(key.fileobj is not child.stdin for key, _ in ready):
                return True
    return True


def _serve(child: "subprocess.Popen[bytes]", call: _Call, pipes: selectors.BaseSelector, pipe: Any) -> None:
    """Move one piece over one pipe; a pipe that is done is left alone."""
    if pipe not in {child.stdout, child.stderr}:
        with contextlib.suppress(BrokenPipeError):  # it has died: the answer's pipe tells
            call.unsaid = call.unsaid[os.write(pipe.fileno(), call.unsaid[:PIECE_BYTES]) :]
            if len(call.unsaid):
                return
        pipes.unregister(pipe)
        pipe.close()
        return
    hear, piece = call.hear if pipe is child.stdout else call.note, os.read(pipe.fileno(), PIECE_BYTES)
    if piece:
        hear(piece)
    else:
        pipes.unregister(pipe)


def _has_ended(child: "subprocess.Popen[bytes]") -> bool:
    """Whether it has ended; it is not reaped yet, so that its group's number stays its own."""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(child: "subprocess.Popen[bytes]") -> str:
    """Kill the whole group, reap the child, close the pipes. Returns how it had ended."""
    had_ended = _has_ended(child)
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left in the group
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    code = child.wait()
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe:
            pipe.close()
    if not had_ended:
        return "was stopped before it had answered"
    return f"crashed with signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"ended with exit code {code} and no answer"


def _limit(memory_bytes: int | None) -> None:
    """No core file; at most so much more address space than is mapped now."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_bytes is None or sys.platform != "linux":  # elsewhere the limit is not kept, or breaks the allocator
        return
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - light: no pathlib in the child
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = mapped + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _work(calls: Any) -> Done | Broken:
    """Read one call and make it. Never raises."""
    memory_bytes = None
    try:
        name, memory_bytes = pickle.loads(calls.read(HEADER.unpack(calls.read(HEADER.size))[0]))  # noqa: S301 - our own parent wrote it
        _limit(memory_bytes)
        module, _, attribute = name.partition(":")
        arguments = pickle.loads(calls.read(HEADER.unpack(calls.read(HEADER.size))[0]))  # noqa: S301 - our own parent wrote it
        return Done(getattr(importlib.import_module(module), attribute)(*arguments))
    except HousebandError as error:
        return Broken(error)
    except MemoryError:
        return Broken(None, f"it needs more than {(memory_bytes or 0) / (1 << 30):.1f} GiB of memory")
    except BaseException as error:  # noqa: BLE001 - the border of the process: SystemExit of foreign code, too
        return Broken(None, f"{type(error).__name__}: {error}")


def _answered(answer: Done | Broken) -> bytes:
    try:
        return packed(answer)
    except Exception as error:  # noqa: BLE001 - any object's own pickling
        return packed(Broken(None, f"its result cannot be handed over: {error}"))


def main() -> None:
    """The child: one call, one answer, and out without ceremony, since foreign code may hang while it is taken down."""
    die_with_parent()
    if os.getppid() != int(sys.argv[1]):  # it died before the kernel knew whom to watch
        return
    answers = os.fdopen(os.dup(1), "wb")
    calls = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)  # what foreign code prints must not mix with the answer
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - as above
        os.dup2(nothing.fileno(), 0)
    answer = _answered(_work(calls))
    sys.stderr.flush()
    sys.stdout.flush()
    answers.write(answer)
    answers.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
