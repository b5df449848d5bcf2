"""Where work is done: results, errors, progress, and what happens to processes that die, hang or are cancelled."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import BadInput, Unavailable
from services.runtime.settings import RuntimeSettings
from services.runtime.stores import open_store
from services.runtime.worker import ProcessWorkers, ThreadWorkers, WorkCrashed, Workers
from tests.runtime.house import until

TOYS = "tests.runtime.toys"


def settings(folder: Path, **more: Any) -> RuntimeSettings:
    return RuntimeSettings(store=f"file://{folder}/objects", scratch_dir=folder, **more)


@pytest.fixture(params=["process", "thread"])
async def workers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Workers]:
    known = settings(tmp_path)
    pool: Workers = ProcessWorkers(known) if request.param == "process" else ThreadWorkers(open_store(known.store), tmp_path)
    yield pool
    await pool.close()


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[ProcessWorkers]:
    made = ProcessWorkers(settings(tmp_path, worker_slots=2, work_limit_s=12.0))
    yield made
    await made.close()


async def test_the_result_comes_back_with_progress(workers: Workers) -> None:
    """A piece of work answers, and what it tells on the way arrives in order."""
    told: list[tuple[float, str]] = []
    result = await workers.run(f"{TOYS}:steps", "mix", on_progress=lambda fraction, text: told.append((fraction, text)))
    await asyncio.sleep(0)
    assert result == "mix"
    assert told[0][1] == "mix 0"
    assert told[-1] == (1.0, "mix 3")


async def test_who_answers_stands_before_who_works(pool: ProcessWorkers) -> None:
    """A worker process has a lower priority than its parent, so that a song that is rendered keeps no asker waiting."""
    assert await pool.run(f"{TOYS}:niceness") == min(os.getpriority(os.PRIO_PROCESS, 0) + 5, 19)


@pytest.mark.parametrize(("kind", "error", "text"), [("bad", BadInput, "tempo_bpm: 900"), ("full", Unavailable, "free some space")])
async def test_errors_keep_their_kind_and_words(workers: Workers, kind: str, error: type[Exception], text: str) -> None:
    """BadInput stays BadInput across the border, and a full disk is told as such."""
    with pytest.raises(error, match=text):
        await workers.run(f"{TOYS}:thrash", kind)


async def test_a_bug_comes_with_its_traceback(workers: Workers) -> None:
    """Anything else is WorkCrashed, with the worker's own traceback."""
    with pytest.raises(WorkCrashed, match="ZeroDivisionError: a bug"):
        await workers.run(f"{TOYS}:thrash", "bug")


async def test_the_scratch_folder_is_gone_afterwards(workers: Workers) -> None:
    """Nothing that work leaves lying about stays."""
    folder = await workers.run(f"{TOYS}:scribble")
    assert not os.path.exists(folder)  # noqa: ASYNC240, PTH110 - a test may wait


async def test_a_killed_worker_is_unavailable_and_replaced(pool: ProcessWorkers) -> None:
    """The work that killed its process is told so, with the signal; the slot works on with a new process."""
    with pytest.raises(Unavailable, match="signal 9"):
        await pool.run(f"{TOYS}:thrash", "die")
    assert await pool.run(f"{TOYS}:nap", 0.0) > 0


async def test_a_dying_worker_takes_no_other_with_it(pool: ProcessWorkers) -> None:
    """The neighbour's work goes on."""
    neighbour = asyncio.create_task(pool.run(f"{TOYS}:nap", 0.5))
    with pytest.raises(Unavailable):
        await pool.run(f"{TOYS}:thrash", "die")
    assert await neighbour > 0


async def test_cancelling_ends_the_process(pool: ProcessWorkers) -> None:
    """Cancelled work stops burning its core at once."""
    pid = await pool.run(f"{TOYS}:nap", 0.0)
    task = asyncio.create_task(pool.run(f"{TOYS}:nap", 60.0))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not os.path.exists(f"/proc/{pid}")  # noqa: ASYNC240, PTH110 - a test may wait


async def test_work_that_hangs_is_stopped(tmp_path: Path) -> None:
    """After the limit the process is killed and the work is Unavailable."""
    pool = ProcessWorkers(settings(tmp_path, work_limit_s=3.0))
    try:
        with pytest.raises(Unavailable, match="after 3 s"):
            await pool.run(f"{TOYS}:nap", 60.0)
    finally:
        await pool.close()


async def test_slots_work_side_by_side(pool: ProcessWorkers, tmp_path: Path) -> None:
    """Two slots, two processes, at the same time: each piece of work waits for the other; a third one gets one of the two."""
    both = await asyncio.gather(*(pool.run(f"{TOYS}:meet", str(tmp_path), name, 2) for name in "ab"))
    assert len(set(both)) == 2
    three = [pool.run(f"{TOYS}:meet", str(tmp_path), name, count) for name, count in (("c", 4), ("d", 4), ("e", 5))]
    assert set(await asyncio.gather(*three)) == set(both)


async def test_warming_up_loads_the_modules_before_the_work(tmp_path: Path) -> None:
    """A warmed process answers its first piece of work without starting anything."""
    pool = ProcessWorkers(settings(tmp_path), (TOYS,))
    await pool.start()
    await until(lambda: pool._processes[0]._child)
    child = pool._processes[0]._child
    assert child
    loaded = f"/proc/{child.pid}/maps"
    await until(lambda: "soundfile" in Path(loaded).read_text())  # a library of the module
    assert await pool.run(f"{TOYS}:nap", 0.0) == child.pid
    await pool.close()


async def test_an_idle_worker_killed_from_outside_is_replaced(pool: ProcessWorkers) -> None:
    """The kernel may take a process between two pieces of work."""
    pid = await pool.run(f"{TOYS}:nap", 0.0)
    [slot] = [process for process in pool._processes if process._child and process._child.pid == pid]
    os.kill(pid, signal.SIGKILL)
    await until(lambda: slot._reader is not None and slot._reader.at_eof())
    assert await pool.run(f"{TOYS}:nap", 0.0) != pid


async def test_the_one_in_the_place_of_a_cancelled_one_is_there_before_it_is_needed(tmp_path: Path) -> None:
    """Cancelled work leaves a slot whose new process loads its modules at once; one that is closing starts nothing."""
    pool = ProcessWorkers(settings(tmp_path), modules=(TOYS,))
    first = await pool.run(f"{TOYS}:nap", 0.0)
    task = asyncio.create_task(pool.run(f"{TOYS}:nap", 30.0))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: pool._processes[0]._child)
    child = pool._processes[0]._child
    assert child
    assert child.pid != first
    assert await pool.run(f"{TOYS}:nap", 0.0) == child.pid
    await pool.close()
    assert pool._processes[0]._child is None


async def test_work_that_waits_elsewhere_learns_that_nobody_wants_it(tmp_path: Path) -> None:
    """A thread cannot be killed; what waits in it asks, and leaves."""
    pool = ThreadWorkers(open_store(settings(tmp_path).store), tmp_path)
    task = asyncio.create_task(pool.run(f"{TOYS}:wait_until_given_up", str(tmp_path)))
    await until((tmp_path / "came").exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until((tmp_path / "left").exists)
    await pool.close()
