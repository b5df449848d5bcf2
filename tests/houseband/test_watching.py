"""What the command notices about its machine while it waits for a song."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from contracts.errors import Unavailable
from houseband import watching
from houseband.watching import FULL_FOR_S, Room


def test_a_full_disk_is_told_once_it_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment without room passes by; a disk that stays full ends the wait instead of an hour of silence."""
    now, free = [0.0], [0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(watching.shutil, "disk_usage", lambda _path: SimpleNamespace(free=free[0]))
    room = Room(tmp_path)
    room.raise_if_full()
    now[0], free[0] = FULL_FOR_S + 1, 10**9
    room.raise_if_full()
    free[0] = 0
    room.raise_if_full()
    now[0] += FULL_FOR_S
    with pytest.raises(Unavailable, match="HOUSEBAND_HOME"):
        room.raise_if_full()
