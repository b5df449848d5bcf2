"""The locks are complete, hashed and of one resolution."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "infra" / "locks"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SERVICE_EXTRAS = ("enhancer", "analyzer", "generator", "mixer", "qa", "gateway")
_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", re.MULTILINE)


def pins(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for package, version in _PIN.findall((LOCKS / f"{name}.txt").read_text("utf-8")):
        found.setdefault(package, set()).add(version)
    return found


def wanted(extra: str) -> dict[str, str]:
    """Package and exact pin ("" where none) of an extra, with what it includes."""
    found: dict[str, str] = {}
    for requirement in PROJECT["optional-dependencies"][extra]:
        match = re.match(r"([A-Za-z0-9_-]+)(?:\[([a-z0-9,]+)\])?(?:==([^ ;]+))?", requirement)
        assert match
        name, extras, version = match.groups()
        if name == "houseband":
            for one in (extras or "").split(","):
                found |= wanted(one)
        else:
            found[name.lower().replace("_", "-")] = version or ""
    return found


@pytest.mark.parametrize("extra", [*SERVICE_EXTRAS, "runtime", "local", "dev"])
def test_a_lock_holds_what_its_extra_asks_for(extra: str) -> None:
    """pyproject.toml and the lock agree: run `make locks` after a change."""
    locked = pins(extra)
    for name, version in wanted(extra).items():
        assert name in locked, f"{name} is not in {extra}.txt"
        assert not version or version in locked[name]


@pytest.mark.parametrize("extra", [*SERVICE_EXTRAS, "local"])
def test_locks_are_of_one_resolution(extra: str) -> None:
    """What two services share they share in the same version."""
    everything = pins("dev")
    assert {name: versions for name, versions in pins(extra).items() if everything.get(name) != versions} == {}


@pytest.mark.parametrize("path", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.stem)
def test_every_pin_has_a_hash_and_no_address(path: Path) -> None:
    """A lock can be installed with --require-hashes, from whichever index the machine has."""
    text = path.read_text("utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert all("--hash=sha256:" in block for block in blocks if _PIN.match(block))
    assert "://" not in text


@pytest.mark.parametrize("extra", SERVICE_EXTRAS)
def test_torch_stays_in_the_neural_lock(extra: str) -> None:
    """No CPU service pays for torch."""
    assert "torch" not in pins(extra)
    assert "torch" in pins("neural")


def test_separation_is_pinned_to_the_analyzers_versions() -> None:
    """Demucs comes beside an analyzer without moving any of its packages."""
    pinned = dict(line.split("==") for line in (LOCKS / "separation.pins").read_text("utf-8").splitlines())
    assert {"torch", "demucs"} <= pinned.keys()
    assert {name: version for name, version in pinned.items() if name in pins("dev") and version not in pins("dev")[name]} == {}
