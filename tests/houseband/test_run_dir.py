"""The temporary folder of a house: locked while its owner lives, swept afterwards."""

from pathlib import Path

import pytest

from houseband.run_dir import RunDir


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_house_left_is_swept_and_nothing_else(temporary: Path) -> None:
    """Only a folder whose lock nobody holds goes: not a living house's, not one without a lock, not a link's target."""
    dead, nameless, elsewhere = temporary / "houseband-dead", temporary / "houseband-upload-1", temporary / "mine"
    for folder in (dead, nameless, elsewhere):
        folder.mkdir()
    for folder in (dead, elsewhere):
        (folder / "owner.lock").write_text("")
    (temporary / "houseband-link").symlink_to(elsewhere)
    with RunDir.open() as living:
        with RunDir.open() as second:
            assert {living.path, second.path, nameless, elsewhere} < set(temporary.iterdir())
        assert not dead.exists()
        assert living.path.exists()
    assert {path.name for path in temporary.iterdir()} == {"houseband-upload-1", "mine", "houseband-link"}
