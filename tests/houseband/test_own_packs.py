"""Packs of one's own, from the command line and in the processes that it starts."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.context import Context, Options, Request
from houseband.cli import main
from services.music.packs.genres import use_packs

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "packs"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    use_packs(())


def test_the_catalogue_shows_them_with_their_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`houseband catalog genres` has a pack of the folders in HOUSEBAND_PACKS, and says where it lies."""
    monkeypatch.setenv("HOUSEBAND_PACKS", str(EXAMPLES))
    assert main(["catalog", "genres", "--json"]) == 0
    entry = next(e for e in json.loads(capsys.readouterr().out) if e["id"] == "night_bus")
    assert entry["file"] == str(EXAMPLES / "night_bus.toml")


def test_a_broken_one_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and one line with file, field, value and what is allowed; the doctor says the same and goes on."""
    text = (EXAMPLES / "night_bus.toml").read_text("utf-8").replace('["rhodes"]', '["rodes"]')
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    monkeypatch.setenv("HOUSEBAND_PACKS", str(tmp_path))
    assert main(["brief", "night bus music"]) == 2
    told = capsys.readouterr().err
    assert "mine.toml: comping.textures.electric_piano: 'rodes' is not possible; allowed:" in told
    assert "rhodes" in told
    assert len(told.splitlines()) == 1


def test_every_service_of_a_new_process_knows_them() -> None:
    """Reader, writer, player and mixer of a process that is started with the variable know the pack; its song says whose it is."""
    code = f"""
from contracts.context import Options
from services.runtime.workshop import load
load(("services.enhancer.work", "services.generator.work", "services.mixer.work"))
from services.enhancer.reading import read_prompt
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.mixer.profiles import profile
brief = read_prompt("a night bus tune", Options(duration_s=20), seed=3)
score = arrange(compose(brief, 3).score, brief, 3).score
print(brief.genres.value[0], score.genre, score.parts["drums"].patch, profile("night_bus").id, {str(EXAMPLES)!r})
"""
    env = {**os.environ, "HOUSEBAND_PACKS": str(EXAMPLES)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.split()[:4] == ["night_bus", "night_bus", "kit_lofi", "lofi_hip_hop"], done.stderr


def test_a_patch_that_does_not_exist_is_refused_where_sounds_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The generator names the patch that it does not have."""
    from contracts.errors import BadInput
    from services.generator.work import warm_up

    text = (EXAMPLES / "night_bus.toml").read_text("utf-8").replace('"kit_lofi"', '"kit_hifi"')
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    monkeypatch.setenv("HOUSEBAND_PACKS", str(tmp_path))
    with pytest.raises(BadInput, match=r"mine\.toml: patches\.drum_kit: 'kit_hifi' is not possible; allowed: .*kit_lofi"):
        warm_up()


def test_the_decisions_say_whose_pack_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A song of an overridden style records the file that it was played from."""
    from services.enhancer.reading import read_prompt
    from services.enhancer.work import _decided, warm_up

    text = (EXAMPLES / "night_bus.toml").read_text("utf-8").replace('id = "night_bus"', 'id = "house"')
    (tmp_path / "house.toml").write_text(text, "utf-8")
    monkeypatch.setenv("HOUSEBAND_PACKS", str(tmp_path))
    warm_up()
    brief = read_prompt("house", Options(duration_s=20), seed=3)
    context = Context(composition_id="c", job_id="j", seq=1, created_at=0.0, request=Request(prompt="house", seed=3))
    told = [d for d in _decided(context, brief).ai_decisions if d.topic == "pack"]
    assert [d.choice for d in told] == ["house as written in house.toml"]
    assert "in place of our house" in told[0].why
