"""The local store stays within its budget and never loses a document."""

import os
import time
from pathlib import Path

import pytest

from contracts.errors import BadInput
from houseband.tidying import limit_bytes, tidy

HOUR = 3600.0


def put(store: Path, key: str, size: int, hours: float) -> Path:
    path = store / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (time.time() - hours * HOUR,) * 2)
    return path


def test_mixed_stems_go_first_and_the_oldest_before_the_younger(tmp_path: Path) -> None:
    """With room for 250 bytes, the old mixed stems go and everything else stays."""
    old, older = put(tmp_path, "audio/mixed/a/x.wav", 100, 5), put(tmp_path, "audio/mixed/b/x.wav", 100, 9)
    kept = [put(tmp_path, "audio/master/a/master.wav", 100, 9), put(tmp_path, "stems/dry/d.wav", 100, 99)]
    assert tidy(tmp_path, 300) == 100
    assert not older.exists()
    assert old.exists()
    assert tidy(tmp_path, 250) == 100
    assert all(path.exists() for path in kept)


def test_what_a_running_job_may_need_is_spared(tmp_path: Path) -> None:
    """Young audio stays even over budget."""
    young = put(tmp_path, "stems/dry/d.wav", 100, 0.5)
    assert tidy(tmp_path, 0) == 0
    assert young.exists()


def test_documents_scores_and_midi_stay(tmp_path: Path) -> None:
    """Only audio can be made again."""
    keys = ("compositions/c/jobs/j/end.json", "scores/s.json", "midi/m.mid", ".meta/scores/s.json.json")
    paths = [put(tmp_path, key, 100, 999) for key in keys]
    tidy(tmp_path, 0)
    assert all(path.exists() for path in paths)


def test_drafts_of_killed_writers_go(tmp_path: Path) -> None:
    """A half-written object is nobody's."""
    draft = put(tmp_path, ".tmp/abc", 10, 0.0)
    assert tidy(tmp_path, 10**9) == 10
    assert not draft.exists()


@pytest.mark.parametrize("text", ["much", "-1", "nan"])
def test_a_limit_that_is_no_size_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the variable."""
    monkeypatch.setenv("HOUSEBAND_STORE_LIMIT_GB", text)
    with pytest.raises(BadInput, match="HOUSEBAND_STORE_LIMIT_GB"):
        limit_bytes()
