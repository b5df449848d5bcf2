"""Foreign code in a process of its own: whatever it does, the caller is told clearly, goes on, and leaves nothing behind."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from contracts.errors import BadInput
from services.runtime.isolation import PluginFailed, isolated
from tests.runtime import foreign

WHAT = "the plugin Wild.vst3"


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Every test: the caller works for the next one, no child (a zombie neither) and no open file is left."""
    before, others = len(list(Path("/proc/self/fd").iterdir())), set(psutil.Process().children())
    yield
    assert isolated(foreign.double, np.ones(3), timeout_s=30, what=WHAT).tolist() == [2, 2, 2]
    assert set(psutil.Process().children()) <= others
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_large_audio_goes_in_and_comes_out() -> None:
    """Thirty seconds of stereo pass through the pipes unchanged."""
    audio = np.random.default_rng(1).standard_normal((2, 30 * 48_000)).astype(np.float32)
    assert np.array_equal(isolated(foreign.double, audio, timeout_s=30, what=WHAT), audio * 2)


@pytest.mark.parametrize(
    ("function", "how"),
    [
        (foreign.abort, "crashed with signal 6 (SIGABRT)"),
        (foreign.read_address_zero, "crashed with signal 11 (SIGSEGV)"),
        (foreign.leave, "ended with exit code 3 and no answer"),
        (foreign.fail, "failed: ValueError: a wrong knob"),
        (foreign.unpicklable, "failed: its result cannot be handed over"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_crash_is_an_error_that_names_the_plugin(function: Callable[[], Any], how: str) -> None:
    """Aborting, touching bad memory, exiting and raising are told as what failed and how."""
    with pytest.raises(PluginFailed) as caught:
        isolated(function, timeout_s=30, what=WHAT)
    assert str(caught.value).startswith(f"{WHAT} {how}")
    assert caught.value.problem().code == "plugin_failed"


def test_the_last_words_are_told() -> None:
    """What the code printed before it failed is in the error."""
    with pytest.raises(PluginFailed, match="its last words: about to fail"):
        isolated(foreign.fail, timeout_s=30, what=WHAT)


def test_a_hang_ends_with_the_time(tmp_path: Path) -> None:
    """Code that never returns and ignores SIGTERM is killed in time, with the processes that it started."""
    mark = tmp_path / "pids"
    with pytest.raises(PluginFailed, match="gave no answer within 5 s"):
        isolated(foreign.hang_with_a_child, str(mark), timeout_s=5, what=WHAT)
    assert not any(_runs(int(pid)) for pid in mark.read_text().split())


def test_memory_has_a_limit() -> None:
    """Code that takes more memory than allowed fails, and says so."""
    with pytest.raises(PluginFailed, match=r"more than 0\.5 GiB"):
        isolated(foreign.eat_memory, timeout_s=30, what=WHAT, memory_bytes=1 << 29)


def test_chatter_does_not_block() -> None:
    """Four megabytes on stdout and stderr neither block the code nor mix with its answer."""
    assert isolated(foreign.chatter, timeout_s=30, what=WHAT) == "done"


def test_errors_with_words_of_their_own_pass() -> None:
    """BadInput that the function raises on purpose arrives as BadInput."""
    with pytest.raises(BadInput) as caught:
        isolated(foreign.refuse, timeout_s=30, what=WHAT)
    assert caught.value.field == "sounds.bass"


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    """Where the caller is killed, the code in the child is gone, too."""
    mark = tmp_path / "pids"
    code = "import sys; from services.runtime.isolation import isolated; from tests.runtime.foreign import hang_with_a_child as hang\n"
    parent = subprocess.Popen([sys.executable, "-c", code + "isolated(hang, sys.argv[1], timeout_s=60, what='x')", str(mark)])
    _until(lambda: mark.exists() and " " in mark.read_text())
    child, grandchild = map(int, mark.read_text().split())
    parent.kill()
    parent.wait()
    try:
        _until(lambda: not _runs(child))
    finally:
        psutil.Process(grandchild).kill()


def _until(holds: Callable[[], bool]) -> None:
    """Return when something holds. Raises TimeoutError after a minute."""
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_foreign_code_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys, passwords and tokens of the environment stay here; the rest goes along."""
    for name in ("TEST_LLM_API_KEY", "TEST_SECRET_ACCESS_KEY", "TEST_S3_SECRET", "TEST_FOLDER"):
        monkeypatch.setenv(name, "x")
    assert isolated(foreign.told, timeout_s=20, what="a test") == ["TEST_FOLDER"]
