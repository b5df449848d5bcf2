"""Analyses that were made before, by digest of the file and version of the ears: kept in the object store, few and small.

An entry that is broken, foreign or too large is as if it were not there: the file is heard again, and the entry written anew.
"""

import hashlib
from functools import cache
from importlib.resources import files

from pydantic import ValidationError

from contracts.features import Features
from services.runtime.workbench import Objects

FOLDER = "ears/"
MOST_ENTRIES = 500
_HEARD_BY = ("services.analyzer", "services.music.audio", "services.music.theory", "contracts")
MOST_BYTES = 8 << 20


@cache
def ears() -> str:
    """Version of the ears: a digest of all that they hear by, code and learned weights; other ears hear anew."""
    digest = hashlib.sha256()
    for package in _HEARD_BY:
        for folder in (files(package), files(package) / "learned"):
            if folder.is_dir():
                for file in sorted((f for f in folder.iterdir() if f.name.endswith((".py", ".json"))), key=lambda f: f.name):
                    digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def key_of(digest: str, how: str) -> str:
    """Where the analysis of a file is kept; `how` its stems were had, a name of letters, digits and . _ -, as far as a key allows."""
    plain = "".join(c if (c.isalnum() and c.isascii()) or c in "._-" else "_" for c in how)[:80]
    return f"{FOLDER}{ears()}/{digest}-{plain}.json"


def recall(objects: Objects, key: str, digest: str) -> Features | None:
    """A stored analysis; None where there is none, or one that cannot be believed (it is deleted then)."""
    stored = objects.find(key)
    if stored is None:
        return None
    try:
        if stored.bytes > MOST_BYTES:
            raise ValueError("too large")
        features = Features.model_validate_json(objects.read(key))
        if features.digest != digest:
            raise ValueError("of another file")
    except (ValidationError, ValueError, UnicodeDecodeError):
        objects.delete(key)
        return None
    return features


def keep(objects: Objects, key: str, features: Features) -> None:
    """Store an analysis, and forget others where there are too many or they are of other ears."""
    objects.put_bytes(key, features.model_dump_json().encode(), "application/json")
    entries = objects.list(FOLDER)
    old = [entry for entry in entries if not entry.startswith(f"{FOLDER}{ears()}/")]
    current = [entry for entry in entries if entry.startswith(f"{FOLDER}{ears()}/") and entry != key]
    for entry in [*old, *current[: max(0, len(current) + 1 - MOST_ENTRIES)]]:
        objects.delete(entry)
