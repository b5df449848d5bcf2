"""One score per style as readable text stands beside the tests: a change of writing shows there, bar by bar."""

from pathlib import Path

import pytest

from services.music.packs.genres import genres
from tests.generator.snapshots.__main__ import snapshot

FOLDER = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("style", sorted(genres()))
def test_a_style_writes_the_score_that_was_reviewed(style: str) -> None:
    """The plain brief of each style gives the text in snapshots/; `make snapshots` renews them, and the difference is for review."""
    path = FOLDER / f"{style}.txt"
    assert path.exists(), "run `make snapshots`"
    assert snapshot(style).splitlines() == path.read_text("utf-8").splitlines(), "where the change is meant: `make snapshots`"


def test_no_snapshot_is_left_over() -> None:
    """Every text belongs to a style."""
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(genres())
