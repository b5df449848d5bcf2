"""What `make song` hands to the command: the prompt as it was typed."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "prompt", ["$5 bill, A$AP, $$", "\"x\" $(echo hi) `id` $HOME #1 ; | & 'q' \\ 50%", "$(shell touch ran)x", "-lo-fi", "$(info x)"]
)
def test_a_prompt_arrives_as_typed(tmp_path: Path, prompt: str) -> None:
    """Neither make nor the shell reads anything in it, and a leading hyphen makes no option of it."""
    said = tmp_path / "bin" / "houseband"
    said.parent.mkdir()
    said.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
    said.chmod(0o755)
    line = ["make", "-s", "-f", str(ROOT / "Makefile"), "song", f"PROMPT={prompt}", "OUT=a b", f"VENV={tmp_path}", "PYTHON=true"]
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "SEED")}
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split("\0") == ["make", "--out", "a b", "--", prompt, ""]
    assert not (tmp_path / "ran").exists()
