"""Made once: what a digest of its inputs names is taken from the store with what was measured of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from contracts.artifacts import Artifact, AudioArtifact
from services.mixer.stored import digest
from services.runtime.workbench import Workbench

VERSION = 5
"""Raise when the same inputs would give other bytes."""
Facts = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A delivered file and what is said of it."""

    artifact: Artifact
    facts: Facts


def known(bench: Workbench, name: str, inputs: dict[str, Any]) -> Made | None:
    """The file called `name` as it lies in the store; None where it was never made of these inputs."""
    told = f"{_key(name, inputs)}.json"
    if not bench.objects.exists(told):
        return None
    document = json.loads(bench.objects.read(told))
    found = read_artifact(document["artifact"])
    return Made(found, document["facts"]) if bench.objects.exists(found.key) else None


def made(bench: Workbench, name: str, media_type: str, inputs: dict[str, Any], make: Callable[[Path], Facts]) -> Made:
    """The file called `name` (`formats/…`, `editions/…`), made by `make` into the path it is given unless it lies in the store."""
    found = known(bench, name, inputs)
    if found:
        return found
    key, path = _key(name, inputs), bench.scratch / f"further-{Path(name).name}"
    try:
        facts = make(path)
        stored = _stored(bench, key, path, media_type)
    finally:
        path.unlink(missing_ok=True)
    document = json.dumps({"artifact": stored.model_dump(mode="json"), "facts": facts}, sort_keys=True)
    bench.objects.create(f"{key}.json", document.encode())
    return Made(stored, json.loads(document)["facts"])


def _key(name: str, inputs: dict[str, Any]) -> str:
    return f"audio/further/{digest(version=VERSION, encoders=_encoders(), name=name, **inputs)}/{Path(name).name}"


@cache
def _encoders() -> dict[str, str]:
    return {library: version(library) for library in ("soundfile", "soxr", "mutagen")}


def _stored(bench: Workbench, key: str, path: Path, media_type: str) -> Artifact:
    if media_type.startswith("audio/"):
        return bench.objects.put_audio(key, path, media_type)
    return bench.objects.put_file(key, path, media_type)


def read_artifact(data: dict[str, Any]) -> Artifact:
    """A reference as it was written, with the shape of a sound where it has one."""
    return (AudioArtifact if "frames" in data else Artifact).model_validate(data)
