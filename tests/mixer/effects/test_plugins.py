"""Plugins of the user's own: real distributions and real VST3 bundles, in processes that they may take down."""

import json
import os
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import BadInput
from contracts.sound import Operation
from services.mixer.effects import chain, plugins
from services.mixer.effects.catalogue import effects
from services.mixer.effects.operations import OPERATIONS

SOURCE = '''
import os, time
import numpy as np

def halve(audio, rate, parameters):
    """Half as loud, and then some."""
    audio *= 0.5 * 10 ** (parameters["db"] / 20)
    return audio
halve.parameters = {
    "db": {"default": 0.0, "low": -24, "high": 6, "unit": "dB", "what": "more of it"},
    "side": {"default": "both", "choices": ["both", "left"]},
}

class Tilt:
    what = "louder towards the end"
    parameters = {"amount": {"default": 1.0, "low": 0, "high": 1}, "steps": {"default": 3, "kind": "int"}, "on": {"default": True}}
    def __call__(self, audio, rate, parameters):
        return audio * np.linspace(1 - parameters["amount"], 1, audio.shape[1])

def crash(audio, rate, parameters): os.abort()
def hang(audio, rate, parameters): time.sleep(600)
def leave(audio, rate, parameters): raise SystemExit(3)
def fail(audio, rate, parameters): raise RuntimeError("no licence file")
def short(audio, rate, parameters): return audio[:, :-1]
def mono(audio, rate, parameters): return audio[0]
def nan(audio, rate, parameters): return audio * np.nan
def loud(audio, rate, parameters): return audio * 1e9
def words(audio, rate, parameters): return "done"
def nothing(audio, rate, parameters): return None
def greedy(audio, rate, parameters): return np.ones((2, 10**10))
def badly_told(audio, rate, parameters): return audio
badly_told.parameters = {"x": {"default": 5, "low": 0, "high": 1}}
'''
NAMES = ("halve", "Tilt", "crash", "hang", "leave", "fail", "short", "mono", "nan", "loud", "words", "nothing", "greedy", "badly_told")
AUDIO = (0.1 * np.random.default_rng(0).standard_normal((2, 4800))).astype(np.float32)
VST3 = Path("/usr/lib/vst3/ZamCompX2.vst3")
needs_vst3 = pytest.mark.skipif(not VST3.exists(), reason="zam-plugins are not installed")


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory):
    """A distribution with entry points, found by this process and by its children."""
    site = tmp_path_factory.mktemp("site")
    (site / "my_effects.py").write_text(SOURCE)
    info = site / "my_effects-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-effects\nVersion: 1.0\n")
    broken = "gone = no_such_module:effect\nnumber = my_effects:__name__\n"
    (info / "entry_points.txt").write_text("[houseband.effects]\n" + "".join(f"{name} = my_effects:{name}\n" for name in NAMES) + broken)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        patch.setenv("PYTHONPATH", os.pathsep.join([str(site), str(Path.cwd())]))
        yield site
    sys.modules.pop("my_effects", None)


def run(scratch, name, **parameters):
    return chain.run(AUDIO, 48_000, (Operation(effect=name, parameters=parameters),), field="effects", scratch=scratch)


def test_a_plugin_gets_the_audio_and_its_parameters_with_their_defaults(tmp_path):
    """A function and a class; the caller's audio stays as it was, and nothing is left in the scratch folder."""
    before = AUDIO.copy()
    assert np.allclose(run(tmp_path, "plugin:halve", db=6.0), AUDIO * 0.5 * 10**0.3)
    assert np.allclose(run(tmp_path, "plugin:Tilt"), AUDIO * np.linspace(0, 1, 4800), atol=1e-6)
    assert np.array_equal(AUDIO, before)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("crash", "crashed with signal 6 (SIGABRT)"),
        ("hang", "gave no answer within"),
        ("leave", "SystemExit"),
        ("fail", "RuntimeError: no licence file"),
        ("short", "It gave [2, 4799]"),
        ("mono", "It gave [4800]"),
        ("nan", "It gave NaN or infinity"),
        ("loud", "dBFS"),
        ("words", "It gave str"),
        ("nothing", "It gave"),
        ("greedy", "memory"),
        ("gone", "No module named 'no_such_module'"),
        ("number", "a function"),
        ("badly_told", "the default of its parameter x"),
    ],
)
def test_a_plugin_that_fails_in_any_way_is_bad_input_that_says_how(tmp_path, monkeypatch, name, told):
    """Named with its place and what happened; this process lives, and the next plugin runs."""
    monkeypatch.setattr(plugins, "PATIENCE_S", 5.0 if name != "hang" else 1.5)
    began = time.monotonic()
    with pytest.raises(BadInput) as caught:
        run(tmp_path, f"plugin:{name}")
    assert time.monotonic() - began < 6
    assert told in str(caught.value)
    assert f"plugin:{name}" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_after_a_crash_the_next_one_is_served(tmp_path):
    """A crash costs its own call and nothing else."""
    with pytest.raises(BadInput):
        run(tmp_path, "plugin:crash")
    assert np.allclose(run(tmp_path, "plugin:halve"), AUDIO * 0.5)


