"""Which paths an effect may name."""

import os
from pathlib import Path

import pytest

from contracts.errors import BadInput
from services.mixer.effects.folders import VARIABLE, allowed_path

NASTY = ("a\0b", "x" * 5000, "{0}/" + "x" * 300, "{0}/../out.wav", "{0}/link.wav", "{0}/round.wav", "{0}/pipe.wav", "~nobody-here/x.wav")


@pytest.mark.parametrize("text", NASTY)
def test_whatever_is_no_file_inside_is_refused_in_words(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NUL, endless names, links that lead out or go round, pipes: all are BadInput, at the door and in the song."""
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "out.wav").touch()
    (inside / "link.wav").symlink_to(tmp_path / "out.wav")
    (inside / "round.wav").symlink_to(inside / "round.wav")
    os.mkfifo(inside / "pipe.wav")
    monkeypatch.setenv(VARIABLE, str(inside))
    with pytest.raises(BadInput):
        allowed_path(text.format(inside), "effect", any_path=False)
    (inside / "room.wav").touch()
    assert allowed_path(f"{inside}/room.wav", "effect", any_path=False) == inside / "room.wav"
