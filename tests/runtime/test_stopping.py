"""What was told to end ends."""

import asyncio
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from services.gateway.app import _running
from services.runtime.stopping import end_tasks

ROOT = Path(__file__).parents[2]


class Acknowledged:
    """Publishes until it is cancelled, and waits for each acknowledgement as the client of the bus does."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.cancelled = 0
        self.waits = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.answer = asyncio.get_running_loop().create_future()
            self.waits.set()
            try:
                await asyncio.wait_for(self.answer, 600)
            except asyncio.CancelledError:
                self.cancelled += 1
                raise


async def test_a_cancellation_that_came_with_an_answer_is_said_again() -> None:
    """An acknowledgement in the same turn swallows the first cancellation (Python 3.11): the loops of the gateway end all the same."""
    loop = Acknowledged()
    async with asyncio.timeout(60):
        async with _running(loop.run):
            await loop.waits.wait()
            await asyncio.sleep(0)
            loop.answer.set_result(None)
    assert loop.cancelled == 1


async def test_what_tasks_raise_while_they_end_is_not_raised() -> None:
    """One that fails at its end does not keep the others from ending; one that has ended is left alone."""

    async def failing() -> None:
        try:
            await asyncio.sleep(600)
        finally:
            raise OSError("the disk is full")

    async def returning() -> int:
        return 1

    tasks = asyncio.create_task(failing()), asyncio.create_task(returning()), asyncio.create_task(asyncio.sleep(600))
    await asyncio.sleep(0)
    await end_tasks(*tasks)
    await end_tasks()
    assert isinstance(tasks[0].exception(), OSError)
    assert tasks[1].result() == 1
    assert tasks[2].cancelled()


@pytest.mark.parametrize("blocked", ["await asyncio.Event().wait()", "threading.Event().wait()"], ids=["a task", "the thread"])
def test_a_process_that_does_not_stop_tells_why_and_ends(blocked: str) -> None:
    """Whether a task waits for ever or the loop itself is stuck: it names the place, the exit code is not 0."""
    code = f"""
        import asyncio, threading
        from services.runtime import bus
        bus.PATIENCE_S = 1.5
        async def stuck():
            bus.Lifeline().stop(0.0)
            {blocked}
        asyncio.run(stuck())
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120, cwd=ROOT, check=False
    )
    assert ended.returncode == 1
    assert "stuck" in ended.stdout + ended.stderr
    assert "Timeout" in ended.stderr
