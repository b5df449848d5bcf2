"""What the worker process makes of what goes wrong inside a task."""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contracts.errors import Unavailable
from services.runtime import workshop
from services.runtime.frames import Broken, Task
from services.runtime.stores import open_store


class Usage(NamedTuple):
    """A disk."""

    free: int


def broken(*_: Any) -> None:
    """A library that tells a full disk, or anything else, in words of its own."""
    raise RuntimeError("System error.")


@pytest.mark.parametrize(("free", "told"), [(0, Unavailable), (1 << 40, type(None))])
def test_a_library_that_fails_on_a_full_disk_is_told_as_one(free: int, told: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library raises RuntimeError: where nothing is free that is the reason, elsewhere it stays a bug with its traceback."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free))
    store = open_store(f"file://{tmp_path}/store", tmp_path / "cache")
    done = workshop.work_on(Task(f"{__name__}:broken"), store, tmp_path, lambda _: None, lambda: False)
    assert isinstance(done, Broken)
    assert isinstance(done.error, told)
    assert "System error" in done.trace