@pytest.mark.parametrize(
    ("parameters", "field", "allowed"),
    [
        ({"volume": 1.0}, "volume", "db, side"),
        ({"db": 7.0}, "db", "-24 to 6 dB"),
        ({"db": "x"}, "db", "-24 to 6 dB"),
        ({"side": "up"}, "side", "both, left"),
    ],
)
def test_a_plugins_own_table_is_kept_to(tmp_path, parameters, field, allowed):
    """Names, ranges with units, and choices are judged before the plugin is called."""
    with pytest.raises(BadInput) as caught:
        run(tmp_path, "plugin:halve", **parameters)
    assert caught.value.field == f"effects[0].parameters.{field}"
    assert allowed in caught.value.allowed


def test_the_catalogue_shows_installed_plugins_and_why_one_is_broken(monkeypatch):
    """Parameters with units; what cannot be loaded says so; nothing foreign is loaded into this process."""
    monkeypatch.setattr(plugins, "installed", lambda: ("halve", "gone"))
    halve, gone = plugins.entries()
    assert halve["id"] == "plugin:halve"
    assert halve["what"] == "Half as loud, and then some."
    assert halve["parameters"][0] == {
        "name": "db",
        "kind": "float",
        "unit": "dB",
        "default": 0.0,
        "low": -24.0,
        "high": 6.0,
        "what": "more of it",
    }
    assert "no_such_module" in gone["broken"]
    assert json.dumps([halve, gone])
    assert "my_effects" not in sys.modules


def test_the_documented_example_runs_as_its_project_says(tmp_path, monkeypatch):
    """docs/examples/effects: its entry point's name and object, its defaults, its range."""
    example = Path(__file__).parents[3] / "docs" / "examples" / "effects"
    points = tomllib.loads((example / "pyproject.toml").read_text())["project"]["entry-points"]["houseband.effects"]
    info = tmp_path / "shimmer-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shimmer\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[houseband.effects]\n" + "\n".join(f"{name} = {place}" for name, place in points.items()))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(example), str(Path.cwd())]))
    out = run(tmp_path, "plugin:shimmer")
    assert 0 < np.abs(out - AUDIO).max() < 0.1
    with pytest.raises(BadInput, match="-60 to 0 dB"):
        run(tmp_path, "plugin:shimmer", level=9.0)


def test_the_documentation_names_every_effect_and_parameter():
    """docs/effects.md has a row for each effect and operation, with all its parameters and their ranges."""
    rows = {
        line.split("`")[1]: line
        for line in (Path(__file__).parents[3] / "docs" / "effects.md").read_text().splitlines()
        if line.startswith("| `")
    }
    for one in (*effects().values(), *OPERATIONS.values()):
        for parameter in one.parameters:
            assert f"`{parameter.name}` " in rows[one.id]
            if parameter.kind in ("float", "int"):
                assert f"{parameter.low:g} … {parameter.high:g}" in rows[one.id]
            if isinstance(parameter.default, float):
                assert f"({parameter.default:g})" in rows[one.id]


@needs_vst3
def test_a_vst3_compresses_by_its_own_parameters_inside_the_operators_folders(tmp_path, monkeypatch):
    """By path, twice the same; a name or value that it does not have is told with what it has."""
    monkeypatch.setenv("HOUSEBAND_PLUGINS", str(VST3.parent))
    loud = run(tmp_path, str(VST3), threshold_db=-40.0, ratio=20.0, attack_ms=0.1)
    assert np.square(loud).mean() < 0.5 * np.square(AUDIO).mean()
    assert np.array_equal(loud, run(tmp_path, str(VST3), threshold_db=-40.0, ratio=20.0, attack_ms=0.1))
    for parameters, allowed in (({"treshold": 1.0}, "threshold_db"), ({"ratio": 99.0}, "1 to 20"), ({"ratio": "x"}, "1 to 20")):
        with pytest.raises(BadInput) as caught:
            run(tmp_path, str(VST3), **parameters)
        assert allowed in caught.value.allowed
    monkeypatch.setenv("HOUSEBAND_PLUGINS", str(tmp_path))
    with pytest.raises(BadInput, match="HOUSEBAND_PLUGINS"):
        run(tmp_path, str(VST3))


def test_a_file_that_is_no_plugin_is_told(tmp_path, monkeypatch):
    """A text that calls itself .vst3, and a path with another ending."""
    monkeypatch.setenv("HOUSEBAND_PLUGINS", str(tmp_path))
    fake = tmp_path / "fake.vst3"
    fake.write_text("hello")
    with pytest.raises(BadInput, match="a VST3 effect for this machine"):
        run(tmp_path, str(fake))
    with pytest.raises(BadInput, match=r"ends in \.vst3"):
        run(tmp_path, str(tmp_path / "fake.so"))
